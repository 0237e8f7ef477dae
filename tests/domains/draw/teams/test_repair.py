"""Withdrawals: only lost seats are drawn again, by the same rules; nobody comes back to where he withdrew from."""

from collections import Counter
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.domains.draw.choices import Kind, Rung
from app.domains.draw.rules.canon import canonical
from app.domains.draw.rules.teams.assigning import assign
from app.domains.draw.rules.teams.chances import UNIT, table
from app.domains.draw.rules.teams.checker import Named, load_faults, named, table_faults, team_faults
from app.domains.draw.rules.teams.facts import Case, Post
from app.domains.draw.rules.teams.ladder import climb
from app.domains.draw.rules.teams.matching import matching
from app.domains.draw.rules.teams.repair import Withdrawal, counts, lost, mended, record, whole, why_not
from tests.domains.draw.teams.given import ABROAD, LIFTS, MARKET, NEAR, case, chance, county, inspector, task

S0 = Post("S0", MARKET)
PROOF = "ab" * 32


def drawn(of: Case, number: int = 1) -> dict[Post, Named]:
    facts = matching(of)
    return named(facts, assign(facts, table(facts), chance(number)))


def leaves(who: str, subject: str | None = None) -> Withdrawal:
    return Withdrawal(who, "住院", PROOF, "局长", subject)


@pytest.mark.parametrize(
    ("withdrawal", "words"),
    [
        (Withdrawal("A", " ", "ab", "局长"), "写明理由"),
        (Withdrawal("A", "住院", "", "局长"), "证明材料"),
        (Withdrawal("A", "住院", "ab", "A"), "本人以外的人批准"),
        (Withdrawal("A", "住院", "ab", ""), "本人以外的人批准"),
        (Withdrawal("Q", "住院", "ab", "局长"), "不在所述的检查小组中"),
        (Withdrawal("A", "住院", "ab", "局长", "S9"), "不在所述的检查小组中"),
    ],
)
def test_what_is_no_withdrawal(withdrawal: Withdrawal, words: str) -> None:
    assert [str(each) for each in why_not(withdrawal, {S0: (["A"], ["B"])}) if words in str(each)]


def test_a_withdrawal_with_reason_proof_and_approval() -> None:
    assert why_not(leaves("A"), {S0: (["A"], ["B"])}) == []
    assert why_not(leaves("B", "S0"), {S0: (["A"], ["B"])}) == []


@settings(max_examples=60, deadline=None)
@given(some.integers(0, 10**6), some.sets(some.sampled_from("ABCDEFGH"), min_size=1, max_size=3))
def test_lost_seats_alone_are_drawn_again(seed: int, gone: set[str]) -> None:
    given_ = county(6)
    teams = drawn(given_, seed)
    out = lost(given_, teams, [leaves(who) for who in sorted(gone)])
    fitted = climb(out.case)
    again = named(fitted.matching, assign(fitted.matching, fitted.table, chance(seed + 1)))
    new = mended(teams, out, again)
    if not fitted.later:
        assert team_faults(whole(given_, fitted.case, out, [leaves(who) for who in gone]), new) == []
    assert table_faults(fitted.matching, fitted.table) == []
    assert load_faults(fitted.case, fitted.matching, fitted.table, again) == []
    for post, team in teams.items():
        old, now = {*team[0], *team[1]}, {*new[post][0], *new[post][1]}
        if not old & gone:
            assert new[post] == team
            continue
        assert not now & gone and old - gone <= now
        if post not in {each.post for each in fitted.later} and not fitted.later:
            assert len(new[post][0]) == len(new[post][1]) == 1 and len(now) == 2
            assert set(new[post][0]) <= set("ACEG"), "the expert is qualified"
            assert not (post.subject == "S1" and "A" in now), "recusals hold"


def test_leaving_one_subject_keeps_the_others() -> None:
    given_ = county(6)
    teams = {Post(f"S{at}", MARKET): (["C"], ["B"]) for at in range(6)}
    out = lost(given_, teams, [leaves("B", "S2")])
    assert [(each.post.subject, each.experts, each.members) for each in out.case.tasks] == [("S2", 0, 1)]
    (entry,) = matching(out.case).entries
    people = [matching(out.case).people[each.person].id for each in entry.candidates]
    assert people == list("ADEFGH"), "neither who left nor who is there"


def test_a_qualified_partner_becomes_the_expert_and_the_seat_is_open_to_all() -> None:
    given_ = case(
        [inspector(name, MARKET, NEAR, *held) for name, held in (("A", LIFTS), ("B", LIFTS), ("C", ()), ("D", ()))],
        [task("S0", needs=LIFTS)],
    )
    out = lost(given_, {S0: (["A"], ["B"])}, [leaves("A")])
    assert out.staying == {S0: (["B"], [])}
    assert [(each.experts, each.members) for each in out.case.tasks] == [(0, 1)]
    lost_expert = lost(given_, {S0: (["A"], ["C"])}, [leaves("A")])
    assert lost_expert.staying == {S0: ([], ["C"])}
    assert [(each.experts, each.members) for each in lost_expert.case.tasks] == [(1, 0)]
    fitted = climb(lost_expert.case)
    assert mended(
        {S0: (["A"], ["C"])}, lost_expert, named(fitted.matching, assign(fitted.matching, fitted.table, chance(1)))
    ) == {S0: (["B"], ["C"])}


def test_those_with_fewer_seats_now_are_likelier() -> None:
    given_ = case([inspector(name) for name in "ABCDEFGHI"], [task(f"S{at}") for at in range(4)])
    teams: dict[Post, Named] = {Post(f"S{at}", MARKET): ([], ["A", "B"]) for at in range(3)} | {
        Post("S3", MARKET): ([], ["C", "D"])
    }
    out = lost(given_, teams, [leaves("D")])
    facts = matching(out.case)
    assert {each.id: each.load for each in facts.people} == {"A": 3, "B": 3, **dict.fromkeys("EFGHI", 0)}
    chances = {facts.people[row.person].id: row.both for row in table(facts)[0]}
    assert chances["A"] == chances["B"] < chances["I"]


def test_what_somebody_did_this_year_still_narrows_what_he_may_do() -> None:
    given_ = case([inspector("A", load=18, most=20), inspector("B"), inspector("C")], [task("S0"), task("S1")])
    teams: dict[Post, Named] = {S0: ([], ["A", "B"]), Post("S1", MARKET): ([], ["A", "C"])}
    out = lost(given_, teams, [leaves("B", "S0")])
    now = {each.id: each for each in out.case.inspectors}
    assert (out.case.room(now["A"]), out.case.room(now["B"]), out.case.room(now["C"])) == (0, 20, 19)


def test_a_repair_is_as_fair_as_its_table() -> None:
    """One lost seat: the rounding is a single draw with exactly the chances of the row, over 20,000 seeds."""
    given_ = county(4)
    out = lost(given_, {Post(f"S{at}", MARKET): (["C"], ["B"]) for at in range(4)}, [leaves("B", "S2")])
    facts = matching(out.case)
    rows = table(facts)
    hits = Counter(assign(facts, rows, chance(number))[0][1][0] for number in range(20_000))
    for row in rows[0]:
        p = row.member / UNIT
        assert abs(hits[row.person] - 20_000 * p) < 4 * sqrt(20_000 * p * (1 - p))


def test_withdrawals_are_counted_by_person() -> None:
    assert counts([leaves("A"), leaves("B", "S1"), leaves("A", "S2")]) == {"A": 2, "B": 1}


def test_a_seat_that_needs_another_roster_is_checked_with_the_whole_team() -> None:
    upper = inspector("U", MARKET, ABROAD, *LIFTS, kind=Kind.UPPER)
    given_ = case(
        [inspector("A", MARKET, NEAR, *LIFTS), inspector("B"), inspector("C"), upper], [task("S0", needs=LIFTS)]
    )
    teams: dict[Post, Named] = {S0: (["A"], ["B"])}
    out = lost(given_, teams, [leaves("A")])
    fitted = climb(out.case)
    # Nobody of the department holds it any more; only the expert's seat is open, so there is no member's seat to split off.
    assert [step.rung for step in fitted.steps][-1] is Rung.ROSTER and not fitted.later
    new = mended(teams, out, named(fitted.matching, assign(fitted.matching, fitted.table, chance(1))))
    assert new == {S0: ([], ["B"]), Post("S0", MARKET, "upper"): (["U"], [])}
    assert team_faults(whole(given_, fitted.case, out, [leaves("A")]), new) == []


def test_the_entry_of_the_record() -> None:
    teams: dict[Post, Named] = {Post("S1", MARKET): ([], ["A", "B"]), S0: (["C"], ["B"])}
    made = record("610100-2026-1", "R1", [leaves("A"), leaves("B", "S1")], {"matching": "m", "table": "t"}, teams)
    assert canonical(made).decode() == (
        '{"draw_id":"610100-2026-1","matching":"m","stage":"R1","table":"t",'
        '"teams":[["S0/市场监管",["C"],["B"]],["S1/市场监管",[],["A","B"]]],"ver":"SSJ1",'
        f'"withdrawn":[["A","","住院","{PROOF}","局长"],["B","S1","住院","{PROOF}","局长"]]}}'
    )
