"""The bytes that are hashed, and the numbers that follow from a seed: values that must never change."""

import hashlib
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domains.draw.rules import canon
from app.domains.draw.rules.drbg import Drbg, key
from tests.domains.draw import county

ALGORITHMS = ("sm3", "sha256")


@pytest.mark.parametrize(
    ("alg", "of_abc", "of_lp"),
    [
        # GB/T 32905-2016, A.1; FIPS 180-4, B.1.
        ("sm3", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", "c7362df0abb9fea6300ac25b9f6a31d7edbcd05d0db45b7367cd7787d283d6fa"),
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "591d7eef67db441ff6c617ae531288fe40fe55f0af4aaa5c8a8e8f74e0a39dfe"),
    ],
)  # fmt: skip
def test_hashes(alg: str, of_abc: str, of_lp: str):
    assert canon.digest(alg, b"a", b"bc").hex() == of_abc
    assert canon.lp("SSJ1") == b"\0\0\0\0\0\0\0\4SSJ1"
    assert canon.digest(alg, canon.lp(b"SSJ1")).hex() == of_lp


def test_no_two_lists_of_parts_are_the_same_bytes():
    assert canon.lp("ab") + canon.lp("c") != canon.lp("a") + canon.lp("bc")
    with pytest.raises(ValueError, match="md5"):
        canon.digest("md5", b"")


def test_one_spelling_of_json():
    spelled = canon.canonical({"b": [1, None, True, "甲\n\u007f/"], "a": {}})
    assert spelled == '{"a":{},"b":[1,null,true,"甲\\n\u007f/"]}'.encode()
    assert canon.fingerprint("sha256", {"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), 2**53, {"a": [-(2**53)]}, "e\u0301", {"e\u0301": 1}, {1: 1}, {1, 2}, b"a"]
)
def test_what_could_be_spelled_in_two_ways_is_refused(value: object):
    with pytest.raises(ValueError):
        canon.canonical(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-canon.LARGEST, canon.LARGEST) | st.text('ab\n"\\甲', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
)


@given(JSON)
@county.UNHURRIED
def test_the_spelling_says_the_value_and_is_its_own_spelling(value: object):
    spelled = canon.canonical(value)
    assert json.loads(spelled) == value
    assert canon.canonical(json.loads(spelled)) == spelled


@pytest.mark.parametrize(
    ("alg", "words", "digits", "large", "for_rounding"),
    [
        ("sm3", [8788249255370936555, 6682572575372246893, 2612091993316293382, 10832854142852690777, 15764264536193663716], [5, 3, 2, 7, 6, 2, 0, 0, 1, 7], 6744296529253454920, "dd1af33360910ce643c7939dd8cb03634205578eb1b925f4c70b31d23f32899b"),
        ("sha256", [3185397464471143308, 6538991910595841187, 15205980645323908593, 2159107802372198891, 639513788490492620], [8, 7, 3, 1, 0, 9, 8, 8, 0, 3], 2357419828818178161, "65557757cb748ea92c1987aa0f6dd745534616cb4983fdecab36df4245eae623"),
    ],
)  # fmt: skip
def test_the_numbers_of_a_key(alg: str, words: list[int], digits: list[int], large: int, for_rounding: str):
    stream = Drbg(alg, bytes(32))
    assert [stream.word() for _ in words] == words
    first = canon.digest(alg, bytes(32), bytes(8))
    assert words[:4] == [int.from_bytes(first[at : at + 8], "big") for at in range(0, 32, 8)]
    assert words[4] == int.from_bytes(canon.digest(alg, bytes(32), bytes(7) + b"\1")[:8], "big")
    stream = Drbg(alg, bytes(32))
    assert [stream.below(10) for _ in digits] == digits
    assert stream.below(2**63 + 1) == large
    assert key(alg, bytes(32), "round").hex() == for_rounding
    assert key(alg, bytes(32), "round") == canon.digest(alg, b"SSJ1/key/round\0", bytes(32))


def test_words_beyond_the_last_whole_multiple_are_passed_over(monkeypatch: pytest.MonkeyPatch):
    stream, words = Drbg("sm3", bytes(32)), [2**64 - 1, 2**64 - 2, 14]
    monkeypatch.setattr(stream, "word", lambda: words.pop(0))
    # 2^64 = 16 (mod 100), so the 16 largest words would make small numbers likelier.
    assert stream.below(100) == 14
    words[:] = [2**64 - 17]
    assert stream.below(100) == 99
    words[:] = [2**64 - 1]
    assert stream.below(2) == 1


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_every_number_is_equally_likely(alg: str):
    stream = Drbg(alg, canon.digest(alg, b"seven"))
    seen = Counter(stream.below(7) for _ in range(14_000))
    assert sum((seen[n] - 2000) ** 2 / 2000 for n in range(7)) < 22.5  # chi-square of 6 degrees, p = 0.001
