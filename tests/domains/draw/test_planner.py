"""What a plan of the year comes to, and the nearest promise that can be kept."""

from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.domains.draw.rules.planner import Line, Year, draws_of, outlook, ratio_of
from app.domains.draw.rules.reading import count, frequency, ratio

PERCENT = 10**7
NO_ITEM: frozenset[str] = frozenset()


def line(item: str = "食品", size: int = 1000, percent: int = 5, **more: Any) -> Line:
    return Line(item, {"A": size}, {"A": percent * PERCENT}, **more)


def year(*lines: Line, items: tuple[str, ...] | None = None, outside: int = 0, **more: Any) -> Year:
    """Pools that do not overlap, and so many subjects in none of them."""
    overlaps = {(name, frozenset({each.item})): size for each in lines for name, size in each.pool.items()}
    given_ = {"overlaps": overlaps | {("A", NO_ITEM): outside}, "capacity": {}} | more
    return Year(items if items is not None else tuple(each.item for each in lines), lines, **given_)


def told(of: Year) -> list[str]:
    return [str(each.message) for each in outlook(of).findings]


def test_a_plan_that_keeps_everything() -> None:
    seen = outlook(year(line(), line("药品", 200, 10)))
    assert seen.findings == () and not seen.is_refused
    assert seen.expected == {"食品": 50, "药品": 20}
    assert seen.reached == 70 * 10**9 // 1200


def test_coverage_of_the_year_counts_every_subject_once_and_those_of_no_item_too() -> None:
    assert told(year(line(), outside=1)) == ["年度覆盖 4.99%，低于 5%：各事项比例均不低于 5.01% 才够"]
    both = Year(
        ("食品", "药品"), (line(), line("药品")), {("A", frozenset({"食品", "药品"})): 1000, ("A", NO_ITEM): 950}, {}
    )
    # 1 - .95^2 = 9.75 % of 1,000, of 1,950 exactly 5 %.
    assert outlook(both).reached == 5 * PERCENT and not outlook(both).is_refused
    assert told(Year(both.items, both.lines, {**both.overlaps, ("A", NO_ITEM): 951}, {})) != []


def test_two_draws_a_year_reach_more() -> None:
    assert told(year(line(percent=3))) == ["年度覆盖 3%，低于 5%：各事项比例均不低于 5% 才够"]
    assert told(year(line(percent=3, draws=2))) == []


def test_pools_that_are_too_small_are_told_so() -> None:
    assert told(year(line(size=40, percent=100), outside=960)) == [
        "年度覆盖 4%，低于 5%：各事项名录合起来也不够，须增加事项或名录"
    ]


@settings(max_examples=60, deadline=None)
@given(
    some.lists(some.tuples(some.integers(1, 500), some.integers(1, 8)), min_size=1, max_size=3), some.integers(0, 2000)
)
def test_the_ratio_that_is_named_is_feasible_and_hardly_more(lines: list[tuple[int, int]], outside: int) -> None:
    plan = year(*(line(f"事项{at}", size, percent) for at, (size, percent) in enumerate(lines)), outside=outside)
    short = [each for each in outlook(plan).findings if "才够" in each.message.msgid]
    if not short:
        return
    least = Fraction(short[0].message.params["least"].rstrip("%")) / 100
    total = sum(plan.overlaps.values())

    def reached(floor: Fraction) -> Fraction:
        return sum((size * max(floor, Fraction(percent, 100)) for size, percent in lines), Fraction(0)) / total

    assert reached(least) >= Fraction(1, 20) > reached(least - Fraction(2, 10_000))


def test_every_item_of_the_list_is_in_the_plan_and_no_other() -> None:
    assert told(year(line(), items=("食品", "药品"))) == [
        "药品：清单内事项每年至少抽查一次，计划中没有，也没有写明不抽的原因"
    ]
    assert told(year(line(), items=())) == ["食品：不在抽查事项清单内，不得列入计划"]
    assert told(year(line(), line("药品", exempt="本年度由省局统一抽查"), items=("食品", "药品"))) == [
        "年度覆盖 2.5%，低于 5%：各事项比例均不低于 10% 才够"
    ]


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (line(draws=0), "食品：本年度没有安排抽取，也没有写明原因"),
        (line(size=0), "食品：检查对象名录为空"),
        (line(size=19), "食品：名录 19 户，每次抽取不足 1 户，可能一户也抽不到；比例不低于 5.27%"),
        (line(most=4 * PERCENT), "食品：超过一般检查事项的比例上限 4%"),
    ],
)
def test_lines_that_cannot_be(of: Line, words: str) -> None:
    assert words in told(year(of))


def test_the_smallest_pool_of_one_subject_a_draw() -> None:
    assert told(year(line(size=20))) == []
    assert told(year(line(most=5 * PERCENT))) == []


@pytest.mark.parametrize(
    ("percent", "draws", "years", "words"),
    [
        (5, 1, 20, ["食品，类别 A：20 年内全覆盖做不到"]),
        (5, 1, 30, ["食品，类别 A：", "的抽取只因期限已到，容易被预见；建议年限不少于 36 年"]),
        (5, 1, 36, []),
        (5, 2, 20, []),
    ],
)
def test_promised_gaps(percent: int, draws: int, years: int, words: list[str]) -> None:
    plan = year(line(percent=percent, draws=draws, coverage={"A": years}, floor=5 * 10**6 * 5))
    found = outlook(plan).findings
    assert bool(found) is bool(words)
    assert all(each in str(found[0].message) for each in words)
    assert outlook(plan).is_refused is ("做不到" in "".join(words))


SEATS = {"市场监管": 2}


def test_people_by_months() -> None:
    plan = {"capacity": {"市场监管": [10] * 12}}
    assert told(year(line(seats=SEATS), **plan)) == []
    assert told(year(line(percent=7, seats=SEATS), **plan)) == [
        "市场监管：1 月至 12 月需要 140 人次，只有 120 人次，最多完成 85.71%"
    ]
    assert told(year(line(seats=SEATS, months=(3, 6)), **plan)) == [
        "市场监管：3 月至 6 月需要 100 人次，只有 40 人次，最多完成 40%"
    ]
    two = (line(seats=SEATS, months=(1, 6), size=500), line("药品", 600, seats=SEATS, months=(6, 12)))
    assert told(year(*two, **plan)) == []
    assert told(year(line(seats={"消防救援": 1}), **plan)) == [
        "消防救援：1 月至 12 月需要 50 人次，只有 0 人次，最多完成 0%"
    ]


@settings(max_examples=80, deadline=None)
@given(
    some.lists(some.tuples(some.integers(1, 4), some.integers(1, 4), some.integers(1, 4)), min_size=1, max_size=3),
    some.lists(some.integers(0, 5), min_size=4, max_size=4),
)
def test_spans_say_exactly_whether_the_seats_can_be_spread(asked: list[tuple[int, int, int]], room: list[int]) -> None:
    """Against a search of every way to spread the seats over four months."""
    lines = [
        line(f"事项{at}", 20 * seats, seats={"局": 1}, months=(min(a, b), max(a, b)))
        for at, (a, b, seats) in enumerate(asked)
    ]
    refused = any("人次" in each for each in told(year(*lines, capacity={"局": [*room, *[0] * 8]})))

    def spread(left: list[Line], free: tuple[int, ...]) -> bool:
        if not left:
            return True
        first, *others = left
        months = range(first.months[0] - 1, first.months[1])
        for parts in product(*(range(free[at] + 1) for at in months)):
            if sum(parts) == first.expected:
                used = dict(zip(months, parts))
                if spread(others, tuple(have - used.get(at, 0) for at, have in enumerate(free))):
                    return True
        return False

    assert refused is not spread(lines, tuple(room))


@pytest.mark.parametrize(
    ("share", "number", "size", "asked"),
    [
        ("5%", None, 100, 5 * PERCENT),
        ("5%", "7户", 100, 7 * PERCENT),
        ("5%", "1户(以实际为准)", 3, 5 * PERCENT),
        ("5%", "约20户", 100, 5 * PERCENT),
        ("10% (20户)", None, 100, 20 * PERCENT),
        (None, "20户", 300, 66_666_667),
        (None, "约20户", 100, 20 * PERCENT),
        (None, "全部", 100, 100 * PERCENT),
        (None, "20户", 10, 100 * PERCENT),
        ("不低于5%", None, 100, 5 * PERCENT),
        ("不超过3%", None, 100, 3 * PERCENT),
        (None, None, 100, None),
    ],
)
def test_the_ratio_that_cells_ask_for(share: str | None, number: str | None, size: int, asked: int | None) -> None:
    assert ratio_of(ratio(share), count(number), size) == asked


@pytest.mark.parametrize(
    ("cell", "since", "draws"),
    [
        ("=1", 2025, 1),
        (">=2", None, 2),
        (None, None, 1),
        ("每3年1次", 2024, 0),
        ("每3年1次", 2023, 1),
        ("每3年1次", None, 1),
        ("每季度1次", 2025, 4),
    ],
)
def test_draws_of_the_year(cell: str | None, since: int | None, draws: int) -> None:
    assert draws_of(frequency(cell), 2026, since) == draws
