"""One grammar to ask for rows: the search form, the API, exports and the command line all speak it.

``q=词`` searches the searchable fields; ``f.name=…`` one field, ``f.subject.name=…`` a field of the row a reference
names (one step). After the field an operation: ``.not``, ``.eq`` (the whole text), ``.starts``, ``.from``, ``.to``,
``.empty``, ``.filled``. Conditions are joined by AND, several values of one condition by OR. Conditions with ``any.``
in front (``any.f.name=…``) are joined by OR among themselves, and by AND with the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.errors import Refused
from app.core.fields import Field
from app.core.fields.field import TEXT_KINDS
from app.core.messages import N_, Message
from app.core.table import Table, by_class

RANGE_KINDS = frozenset({"integer", "decimal", "money", "percent", "day", "moment"})
#: What can be asked of a field; "is" is what a condition without an operation asks.
OPERATIONS = ("is", "not", "eq", "starts", "from", "to", "empty", "filled")
#: Operations whose value means nothing.
VALUELESS = frozenset({"empty", "filled"})

#: Words longer than this, and more values than this, are no search but an accident.
LONGEST_WORD, MOST_VALUES = 200, 100
#: Columns a list can be ordered by at once.
_MOST_ORDERS = 5
_ANY = "any."


@dataclass(frozen=True)
class Condition:
    """One condition on one field (of the row, or of one it refers to), with its values as they were given."""

    field: Field
    operation: str
    values: tuple[str, ...]
    #: The reference by which the field's row is reached; ``None`` for a field of the row itself.
    through: Field | None = None
    #: One of the conditions of which any is enough.
    any: bool = False

    @property
    def path(self) -> str:
        """``name``, or ``subject.name`` for a field of the row a reference names."""
        return f"{self.through.name}.{self.field.name}" if self.through else self.field.name

    @property
    def parameter(self) -> str:
        """The name of the parameter the condition was read from."""
        suffix = "" if self.operation == "is" else f".{self.operation}"
        return f"{_ANY if self.any else ''}f.{self.path}{suffix}"

    @property
    def label(self) -> Message:
        """What people call the field, with the reference in front."""
        if self.through is None:
            return self.field.label
        return N_("{reference}的{label}", reference=self.through.label, label=self.field.label)


@dataclass(frozen=True)
class Criteria:
    """What was asked for; ``order`` is field names, ``-`` in front for descending."""

    words: str = ""
    conditions: tuple[Condition, ...] = ()
    order: tuple[str, ...] = ()

    def parameters(self) -> list[tuple[str, str]]:
        """The criteria as the parameters they were read from."""
        given = [("q", self.words)] if self.words else []
        given += [(each.parameter, value) for each in self.conditions for value in each.values]
        return given + ([("order", ",".join(self.order))] if self.order else [])

    def without(self, name: str) -> Criteria:
        """The criteria without what every row must have in that field of its own."""
        kept = tuple(each for each in self.conditions if each.any or each.path != name)
        return Criteria(self.words, kept, self.order)

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


def operations(field: Field) -> tuple[str, ...]:
    """What can be asked of the field, in the order people are offered it."""
    if field.kind in TEXT_KINDS:
        # Numbers that may be masked match whole or not at all: a beginning would give them away digit by digit.
        parts = () if field.masked_when else ("eq", "starts")
        return ("is", "not", *parts, "empty", "filled")
    if field.kind in RANGE_KINDS:
        return ("is", "not", "from", "to", "empty", "filled")
    return ("is", "not", "empty", "filled")


def is_grammar(name: str) -> bool:
    """True for the parameters that say which rows are asked for."""
    return name == "q" or name.startswith(("f.", "any.f."))


def read_criteria(table: type[Table], given: Iterable[tuple[str, str]]) -> Criteria:
    """Criteria from (name, value) pairs; names of other things are passed over. Raises Refused for unknown fields."""
    words, grouped = "", dict[str, list[str]]()
    order: tuple[str, ...] = ()
    for name, value in given:
        if "\x00" in value or "\x00" in name or len(value) > 10 * LONGEST_WORD:
            raise Refused(N_("查询条件含有不能识别的字符或过长"), status=400)
        if name == "q":
            words = value.strip()[:LONGEST_WORD]
        elif name == "order" and value:
            order = _order(table, value)
        elif is_grammar(name) and value.strip():
            grouped.setdefault(name, []).append(value.strip())
    if sum(len(values) for values in grouped.values()) > MOST_VALUES:
        raise Refused(N_("查询条件太多，最多 {most} 个", most=MOST_VALUES), status=400)
    return Criteria(words, tuple(_condition(table, name, tuple(values)) for name, values in grouped.items()), order)


def _order(table: type[Table], value: str) -> tuple[str, ...]:
    names = tuple(value.split(","))
    if len(names) > _MOST_ORDERS:
        raise Refused(N_("最多按 {most} 列排序", most=_MOST_ORDERS), status=400)
    for name in names:
        field = table.__fields__.get(name.removeprefix("-"))
        if field is None or not sortable(field):
            raise Refused(N_("不能按“{name}”排序", name=name[:60]), status=400)
    return names


def find_field(table: type[Table], path: str) -> tuple[Field | None, Field] | None:
    """The field that ``name`` or ``reference.name`` means (the reference first); ``None`` unless it may be asked."""
    name, _, further = path.partition(".")
    field = table.__fields__.get(name)
    if field is None or not searchable(field):
        return None
    if not further:
        return None, field
    if not field.is_reference or field.target is None:
        return None
    other = by_class(field.target).__fields__.get(further)
    return (field, other) if other is not None and searchable(other) else None


def _condition(table: type[Table], given: str, values: tuple[str, ...]) -> Condition:
    name = given.removeprefix(_ANY).removeprefix("f.")
    path, _, last = name.rpartition(".")
    operation = last if path and last in OPERATIONS else "is"
    found = find_field(table, path if operation == last and path else name)
    if found is None:
        raise Refused(N_("没有名为“{name}”的查询条件", name=name[:60]), status=400)
    condition = Condition(found[1], operation, values, found[0], given.startswith(_ANY))
    if operation in ("from", "to") and condition.field.kind not in RANGE_KINDS:
        raise Refused(N_("“{label}”不能按范围查询", label=condition.label), status=400)
    if operation not in operations(condition.field):
        raise Refused(N_("“{label}”不能这样查询", label=condition.label), status=400)
    return condition


def given_filters(options: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """``checked_on.from``, ``2026-01-01`` as grammar parameters, for the command line."""
    given = []
    for name, value in options:
        plain = name.removeprefix(_ANY)
        bare = plain if plain in ("q", "order") else f"f.{plain.removeprefix('f.')}"
        given.append((f"{_ANY}{bare}" if name.startswith(_ANY) else bare, value))
    return given
