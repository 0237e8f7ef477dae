"""A promise of coverage becomes yearly chances, or is refused with the nearest one that can be kept."""

import hashlib
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Refused
from app.domains.draw.rules.cells import UNIT
from app.domains.draw.rules.coverage import Promise, left, mean_gap, percent, schedule, virtual_age
from tests.domains.draw import county

MILLE = UNIT // 1000


def promise(ratio: int, coverage: int, gap: int = 0, floor: int = 0) -> Promise:
    return Promise(ratio * MILLE, coverage, gap, floor * MILLE)


@pytest.mark.parametrize(
    ("given_", "h", "at_deadline"),
    [
        # draw.md, 3.3, as measured there in floating point.
        (promise(380, 4, 0, 150), 275_030_838, 0.381),
        (promise(380, 5, 1, 150), 484_049_266, 0.117),
        (promise(120, 12, 2, 10), 101_563_388, 0.374),
        (promise(120, 9, 2, 10), 26_255_995, 0.835),
        (promise(50, 30, 2, 5), 34_281_344, 0.386),
        (promise(400, 3, 0, 100), 177_124_345, 0.677),
        # 5 % a year is everybody within 20 years only by a fixed timetable.
        (promise(50, 20), 0, 1),
        (promise(1000, 1), UNIT, 1),
        (promise(1000, 3), UNIT, 0),
    ],
)
def test_schedules(given_: Promise, h: int, at_deadline: float):
    made = schedule(given_)
    spared, between = given_.gap, given_.coverage - 1 - given_.gap
    assert made.hazards == (given_.floor,) * spared + (h,) * between + (UNIT,)
    assert made.at_deadline / UNIT == pytest.approx(at_deadline, abs=0.001)


def test_two_years_by_hand():
    # Half in the first year, the other half in the second: drawn every 1.5 years, two thirds a year.
    assert left((UNIT // 2, UNIT)) == [UNIT, UNIT // 2]
    assert mean_gap((UNIT // 2, UNIT)) == Fraction(3, 2)
    assert schedule(Promise(666_666_667, 2)).hazards == (500_000_001, UNIT)
    assert schedule(Promise(666_666_666, 2)).hazards == (499_999_999, UNIT)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (promise(120, 8, 2, 10), "8 年内全覆盖做不到：比例不低于 12.9440949%，或者年限不少于 9 年"),
        (promise(50, 20, 0, 5), "20 年内全覆盖做不到：比例不低于 5.241666%，或者年限不少于 22 年"),
        (promise(340, 3, 0, 100), "3 年内全覆盖做不到：比例不低于 36.9003691%，或者年限不少于 4 年"),
        (promise(50, 19), "19 年内全覆盖做不到：比例不低于 5.2631579%，或者年限不少于 20 年"),
        (promise(10, 99), "99 年内全覆盖做不到：比例不低于 1.010101"),
        (promise(600, 5, 2, 0), "每次抽查后 2 年内只按最低概率抽取时，比例最高为 33.3333333%"),
        (promise(0, 5), "超出范围"),
        (promise(1001, 5), "超出范围"),
        (promise(100, 0), "超出范围"),
        (promise(100, 100), "超出范围"),
        (promise(100, 3, 3), "超出范围"),
        (promise(100, 30, 0, 101), "超出范围"),
    ],
)
def test_what_cannot_be_promised_is_refused(given_: Promise, said: str):
    with pytest.raises(Refused, match=said):
        schedule(given_)


def test_what_a_refusal_names_can_be_promised():
    schedule(Promise(129_440_949, 8, 2, 10 * MILLE))
    with pytest.raises(Refused):
        schedule(Promise(129_440_948, 8, 2, 10 * MILLE))
    schedule(promise(120, 9, 2, 10))
    schedule(Promise(333_333_333, 5, 2))


@given(st.integers(1, UNIT), st.integers(1, 40), st.integers(0, 5), st.integers(0, UNIT // 20))
@county.UNHURRIED
def test_the_ratio_is_kept_and_not_by_more_than_a_hair(ratio: int, coverage: int, gap: int, floor: int):
    try:
        made = schedule(Promise(ratio, coverage, gap, floor))
    except Refused:
        return
    assert mean_gap(made.hazards) * ratio <= UNIT
    assert made.hazards[-1] == UNIT
    assert all(floor <= hazard <= UNIT for hazard in made.hazards)
    h = made.hazards[-2] if coverage - 1 > gap else floor
    if h > floor:
        slower = tuple(hazard - (gap <= year < coverage - 1) for year, hazard in enumerate(made.hazards))
        assert mean_gap(slower) * ratio > UNIT


@pytest.mark.parametrize(
    ("nano", "text"), [(UNIT, "100%"), (50 * MILLE, "5%"), (129_440_949, "12.9440949%"), (1, "0.0000001%"), (0, "0%")]
)
def test_a_ratio_is_written_with_all_its_digits(nano: int, text: str):
    assert percent(nano) == text


def test_forty_years_keep_the_promise_without_a_wave():
    """6,000 subjects whose history nobody knows: virtual ages first, then the chances of each year."""
    made, years, subjects = schedule(promise(120, 12, 2, 10)), 40, 6000
    ages = [virtual_age("sha256", b"key", b"%d" % each, made.hazards) for each in range(subjects)]
    expected = [Fraction(rest, sum(left(made.hazards))) * subjects for rest in left(made.hazards)]
    seen = Counter(ages)
    assert sum(float((seen[age] - e) ** 2 / e) for age, e in enumerate(expected, 1)) < 31.3  # 11 degrees, p = 0.001
    for year in range(years):
        lots = [int.from_bytes(hashlib.sha256(b"%d/%d" % (year, each)).digest()[:8], "big") for each in range(subjects)]
        drawn = [lot < made.hazards[age - 1] * 2**64 // UNIT for lot, age in zip(lots, ages)]
        assert abs(sum(drawn) - 0.12 * subjects) < 5 * (0.12 * 0.88 * subjects) ** 0.5
        ages = [1 if lot else age + 1 for lot, age in zip(drawn, ages)]
        assert max(ages) <= 12
