"""Is a password one that is tried first? Pure.

A list of the ten thousand most used passwords would miss what its readers add to them. So the list (common.txt, ours)
holds the words, and the additions are rules: digits that count, repeat or are a date, signs at the ends, capitals,
look-alikes (@ for a), walks over the keyboard, names in pinyin with a birthday.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

from app.core import spelling

#: Letters that are typed as something that looks like them.
_ALIKE = str.maketrans("@4831!|05$7+2", "aabeillossttz")
#: The sign above each digit, on the keyboards of this country.
_UNSHIFTED = str.maketrans('!@#$%^&*()_+{}|:"<>?~', "1234567890-=[]\\;',./`")
_ROWS = ("`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./")
_COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/")
_ORDERS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", *_ROWS, *_COLUMNS)
#: Numbers that say something when they are read aloud (520: I love you; 1314: for ever) or are dialled.
_LUCKY = frozenset(
    "520 521 1314 5201314 1314520 5211314 13145201314 147258 147258369 258369 159357 159753 741852963 963852741 "
    "789456 789456123 456123 123654 123789 321654 112233 123321 1234321 12344321 110 119 120 114 10086 10000 10010 "
    "12315 12345 12306 95598 007 168 1688 518 5188 888 666 668 688 988 998 2008 1949 19491001 1921 19210701".split()
)
_DATE = re.compile(r"(19[4-9]\d|20[0-4]\d)(0?[1-9]|1[0-2])(0?[1-9]|[12]\d|3[01])")
_SHORT_DATE = re.compile(r"(\d\d)?(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|(19[4-9]\d|20[0-4]\d)(0[1-9]|1[0-2])?")
#: So few signs beside a walk or a repetition do not save it.
_FEW = 3
#: Words and numbers beside each other; more of them change so often that nobody guesses the order.
_PARTS = 4
#: More signs than these between letters and digits are no longer decoration.
_SIGNS = 3
#: A person's name or a word has so many syllables; more make a sentence, which is a good password.
_SYLLABLES = 3


def is_common(plain: str) -> bool:
    """True when the password is on the list, or is one of its words with what people add to them."""
    lower = unicodedata.normalize("NFKC", plain).casefold()
    if not lower:
        return True
    bare = re.sub(r"[\W_]", "", lower)
    ways = {lower, bare, plainest(lower), re.sub(r"[\W_]", "", plainest(lower)), _word_alike(lower)}
    if len(re.findall(r"[^a-z0-9]", lower)) > _SIGNS:
        return _is_walked(lower)
    return _is_walked(lower) or any(_is_word(way) or _is_named(way) for way in ways)


def plainest(lower: str) -> str:
    """Look-alikes read as letters: ``p@ssw0rd`` is ``password``."""
    return lower.translate(_ALIKE)


def _word_alike(lower: str) -> str:
    """Look-alikes inside the word read as letters, the digits at its end left as they are: p@ssw0rd123."""
    head = re.sub(r"[\W\d_]*$", "", lower)
    return re.sub(r"[\W_]", "", plainest(head)) + re.sub(r"\D", "", lower[len(head) :])


@cache
def words() -> frozenset[str]:
    """The words of the list."""
    lines = Path(__file__).with_name("common.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def _syllables() -> frozenset[str]:
    found = {reading for sign, reading in spelling._characters().items() if sign > "\u3400"}
    return frozenset(reading for reading in found if reading.isascii() and 0 < len(reading) <= 6)


def is_telling(digits: str) -> bool:
    """True for digits that anybody would try: few, counting, repeating, a date, a number with a meaning."""
    if len(digits) <= 4 or digits in _LUCKY or _DATE.fullmatch(digits) or _SHORT_DATE.fullmatch(digits):
        return True
    return _is_walked(digits) or any(digits.startswith(e) and is_telling(digits[len(e) :]) for e in _LUCKY)


def _is_word(typed: str) -> bool:
    """Words of the list and telling digits, in any order: admin2026, 123qwe123, woaini5201314, test888test."""
    parts = re.findall(r"\d+|[^\W\d_]+", typed)
    if not 0 < len(parts) <= _PARTS:
        return False
    return all(is_telling(part) if part.isdigit() else _is_made_of(part, words(), 3) for part in parts)


@cache
def _longest_word() -> int:
    return max(map(len, words()))


def _is_made_of(letters: str, known: frozenset[str], most: int) -> bool:
    """True when the letters are at most ``most`` known words one after the other."""
    if not letters:
        return True
    if not most:
        return False
    lengths = range(min(len(letters), _longest_word()), 0, -1)
    return any(letters[:n] in known and _is_made_of(letters[n:], known, most - 1) for n in lengths)


def _is_named(typed: str) -> bool:
    """A name in pinyin or its initials beside a birthday or other telling digits: zhangwei1990, zw19900101."""
    letters, digits = re.sub(r"[^a-z]", "", typed), re.sub(r"\D", "", typed)
    if len(re.findall(r"[a-z]+|\d+", typed)) > 3 or not letters or not digits or not is_telling(digits):
        return False
    return len(letters) <= _SYLLABLES or _is_made_of(letters, _syllables(), _SYLLABLES)


def _is_walked(lower: str) -> bool:
    """True when nearly all of it walks over the keyboard, counts, or repeats what was there."""
    keys = lower.translate(_UNSHIFTED)
    return len(keys) - _walked(keys) <= _FEW and len(set(keys)) <= len(keys)


def _walked(keys: str) -> int:
    """How many signs lie in walks and repetitions of three or more."""
    place, found = 0, 0
    while place < len(keys):
        length = max(_run(keys[place:]), _again(keys, place))
        found += length if length >= 3 else 0
        place += max(1, length)
    return found


def _run(keys: str) -> int:
    """The length of the walk at the beginning: steps to a neighbour in one direction, or the same key again."""
    best = 1
    same = re.match(r"(.)\1*", keys, re.DOTALL)
    best = max(best, len(same.group()) if same else 0)
    for order in _ORDERS:
        for line in (order, order[::-1]):
            length = 1
            for one, two in pairwise(keys):
                at = line.find(one)
                if at < 0 or line[at + 1 : at + 2] != two:
                    break
                length += 1
            best = max(best, length if keys[0] in line else 1)
    return best


def _again(keys: str, place: int) -> int:
    """How much of what stood before comes again here: abcabc, 12341234."""
    rest, best = keys[place:], 0
    for start in range(place):
        length = 0
        while length < len(rest) and start + length < place + length and keys[start + length] == rest[length]:
            length += 1
        best = max(best, length)
    return best
