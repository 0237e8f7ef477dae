"""Which columns a list shows, in which order, and how they are loaded."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy.orm import joinedload, selectinload

from app.core import query
from app.core.errors import Refused
from app.core.fields import Field
from app.core.messages import N_
from app.core.table import TABLES, Table, by_class

#: A choice with one of these names says how far a row has come; so does one whose name ends like this.
_STATES = ("state", "status", "check_result", "result", "validity")
_STATE_ENDS = ("_state", "_status")
#: More values than this are no row of counts.
_MOST_STATES = 12


def list_fields(table: type[Table]) -> list[Field]:
    """The columns of a list: those declared ``in_list`` (or the first six), the name first, the owner last."""
    fields = [field for field in table.__fields__.values() if field.in_list] or list(table.__fields__.values())[:6]
    return sorted(fields, key=lambda field: (field.is_owner, field.derived, field.name != table.__title__))


def chosen_fields(table: type[Table], names: str) -> list[Field]:
    """The columns that an address names, each once; the usual ones when it names none. Raises Refused (400)."""
    wanted = list(dict.fromkeys(name for name in names.split(",") if name))
    for name in wanted:
        if name not in table.__fields__:
            raise Refused(N_("没有名为“{name}”的列", name=name[:60]), status=400)
    return [table.__fields__[name] for name in wanted] or list_fields(table)


def status_field(table: type[Table]) -> Field | None:
    """The field whose values are counted above the list: the declared one, or a choice that is a state by its name."""
    return _status_field(table.__tablename__)


@cache
def _status_field(name: str) -> Field | None:
    table = TABLES[name]
    if table.__status__:
        return table.__fields__[table.__status__]
    fields = [
        field
        for field in table.__fields__.values()
        if field.kind == "choice" and query.searchable(field) and field.choices and len(field.choices) <= _MOST_STATES
    ]
    states = [field for field in fields if field.name in _STATES or field.name.endswith(_STATE_ENDS)]
    return min(states, key=lambda field: (not field.in_list, field.name not in _STATES), default=None)


def eager(table: type[Table], fields: list[Field]) -> list[Any]:
    """Load what the fields refer to together with the rows: one query for each list of rows, none for each row."""
    options = []
    for field in fields:
        if field.is_reference:
            assert field.target is not None
            target = by_class(field.target)
            titled = target.__fields__.get(target.__title__)
            shown = [target.__fields__[name] for name in (target.__title__, *field.by) if name in target.__fields__]
            needed = {titled.column if titled else target.__title__, *field.by} & set(target.__table__.c.keys())
            needed |= {each.masked_when[0] for each in shown if each.masked_when}  # says whether it is masked
            load = joinedload if field.kind == "ref" else selectinload
            options.append(load(getattr(table, field.name)).load_only(*(getattr(target, n) for n in sorted(needed))))
    return options
