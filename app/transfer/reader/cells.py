"""What a cell can hold once it is read.

An empty cell is ``""``. Text is ``str``, numbers are ``int`` or ``float`` (an integral number below 2**53 is ``int``),
truth values ``bool``. A number formatted as a percentage is the text that the sheet shows: ``5%``. A date cell is a
``Day``: ISO text that knows it was a date. A formula is a ``Formula`` with the result that was stored with it, an error
a ``Fault``.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Day(str):
    """A date or moment cell: ``2024-01-05`` or ``2024-01-05T10:30:00``."""

    __slots__ = ()


class Formula(NamedTuple):
    """A formula, never evaluated; ``value`` is the result stored in the file, ``""`` when there is none."""

    text: str
    value: str | int | float | bool | Day


class Fault(NamedTuple):
    """An error cell such as ``#N/A``."""

    text: str


Cell = str | int | float | bool | Day | Formula | Fault

SEPARATOR = "\x7f"


def decoded_column(column: Any, rows: int) -> list[Cell]:
    """Return the cells of one column of a batch (see ``child.encode`` for its form)."""
    if column == 0:
        return [""] * rows
    if isinstance(column, dict):
        if "s" in column:
            return column["s"].split(SEPARATOR)
        return [Day(cell) if cell else "" for cell in column["d"].split(SEPARATOR)]
    return [_untagged(cell) if type(cell) is list else cell for cell in column]


def _untagged(tagged: list[Any]) -> Cell:
    tag = tagged[0]
    if tag == "d":
        return Day(tagged[1])
    if tag == "e":
        return Fault(tagged[1])
    value = tagged[2]
    if isinstance(value, list):
        value = Day(value[1]) if value[0] == "d" else value[1]
    return Formula(tagged[1], value)


def as_json(cell: Cell) -> Any:
    """The cell as it is shown in JSON."""
    if isinstance(cell, Formula):
        return {"formula": cell.text, "value": None if cell.value == "" else cell.value}
    if isinstance(cell, Fault):
        return {"error": cell.text}
    return None if cell == "" else cell


def column_letters(index: int) -> str:
    """0 is ``A``, 16383 is ``XFD``."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
