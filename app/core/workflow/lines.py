"""Lines: rows of other tables that are part of what a row with a workflow says (``Workflow.lines``), its head.

A line belongs to its head's editions from ``edition`` to ``edition_to``. One without ``edition`` has never been in
force: it waits for its head's next publication. While the head's next edition is written, what is written of a line in
force stands in that proposal, and the line stays as it is until the proposal is published. A line that was in force is
never deleted, because acts refer to it; it ends with an edition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, object_session

from app.core import context
from app.core.rows import ASKED
from app.core.table import TABLES, Table, by_class
from app.core.viewer import THE_SYSTEM, looking_as

if TYPE_CHECKING:
    from app.core.rules import Context
    from app.core.table.base import Derivation

SINCE, UNTIL = "edition", "edition_to"
#: The tables of heads by the tables of lines, as far as they were asked for.
_HEADS: dict[str, str | None] = {}
#: The name under which the heads of lines are asked for (``Context.ask``).
QUESTION = "heads"


@dataclass(frozen=True)
class Head:
    """The row whose editions a line is part of, as far as the line's own life depends on it."""

    id: Any
    title: str
    state: str
    edition: int | None


def parent_of(table: type[Table]) -> type[Table]:
    """The table that this one follows."""
    return by_class(str(table.__fields__[str(table.__rows__.field)].target))


def head_of(table: type[Table]) -> type[Table] | None:
    """The table whose rows' editions hold the rows of this one; ``None`` for tables that are no lines."""
    name = _HEADS.get(table.__tablename__, "")
    if name == "":
        found = table
        while found.__rows__.kind == "follows":
            found = parent_of(found)
        is_line = found.__flow__ is not None and table.__tablename__ in found.__flow__.lines
        name = _HEADS[table.__tablename__] = found.__tablename__ if is_line else None
    return TABLES[name] if name else None


def tables_of(head: type[Table]) -> tuple[type[Table], ...]:
    """The tables of a head's lines, parents first."""
    return tuple(TABLES[name] for name in head.__flow__.lines) if head.__flow__ is not None else ()


def filled_once_published(table: type[Table]) -> str | None:
    """The field that rows of the table have from when they were first in force: of a workflow's rows, and of lines."""
    if table.__flow__ is not None:
        return table.__flow__.edition
    return SINCE if head_of(table) is not None else None


def parent_column(table: type[Table]) -> Any:
    """The column that names the row which a line follows."""
    return table.__table__.c[table.__fields__[str(table.__rows__.field)].column]


def below(table: type[Table], head: Any) -> Any:
    """The lines of that table under that head (its identifier), as a condition."""
    parent, column = parent_of(table), parent_column(table)
    if parent is head_of(table):
        return column == head
    return column.in_(sa.select(parent.__table__.c.id).where(below(parent, head)))


def in_force(table: type[Table]) -> Any:
    """The lines that are part of the edition in force, as a condition."""
    return sa.and_(table.__table__.c[SINCE].is_not(None), table.__table__.c[UNTIL].is_(None))


def of(session: Session, table: type[Table], head: Any, *where: Any) -> list[Any]:
    """The lines of that table under that head, as they are stored, in the table's order; read as the system."""
    order = [table.__table__.c[name] for name in table.__order__ if name in table.__table__.c]
    wanted = sa.select(table).where(below(table, head), *where).order_by(*order, table.id)
    with looking_as(session, THE_SYSTEM):
        return list(session.scalars(wanted).unique())


class Heads:
    """The heads of lines, by the row that a line follows; each is read once in a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[str, Any], Head | None] = {}

    def learn(self, table: type[Table], parents: Iterable[Any]) -> None:
        """Those of many lines are read at once: ``parents`` are the rows which the lines follow."""
        name = table.__tablename__
        unknown = {key for key in parents if key is not None and (name, key) not in self._known}
        if not unknown:
            return
        head, parent = head_of(table), parent_of(table)
        assert head is not None and head.__flow__ is not None
        flow, place = head.__flow__, parent.__table__
        joined: Any = place
        while parent is not head:
            above = parent_of(parent)
            joined = joined.join(above.__table__, above.__table__.c.id == parent_column(parent))
            parent = above
        own = head.__table__.c
        told = (own.id, own[head.__title__], own[flow.field], own[str(flow.edition)])
        wanted = sa.select(place.c.id.label("place"), *told).select_from(joined).where(place.c.id.in_(unknown))
        with looking_as(self._session, THE_SYSTEM):
            found = {row[0]: Head(*row[1:]) for row in self._session.execute(wanted)}
        self._known.update({(name, key): found.get(key) for key in unknown})

    def of(self, table: type[Table], parent: Any) -> Head | None:
        """The head of a line that follows that row."""
        self.learn(table, [parent])
        return self._known.get((table.__tablename__, parent))


def heads(session: Session) -> Heads:
    """The heads of lines, for this transaction."""
    found: Heads = context.answer(session, QUESTION)
    return found


def head(row: Table) -> Head | None:
    """The head of a stored line; ``None`` for rows that are no lines."""
    session, table = object_session(row), type(row)
    if session is None or head_of(table) is None:
        return None
    return heads(session).of(table, getattr(row, parent_column(table).name))


def learn(rows: Sequence[Table]) -> None:
    """The heads of those lines are read at once, where they are lines."""
    session = object_session(rows[0]) if rows else None
    if session is not None and head_of(type(rows[0])) is not None:
        column = parent_column(type(rows[0])).name
        heads(session).learn(type(rows[0]), [getattr(row, column) for row in rows])


def forget(session: Session, table: type[Table]) -> None:
    """Rows of that table have changed: what was known of them as heads is asked for anew."""
    if table.__flow__ is not None and table.__flow__.lines:
        context.forget(session, QUESTION)


def first_edition(name: str) -> Derivation:
    """A line that is loaded under a head in force, which nobody is changing, is in force with it. A derivation."""

    def derive(row: Any, ctx: Context) -> dict[str, int | None]:
        if row.was is not None:
            return {}
        table = TABLES[name]
        above, parent = head_of(table), getattr(row, str(table.__rows__.field))
        assert above is not None and above.__flow__ is not None
        found = ctx.ask(QUESTION).of(table, parent.id) if parent is not None else None
        if found is None or found.state in above.__flow__.editable:
            return {SINCE: None}
        return {SINCE: found.edition}

    return derive


def stored(session: Session, head_row: Table, values_of: Any) -> dict[str, dict[str, Any]] | None:
    """What a head's lines in force say, by table and identifier; ``None`` for a head without lines."""
    tables = tables_of(type(head_row))
    if not tables:
        return None
    return {
        t.__tablename__: {str(r.id): values_of(r) for r in of(session, t, head_row.id, in_force(t))} for t in tables
    }


def without_orphans(head_table: type[Table], said: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Lines whose own parent is not among the lines go with it. Pure."""
    found: dict[str, dict[str, Any]] = {}
    for table in tables_of(head_table):
        parent, name = parent_of(table), str(table.__rows__.field)
        there = found.get(parent.__tablename__) if parent is not head_table else None
        lines = said.get(table.__tablename__, {})
        found[table.__tablename__] = {k: v for k, v in lines.items() if there is None or str(v.get(name)) in there}
    return found


def asked(session: Session, head_row: Table, unit: int) -> None:
    """The lines of the head are read by whoever was asked for his opinion about it."""
    for table in tables_of(type(head_row)):
        statement = sa.update(table.__table__).where(below(table, head_row.id)).values({ASKED: unit})
        with looking_as(session, THE_SYSTEM):
            session.execute(statement)


context.QUESTIONS[QUESTION] = Heads
