"""Typed values -> PostgreSQL's COPY text format, a column at a time. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from types import NoneType
from typing import Any
from uuid import UUID

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_TEXT, _NOTHING = frozenset({str, NoneType}), frozenset({NoneType})
_KEYS = frozenset({int, UUID})

#: COPY's mark for no value.
NULL = "\\N"


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


def _array(values: Iterable[Any]) -> str:
    values = list(values)
    if _KEYS.issuperset(map(type, values)):  # nothing in them needs quotes
        return "{" + ",".join(map(cell, values)) + "}"
    quoted = (str(item).replace("\\", "\\\\").replace('"', '\\"') for item in values)
    return _text("{" + ",".join(f'"{item}"' for item in quoted) + "}")


_WRITERS: dict[type, Callable[[Any], str]] = {
    NoneType: lambda _: NULL,
    str: _text,
    bool: lambda value: "t" if value else "f",
    UUID: lambda value: f"{value.int:032x}",
    list: _array,
    tuple: _array,
    dict: lambda value: _text(json.dumps(value, ensure_ascii=False)),
}


def cell(value: Any) -> str:
    """One value as COPY text."""
    write = _WRITERS.get(type(value))
    return write(value) if write else _text(str(value))


def column(values: Sequence[Any]) -> list[str]:
    """The values of one column as COPY text. One object that stands in many rows is written once."""
    kinds = set(map(type, values))
    if kinds == _NOTHING:
        return [NULL] * len(values)
    if kinds <= _TEXT and not _SPECIAL.search("".join(filter(None, values))):
        return [NULL if value is None else value for value in values]
    texts = {id(value): value for value in values}
    for key, value in texts.items():
        texts[key] = cell(value)
    return [texts[id(value)] for value in values]


def lines(columns: Iterable[Sequence[Any]]) -> str:
    """Rows, given as their columns, as lines of COPY text."""
    return "".join(map("{}\n".format, map("\t".join, zip(*map(column, columns), strict=True))))
