"""A small county for the tests of teams: three regions in a row, two departments, inspectors by letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from app.domains.draw.rules.drbg import Drbg
from app.domains.draw.rules.teams.facts import Case, Inspector, Post, Task, Terms
from app.domains.draw.rules.teams.regions import Regions

WINDOW = (date(2026, 3, 1), date(2026, 11, 30))
NEAR, MIDDLE, FAR, ABROAD = "610101", "610102", "610103", "610201"
REGIONS = Regions(
    {
        NEAR: {MIDDLE: 15, FAR: 60, ABROAD: 40},
        MIDDLE: {NEAR: 15, FAR: 45, ABROAD: 90},
        FAR: {NEAR: 60, MIDDLE: 45, ABROAD: 90},
        ABROAD: {NEAR: 40, MIDDLE: 90, FAR: 90},
    }
)
MARKET, FIRE = "市场监管", "消防救援"
LIFTS = frozenset({"特种设备"})
TERMS = Terms(WINDOW, rounds=40)


def inspector(name: str, department: str = MARKET, region: str = NEAR, *held: str, **more: Any) -> Inspector:
    given = {"most": 20, "unit": f"{department}/{region}", "certified_until": date(2028, 1, 1)} | more
    return Inspector(name, frozenset({department}), region=region, qualifications=frozenset(held), **given)


def task(subject: str = "S1", department: str = MARKET, region: str = NEAR, **more: Any) -> Task:
    return Task(Post(subject, department), region, **more)


def case(inspectors: list[Inspector], tasks: list[Task], *, terms: Terms = TERMS, **more: Any) -> Case:
    return Case(terms, REGIONS, inspectors, tasks, **more)


def county(tasks: int = 4) -> Case:
    """Eight of one department, half of them with a qualification, tasks in two regions and one recusal."""
    people = [
        inspector(name, MARKET, NEAR if name < "E" else MIDDLE, *(("特种设备",) if name in "ACEG" else ()))
        for name in "ABCDEFGH"
    ]
    posts = [task(f"S{at}", region=NEAR if at % 2 else MIDDLE, needs=LIFTS, rank=at) for at in range(tasks)]
    return case(people, posts, declared=frozenset({("A", "S1")}))


def chance(number: int) -> Drbg:
    """A stream that is another one for every number."""
    return Drbg("sha256", number.to_bytes(8, "big"))


def with_terms(given: Case, **changes: Any) -> Case:
    return replace(given, terms=replace(given.terms, **changes))
