r"""Rows as JSON, column by column: most columns are all text or all dates and become one joined string.

A batch is ``{"first": row, "rows": n, "columns": […]}`` (rows from 0). A column is one of

* ``0``                    every cell is empty
* ``{"s": "a\x7fb\x7fc"}`` text, empty cells included
* ``{"d": "2024-01-05\x7f\x7f2024-01-06T10:00:00"}``  dates and moments, or empty
* ``[…]``                  anything: text, numbers, truth values, and tagged ``["d", iso]``, ``["f", formula, value]``
  and ``["e", error]``
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Sequence
from typing import Any

from .refusal import Refusal

SEPARATOR = "\x7f"
EXACT = 2**53
#: Nothing a person typed: control characters that no database or XML stores, and marks that turn or hide what is read.
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
HIDDEN = re.compile(rb"\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xa4\xa6-\xa9])")
ESCAPED = re.compile(rb"\\[ubfr]")
dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False).encode


class Tagged(list[Any]):
    """A cell that is not a plain value: ``[tag, …]`` as it is written."""


def encode_batch(first: int, rows: Sequence[Sequence[Any]], max_cell: int) -> bytes:
    """Return the batch as UTF-8 JSON; control and hidden characters are gone, line ends are ``\\n``."""
    columns = list(zip(*rows, strict=True)) if rows else []
    encoded = _frame(first, len(rows), columns, max_cell)
    if _needs_cleaning(encoded):
        encoded = _frame(first, len(rows), [[_clean(cell) for cell in column] for column in columns], max_cell)
    return encoded


def _frame(first: int, count: int, columns: Sequence[Sequence[Any]], max_cell: int) -> bytes:
    pieces = [_column(column, number, first, max_cell) for number, column in enumerate(columns)]
    return "".join(('{"first":', str(first), ',"rows":', str(count), ',"columns":[', ",".join(pieces), "]}")).encode()


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


def _column(cells: Sequence[Any], number: int, first: int, max_cell: int) -> str:
    types = set(map(type, cells))
    if types == {str}:
        if not any(cells):
            return "0"
        joined = SEPARATOR.join(cells)
        if len(joined) > max_cell:
            _check_lengths(cells, number, first, max_cell)
        if joined.count(SEPARATOR) == len(cells) - 1:
            return '{"s":' + dumps(joined) + "}"
    elif types <= {datetime.date, datetime.datetime, str} and all(type(cell) is not str or not cell for cell in cells):
        return '{"d":"' + SEPARATOR.join([cell and cell.isoformat() for cell in cells]) + '"}'
    elif str in types:
        _check_lengths(cells, number, first, max_cell)
    text = dumps([_value(cell) for cell in cells])
    return dumps([_value(_clean(cell)) for cell in cells]) if SEPARATOR in text else text


def _value(cell: Any) -> Any:
    kind = type(cell)
    if kind is float:
        if not math.isfinite(cell):
            return ["e", "#NUM!"]
        return int(cell) if -EXACT < cell < EXACT and cell.is_integer() else cell
    if kind is datetime.date or kind is datetime.datetime:
        return ["d", cell.isoformat()]
    if kind is Tagged:
        return [_value(part) for part in cell]
    if kind is str or kind is bool or kind is int:
        return cell
    return str(cell)  # a time or a duration: text that no date field will take for a day


def _check_lengths(cells: Sequence[Any], number: int, first: int, max_cell: int) -> None:
    for row, cell in enumerate(cells, first + 1):
        if type(cell) is str and len(cell) > max_cell:
            raise Refusal("cell_too_long", cell=f"{column_letters(number)}{row}", limit=max_cell)


def column_letters(number: int) -> str:
    """0 is ``A``, 16383 is ``XFD``."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
