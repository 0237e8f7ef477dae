"""What a password has to be. Pure: the settings, the person and the password in, what is wrong with it out.

GB/T 22239-2019 8.1.4.1 a (complexity, change at intervals), Xi'an 2021-28 art. 31 (changed at intervals); ASVS 5.0.0
6.2.1-6.2.4 and 6.2.11 (length, list of common ones, words of the context). ASVS would rather have no classes and no
expiry; the Chinese rules ask for both and go before it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.console.sign_in.passwords.habits import is_common, plainest
from app.core.errors import Problem
from app.core.messages import N_, Message
from app.core.spelling import spelled

LONGEST = 128
#: A word of the person this short says nothing as a part; it counts only when it is all the letters there are.
_TELLING = 4
#: Beside a word of the unit so many other signs make a password good again.
_REST = 8
_LETTERS = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Demands:
    """What the settings ask for."""

    length: int = 10
    classes: int = 3
    history: int = 8


@dataclass(frozen=True)
class Owner:
    """Whose password it is: what others know about him is not secret."""

    username: str = ""
    real_name: str = ""
    department: str = ""
    numbers: tuple[str, ...] = field(default_factory=tuple)

    def words(self) -> frozenset[str]:
        """The name he signs in with and his own, in every way they are typed."""
        typed = spelled(self.real_name, True).split()
        parts = re.split(r"[^a-z0-9]+", self.username.casefold())
        return frozenset(w for w in (self.username.casefold(), self.real_name.casefold(), *parts, *typed) if len(w) > 1)

    def unit(self) -> tuple[str, ...]:
        """His unit, in every way it is typed."""
        return (self.department.casefold(), *spelled(self.department, False).split()) if self.department else ()


@dataclass(frozen=True)
class Requirement:
    """One line of what is asked for, as the page shows it."""

    code: str
    text: Message


def requirements(demands: Demands) -> list[Requirement]:
    """Everything a password has to be, in the order it is told."""
    found = [
        Requirement("length", N_("{low} 到 {high} 位", low=demands.length, high=LONGEST)),
        Requirement("common", N_("不是常用密码，如键盘顺序、连续数字、拼音加生日")),
        Requirement("personal", N_("不含用户名、姓名、单位、手机号、工号，包括它们的拼音")),
    ]
    if demands.classes > 1:
        kinds = N_("大写字母、小写字母、数字、符号中至少 {count} 类", count=demands.classes)
        found.insert(1, Requirement("classes", kinds))
    if demands.history:
        found.append(Requirement("history", N_("不与最近 {count} 次用过的密码相同", count=demands.history)))
    return found


def faults(plain: str, demands: Demands, owner: Owner) -> list[str]:
    """The codes of the requirements that are not met; earlier passwords are compared elsewhere, with their hashes."""
    found = []
    if not demands.length <= len(plain) <= LONGEST or not _is_typed(plain):
        found.append("length")
    if classes(plain) < demands.classes:
        found.append("classes")
    if is_common(plain[:LONGEST]):
        found.append("common")
    if _is_personal(plain[:LONGEST], owner):
        found.append("personal")
    return found


_SAID = {
    "length": N_("密码应为 {low} 到 {high} 位，不能有不可见的字符"),
    "classes": N_("密码至少要有大写字母、小写字母、数字、符号中的 {count} 类"),
    "common": N_("这个密码太常见，容易被猜中，请换一个"),
    "personal": N_("密码不能含有用户名、姓名、单位、手机号或工号（包括拼音）"),
    "history": N_("不能与最近 {count} 次用过的密码相同"),
}


def problems(codes: Iterable[str], demands: Demands) -> list[Problem]:
    """The faults as they are told to a person."""
    numbers = {
        "length": {"low": demands.length, "high": LONGEST},
        "classes": {"count": demands.classes},
        "history": {"count": demands.history},
    }
    return [Problem(Message(_SAID[code].msgid, numbers.get(code)), ("password",), f"password_{code}") for code in codes]


def classes(plain: str) -> int:
    """How many of the four kinds of signs there are; Chinese and every other sign counts as a symbol."""
    kinds = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9]")
    return sum(bool(re.search(kind, plain)) for kind in kinds)


def _is_typed(plain: str) -> bool:
    return not any(unicodedata.category(sign) in ("Cc", "Cs", "Cn") for sign in plain)


def _is_personal(plain: str, owner: Owner) -> bool:
    lower = unicodedata.normalize("NFKC", plain).casefold()
    ways = {lower, plainest(lower), re.sub(r"[\W_]", "", lower)}
    letters = {"".join(_LETTERS.findall(way)) for way in ways}
    for word in owner.words():
        is_chinese = not word.isascii()
        if (len(word) >= _TELLING or is_chinese) and any(word in way for way in ways):
            return True
        if word in letters:
            return True
    digits = re.sub(r"\D", "", lower)
    if any(len(number) >= 6 and (number in digits or number[-6:] in digits) for number in map(_digits, owner.numbers)):
        return True
    return any(_is_of_unit(way, unit) for way in ways for unit in owner.unit())


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number or "")


def _is_of_unit(lower: str, unit: str) -> bool:
    """True when a piece of the unit's name is most of the password."""
    runs = _LETTERS.findall(lower) if unit.isascii() else re.findall(r"[^\x00-\x7f]+", lower)
    least = _TELLING if unit.isascii() else 2
    return any(len(run) >= least and run in unit and len(lower) - len(run) < _REST for run in runs)
