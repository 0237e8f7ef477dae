"""Criteria -> the rows that meet them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import MAXYEAR, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.errors import BadValue, Refused
from app.core.fields import Field, read
from app.core.messages import N_
from app.core.query.criteria import LONGEST_WORD, TEXT_KINDS, Condition, Criteria
from app.core.query.words import any_field_holds, holds
from app.core.saving import visible
from app.core.table import Table, by_class
from app.core.viewer import Viewer

#: What an operation is the opposite of: a row meets it when it does not meet the other.
_OPPOSITES = {"not": "is", "empty": "filled"}

Order = Sequence[tuple[Any, bool]]


def _only_the_system(viewer: Viewer, _table: str) -> bool:
    return viewer.is_system


#: Whether the viewer may read a table by its name, and so ask for its values; the console says who may.
may_read: Callable[[Viewer, str], bool] = _only_the_system


def matching(table: type[Table], criteria: Criteria, viewer: Viewer, *, roughly: bool = False) -> sa.Select[Any]:
    """The viewer's rows that meet the criteria, in no order yet. Raises Refused (400) for unreadable values.

    ``roughly`` gives a question for the planner to guess the number by, and never to run.
    """
    query = visible(table, viewer)
    if criteria.words:
        query = query.where(any_field_holds(table, criteria.words, roughly=roughly))
    either = []
    for each in criteria.conditions:
        try:
            where = _where(table, each, viewer)
        except BadValue as error:
            raise Refused(N_("{label}：{problem}", label=each.label, problem=error.message), status=400) from None
        if each.any:
            either.append(where)
        else:
            query = query.where(where)
    return query.where(sa.or_(*either)) if either else query


def _where(table: type[Table], condition: Condition, viewer: Viewer) -> Any:
    """The condition; one on a row that is referred to is met by references to rows the viewer may see."""
    if condition.operation in _OPPOSITES and (condition.through or condition.operation == "not"):
        opposite = replace(condition, operation=_OPPOSITES[condition.operation])
        return _where(table, opposite, viewer).is_not(sa.true())  # also where there is nothing to compare
    if condition.through is None:
        return _own(table, condition)
    target = by_class(str(condition.through.target))
    if not (viewer.is_system or may_read(viewer, target.__tablename__)):
        raise Refused(N_("您无权按“{label}”查询", label=condition.label), status=403)
    meant = visible(target, viewer).with_only_columns(target.id).where(_own(target, condition)).correlate(None)
    if condition.through.kind == "many":
        return getattr(table, condition.through.name).any(target.id.in_(meant))
    return getattr(table, condition.through.column).in_(meant)


def _own(table: type[Table], condition: Condition) -> Any:
    field, operation = condition.field, condition.operation
    if operation in ("empty", "filled"):
        return _empty(table, field) if operation == "empty" else _filled(table, field)
    if field.kind == "many":
        return sa.or_(*(getattr(table, field.name).any(_is_row(table, field, value)) for value in condition.values))
    column = getattr(table, field.column)
    if operation in ("from", "to"):
        return _range(field, column, operation, condition.values[0])
    if operation in ("eq", "starts"):
        return sa.or_(*(_text(field, column, operation, value[:LONGEST_WORD]) for value in condition.values))
    if len(condition.values) > 1 and field.kind in ("choice", "boolean", "integer", "day"):
        return column.in_([field.read(value) for value in condition.values])
    return sa.or_(*(_is(table, field, column, value) for value in condition.values))


def _empty(table: type[Table], field: Field) -> Any:
    attribute = getattr(table, field.column)
    return ~attribute.any() if field.kind == "many" else attribute.is_(None)


def _filled(table: type[Table], field: Field) -> Any:
    attribute = getattr(table, field.column)
    return attribute.any() if field.kind == "many" else attribute.is_not(None)


def _text(field: Field, column: Any, operation: str, value: str) -> Any:
    """The whole text, or its beginning, as the field writes it (codes in capitals)."""
    wanted = read.text(value) if field.kind in ("text", "long_text") else read.code(value)
    return column == wanted if operation == "eq" else column.startswith(wanted or "", autoescape=True)


def _is_row(table: type[Table], field: Field, value: str) -> Any:
    target = getattr(table, field.name).property.mapper.class_
    return target.id == _key(target, value)


def _key(target: type[Table], value: str) -> Any:
    key = target.key_of(value)
    if key is None:
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


def in_order(query: sa.Select[Any], order: Order, *, reverse: bool = False) -> sa.Select[Any]:
    """The query sorted, as lists and exports show it: empty values last, whatever the direction."""
    clauses = []
    for column, descending in order:
        nullable = column.property.columns[0].nullable
        clause = column.desc() if descending != reverse else column.asc()
        clauses.append((clause.nulls_first() if reverse else clause.nulls_last()) if nullable else clause)
    return query.order_by(*clauses)
