"""Who can be drawn, and every reason why not."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from app.domains.draw.choices import Bar, Kind
from app.domains.draw.rules.teams.eligibility import Recusal, bars, declared, is_away, is_qualified
from app.domains.draw.rules.teams.facts import Inspector, Task
from tests.domains.draw.teams.given import (
    FAR,
    FIRE,
    LIFTS,
    MARKET,
    MIDDLE,
    NEAR,
    TERMS,
    WINDOW,
    case,
    inspector,
    task,
    with_terms,
)

DAY = timedelta(days=1)
FIRST, LAST = WINDOW
EXPERTS = {"members": 0, "needs": LIFTS, "asks": frozenset({Kind.UPPER, Kind.EXPERT})}


def why(one: Inspector, asked: Task = task(), **more: Any) -> tuple[Bar, ...]:  # noqa: B008
    return bars(one, asked, case([one], [asked], **more))


def test_nothing_bars_a_certified_inspector_of_the_department_nearby() -> None:
    assert why(inspector("A")) == ()
    assert why(inspector("A", MARKET, MIDDLE)) == ()
    assert why(inspector("A", certified_until=None)) == ()


@pytest.mark.parametrize(
    ("one", "bar"),
    [
        (inspector("A", FIRE), Bar.DEPARTMENT),
        (inspector("A", is_valid=False), Bar.STATE),
        (inspector("A", certified_until=LAST - DAY), Bar.CERTIFICATE),
        (inspector("A", leave=(WINDOW,)), Bar.LEAVE),
        (inspector("A", load=20), Bar.FULL),
        (inspector("A", load=25), Bar.FULL),
        (inspector("A", MARKET, FAR), Bar.FAR),
        (inspector("A", kind=Kind.UPPER), Bar.DEPARTMENT),
    ],
)
def test_each_bar_alone(one: Inspector, bar: Bar) -> None:
    assert why(one) == (bar,)


def test_the_edges_of_certificates_and_caps() -> None:
    assert why(inspector("A", certified_until=LAST)) == ()
    assert why(inspector("A", load=19)) == ()
    assert why(inspector("A", load=20), raised={"A": 1}) == ()


def test_pairs_keep_apart_one_inspector_and_one_subject() -> None:
    assert why(inspector("A"), declared=frozenset({("A", "S1")})) == (Bar.DECLARED,)
    assert why(inspector("A"), last_pairs=frozenset({("A", "S1")})) == (Bar.LAST_PAIR,)
    assert why(inspector("A"), declared=frozenset({("A", "S2"), ("B", "S1")})) == ()


def test_crossed_checks_keep_people_out_of_their_own_region() -> None:
    crossed = replace(TERMS, is_crossed=True)
    assert why(inspector("A"), terms=crossed) == (Bar.OWN_REGION,)
    assert why(inspector("A", MARKET, MIDDLE), terms=crossed) == ()


def test_seats_for_experts_alone_want_the_qualification_and_all_of_it() -> None:
    only = task(members=0, needs=LIFTS | {"锅炉"})
    assert why(inspector("A", MARKET, NEAR, "特种设备"), only) == (Bar.QUALIFICATION,)
    assert why(inspector("A", MARKET, NEAR, "特种设备", "锅炉", "食品"), only) == ()
    assert is_qualified(inspector("A"), task())


def test_other_rosters_come_from_anywhere_when_they_are_asked_and_experts_need_no_certificate() -> None:
    expert = inspector("X", MARKET, "999999", "特种设备", kind=Kind.EXPERT, certified_until=FIRST - DAY)
    assert why(expert, task(**EXPERTS)) == ()
    assert why(replace(expert, kind=Kind.UPPER), task(**EXPERTS)) == (Bar.CERTIFICATE,)
    assert why(expert, task(**{**EXPERTS, "asks": frozenset({Kind.UPPER})})) == (Bar.DEPARTMENT,)
    assert why(replace(expert, departments=frozenset({FIRE})), task(**EXPERTS)) == (Bar.DEPARTMENT,)
    assert why(replace(expert, qualifications=frozenset()), task(**EXPERTS)) == (Bar.QUALIFICATION,)


def test_all_reasons_are_told_at_once() -> None:
    wrong = inspector("A", FIRE, FAR, is_valid=False, load=20, leave=(WINDOW,), certified_until=FIRST)
    told = why(wrong, declared=frozenset({("A", "S1")}), last_pairs=frozenset({("A", "S1")}))
    assert set(told) == set(Bar) - {Bar.OWN_REGION, Bar.QUALIFICATION}


@pytest.mark.parametrize(
    ("leave", "away"),
    [
        ((), False),
        (((FIRST, LAST),), True),
        (((FIRST + DAY, LAST),), False),
        (((FIRST, LAST - DAY),), False),
        (((FIRST - DAY, date(2026, 6, 1)), (date(2026, 6, 2), LAST)), True),
        (((date(2026, 6, 2), LAST), (FIRST, date(2026, 6, 1))), True),
        (((FIRST, date(2026, 6, 1)), (date(2026, 6, 3), LAST)), False),
        (((FIRST, LAST + DAY), (FIRST, FIRST)), True),
        (((FIRST - 9 * DAY, FIRST - DAY), (FIRST, LAST)), True),
    ],
)
def test_leave(leave: tuple[tuple[date, date], ...], away: bool) -> None:
    assert is_away(leave, WINDOW) is away


@pytest.mark.parametrize(("starts", "ends", "refused"), [*product((-1, 0, 1), (None, -1, 0, 1), (True, False))])
def test_recusals_bind_on_any_day_of_the_checks_until_they_are_refused(
    starts: int, ends: int | None, refused: bool
) -> None:
    """Starts before, with or after the last day of the checks; ends never, before, with or after the first."""
    until = None if ends is None else FIRST + ends * DAY
    one = Recusal("A", "S1", refused, LAST + starts * DAY, until)
    binds = not refused and starts <= 0 and (ends is None or ends >= 0)
    assert declared([one], WINDOW) == (frozenset({("A", "S1")}) if binds else frozenset())


def test_terms_are_those_of_the_case() -> None:
    one = inspector("A", leave=((FIRST, FIRST),))
    assert bars(one, task(), with_terms(case([one], [task()]), window=(FIRST, FIRST))) == (Bar.LEAVE,)
