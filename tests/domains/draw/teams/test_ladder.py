"""Where people do not suffice, the rungs are taken in their order, for the tasks concerned, and no further than needed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.domains.draw.choices import Kind, Rung
from app.domains.draw.rules.teams.assigning import assign
from app.domains.draw.rules.teams.checker import faults, named
from app.domains.draw.rules.teams.facts import Case, Inspector
from app.domains.draw.rules.teams.ladder import Fitted, Step, climb
from tests.domains.draw.teams.given import (
    ABROAD,
    FAR,
    FIRE,
    LIFTS,
    MARKET,
    MIDDLE,
    NEAR,
    TERMS,
    case,
    chance,
    inspector,
    task,
)  # fmt: skip


def names(fitted: Fitted, at: int = 0) -> str:
    return "".join(fitted.matching.people[each.person].id for each in fitted.matching.entries[at].candidates)


def rungs(fitted: Fitted) -> list[Rung]:
    return [step.rung for step in fitted.steps]


def lawful(fitted: Fitted) -> None:
    for number in range(20):
        teams = assign(fitted.matching, fitted.table, chance(number))
        assert faults(fitted.case, fitted.matching, fitted.table, named(fitted.matching, teams)) == []


def test_nothing_is_changed_where_everybody_suffices() -> None:
    fitted = climb(case([inspector(name) for name in "ABCDEF"], [task()]))
    assert (fitted.steps, fitted.later) == ((), ())
    lawful(fitted)


def test_first_the_regions_widen_step_by_step_and_only_for_the_task_that_lacks_people() -> None:
    people = [
        inspector("A"),
        *(inspector(name, region=FAR) for name in "FGH"),
        *(inspector(name, FIRE) for name in "XYZ"),
    ]
    fitted = climb(case(people, [task("S1"), task("S1", FIRE)]))
    assert rungs(fitted) == [Rung.REGION] * 2
    assert [[post.text for post in step.tasks] for step in fitted.steps] == [[f"S1/{MARKET}"]] * 2
    # 1, 2, 4: the fourth nearest is needed; the other department stays with the nearest one.
    assert {each.post.department: each.width for each in fitted.case.tasks} == {MARKET: 4, FIRE: 1}
    assert names(fitted, [each.post.department for each in fitted.matching.entries].index(MARKET)) == "AFGH"
    assert str(fitted.steps[0].because[0].words) == f"{MARKET} · {NEAR}：2 个席位，1 人"
    lawful(fitted)


def test_the_prefecture_is_the_widest_and_does_not_reach_abroad() -> None:
    people = [inspector("A"), inspector("B", region=ABROAD), inspector("C", region=ABROAD)]
    fitted = climb(case(people, [task(width=4)]))
    assert rungs(fitted) == [] and names(fitted) == "ABC"
    only = climb(case(people, [task(width=1)], terms=TERMS))
    assert rungs(only) == [Rung.REGION] and names(only) == "ABC"


def test_then_the_bound_of_chances_gives_way_before_caps() -> None:
    """A may do 0 seats more than B and C can leave: with a bound of 1/3 each of six must be asked, with 1/2 not."""
    people = [inspector(name, most=1 if name in "AB" else 9) for name in "ABCDEF"]
    tasks = [task(f"S{at}", experts=0, members=2, width=None) for at in range(7)]
    fitted = climb(case(people, tasks))
    # 14 seats; C, D, E, F give at most 7/3 each with the strict bound, A and B one each: 11.3.
    assert rungs(fitted) == [Rung.CHANCE]
    assert {each.bound for each in fitted.case.tasks} == {(1, 2)}
    lawful(fitted)


def test_then_caps_rise_by_one_up_to_the_limit() -> None:
    people = [inspector(name, most=1) for name in "ABC"]
    tasks = [task(f"S{at}", width=None, bound=(1, 1)) for at in range(3)]
    fitted = climb(case(people, tasks, terms=replace(TERMS, limit=2)))
    assert rungs(fitted) == [Rung.CAP] and fitted.case.raised == {"A": 1, "B": 1, "C": 1}
    lawful(fitted)
    refused = climb(case(people, tasks))
    assert Rung.CAP not in rungs(refused) and refused.later


def test_a_cap_that_alone_keeps_somebody_away_rises_too() -> None:
    people = [inspector("A"), inspector("B", load=20), inspector("C", load=20, is_valid=False)]
    fitted = climb(case(people, [task(width=None)], terms=replace(TERMS, limit=1)))
    assert rungs(fitted) == [Rung.CAP] and fitted.case.raised == {"B": 1}


def experts(kind: Kind, *names_: str) -> list[Inspector]:
    return [inspector(name, MARKET, ABROAD, *LIFTS, kind=kind) for name in names_]


def test_then_other_rosters_take_the_experts_seats() -> None:
    people = [inspector("A"), inspector("B"), *experts(Kind.UPPER, "U", "V")]
    fitted = climb(case(people, [task(needs=LIFTS, width=None)]))
    assert rungs(fitted) == [Rung.ROSTER]
    assert [(each.post.text, each.experts, each.members) for each in fitted.matching.entries] == [
        (f"S1/{MARKET}", 0, 1), (f"S1/{MARKET}/upper", 1, 0),
    ]  # fmt: skip
    assert (names(fitted, 0), names(fitted, 1)) == ("AB", "UV")
    lawful(fitted)


def test_third_parties_are_asked_only_where_two_certified_inspectors_remain() -> None:
    people = [inspector("A"), inspector("B"), *experts(Kind.EXPERT, "U", "V")]
    alone = climb(case(people, [task(needs=LIFTS, width=None)]))
    assert alone.later and Rung.ROSTER not in rungs(alone)
    more = climb(case(people, [task(needs=LIFTS, members=2, width=None)]))
    assert rungs(more) == [Rung.ROSTER]
    lawful(more)


def test_then_each_department_sends_one() -> None:
    people = [inspector("A", MARKET, NEAR, *LIFTS), inspector("X", FIRE), inspector("Y", FIRE)]
    tasks = [task("S1", needs=LIFTS, width=None), task("S1", FIRE, width=None)]
    fitted = climb(case(people, tasks))
    assert rungs(fitted) == [Rung.TEAM]
    assert [(each.post.department, each.experts, each.members) for each in fitted.case.tasks] == [
        (MARKET, 1, 0),
        (FIRE, 1, 1),
    ]
    lawful(fitted)


def test_at_last_the_visit_with_the_last_ticket_waits_for_the_next_batch_as_a_whole() -> None:
    people = [inspector(name, most=2) for name in "AB"] + [inspector(name, FIRE, most=2) for name in "XY"]
    tasks = [
        task(f"S{at}", place, width=None, bound=(1, 1), rank=9 - at) for at in range(3) for place in (MARKET, FIRE)
    ]
    fitted = climb(case(people, tasks))
    # Each department sends one at first; that is enough for all three visits.
    assert rungs(fitted) == [Rung.TEAM] and not fitted.later
    short = climb(case(people[:2], [task(f"S{at}", width=None, bound=(1, 1), rank=9 - at) for at in range(3)]))
    assert rungs(short) == [Rung.BATCH]
    assert [each.post.subject for each in short.later] == ["S0"]
    lawful(short)


def test_a_whole_visit_waits_even_if_one_department_alone_lacks_people() -> None:
    people = [inspector(name, FIRE) for name in "XYZ"]
    fitted = climb(case(people, [task("S1", width=None), task("S1", FIRE, width=None), task("S2", FIRE, width=None)]))
    assert rungs(fitted) == [Rung.TEAM, Rung.BATCH]
    assert [each.post.text for each in fitted.later] == [f"S1/{MARKET}", f"S1/{FIRE}"]
    assert [each.post.subject for each in fitted.case.tasks] == ["S2"]


@pytest.mark.parametrize("people", [[], [inspector("A")]])
def test_the_ladder_ends_even_with_nobody(people: list[Inspector]) -> None:
    fitted = climb(case(people, [task(f"S{at}") for at in range(3)]))
    assert fitted.case.tasks == [] and len(fitted.later) == 3 and fitted.table == []


@settings(max_examples=60, deadline=None)
@given(some.data())
def test_whatever_the_roster_what_comes_out_is_lawful(data: some.DataObject) -> None:
    regions = some.sampled_from((NEAR, MIDDLE, FAR))
    people = [
        inspector(
            f"P{at}", data.draw(some.sampled_from((MARKET, FIRE))), data.draw(regions), *data.draw(some.sampled_from(((), LIFTS))),
            most=data.draw(some.integers(0, 3)), kind=data.draw(some.sampled_from((Kind.OWN, Kind.OWN, Kind.UPPER, Kind.EXPERT))),
        )
        for at in range(data.draw(some.integers(0, 8)))
    ]  # fmt: skip
    tasks = [
        task(f"S{at}", place, data.draw(regions), needs=data.draw(some.sampled_from((frozenset(), LIFTS))), rank=at)
        for at in range(data.draw(some.integers(1, 4)))
        for place in data.draw(some.sampled_from(((MARKET,), (FIRE,), (MARKET, FIRE))))
    ]
    given_ = case(people, tasks, terms=replace(TERMS, limit=1, rounds=6))
    fitted = climb(given_)
    assert {each.post.subject for each in fitted.later} | {each.post.subject for each in fitted.case.tasks} == {
        each.post.subject for each in tasks
    }
    assert not {each.post.subject for each in fitted.later} & {each.post.subject for each in fitted.case.tasks}
    assert all(step.because and step.tasks for step in fitted.steps)
    assert regions_come_first(fitted.steps)
    lawful(fitted)
    again: Case = given_
    assert climb(again).steps == fitted.steps, "only frozen facts decide"


def regions_come_first(steps: tuple[Step, ...]) -> bool:
    """No task looks farther after it has given up anything else."""
    gave: set[str] = set()
    for step in steps:
        posts = {post.text for post in step.tasks}
        if step.rung is Rung.REGION and posts & gave:
            return False
        if step.rung is not Rung.REGION:
            gave |= posts
    return True
