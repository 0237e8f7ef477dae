"""A workflow drawn: states in columns by how many moves lead to them, moves as lines that never cross a box. Pure.

A line leaves its state on the right and enters the next on the left. Between neighbours it runs through the gap; every
other line goes along a lane of its own, above the boxes when it skips a column, below them when it leads back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from unicodedata import east_asian_width

from app.core.workflow import Move, Workflow

#: Sizes in units of the drawing: a Chinese sign and another one, the height of a line of text, distances.
_WIDE, _NARROW, _BOX, _BETWEEN, _LANE, _TRACK, _MARGIN, _PORT = 13.0, 7.4, 34.0, 26.0, 22.0, 9.0, 12.0, 15.0


@dataclass
class Box:
    """A state in its place."""

    state: str
    label: str
    rank: int
    is_first: bool
    is_last: bool
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    out: list[Line] = field(default_factory=list)
    into: list[Line] = field(default_factory=list)
    #: The boxes of its column, itself among them.
    beside: list[Box] = field(default_factory=list)


@dataclass
class Line:
    """One or more moves from one state to another; ``path`` as SVG writes it, the label at ``x``, ``y``."""

    source: Box
    target: Box
    label: str
    tone: str
    path: str = ""
    x: float = 0
    y: float = 0
    anchor: str = "middle"

    @property
    def is_step(self) -> bool:
        """True between neighbours from left to right."""
        return self.target.rank == self.source.rank + 1

    @property
    def is_skip(self) -> bool:
        """True when it leads on over a column."""
        return self.target.rank > self.source.rank + 1


@dataclass(frozen=True)
class Drawing:
    """Everything in its place."""

    width: float
    height: float
    boxes: list[Box]
    lines: list[Line]


def width_of(text: str) -> float:
    """How wide the text is, about."""
    return sum(_WIDE if east_asian_width(sign) in "WF" else _NARROW for sign in text)


def draw(flow: Workflow, told: Callable[[Move], str] | None = None) -> Drawing:
    """The workflow's states and the moves between them, with the labels of the reader's language."""
    ranks = _ranks(flow)
    boxes = {
        state.value: Box(
            state.value, str(state.label), ranks[state.value], state.value in flow.initial, flow.is_final(state.value)
        )
        for state in flow.states
        if state.value in ranks
    }
    lines = _lines(flow, boxes, told or (lambda move: str(move.label)))
    return _place(list(boxes.values()), lines)


def _ranks(flow: Workflow) -> Mapping[str, int]:
    """How many moves lead to each state from where rows begin; states that nothing leads to are left out."""
    moves = _shown(flow)
    direct = {move.target for move in moves for state in flow.initial if state in move.sources}
    ranks = dict.fromkeys([state for state in flow.initial if state not in direct] or flow.initial, 0)
    waiting = list(ranks)
    while waiting:
        state = waiting.pop(0)
        for move in moves:
            if state in move.sources and move.target not in ranks:
                ranks[move.target] = ranks[state] + 1
                waiting.append(move.target)
    for state in flow.initial:
        ranks.setdefault(state, 0)
    return ranks


def _shown(flow: Workflow) -> list[Move]:
    """The moves that people make, and those of the system that lead where no person does."""
    targets = {move.target for move in flow.moves if not move.is_hidden}
    return [move for move in flow.moves if not move.is_hidden or move.target not in targets]


def _lines(flow: Workflow, boxes: Mapping[str, Box], told: Callable[[Move], str]) -> list[Line]:
    """One line for each pair of states, however many moves lead from the one to the other."""
    found: dict[tuple[str, str], Line] = {}
    for move in _shown(flow):
        for source in move.sources:
            if source not in boxes or source == move.target:
                continue
            pair, label = (source, move.target), told(move)
            if pair in found:
                line = found[pair]
                line.label = line.label if label in line.label.split(" / ") else f"{line.label} / {label}"
            else:
                found[pair] = Line(boxes[source], boxes[move.target], label, move.tone)
    return list(found.values())


def _place(boxes: list[Box], lines: list[Line]) -> Drawing:
    for line in lines:
        line.source.out.append(line)
        line.target.into.append(line)
    columns: dict[int, list[Box]] = {}
    for box in boxes:
        box.width = width_of(box.label) + 26
        box.height = max(_BOX, _PORT * (max(len(box.out), len(box.into)) + 1))
        box.beside = columns.setdefault(box.rank, [])
        box.beside.append(box)
    above = sorted((line for line in lines if line.is_skip), key=_span)
    below = sorted((line for line in lines if not (line.is_skip or line.is_step)), key=_span)
    top = _MARGIN + _LANE * len(above) + (8 if above else 0)
    tall = max(sum(box.height for box in column) + _BETWEEN * (len(column) - 1) for column in columns.values())
    for column in columns.values():
        y = top + (tall - sum(box.height for box in column) - _BETWEEN * (len(column) - 1)) / 2
        for box in column:
            box.y = y
            y += box.height + _BETWEEN
    tracks = _across(columns, lines)
    for place, line in enumerate(above):
        _along(line, tracks, top - 14 - _LANE * place)
    bottom = top + tall
    for place, line in enumerate(below):
        _along(line, tracks, bottom + 20 + _LANE * place)
    for line in lines:
        if line.is_step:
            _step(line, tracks)
    width = max([box.x + box.width for box in boxes] + [x for each in tracks.values() for x in each]) + _MARGIN + 4
    return Drawing(width, bottom + (_LANE * len(below) + 14 if below else 0) + _MARGIN, boxes, lines)


def _span(line: Line) -> tuple[int, int]:
    return abs(line.target.rank - line.source.rank), line.source.rank


#: Where each line runs up or down: after its source, and before its target.
_Tracks = Mapping[int, tuple[float, float]]


def _across(columns: Mapping[int, list[Box]], lines: list[Line]) -> _Tracks:
    """The columns from left to right, and a track for every line in the gaps that it runs through."""
    leaving: dict[int, float] = {}
    arriving: dict[int, float] = {}
    x = _MARGIN
    for rank in range(-1, max(columns) + 1):
        column = columns.get(rank, [])
        for box in column:
            box.x = x
        wide = max((box.width for box in column), default=0)
        for box in column:
            box.width = wide
        x += wide
        out = sorted((line for line in lines if line.source.rank == rank), key=_leaves)
        into = sorted((line for line in lines if line.target.rank == rank + 1 and not line.is_step), key=_arrives)
        steps = [line for line in lines if line.source.rank == rank and line.is_step]
        for place, line in enumerate(out, 1):
            leaving[id(line)] = x + 6 + _TRACK * place
        x += 6 + _TRACK * (len(out) + 1) if out else 0
        x += max((width_of(line.label) for line in steps), default=0) + (6 if steps else 0)
        for place, line in enumerate(into):
            arriving[id(line)] = x + _TRACK * place
        x += _TRACK * len(into) + (16 if rank + 1 in columns else 0)
    return {id(line): (leaving[id(line)], arriving.get(id(line), leaving[id(line)])) for line in lines}


def _leaves(line: Line) -> tuple[float, float]:
    return line.source.y, line.target.y


def _arrives(line: Line) -> tuple[float, float]:
    return line.target.y, line.source.y


def _ports(line: Line) -> tuple[float, float, float, float]:
    """Where the line leaves and where it arrives: the ports of a box are spread over its side."""
    source, target = line.source, line.target
    out = sorted(source.out, key=lambda each: (each.is_skip is False, each.target.y if each.is_step else 1e9))
    into = sorted(target.into, key=lambda each: (each.is_skip is False, each.source.y if each.is_step else 1e9))
    y = source.y + source.height * (out.index(line) + 1) / (len(out) + 1)
    at = target.y + target.height * (into.index(line) + 1) / (len(into) + 1)
    return source.x + source.width, y, target.x, at


def _step(line: Line, tracks: _Tracks) -> None:
    x, y, to_x, to_y = _ports(line)
    track = tracks[id(line)][0]
    line.path = f"M{x:.1f} {y:.1f}H{track:.1f}V{to_y:.1f}H{to_x - 2:.1f}"
    last = max(tracks[id(each)][0] for box in line.source.beside for each in box.out)
    line.x, line.y, line.anchor = last + 5, to_y - 4, "start"


def _along(line: Line, tracks: _Tracks, lane: float) -> None:
    x, y, to_x, to_y = _ports(line)
    leaves, arrives = tracks[id(line)]
    line.path = f"M{x:.1f} {y:.1f}H{leaves:.1f}V{lane:.1f}H{arrives:.1f}V{to_y:.1f}H{to_x - 2:.1f}"
    line.x, line.y = (leaves + arrives) / 2, lane - 4
