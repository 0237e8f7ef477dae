"""To-dos: asked of a department, done by whoever may, closed by the step that was waited for. Never commits.

What else is done with them (read, given to one person, urged, copied) stands in ``passing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, deadlines
from app.core.context import context_of
from app.core.ids import uuid7, uuid7_series
from app.core.messages import Message
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, at_work, looking_as
from app.core.workflow.models import Todo, TodoState
from app.core.workflow.people import Unit

#: What people call the processes that are not simply a table's: the ``process`` of to-dos that domains ask for.
PROCESSES: dict[str, Message] = {}


def ask(
    session: Session,
    row: Table,
    unit: Unit,
    *,
    needs: str,
    what: Message,
    process: str = "",
    step: str | None = None,
    limit: str | None = None,
    due_on: date | None = None,
    account_id: int | None = None,
    kind: str = "task",
    since: date | None = None,
) -> Todo:
    """That department has a to-do about the row from now on: it counts as served (Xi'an art. 27).

    ``needs`` is the permission on the row's table; ``limit`` a code of ``deadline_policy``, counted from today or
    ``since``.
    """
    person = at_work(session)
    start = since or clock.today()
    with looking_as(session, THE_SYSTEM):
        todo = Todo(
            id=uuid7(), kind=kind, state=TodoState.OPEN.value, process=process or row.__tablename__,
            title_text=(row.title() or str(row.id))[:500], step=step, todo=what.msgid, table_name=row.__tablename__,
            row_key=str(row.id), needs=needs, department_id=unit.id, scope_region=unit.region_id,
            sender=person.name if person else None, sender_unit=person.department if person else None,
            sender_department_id=person.department_id if person else None,
            created_by=person.user_id if person else None, submitted_at=clock.now(), sent_at=clock.now(),
            limit_code=limit, starts_on=start, due_on=due_on or (ends(session, limit, start) if limit else None),
            account_id=account_id, urgency="none", urged=0,
        )  # fmt: skip
        session.add(todo)
        session.flush()
    return todo


def ask_alike(session: Session, todo: Todo, others: Sequence[tuple[Any, str, Unit]]) -> None:
    """Other departments have the same to-do about other rows (identifier, title, department), in one statement."""
    if not others:
        return
    kept = {c.key: getattr(todo, c.key) for c in sa.inspect(Todo).column_attrs}
    given = [
        kept | {"id": key, "row_key": str(row), "title_text": title[:500], "department_id": unit.id,
                "scope_region": unit.region_id}
        for key, (row, title, unit) in zip(uuid7_series(), others, strict=False)
    ]  # fmt: skip
    with looking_as(session, THE_SYSTEM):
        session.execute(sa.insert(Todo), given)


def ends(session: Session, limit: str, start: date) -> date | None:
    """The last day of the limit that is in force on the start date; ``None`` for a limit nobody has set."""
    context = context_of(session)
    return deadlines.ends(context.calendar, context.limits.get(limit, ()), start)


def close(session: Session, row: Table, *, move: str | None = None, opinion: str = "", recalled: bool = False) -> int:
    """What the row's workflow waited for is over; the number of to-dos. Whoever is at work has done them."""
    return close_all(session, type(row), [row.id], move=move, opinion=opinion, recalled=recalled)


def close_all(
    session: Session,
    table: type[Table],
    keys: Iterable[Any],
    *,
    move: str | None = None,
    opinion: str = "",
    recalled: bool = False,
    process: str | None = None,
) -> int:
    """The open to-dos about those rows are over, in one statement; their number.

    A move ends what its own process asked: ``process``, or else the workflow of the table. Rows that go (``move`` is
    None) take everything with them that was asked about them.
    """
    ended = process or (table.__tablename__ if move is not None else None)
    person = at_work(session)
    state = TodoState.RECALLED if recalled else TodoState.DONE
    now = clock.now()
    is_here = Todo.department_id == (person.department_id if person else None)
    done: dict[str, Any] = {
        "state": state.value, "done_at": now, "done_move": move, "opinion": opinion or None,
        "done_by": person.user_id if person else None, "done_name": person.name if person else None,
        "account_id": None,  # nobody holds any more what is over
        "updated_at": now, "version": Todo.version + 1,
    }  # fmt: skip
    if person is not None:  # whoever deals with it has read it, by whatever way he came
        unread = sa.and_(Todo.first_read_at.is_(None), is_here)
        done["first_read_at"] = sa.case((unread, now), else_=Todo.first_read_at)
        done["reader"] = sa.case((unread, person.name), else_=Todo.reader)
    with looking_as(session, THE_SYSTEM):
        wanted = sa.update(Todo).where(
            Todo.table_name == table.__tablename__, Todo.row_key.in_([str(key) for key in keys]),
            Todo.state == "open", Todo.kind == "task", sa.true() if ended is None else Todo.process == ended,
        )  # fmt: skip
        found: Any = session.execute(wanted.values(done).execution_options(synchronize_session=False))
    return int(found.rowcount)
