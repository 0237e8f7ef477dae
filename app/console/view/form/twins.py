"""Possible duplicates as a form shows them: which stored rows agree with what is typed, and in which fields."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask import url_for

from app.console import guard
from app.core import saving
from app.core.messages import N_, joined
from app.core.rules import Severity
from app.core.table import Table
from app.core.twins import agreeing
from app.core.viewer import Viewer
from app.extensions import db

#: Rows shown for one rule.
_SHOWN = 5
#: What a list tells beside the title of a row.
_HINTS = 3


def alike(table: type[Table], values: Mapping[str, Any], row_id: Any, viewer: Viewer) -> list[dict[str, Any]]:
    """For each rule that finds some: the rows that agree, as far as the viewer may see them."""
    rules = [(each.fields, each.severity is Severity.WARNING) for each in table.__duplicates__]
    if table.__key__:
        owner = [name for name, field in table.__fields__.items() if field.is_owner and table.__rows__.is_private]
        rules.insert(0, (tuple(dict.fromkeys((*owner, *table.__key__))), False))
    found = []
    for names, is_warning in rules:
        same = agreeing(table, names, values)
        if not same:
            continue
        key = table.key_of(row_id)  # a new row of a numbered table has no number yet
        itself = [table.id != key] if key is not None else []
        wanted = saving.visible(table, viewer).where(*same, *itself).order_by(table.id.desc())
        rows = db.session.scalars(wanted.limit(_SHOWN)).unique().all()
        if rows:
            labels = joined(table.__fields__[name].label for name in names)
            found.append(
                {
                    "message": str(N_("已有{labels}相同的记录", labels=labels)),
                    "is_warning": is_warning,
                    "rows": [_told(row) for row in rows],
                }
            )
    return found


def _told(row: Table) -> dict[str, Any]:
    name, fields = type(row).__tablename__, type(row).__fields__.values()
    plain = (f for f in fields if f.in_list and not (f.is_reference or f.derived or f.name == row.__title__))
    hints = [text for field in plain if (text := row.shown(field))]
    url = url_for(f"{name}.show", pk=row.id) if guard.may("read", name) else None
    return {"id": str(row.id), "title": row.title(), "hint": " · ".join(hints[:_HINTS]), "url": url}


def mark(found: list[dict[str, Any]]) -> str:
    """What a person confirms when he says that it is none of these rows; other rows need another confirmation."""
    keys = sorted({row["id"] for each in found if each["is_warning"] for row in each["rows"]})
    return hashlib.sha256(",".join(keys).encode()).hexdigest()[:16]


def as_stored(row: Table) -> dict[str, Any]:
    """The values of a written row in the form that twins are looked for by: references as something with an ``id``."""
    values: dict[str, Any] = {}
    for name, field in type(row).__fields__.items():
        if field.kind != "many":
            value = getattr(row, field.column)
            values[name] = SimpleNamespace(id=value) if field.kind == "ref" and value is not None else value
    return values


def watched(row: Table | None) -> dict[str, Any]:
    """The stored values that the duplicate rules compare: while they stay, nobody is asked again."""
    if row is None:
        return {}
    names = {name for each in type(row).__duplicates__ for name in each.fields}
    return {name: getattr(row, type(row).__fields__[name].column) for name in names}
