"""Where a stored row and what somebody sends for it are not the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.core import saving
from app.core.fields import Field
from app.core.lookup import Lookup
from app.core.table import Table


def differences(session: Session, row: Table, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields given whose stored value is another one, with what stands there as people read it."""
    fields = {name: field for name, field in type(row).__fields__.items() if name in given and field.is_input}
    lookups = {name: Lookup(session, field) for name, field in fields.items() if field.is_reference}
    values, _ = saving.typed(type(row), {name: given[name] for name in fields}, lookups, by_id=False)
    found = []
    for name, field in fields.items():
        shown = row.shown(field)
        if str(given[name]) != shown and not (name in values and _is_same(row, field, values[name])):
            found.append({"field": name, "label": str(field.label), "stored": shown, "given": given[name]})
    return found


def _is_same(row: Table, field: Field, value: Any) -> bool:
    stored = getattr(row, field.column)
    if field.kind == "ref":
        return bool(stored == (value.id if value is not None else None))
    if field.kind == "many":
        return {each.id for each in stored} == {each.id for each in value or ()}
    return bool(stored == value or (not stored and not value and stored is not False and value is not False))
