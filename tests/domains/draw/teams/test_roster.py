"""The frozen roster is one spelling of the facts, and the facts come back from it."""

from dataclasses import replace
from datetime import date

import pytest

from app.core.errors import Refused
from app.domains.draw.choices import Kind
from app.domains.draw.rules.canon import canonical, fingerprint
from app.domains.draw.rules.joint import Drawn, Item, Seats
from app.domains.draw.rules.teams.facts import Post, Task
from app.domains.draw.rules.teams.matching import matching
from app.domains.draw.rules.teams.roster import Roster, case, record, roster_of
from tests.domains.draw.teams.given import FIRE, LIFTS, MARKET, NEAR, TERMS, inspector, task
from tests.domains.draw.teams.given import case as given_case

ROSTER = Roster(
    replace(TERMS, is_crossed=False, weighs_year=True, limit=2),
    {NEAR: {"610102": 15}, "610102": {NEAR: 15}},
    (
        inspector("A", MARKET, NEAR, *LIFTS, leave=((date(2026, 5, 1), date(2026, 5, 9)),), load=3),
        inspector("B", MARKET, "610102", certified_until=None),
        inspector("C", MARKET, NEAR, *LIFTS, kind=Kind.UPPER, is_valid=False),
        *(inspector(name, FIRE) for name in "DEF"),
    ),
    (Item("电梯", {MARKET: Seats(LIFTS), FIRE: Seats(members=2)}),),
    declared=frozenset({("A", "S1"), ("B", "S2")}),
    last_pairs=frozenset({("D", "S1")}),
)


def test_there_and_back() -> None:
    assert roster_of(record(ROSTER, "610100-2026-1")) == ROSTER


def test_the_order_in_which_facts_are_given_is_no_fact() -> None:
    other = replace(ROSTER, inspectors=ROSTER.inspectors[::-1])
    assert canonical(record(other, "X")) == canonical(record(ROSTER, "X"))


def test_any_fact_that_changes_changes_the_hash() -> None:
    hashes = {
        fingerprint("sm3", record(each, "X"))
        for each in (
            ROSTER,
            replace(ROSTER, terms=replace(ROSTER.terms, mu=30)),
            replace(ROSTER, km={**ROSTER.km, NEAR: {"610102": 16}}),
            replace(ROSTER, inspectors=(replace(ROSTER.inspectors[0], most=21), *ROSTER.inspectors[1:])),
            replace(ROSTER, declared=frozenset({("A", "S1")})),
            replace(ROSTER, last_pairs=frozenset()),
            replace(ROSTER, items=(Item("电梯", {MARKET: Seats(LIFTS)}),)),
        )
    }
    assert len(hashes) == 7


def test_roster_and_subjects_are_the_case() -> None:
    facts = matching(case(ROSTER, [Drawn("S1", NEAR, "电梯", 0)]))
    able = {entry.post.text: [facts.people[each.person].id for each in entry.candidates] for entry in facts.entries}
    assert able == {f"S1/{MARKET}": ["B"], f"S1/{FIRE}": ["E", "F"]}
    assert [(entry.experts, entry.members) for entry in facts.entries] == [(1, 1), (0, 3)]


def test_nobody_and_no_task_stands_twice() -> None:
    twice = replace(ROSTER, inspectors=(*ROSTER.inspectors, inspector("A", most=99)))
    with pytest.raises(Refused, match="A 在冻结的名录中重复出现"):
        matching(case(twice, [Drawn("S1", NEAR, "电梯", 0)]))
    # Two tasks that the record would name alike.
    slashed = given_case([inspector("A")], [task("S1", "市场监管/upper"), Task(Post("S1", "市场监管", "upper"), NEAR)])
    with pytest.raises(Refused, match="S1/市场监管/upper"):
        matching(slashed)
