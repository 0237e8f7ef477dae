"""Typed values -> PostgreSQL's COPY text format. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

#: COPY's mark for no value.
NULL = "\\N"


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if any(sign in value for sign in "\\\t\n\r") else value


def _array(values: Iterable[Any]) -> str:
    quoted = (str(item).replace("\\", "\\\\").replace('"', '\\"') for item in values)
    return _text("{" + ",".join(f'"{item}"' for item in quoted) + "}")


def cell(value: Any) -> str:
    """One value as COPY text."""
    if value is None:
        return NULL
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list | tuple):
        return _array(value)
    if isinstance(value, dict):
        return _text(json.dumps(value, ensure_ascii=False))
    return str(value)


def line(values: Iterable[Any]) -> str:
    """One row as a line of COPY text."""
    return "\t".join(map(cell, values)) + "\n"
