"""The table of chances: sums, bounds and symmetry hold for any roster; small ones are checked by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.core.errors import Refused
from app.domains.draw.rules.canon import fingerprint
from app.domains.draw.rules.teams.chances import UNIT, bounds, fill, is_low, lacks, record, table
from app.domains.draw.rules.teams.facts import Post
from app.domains.draw.rules.teams.matching import Candidate, Entry, Matching, Person, matching
from tests.domains.draw.teams.given import LIFTS, case, county, inspector, task, with_terms


def entry(people: int, able: int = 0, *, experts: int = 1, members: int = 1, bound: tuple[int, int] = (1, 3)) -> Entry:
    candidates = tuple(Candidate(at, 1024, at < able) for at in range(people))
    return Entry(Post("S", "D"), experts, members, candidates, bound)


@pytest.mark.parametrize(
    ("weights", "rooms", "total", "shares"),
    [
        ([1, 1], [9, 9], 10, [5, 5]),
        ([3, 1], [9, 9], 8, [6, 2]),
        ([3, 1], [4, 9], 8, [4, 4]),
        ([1, 1, 1], [9, 9, 9], 10, [4, 3, 3]),
        ([1, 1, 1], [3, 9, 9], 11, [3, 4, 4]),
        ([5, 1, 1], [0, 9, 9], 4, [0, 2, 2]),
        ([8, 4, 1], [2, 3, 9], 9, [2, 3, 4]),
        ([1, 1], [5, 5], 10, [5, 5]),
        ([1], [7], 7, [7]),
        ([], [], 0, []),
    ],
)
def test_fill_by_hand(weights: list[int], rooms: list[int], total: int, shares: list[int]) -> None:
    assert fill(weights, rooms, total) == shares


@given(some.data())
def test_fill_shares_everything_and_never_more_than_the_room(data: some.DataObject) -> None:
    size = data.draw(some.integers(1, 12))
    weights = data.draw(some.lists(some.integers(1, 1 << 30), min_size=size, max_size=size))
    rooms = data.draw(some.lists(some.integers(0, UNIT), min_size=size, max_size=size))
    total = data.draw(some.integers(0, sum(rooms)))
    shares = fill(weights, rooms, total)
    assert sum(shares) == total
    assert all(0 <= share <= room for share, room in zip(shares, rooms))
    free = [(share, weight) for share, weight, room in zip(shares, weights, rooms) if share < room]
    # Who is not at his room has his part of the weight, to a unit for rounding down and one that was left over.
    for share, weight in free:
        for other, heavy in free:
            assert share * heavy <= (other + 2) * weight + 2 * heavy


def test_fill_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="do not hold"):
        fill([1, 1], [2, 2], 5)


@pytest.mark.parametrize(
    ("given_", "special", "general"),
    [
        (entry(9, 4), UNIT // 3, UNIT // 3),
        (entry(6, 3), -(-UNIT // 3), -(-UNIT // 3)),
        (entry(9, 2), UNIT // 2, UNIT // 3),
        (entry(9, 1), UNIT, UNIT // 3),
        (entry(4, 4), UNIT // 2, UNIT // 2),
        (entry(2, 1), UNIT, UNIT),
        (entry(9, 9, experts=0, members=2), UNIT // 3, UNIT // 3),
        (entry(9, 4, bound=(1, 2)), UNIT // 2, UNIT // 2),
        (entry(8, 8, experts=2, members=2), UNIT // 2, UNIT // 2),
    ],
)
def test_bounds_are_relaxed_only_where_there_are_too_few(given_: Entry, special: int, general: int) -> None:
    assert bounds(given_) == (special, general)
    assert is_low(given_) is (special > UNIT // 3 + 1)


def test_who_lacks_people() -> None:
    assert [lacks(entry(*sizes)) for sizes in ((1, 1), (2, 0), (2, 1), (0, 0))] == [True, True, False, True]
    with pytest.raises(Refused, match="人员不足"):
        table(Matching([Person("A", "", 9, 0)], [entry(1, 1)], 10, 300))


def test_equal_people_get_equal_chances() -> None:
    six = Matching([Person(name, "", 9, 0) for name in "ABCDEF"], [entry(6, experts=0, members=2)], 10, 300)
    (rows,) = table(six)
    assert sum(row.member for row in rows) == 2 * UNIT
    assert {row.member for row in rows} <= {2 * UNIT // 6, 2 * UNIT // 6 + 1}


@pytest.mark.parametrize("rounds", [1, 2, 300])
def test_whoever_has_done_more_this_year_is_less_likely(rounds: int) -> None:
    busy = [Person("A", "", 9, 6), *(Person(name, "", 9, 0) for name in "BCDEFGH")]
    (rows,) = table(Matching(busy, [entry(8, experts=0, members=2)], 10, rounds))
    if rounds == 1:
        assert rows[0].member == rows[1].member
    else:
        assert rows[0].member < rows[7].member <= rows[1].member <= rows[7].member + 1


@settings(max_examples=60, deadline=None)
@given(some.data())
def test_every_table_keeps_sums_bounds_and_qualifications(data: some.DataObject) -> None:
    people = data.draw(some.integers(2, 9))
    entries = []
    for number in range(data.draw(some.integers(1, 5))):
        able = data.draw(some.sets(some.integers(0, people - 1), min_size=2))
        experts, members = data.draw(some.sampled_from([(1, 1), (0, 2), (1, 0), (2, 0), (0, 1)]))
        held = data.draw(some.sets(some.sampled_from(sorted(able)), min_size=experts))
        ways = data.draw(some.lists(some.integers(1, 1024), min_size=people, max_size=people))
        candidates = tuple(Candidate(at, ways[at], at in held) for at in sorted(able))
        entries.append(
            Entry(
                Post(f"S{number}", "D"),
                experts,
                members,
                candidates,
                data.draw(some.sampled_from([(1, 3), (1, 2), (1, 1)])),
            )
        )
    persons = [Person(f"P{at}", "", 9, data.draw(some.integers(0, 5))) for at in range(people)]
    facts = Matching(persons, entries, data.draw(some.integers(0, 30)), 12)
    for of, rows in zip(entries, table(facts), strict=True):
        special, general = bounds(of)
        assert sum(row.expert for row in rows) == of.experts * UNIT
        assert sum(row.member for row in rows) == of.members * UNIT
        assert [row.person for row in rows] == [each.person for each in of.candidates]
        for row, each in zip(rows, of.candidates, strict=True):
            assert row.expert >= 0 <= row.member and (each.is_qualified or not row.expert)
            assert row.both <= (special if each.is_qualified else general) <= UNIT


def test_prices_make_loads_equal_where_ways_do_not() -> None:
    """One far inspector among near ones: without prices he does little, with them nearly as much as the others."""
    tasks = [task(f"S{at}", width=4, rank=at) for at in range(10)]
    people = [inspector(name) for name in "ABCDEFGHI"] + [inspector("J", region="610103")]
    loads = {}
    for mu in (0, 10, 30):
        facts = matching(with_terms(case(people, tasks), mu=mu, rounds=300))
        loads[mu] = sum(row.both for rows in table(facts) for row in rows if row.person == 9) / UNIT
    assert loads[0] < 1 < loads[10] < loads[30] <= 2


def test_the_table_of_a_small_county_never_changes() -> None:
    """Golden: the same facts give the same bytes for ever; a court recomputes them."""
    facts = matching(with_terms(county(), rounds=300))
    assert (
        fingerprint("sm3", facts.record("610100-2026-1", "0" * 64))
        == "5a0f9e8a8be258c96a26788ca35dc93c1fd25627aa9538d28ea38a7e2cf5aa14"
    )
    made = record(facts, table(facts), "610100-2026-1", "1" * 64)
    assert made["tasks"][1][0] == "S1/市场监管"
    assert 0 not in [row[0] for row in made["tasks"][1][1]]
    assert fingerprint("sm3", made) == "a840eca7cc206a8e818b402b9ce07a7bfe5f08a31419303707256b1798c6de90"


def test_tasks_that_are_alike_have_one_row() -> None:
    facts = matching(county(8))
    rows = table(facts)
    assert rows[0] == rows[2] == rows[4] != rows[1] != rows[3] == rows[5]


def test_the_needs_of_a_task_are_all_held_by_its_experts() -> None:
    people = [
        inspector(name, "市场监管", "610101", *held)
        for name, held in (("A", ("特种设备", "锅炉")), ("B", ("特种设备",)), ("C", ()))
    ]
    (only,) = matching(case(people, [task(needs=LIFTS | {"锅炉"})])).entries
    assert [each.is_qualified for each in only.candidates] == [True, False, False]
