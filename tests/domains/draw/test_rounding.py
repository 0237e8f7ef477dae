"""Rounding in a network: by hand, balanced at every node, without bias."""

import hashlib
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domains.draw.rules.drbg import Drbg
from app.domains.draw.rules.rounding import Edge, round_net
from tests.domains.draw import county


class Said:
    """Chance that says what it is told, and remembers what it was asked."""

    def __init__(self, *said: int) -> None:
        self.said, self.asked = list(said), list[int]()

    def below(self, bound: int) -> int:
        self.asked.append(bound)
        return self.said.pop(0)


# Two tasks (0, 1), two inspectors (2, 3), a sink (4): chances of tenths.
SQUARE: list[Edge] = [(0, 2, 3), (0, 3, 7), (1, 2, 7), (1, 3, 3), (2, 4, 10), (3, 4, 10)]


def test_a_square_by_hand():
    # From 0 by edge 0 to 2, back by edge 2 to 1, by edge 3 to 3, back by edge 1 to 0: + on 0 and 3, - on 2 and 1.
    # At most 7 forward (0 reaches 10), 3 backward (0 reaches 0); forward for 0, 1, 2 of ten.
    for said, flow in ((2, [10, 0, 0, 10, 10, 10]), (3, [0, 10, 10, 0, 10, 10])):
        chance = Said(said)
        assert round_net(SQUARE, 10, chance) == flow
        assert chance.asked == [10]


def test_a_fan_by_hand():
    # Three who share one seat, a half, three tenths, two tenths: the walk is 0-1-4-2-0, edges 0 and 3 against 4 and 1.
    fan: list[Edge] = [(0, 1, 5), (0, 2, 3), (0, 3, 2), (1, 4, 5), (2, 4, 3), (3, 4, 2)]
    chance = Said(7, 6)
    # Forward 3, backward 5: 7 of 8 is not under 5, so backward: the first loses 5, the second has 8 tenths.
    # Then 0-2-4-3-0: forward 2 (the third loses all), backward 8: 6 of 10 is under 8, so forward.
    assert round_net(fan, 10, chance) == [0, 10, 0, 0, 10, 0]
    assert chance.asked == [8, 10]


def test_what_is_whole_is_left_alone():
    assert round_net([], 10, Said()) == []
    assert round_net([(0, 1, 20), (1, 2, 20)], 10, Said()) == [20, 20]


def test_a_node_that_does_not_balance_is_refused():
    with pytest.raises(ValueError, match="node"):
        round_net([(0, 1, 3), (1, 2, 5)], 10, Said())


@st.composite
def circles(draw: Any) -> tuple[list[Edge], int]:
    """Edges that are sums of closed walks, so that every node balances; edges in any order, any two nodes."""
    unit, nodes = draw(st.sampled_from([7, 10, 1 << 30])), draw(st.integers(2, 7))
    flows = Counter[tuple[int, int]]()
    for _ in range(draw(st.integers(1, 6))):
        walk = draw(st.lists(st.integers(0, nodes - 1), min_size=2, max_size=5, unique=True))
        amount = draw(st.integers(1, 3 * unit))
        for tail, head in zip(walk, [*walk[1:], walk[0]]):
            flows[tail, head] += amount
    return draw(st.permutations([(a, b, f) for (a, b), f in flows.items()])), unit


@given(circles(), st.binary(min_size=32, max_size=32))
@settings(county.UNHURRIED, max_examples=300)
def test_every_edge_is_next_to_its_flow_and_every_node_keeps_its_balance(given_: tuple[list[Edge], int], key: bytes):
    edges, unit = given_
    flow = round_net(edges, unit, Drbg("sm3", key))
    net = Counter[int]()
    for (tail, head, before), after in zip(edges, flow):
        assert after % unit == 0
        assert before // unit * unit <= after <= -(-before // unit) * unit
        net[tail] += before - after
        net[head] -= before - after
    assert not any(net.values())


def test_expectations_stay_as_they_were():
    edges: list[Edge] = [(0, 2, 31), (0, 3, 52), (0, 4, 17), (1, 2, 25), (1, 3, 9), (1, 4, 66)]
    edges += [(n, 5, sum(f for _, head, f in edges if head == n)) for n in (2, 3, 4)]
    runs, taken = 20_000, Counter[int]()
    for run in range(runs):
        flow = round_net(edges, 100, Drbg("sha256", hashlib.sha256(b"%d" % run).digest()))
        taken.update(number for number, one in enumerate(flow[:6]) if one)
        assert flow[0] + flow[1] + flow[2] == flow[3] + flow[4] + flow[5] == 100
    for number, (_, _, chance) in enumerate(edges[:6]):
        p = chance / 100
        assert abs(taken[number] - runs * p) < 4 * (runs * p * (1 - p)) ** 0.5
