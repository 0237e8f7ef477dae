"""Teams have exactly the chances of the table, and every hard constraint holds in every one of them."""

from collections import Counter
from dataclasses import replace
from math import erfc, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.domains.draw.rules.canon import fingerprint
from app.domains.draw.rules.drbg import Drbg, key
from app.domains.draw.rules.teams.assigning import assign, network, record
from app.domains.draw.rules.teams.chances import UNIT, table
from app.domains.draw.rules.teams.checker import faults, named
from app.domains.draw.rules.teams.matching import matching
from tests.domains.draw.teams.given import FIRE, LIFTS, MARKET, NEAR, case, chance, county, inspector, task

SEEDS = 20_000


def test_the_edges_stand_in_the_order_of_the_specification() -> None:
    facts = matching(
        case(
            [inspector(name, MARKET, NEAR, *held) for name, held in (("A", LIFTS), ("B", LIFTS), ("C", ()))],
            [task(needs=LIFTS)],
        )
    )
    rows = table(facts)
    edges, seats = network(facts, rows)
    (a, b, c) = rows[0]
    # People 0-2, the expert's seat 3 and the member's 4, the unit 5; A and B may take either seat: nodes 6, 7; sink 8.
    assert edges == [
        (3, 6, a.expert), (4, 6, a.member), (6, 0, a.both),
        (3, 7, b.expert), (4, 7, b.member), (7, 1, b.both),
        (4, 2, c.member),
        (0, 5, a.both), (1, 5, b.both), (2, 5, c.both),
        (5, 8, 2 * UNIT),
    ]  # fmt: skip
    assert seats == {0: (0, 0, 0), 1: (0, 0, 1), 3: (0, 1, 0), 4: (0, 1, 1), 6: (0, 2, 1)}


def test_marginals_are_exact_and_every_team_is_lawful() -> None:
    """Over 20,000 seeds: the chi-square of each seat, each pair of person and seat, and no constraint ever broken."""
    given_ = county(3)
    facts = matching(given_)
    rows = table(facts)
    hits: Counter[tuple[int, int, int]] = Counter()
    loads = [sum(row.both for of in rows for row in of if row.person == at) for at in range(len(facts.people))]
    for number in range(SEEDS):
        teams = assign(facts, rows, chance(number))
        done = Counter(person for team in teams for part in team for person in part)
        # Seats, nobody twice, qualified experts, loads within one: all of it, in every draw.
        for task_, (experts, members) in enumerate(teams):
            assert len(experts) == len(members) == 1 and experts != members
            hits[task_, experts[0], 0] += 1
            hits[task_, members[0], 1] += 1
        assert all(abs(done[at] * UNIT - load) < UNIT for at, load in enumerate(loads))
    for at, of in enumerate(rows):
        for kind in (0, 1):
            shares = {row.person: (row.expert, row.member)[kind] for row in of}
            seen = {person: hits[at, person, kind] for person in shares}
            assert sum(seen.values()) == SEEDS
            assert all(shares[person] for person in seen if seen[person])
            assert p_value([(seen[person], SEEDS * share / UNIT) for person, share in shares.items()]) > 0.001
            worst = max(
                abs(seen[at_] - SEEDS * p) / sqrt(SEEDS * p * (1 - p))
                for at_, p in ((who, share / UNIT) for who, share in shares.items() if share)
            )
            assert worst < 4


def p_value(cells: list[tuple[int, float]]) -> float:
    """Of the chi-square of what was seen against what was expected (Wilson and Hilferty); cells of nothing left out."""
    cells = [(seen, expected) for seen, expected in cells if expected > 5]
    freedom = len(cells) - 1
    value = sum((seen - expected) ** 2 / expected for seen, expected in cells)
    spread = 2 / (9 * freedom)
    return 0.5 * erfc(((value / freedom) ** (1 / 3) - 1 + spread) / sqrt(2 * spread))


@settings(max_examples=25, deadline=None)
@given(some.integers(0, 10**9), some.integers(1, 12))
def test_the_checker_finds_nothing_wrong(seed: int, tasks: int) -> None:
    given_ = county(tasks)
    facts = matching(given_)
    rows = table(facts)
    assert faults(given_, facts, rows, named(facts, assign(facts, rows, chance(seed)))) == []


def test_the_same_seed_gives_the_same_teams_for_ever() -> None:
    """Golden; a crash in the middle changes nothing, because nothing is remembered."""
    facts = matching(county(6))
    teams = assign(facts, table(facts), Drbg("sm3", key("sm3", b"\7" * 32, "assign")))
    again = assign(facts, table(facts), Drbg("sm3", key("sm3", b"\7" * 32, "assign")))
    assert teams == again
    assert (
        fingerprint("sm3", record(facts, teams, "610100-2026-1", "0" * 64))
        == "2433c181f11f56c7c32ce471ff0545f4c4ae7d210c1ffb0a4bd4e46619de7faa"
    )


def test_units_have_their_share_too() -> None:
    people = [inspector(name, unit="一所" if name < "E" else "二所") for name in "ABCDEFGH"]
    facts = matching(case(people, [task(f"S{at}") for at in range(3)]))
    rows = table(facts)
    share = sum(row.both for of in rows for row in of if row.person < 4)
    for number in range(200):
        first = sum(person < 4 for team in assign(facts, rows, chance(number)) for part in team for person in part)
        assert abs(first * UNIT - share) < UNIT


def test_who_belongs_to_two_departments_never_sits_twice_in_one_visit() -> None:
    both = replace(inspector("A"), departments=frozenset({MARKET, FIRE}))
    people = [both, *(inspector(name) for name in "BCDE"), *(inspector(name, FIRE) for name in "XYZ")]
    given_ = case(people, [task("S1"), task("S1", FIRE), task("S2", FIRE)])
    facts = matching(given_)
    # At S1 he stands for the department that has fewer people, elsewhere for any of his.
    able = {entry.post.text: [facts.people[each.person].id for each in entry.candidates] for entry in facts.entries}
    assert able == {
        f"S1/{MARKET}": ["B", "C", "D", "E"],
        f"S1/{FIRE}": ["A", "X", "Y", "Z"],
        f"S2/{FIRE}": ["A", "X", "Y", "Z"],
    }
    rows = table(facts)
    for number in range(50):
        assert faults(given_, facts, rows, named(facts, assign(facts, rows, chance(number)))) == []


@pytest.mark.parametrize("seats", [(0, 1), (1, 0), (2, 0), (1, 2), (2, 2), (0, 4)])
def test_other_numbers_of_seats(seats: tuple[int, int]) -> None:
    people = [inspector(name, MARKET, NEAR, *(LIFTS if name < "F" else ())) for name in "ABCDEFGHI"]
    facts = matching(case(people, [task(f"S{at}", needs=LIFTS, experts=seats[0], members=seats[1]) for at in range(3)]))
    for number in range(50):
        for experts, members in assign(facts, table(facts), chance(number)):
            assert (len(experts), len(members)) == seats
            assert len({*experts, *members}) == sum(seats) and all(person < 5 for person in experts)
