"""Loads are brought within caps by exchanges, exactly as long as that is possible at all."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.domains.draw.rules.teams.caps import Cut, lacking, within_caps
from app.domains.draw.rules.teams.chances import UNIT, Table, bounds, table
from app.domains.draw.rules.teams.facts import Post
from app.domains.draw.rules.teams.matching import Candidate, Entry, Matching, Person


def facts(
    rooms: list[int], entries: list[tuple[dict[int, bool], int, int]], bound: tuple[int, int] = (1, 1)
) -> Matching:
    made = [
        Entry(
            Post(f"S{at}", "D"), experts, members, tuple(Candidate(who, 1024, able[who]) for who in sorted(able)), bound
        )
        for at, (able, experts, members) in enumerate(entries)
    ]
    return Matching([Person(f"P{at}", "", room, 0) for at, room in enumerate(rooms)], made, 10, 5)


def loads(of: Matching, rows: Table) -> list[Fraction]:
    out = [Fraction(0)] * len(of.people)
    for each in rows:
        for row in each:
            out[row.person] += Fraction(row.both, UNIT)
    return out


def test_a_table_within_the_caps_stays_as_it_is() -> None:
    given_ = facts([2, 2, 2], [({0: True, 1: True, 2: True}, 1, 1)])
    rows = table(given_)
    assert within_caps(given_, rows) is rows


def test_who_has_too_much_hands_it_on_through_others() -> None:
    """P0 can hand on only to P1, who is full and must hand on to P2."""
    given_ = facts(
        [1, 2, 3], [({0: False, 1: False}, 0, 2), ({1: False, 2: False}, 0, 1), ({1: False, 2: False}, 0, 1)]
    )
    rows = within_caps(given_, table(given_))
    assert not isinstance(rows, Cut)
    assert all(load <= person.room for load, person in zip(loads(given_, rows), given_.people))
    assert [sum(row.member for row in each) for each in rows] == [2 * UNIT, UNIT, UNIT]


def test_the_cut_names_those_who_stand_in_the_way_and_nobody_else() -> None:
    given_ = facts(
        [1, 1, 5, 5], [({0: False, 1: False}, 0, 2), ({0: False, 1: False}, 0, 1), ({2: False, 3: False}, 0, 2)]
    )
    assert within_caps(given_, table(given_)) == Cut((0, 1), (0, 1))


def test_lacking_tasks_are_named() -> None:
    given_ = facts([5, 5, 5], [({0: True, 1: False}, 1, 1), ({0: False, 1: False}, 1, 1), ({2: True}, 1, 1)])
    assert lacking(given_) == Cut((1, 2), (0, 1, 2))
    assert lacking(facts([5, 5], [({0: True, 1: False}, 1, 1)])) is None


@pytest.mark.parametrize("bound", [(1, 1), (1, 2)])
@settings(max_examples=80, deadline=None)
@given(some.data())
def test_possible_is_exactly_what_a_search_of_all_teams_finds(bound: tuple[int, int], data: some.DataObject) -> None:
    """Against brute force: without bounds on chances, a table exists exactly if whole teams exist."""
    people = data.draw(some.integers(2, 4))
    entries = []
    for _ in range(data.draw(some.integers(1, 3))):
        able = data.draw(some.sets(some.integers(0, people - 1), min_size=2))
        held = data.draw(some.sets(some.sampled_from(sorted(able)), min_size=1))
        entries.append(({who: who in held for who in able}, *data.draw(some.sampled_from([(1, 1), (0, 1), (1, 0)]))))
    rooms = data.draw(some.lists(some.integers(0, 3), min_size=people, max_size=people))
    given_ = facts(rooms, entries, bound)
    rows = within_caps(given_, table(given_))
    teams = [
        [
            (e, g)
            for e, g in product([*able, None], repeat=2)
            if (e is None) == (not experts) and (g is None) == (not members) and e != g and (e is None or able[e])
        ]
        for able, experts, members in entries
    ]
    exists = any(
        all(sum(who in team for team in choice) <= room for who, room in enumerate(rooms)) for choice in product(*teams)
    )
    if bound == (1, 1):
        assert isinstance(rows, Cut) is not exists
    if isinstance(rows, Cut):
        assert rows.tasks and rows.people
        return
    assert all(load <= room for load, room in zip(loads(given_, rows), rooms))
    for entry, each in zip(given_.entries, rows):
        special, general = bounds(entry)
        assert sum(row.expert for row in each) == entry.experts * UNIT
        assert sum(row.member for row in each) == entry.members * UNIT
        for row, one in zip(each, entry.candidates):
            assert row.expert >= 0 <= row.member and row.both <= (special if one.is_qualified else general)
            assert one.is_qualified or not row.expert
