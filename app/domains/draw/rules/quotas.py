"""How many are drawn in each cell: the expected numbers, rounded by chance and without bias (SSJ1, 5.5).

Cells, regions, columns (class and age), classes and the total are each the whole number below or above what is
expected, all at once, and the expectation of every cell is exactly its size times its chance.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domains.draw.rules.cells import UNIT, Cell
from app.domains.draw.rules.rounding import Chance, Edge, round_net

#: Of each cell: how many subjects, and their chance in units of 10^-9.
Chances = Mapping[Cell, tuple[int, int]]


def network(chances: Chances) -> list[Edge]:
    """Expected numbers as a flow in a circle: source, region, column, class, sink, source. Cells come first."""
    cells = sorted(chances)
    flows = {each: chances[each][0] * chances[each][1] for each in cells}
    regions = sorted({each.region for each in cells})
    columns = sorted({each.column for each in cells})
    classes = sorted({each.subject_class for each in cells})
    places = [("source",), *((r,) for r in regions), *columns, *(("class", c) for c in classes), ("sink",)]
    node = {place: number for number, place in enumerate(places)}
    edges = [(node[each.region,], node[each.column], flows[each]) for each in cells]

    def total(part: str, wanted: object) -> int:
        return sum(flow for each, flow in flows.items() if getattr(each, part) == wanted)

    edges += [(node["source",], node[r,], total("region", r)) for r in regions]
    edges += [(node[c], node["class", c[0]], total("column", c)) for c in columns]
    edges += [(node["class", c], node["sink",], total("subject_class", c)) for c in classes]
    return [*edges, (node["sink",], node["source",], sum(flows.values()))]


def quotas(chances: Chances, chance: Chance) -> dict[Cell, int]:
    """The number to draw in each cell."""
    flow = round_net(network(chances), UNIT, chance)
    return {each: flow[number] // UNIT for number, each in enumerate(sorted(chances))}
