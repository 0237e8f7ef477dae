"""The largest flow is the narrowest cut, and the cut that is named is one."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as some

from app.domains.draw.rules.teams.flow import Network

NODES = 6
EDGES = some.lists(
    some.tuples(some.integers(0, NODES - 1), some.integers(0, NODES - 1), some.integers(0, 9)), max_size=14
)


def built(edges: list[tuple[int, int, int]]) -> tuple[Network, list[int]]:
    net = Network()
    for _ in range(NODES):
        net.node()
    return net, [net.edge(*edge) for edge in edges]


@settings(max_examples=200, deadline=None)
@given(EDGES)
def test_against_every_cut(edges: list[tuple[int, int, int]]) -> None:
    edges = [edge for edge in edges if edge[0] != edge[1]]
    net, numbers = built(edges)
    pushed = net.push(0, NODES - 1)
    sides = [
        {0} | {node for node, is_in in zip(range(1, NODES - 1), choice) if is_in}
        for choice in product((0, 1), repeat=NODES - 2)
    ]
    widths = [sum(room for tail, head, room in edges if tail in side and head not in side) for side in sides]
    assert pushed == min(widths)
    reached = net.reached(0)
    assert sum(room for tail, head, room in edges if tail in reached and head not in reached) == pushed
    flows = [net.flow(number) for number in numbers]
    assert all(0 <= flow <= room for flow, (_, _, room) in zip(flows, edges))
    net_out = [
        sum(f for f, e in zip(flows, edges) if e[0] == node) - sum(f for f, e in zip(flows, edges) if e[1] == node)
        for node in range(NODES)
    ]
    assert net_out[0] == pushed and not any(net_out[1:-1])


def test_what_flows_already_can_be_taken_back() -> None:
    net = Network()
    source, one, two, sink = (net.node() for _ in range(4))
    net.edge(source, one, 1)
    taken = net.edge(one, two, 1, flow=1)
    net.edge(one, sink, 0)
    net.edge(two, sink, 1, flow=1)
    assert net.push(source, sink) == 0 and net.flow(taken) == 1
    net.edge(two, one, 5)
    net.edge(one, sink, 1)
    assert net.push(source, sink) == 1
