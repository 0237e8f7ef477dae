"""Criteria -> the rows that meet them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import MAXYEAR, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.errors import BadValue, Refused
from app.core.fields import Field
from app.core.messages import N_
from app.core.query.criteria import LONGEST_WORD, Condition, Criteria
from app.core.query.words import TEXT_KINDS, any_field_holds, holds
from app.core.saving import visible
from app.core.table import Table
from app.core.viewer import Viewer


def matching(table: type[Table], criteria: Criteria, viewer: Viewer) -> sa.Select[Any]:
    """The viewer's rows that meet the criteria, in no order yet. Raises Refused (400) for unreadable values."""
    query = visible(table, viewer)
    if criteria.words:
        query = query.where(any_field_holds(table, criteria.words))
    for each in criteria.conditions:
        try:
            query = query.where(_where(table, each))
        except BadValue as error:
            raise Refused(N_("{label}：{problem}", label=each.field.label, problem=error.message), status=400) from None
    return query


def _where(table: type[Table], condition: Condition) -> Any:
    field, operation = condition.field, condition.operation
    if operation == "empty":
        return _empty(table, field)
    if field.kind == "many":
        return sa.or_(*(getattr(table, field.name).any(_is_row(table, field, value)) for value in condition.values))
    column = getattr(table, field.column)
    if operation in ("from", "to"):
        return _range(field, column, operation, condition.values[0])
    return sa.or_(*(_is(table, field, column, value) for value in condition.values))


def _empty(table: type[Table], field: Field) -> Any:
    attribute = getattr(table, field.column)
    return ~attribute.any() if field.kind == "many" else attribute.is_(None)


def _is_row(table: type[Table], field: Field, value: str) -> Any:
    target = getattr(table, field.name).property.mapper.class_
    return target.id == _key(target, value)


def _key(target: type[Table], value: str) -> Any:
    python_type = target.__table__.c.id.type.python_type
    try:
        key = python_type(value)
    except (ValueError, AttributeError):
        raise BadValue(N_("没有找到{label}“{value}”", label=target.__label__, value=value[:60])) from None
    if isinstance(key, int) and abs(key) >= 2**63:
        raise BadValue(N_("没有找到{label}“{value}”", label=target.__label__, value=value[:60]))
    return key


def _is(table: type[Table], field: Field, column: Any, value: str) -> Any:
    if field.kind == "ref":
        return column == _key(getattr(table, field.name).property.mapper.class_, value)
    if field.kind in TEXT_KINDS:
        return holds(field, column, value[:LONGEST_WORD])
    wanted = field.read([value] if field.kind == "choices" else value)
    if field.kind == "choices":
        return column.contains(wanted)
    if field.kind == "moment":
        return sa.and_(column >= wanted, column < _next_day(wanted))
    return column == wanted


def _range(field: Field, column: Any, operation: str, value: str) -> Any:
    wanted = field.read(value)
    if operation == "from":
        return column >= wanted
    whole_day = field.kind == "moment" and ":" not in value
    return column < _next_day(wanted) if whole_day else column <= wanted


def _next_day(moment: datetime) -> datetime:
    """The same time on the day after; at the end of time there is none, and the moment itself has to do."""
    return moment + timedelta(days=1) if moment.year < MAXYEAR else moment


def ordering(table: type[Table], order: Sequence[str]) -> list[tuple[Any, bool]]:
    """Columns to sort by with their direction (True = descending); the identifier always comes last."""
    result: list[tuple[Any, bool]] = []
    for name in order or table.__order__:
        bare = name.removeprefix("-")
        field = table.__fields__.get(bare)
        result.append((getattr(table, field.column if field else bare), name.startswith("-")))
    if not any(column.key == "id" for column, _ in result):
        result.append((table.id, result[-1][1] if result else True))
    return result
