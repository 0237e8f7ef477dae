"""The drawing of a workflow: everything is in it, nothing lies upon anything else that matters."""

from __future__ import annotations

import itertools
import re

import pytest

from app import domains
from app.console.flow.diagram import draw
from app.core.table import TABLES

domains.load()
NAMES = sorted(name for name, table in TABLES.items() if table.__flow__)


def corners(path: str) -> list[tuple[float, float]]:
    """The corners of a line."""
    x = y = 0.0
    found = []
    for command, first, second in re.findall(r"([MHV])(-?[\d.]+)(?: (-?[\d.]+))?", path):
        if command == "M":
            x, y = float(first), float(second)
        elif command == "H":
            x = float(first)
        else:
            y = float(first)
        found.append((x, y))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_state_and_every_pair_is_drawn_once(name: str):
    flow = TABLES[name].__flow__
    drawing = draw(flow)
    reached = set(flow.initial) | {move.target for move in flow.moves}
    assert sorted(box.state for box in drawing.boxes) == sorted(reached)
    pairs = [(line.source.state, line.target.state) for line in drawing.lines]
    people = {(source, m.target) for m in flow.moves if not m.is_hidden for source in m.sources}
    assert len(pairs) == len(set(pairs)) and set(pairs) >= people
    labels = " ".join(line.label for line in drawing.lines)
    assert all(str(move.label) in labels for move in flow.moves if not move.is_hidden)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_lies_upon_anything(name: str):
    drawing = draw(TABLES[name].__flow__)
    boxes = drawing.boxes
    for at, one in enumerate(boxes):
        assert one.x >= 0 and one.y >= 0
        assert one.x + one.width <= drawing.width and one.y + one.height <= drawing.height
        for other in boxes[at + 1 :]:
            apart = one.x + one.width < other.x or other.x + other.width < one.x
            assert apart or one.y + one.height < other.y or other.y + other.height < one.y
    lanes = []
    for line in drawing.lines:
        points = corners(line.path)
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in points), line.label
        for (x, y), (to_x, to_y) in itertools.pairwise(points):
            for box in boxes:
                inside_x = max(min(x, to_x), box.x) < min(max(x, to_x), box.x + box.width)
                inside_y = max(min(y, to_y), box.y) < min(max(y, to_y), box.y + box.height)
                across = (y == to_y and box.y < y < box.y + box.height and inside_x) or (
                    x == to_x and box.x < x < box.x + box.width and inside_y
                )
                assert not across, (line.label, box.label)
        if not line.is_step:
            lanes.append(points[2][1])
    assert len(lanes) == len(set(lanes)), "every long line has a lane of its own"
    starts = [corners(line.path)[0] for line in drawing.lines]
    ends = [corners(line.path)[-1] for line in drawing.lines]
    assert len(starts) == len(set(starts)) and len(ends) == len(set(ends))
