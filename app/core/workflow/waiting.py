"""Whoever a row waits for has a to-do: after a move, when a row is added, and when rows came or went by a workbook."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.sight import inside
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, current, looking_as
from app.core.workflow import people, todos
from app.core.workflow.declare import Wait
from app.core.workflow.models import Todo, TodoState
from app.core.workflow.people import Unit


def ask(session: Session, row: Table, wait: Wait, unit: Unit, state: str) -> Todo:
    """That department has the to-do of the wait; a row that says itself by when (``due_on``) is heard."""
    due_on = getattr(row, "due_on", None) if wait.limit is None else None
    return todos.ask(session, row, unit, needs=wait.may, what=wait.todo, step=state, limit=wait.limit, due_on=due_on)


def begin(session: Session, row: Table) -> None:
    """A row was added: whoever is waited for in its first state has a to-do."""
    flow = type(row).__flow__
    state = str(getattr(row, flow.field)) if flow else ""
    wait = flow.waits.get(state) if flow else None
    unit = people.unit_for(session, wait.where, row.department_id) if wait else None
    if wait is not None and unit is not None:
        ask(session, row, wait, unit, state)


def settle(session: Session, table: type[Table]) -> int:
    """The to-dos of a table's rows are those of their states, whatever way the rows were written; the number asked.

    What is asked now is counted from now: that is when it is served. Somebody's workbook asks for his own rows only:
    what the rows of others wait for is not his to send, and the to-do would carry his name.
    """
    flow, asked = table.__flow__, 0
    if flow is None:
        return 0
    mine = inside(table, current(session) or THE_SYSTEM)
    _recall(session, table)
    for state, wait in flow.waits.items():
        with looking_as(session, THE_SYSTEM):
            told = sa.exists().where(_about(table), Todo.row_key == sa.cast(table.id, sa.Text))
            wanted = sa.select(table).where(getattr(table, flow.field) == state, ~told, mine).order_by(table.id)
            rows = list(session.scalars(wanted))
        units = {key: people.unit_for(session, wait.where, key) for key in {row.department_id for row in rows}}
        others = [(row, unit) for row in rows if (unit := units[row.department_id]) is not None]
        if others:
            todo = ask(session, others[0][0], wait, others[0][1], state)
            todos.ask_alike(session, todo, [(row.id, row.title() or str(row.id), unit) for row, unit in others[1:]])
        asked += len(others)
    return asked


def _about(table: type[Table]) -> sa.ColumnElement[bool]:
    """Open to-dos of the table's own process."""
    return sa.and_(
        Todo.table_name == table.__tablename__, Todo.process == table.__tablename__, Todo.state == "open",
        Todo.kind == "task", Todo.step.is_not(None),
    )  # fmt: skip


def _recall(session: Session, table: type[Table]) -> None:
    """What was asked about rows that are gone, or stand elsewhere by now, is recalled."""
    flow, stored = table.__flow__, table.__table__
    assert flow is not None
    is_there = sa.exists().where(sa.cast(stored.c.id, sa.Text) == Todo.row_key)
    gone = sa.and_(Todo.table_name == table.__tablename__, Todo.state == "open", Todo.kind == "task", ~is_there)
    waits = sa.exists().where(sa.cast(stored.c.id, sa.Text) == Todo.row_key, stored.c[flow.field] == Todo.step)
    over = {"state": TodoState.RECALLED.value, "done_at": clock.now(), "account_id": None, "version": Todo.version + 1}
    with looking_as(session, THE_SYSTEM):
        wanted = (
            sa.update(Todo)
            .where(sa.or_(gone, sa.and_(_about(table), ~waits)))
            .values(over | {"updated_at": clock.now()})
        )
        session.execute(wanted.execution_options(synchronize_session=False))
