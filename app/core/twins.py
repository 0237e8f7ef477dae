"""Stored rows that agree with a row in what a duplicate rule names: it is likely one of them, entered once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import sealing
from app.core.errors import Problem
from app.core.messages import N_, joined
from app.core.rules import Severity
from app.core.table import Table


def duplicates(session: Session, table: type[Table], values: Mapping[str, Any], row_id: Any) -> list[Problem]:
    """What the table's duplicate rules say about stored rows that agree with this one."""
    found = []
    for each in table.__duplicates__:
        same = agreeing(table, each.fields, values)
        if same and session.scalar(sa.select(sa.literal(1)).where(*same, table.id != row_id).limit(1)):
            labels = joined(table.__fields__[name].label for name in each.fields)
            message = N_("可能重复：已有{labels}相同的记录", labels=labels)
            found.append(Problem(message, each.fields, each.code, each.severity is Severity.WARNING))
    return found


def agreeing(table: type[Table], names: Iterable[str], values: Mapping[str, Any]) -> list[Any]:
    """The conditions of the rows that agree with the values in all those fields; none when one of them is empty."""
    same = [_equals(table, name, values) for name in names]
    return same if all(condition is not None for condition in same) else []


def _equals(table: type[Table], name: str, values: Mapping[str, Any]) -> Any:
    field, value = table.__fields__[name], values.get(name)
    if value is None or value == []:
        return None
    if field.is_marked:  # of a stored row the mark is known, of a typed one the value
        return getattr(table, field.compared) == (values.get(field.compared) or sealing.mark_of(field, value))
    return getattr(table, field.column) == (value.id if field.kind == "ref" else value)
