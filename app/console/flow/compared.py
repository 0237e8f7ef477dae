"""Two editions of a row side by side: the fields that differ, in the words of the history. Reads titles only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from app.console.history import difference
from app.console.history.difference import Change
from app.console.history.titles import titles
from app.core.fields import Field
from app.core.messages import joined
from app.core.table import Table, by_class

Contents = Mapping[str, Any]


def changes(session: Session, table: type[Table], before: Contents, after: Contents) -> list[dict[str, Any]]:
    """What ``after`` says differently, field by field in the order of the form."""
    names = _titles(session, table, (before, after))
    found = []
    for field in _fields(table):
        old, new = before.get(field.name), after.get(field.name)
        if is_same(field, old, new):
            continue
        left, right = (_text(field, value, names) for value in (old, new))
        pieces = difference.pieces(left, right) if field.kind in ("text", "long_text") else ((), ())
        found.append(asdict(Change(field.name, str(field.label), left, right, False, *pieces)))
    return found


def whole(session: Session, table: type[Table], contents: Contents) -> list[dict[str, str]]:
    """Everything an edition says, without what it leaves empty."""
    names = _titles(session, table, (contents,))
    told = ((field, _text(field, contents.get(field.name), names)) for field in _fields(table))
    return [{"label": str(field.label), "text": text} for field, text in told if text]


def is_same(field: Field, old: Any, new: Any) -> bool:
    """True for values that say the same; nothing and an empty text are the same, and so are lists in another order."""
    if field.is_plural:
        return sorted(map(str, old or ())) == sorted(map(str, new or ()))
    return old == new or (old in (None, "") and new in (None, ""))


def _fields(table: type[Table]) -> Sequence[Field]:
    state = table.__flow__.field if table.__flow__ is not None else ""
    return [field for field in table.__fields__.values() if field.is_input and field.name != state]


def _titles(session: Session, table: type[Table], rows: Sequence[Contents]) -> dict[tuple[str, str], str]:
    wanted = set()
    for field in _fields(table):
        if field.is_reference:
            target = by_class(str(field.target)).__tablename__
            wanted |= {(target, str(key)) for row in rows for key in _keys(row.get(field.name))}
    return titles(session, wanted)


def _keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else ([value] if value else [])


def _text(field: Field, value: Any, names: Mapping[tuple[str, str], str]) -> str:
    if field.kind == "many":
        return joined(sorted(difference.text(field, key, names) for key in _keys(value)))
    return difference.text(field, value, names)
