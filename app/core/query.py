"""One grammar to ask for rows: the search form, the API, exports and the command line all speak it.

``q=词`` searches the searchable fields; ``f.name=…`` one field; ``f.checked_on.from=…`` and ``.to=…`` a range;
``f.name.empty=1`` rows without a value. Conditions are joined by AND; several values of one field by OR.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.errors import BadValue, Refused
from app.core.fields import Field, read
from app.core.messages import N_
from app.core.saving import visible
from app.core.table import Table
from app.core.viewer import Viewer

RANGE_KINDS = frozenset({"integer", "decimal", "money", "percent", "day", "moment"})
_TEXT_KINDS = frozenset({"text", "long_text", "code", "uscc", "citizen_id", "phone"})
_OPERATIONS = ("is", "from", "to", "empty")

#: Words longer than this, and more values than this, are no search but an accident.
LONGEST_WORD, MOST_VALUES = 200, 100


@dataclass(frozen=True)
class Condition:
    """One condition on one field, with its value as it was given."""

    field: Field
    operation: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Criteria:
    """What was asked for; ``order`` is field names, ``-`` in front for descending."""

    words: str = ""
    conditions: tuple[Condition, ...] = ()
    order: tuple[str, ...] = ()

    def parameters(self) -> list[tuple[str, str]]:
        """The criteria as the parameters they were read from."""
        given = [("q", self.words)] if self.words else []
        for each in self.conditions:
            suffix = "" if each.operation == "is" else f".{each.operation}"
            given += [(f"f.{each.field.name}{suffix}", value) for value in each.values]
        return given + ([("order", ",".join(self.order))] if self.order else [])

    @property
    def is_open(self) -> bool:
        """True when every row is asked for."""
        return not self.words and not self.conditions


def searchable(field: Field) -> bool:
    """True for fields that may be asked for: never sensitive ones, whose values a search would give away."""
    return field.grade != "sensitive" and field.kind != "flags"


def sortable(field: Field) -> bool:
    """True for fields that rows can be ordered by."""
    return searchable(field) and not field.masked_when and field.kind not in ("many", "choices", "long_text", "ref")


def read_criteria(table: type[Table], given: Iterable[tuple[str, str]]) -> Criteria:
    """Criteria from (name, value) pairs; names of other things are passed over. Raises Refused for unknown fields."""
    words, grouped = "", dict[tuple[str, str], list[str]]()
    order: tuple[str, ...] = ()
    for name, value in given:
        if "\x00" in value or "\x00" in name or len(value) > 10 * LONGEST_WORD:
            raise Refused(N_("查询条件含有不能识别的字符或过长"), status=400)
        if name == "q":
            words = value.strip()[:LONGEST_WORD]
        elif name == "order" and value:
            order = _order(table, value)
        elif name.startswith("f.") and value.strip():
            _, field, *rest = name.split(".")
            grouped.setdefault((field, rest[0] if rest else "is"), []).append(value.strip())
    if sum(len(values) for values in grouped.values()) > MOST_VALUES:
        raise Refused(N_("查询条件太多，最多 {most} 个", most=MOST_VALUES), status=400)
    conditions = tuple(_condition(table, *key, tuple(values)) for key, values in grouped.items())
    return Criteria(words, conditions, order)


def _order(table: type[Table], value: str) -> tuple[str, ...]:
    names = tuple(value.split(","))
    for name in names:
        field = table.__fields__.get(name.removeprefix("-"))
        if field is None or not sortable(field):
            raise Refused(N_("不能按“{name}”排序", name=name[:60]), status=400)
    return names


def _condition(table: type[Table], name: str, operation: str, values: tuple[str, ...]) -> Condition:
    field = table.__fields__.get(name)
    if field is None or not searchable(field) or operation not in _OPERATIONS:
        raise Refused(N_("没有名为“{name}”的查询条件", name=name[:60]), status=400)
    if operation in ("from", "to") and field.kind not in RANGE_KINDS:
        raise Refused(N_("“{label}”不能按范围查询", label=field.label), status=400)
    return Condition(field, operation, values)


def matching(table: type[Table], criteria: Criteria, viewer: Viewer) -> sa.Select[Any]:
    """The viewer's rows that meet the criteria, in no order yet. Raises Refused (400) for unreadable values."""
    query = visible(table, viewer)
    if criteria.words:
        query = query.where(_words(table, criteria.words))
    for each in criteria.conditions:
        try:
            query = query.where(_where(table, each))
        except BadValue as error:
            raise Refused(N_("{label}：{problem}", label=each.field.label, problem=error.message), status=400) from None
    return query


def contains(column: Any, word: str) -> Any:
    """The column contains the word, in any case; the word's own % and _ mean themselves."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.ilike(f"%{escaped}%", escape="\\")


def _words(table: type[Table], words: str) -> Any:
    fields = [f for f in table.__fields__.values() if f.search and f.kind in _TEXT_KINDS and searchable(f)]
    if not fields:
        return sa.false()
    return sa.and_(*(sa.or_(*(_spoken(f, getattr(table, f.name), word) for f in fields)) for word in words.split()))


def _spoken(field: Field, column: Any, word: str) -> Any:
    """The column contains the word; numbers that may be masked only match whole, or a search would give them away."""
    return column == read.code(word) if field.masked_when else contains(column, word)


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
    if field.kind in _TEXT_KINDS:
        return _spoken(field, column, value[:LONGEST_WORD])
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


def given_filters(options: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """``checked_on.from``, ``2026-01-01`` as grammar parameters, for the command line."""
    return [(name if name in ("q", "order") else f"f.{name.removeprefix('f.')}", value) for name, value in options]
