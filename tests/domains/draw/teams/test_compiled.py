"""Where numba is installed: the compiled table and rounding are the plain ones, bit for bit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.domains.draw.rules import rounding
from app.domains.draw.rules.teams import assigning, chances
from app.domains.draw.rules.teams.matching import Matching, matching
from bench.teams import case
from tests.domains.draw.teams.given import chance, with_terms

pytest.importorskip("numba", reason="numba is an optional extra: the compiled draw is compared where it is installed")
from app.domains.draw.rules import compiled


def plainly(facts: Matching, monkeypatch: pytest.MonkeyPatch) -> chances.Table:
    with monkeypatch.context() as patch:
        patch.setattr(chances, "swiftly", None)
        return chances.table(facts)


@pytest.mark.parametrize(("mu", "rounds"), [(0, 3), (10, 40), (30, 12), (100, 7)])
def test_the_same_table(mu: int, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = matching(with_terms(case(120, 300), mu=mu, rounds=rounds))
    monkeypatch.setattr(chances, "_MANY", 0)
    assert chances.table(facts) == plainly(facts, monkeypatch)


def test_the_same_teams() -> None:
    facts = matching(case(120, 300, rounds=5))
    edges, _ = assigning.network(facts, chances.table(facts))
    for number in range(5):
        assert compiled.round_net(edges, chances.UNIT, chance(number)) == rounding.round_net(
            edges, chances.UNIT, chance(number)
        )


@settings(max_examples=150, deadline=None)
@given(
    some.lists(some.tuples(some.integers(0, 4), some.integers(5, 9), some.integers(1, 10**9)), max_size=20),
    some.integers(0, 10**6),
)
def test_the_same_rounding_of_any_network(pairs: list[tuple[int, int, int]], seed: int) -> None:
    """From left to right, and back over a source and a sink: everything that flows returns."""
    left, right = [0] * 10, [0] * 10
    for tail, head, flow in pairs:
        left[tail] += flow
        right[head] += flow
    edges = [
        *pairs,
        *((10, node, flow) for node, flow in enumerate(left) if flow),
        *((node, 11, flow) for node, flow in enumerate(right) if flow),
    ]
    edges.append((11, 10, sum(left)))
    assert compiled.round_net(edges, 10**9, chance(seed)) == rounding.round_net(edges, 10**9, chance(seed))


def test_the_compiled_one_refuses_what_does_not_balance() -> None:
    with pytest.raises(ValueError, match="whole units"):
        compiled.round_net([(0, 1, 5)], 10, chance(1))
    assert compiled.round_net([], 10, chance(1)) == []


def test_seats_and_weights_that_integers_of_a_machine_do_not_hold_are_left_to_the_plain_one() -> None:
    rows = [chances._Shared(entry, 1) for entry in matching(case(30, 300)).entries]
    kinds = rows * 100
    assert chances._is_for_machine(kinds, 10)
    assert not chances._is_for_machine(kinds, 101)
    kinds[0].members = 5 * chances.UNIT
    assert not chances._is_for_machine(kinds, 10)
