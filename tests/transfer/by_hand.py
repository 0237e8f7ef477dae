"""An export row by row in Python: slow, plain, and the measure of what PostgreSQL and the sheet writer say together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.core import query
from app.core.fields import Field
from app.core.messages import COMMA, joined
from app.core.query import Criteria
from app.core.secrecy import Sealed
from app.core.table import Table, by_class
from app.core.viewer import must_have
from app.transfer.columns import export_columns
from app.transfer.sheets.signs import GUARD, is_exact, writable

_TYPED = ("integer", "decimal", "money", "percent", "day")


def values(session: Session, table: type[Table], keys: Sequence[Any], seen: Sequence[Field] | None) -> list[list[Any]]:
    """The rows as they are loaded by the ORM, one value after the other."""
    matching = query.matching(table, Criteria(), must_have(session)).where(table.id.in_(keys))
    statement = query.in_order(matching, query.ordering(table, ()))
    fields = list(seen) if seen is not None else [column.field for column in export_columns(table)]
    found = session.scalars(statement.execution_options(populate_existing=True)).all()
    return [[_value(session, table, row, field, seen is not None) for field in fields] for row in found]


def _value(session: Session, table: type[Table], row: Any, field: Field, as_seen: bool) -> Any:
    value = getattr(row, field.name)
    if field.kind == "ref":
        return None if value is None else _called(value, field, as_seen)
    if field.kind == "many":
        names = sorted(name for each in value if (name := _called(each, field, as_seen)) or not as_seen)
        return (joined(names, COMMA) if as_seen else field.show(names)) or None
    if field.is_secret:
        masked = str(value) if value is not None else None
        is_named = not as_seen and field.name in table.__key__ and isinstance(value, Sealed)
        return f"{masked}#{row.id.hex.upper()}" if is_named else masked
    return value if field.kind in _TYPED else field.show(value) or None


def _called(row: Any, field: Field, as_seen: bool) -> str:
    target = by_class(str(field.target))
    if as_seen:
        titled = target.__fields__.get(target.__title__)
        value = getattr(row, titled.column if titled else target.__title__)
        return "" if value is None else str(value)
    value = getattr(row, field.by[0])
    if isinstance(value, Sealed) and field.is_input:
        return f"{value}#{row.id.hex.upper()}"
    return str(value)


def in_sheet(value: Any) -> Any:
    """The value as a reader of workbooks finds it."""
    if value is None or value == "":
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value if value >= date(1900, 3, 1) else str(value)
    if isinstance(value, int | float | Decimal):
        return float(value) if is_exact(value) else str(value)
    return writable(str(value)) or None


def in_text(field: Field, value: Any, as_seen: bool) -> str:
    """The value as a reader of text files finds it."""
    if value is None:
        return ""
    if isinstance(value, str):
        plain = "".join(sign for sign in value if sign in "\r\n\t" or _is_held(sign))
        return "'" + plain if GUARD.match(plain) else plain
    return field.show(value) if as_seen else str(value)


def _is_held(sign: str) -> bool:
    """True for signs that a text file holds."""
    return ord(sign) >= 0x20 and ord(sign) not in (0xFFFE, 0xFFFF)
