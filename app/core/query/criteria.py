"""One grammar to ask for rows: the search form, the API, exports and the command line all speak it.

``q=词`` searches the searchable fields; ``f.name=…`` one field; ``f.checked_on.from=…`` and ``.to=…`` a range;
``f.name.empty=1`` rows without a value. Conditions are joined by AND; several values of one field by OR.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.errors import Refused
from app.core.fields import Field
from app.core.messages import N_
from app.core.table import Table

RANGE_KINDS = frozenset({"integer", "decimal", "money", "percent", "day", "moment"})
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


def given_filters(options: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """``checked_on.from``, ``2026-01-01`` as grammar parameters, for the command line."""
    return [(name if name in ("q", "order") else f"f.{name.removeprefix('f.')}", value) for name, value in options]
