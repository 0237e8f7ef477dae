r"""Rows as JSON, column by column: most columns are all text or all dates and become one joined string.

A batch is ``{"numbers": [first, count] or [[…]], "columns": […]}``: Excel's numbers of its rows, consecutive or listed.
A column is one of

* ``0``                    every cell is empty
* ``{"s": "a\x7fb\x7fc"}`` text, empty cells included
* ``{"d": "2024-01-05\x7f\x7f2024-01-06T10:00:00"}``  dates and moments, or empty
* ``[…]``                  anything: text, numbers, truth values, and tagged ``["d", iso]``, ``["f", formula, value]``
  and ``["e", error]``
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .refusal import Refusal, column_letters
from .values import Day, Tagged

SEPARATOR = "\x7f"
#: Nothing a person typed: control characters that no database or XML stores, and marks that turn or hide what is read.
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
HIDDEN = re.compile(rb"\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xa4\xa6-\xa9])")
ESCAPED = re.compile(rb"\\[ubfr]")
PLAIN = {str, int, float, bool}
dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False).encode


@dataclass
class Batch:
    """Rows of a sheet, column by column; ``numbers`` are Excel's and ascend."""

    numbers: Sequence[int]
    columns: Sequence[Sequence[Any]]

    def between(self, after: int, last: int) -> Batch:
        """The rows below one row, up to another."""
        if not self.numbers or (self.numbers[0] > after and self.numbers[-1] <= last):
            return self
        chosen = [at for at, number in enumerate(self.numbers) if after < number <= last]
        if not chosen:
            return Batch([], [])
        start, stop = chosen[0], chosen[-1] + 1
        return Batch(self.numbers[start:stop], [column[start:stop] for column in self.columns])

    @staticmethod
    def joined(batches: Sequence[Batch]) -> Batch:
        """One batch after the other, all as wide as the widest."""
        width = max(len(batch.columns) for batch in batches)
        columns: list[list[Any]] = [[] for _ in range(width)]
        numbers: list[int] = []
        for batch in batches:
            numbers += batch.numbers
            for at, column in enumerate(columns):
                column += batch.columns[at] if at < len(batch.columns) else [""] * len(batch.numbers)
        return Batch(numbers, columns)


def encode(batch: Batch, sheet: str, max_cell: int) -> bytes:
    """Return the batch as UTF-8 JSON; control and hidden characters are gone, line ends are ``\\n``."""
    encoded = _frame(batch, sheet, max_cell)
    if _needs_cleaning(encoded):
        batch = Batch(batch.numbers, [[_clean(cell) for cell in column] for column in batch.columns])
        encoded = _frame(batch, sheet, max_cell)
    return encoded


def _frame(batch: Batch, sheet: str, max_cell: int) -> bytes:
    numbers, count = batch.numbers, len(batch.numbers)
    pieces = [_column(cells, at, numbers, sheet, max_cell) for at, cells in enumerate(batch.columns)]
    rows: list[Any] = [list(numbers)]
    if count and numbers[-1] - numbers[0] == count - 1:
        rows = [numbers[0], count]
    return "".join(('{"numbers":', dumps(rows), ',"columns":[', ",".join(pieces), "]}")).encode()


def _needs_cleaning(encoded: bytes) -> bool:
    """JSON escapes control characters and the hidden ones share two lead bytes: batches are cleared at memory speed."""
    if b"\\" in encoded and ESCAPED.search(encoded):
        return True
    return b"\xef\xbb\xbf" in encoded or (b"\xe2" in encoded and HIDDEN.search(encoded) is not None)


def _clean(cell: Any) -> Any:
    if type(cell) is str:
        return INVISIBLE.sub("", cell.replace("\r\n", "\n").replace("\r", "\n"))
    if type(cell) is Tagged:
        return Tagged(map(_clean, cell))
    return cell


def _column(cells: Sequence[Any], at: int, numbers: Sequence[int], sheet: str, max_cell: int) -> str:
    types = set(map(type, cells))
    if types == {str}:
        if not any(cells):
            return "0"
        joined = SEPARATOR.join(cells)
        if len(joined) > max_cell:
            _check_lengths(cells, at, numbers, sheet, max_cell)
        if joined.count(SEPARATOR) == len(cells) - 1:
            return '{"s":' + dumps(joined) + "}"
    elif types <= {Day, str} and all(type(cell) is Day or not cell for cell in cells):
        return '{"d":"' + SEPARATOR.join(cells) + '"}'
    else:
        _check_lengths(cells, at, numbers, sheet, max_cell)
    if types <= PLAIN:
        text = dumps(cells)
    else:
        text = dumps([_told(cell) for cell in cells])
    return dumps([_told(_clean(cell)) for cell in cells]) if SEPARATOR in text else text


def _told(cell: Any) -> Any:
    return ["d", cell] if type(cell) is Day else cell


def _check_lengths(cells: Sequence[Any], at: int, numbers: Sequence[int], sheet: str, max_cell: int) -> None:
    for number, cell in zip(numbers, cells, strict=True):
        if (type(cell) is str and len(cell) > max_cell) or (type(cell) is Tagged and len(cell[1]) > max_cell):
            raise Refusal("cell_too_long", sheet=sheet, cell=f"{column_letters(at)}{number}", limit=max_cell)
