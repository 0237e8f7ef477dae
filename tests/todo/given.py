"""To-dos to look at: asked of a department about a row of the tests' own world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core import viewer as viewers
from app.core.messages import N_
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.core.workflow import notices, passing, todos
from app.core.workflow.models import Todo
from app.core.workflow.people import unit_for
from tests.every_table.world import World

#: The reviewer and the editor of the own department, and the one of another.
REVIEWER, EDITOR, KEEPER, CLERK = "t_role_catalog_reviewer", "t_role_catalog_editor", "t_own", "t_role_clerk"
STRANGER, PARENT, OFFICE = "t_stranger", "t_parent", "t_office"


def viewer_of(session: Session, username: str) -> Viewer:
    """The person as the database knows him."""
    key = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": username})
    found = viewers.person(session, key)
    assert found is not None, username
    return found


def allowed(session: Session, person: Viewer) -> frozenset[tuple[str, str]]:
    """What his roles allow, as the console asks it."""
    wanted = sa.text(
        """SELECT substr(p.name, 5), v.name FROM ab_user_role ur
           JOIN ab_permission_view_role pr ON pr.role_id = ur.role_id
           JOIN ab_permission_view pv ON pv.id = pr.permission_view_id JOIN ab_permission p ON p.id = pv.permission_id
           JOIN ab_view_menu v ON v.id = pv.view_menu_id WHERE ur.user_id = :key"""
    )
    return frozenset((action, table) for action, table in session.execute(wanted, {"key": person.user_id}))


def asked(session: Session, world: World, *, by: str = EDITOR, of: str = KEEPER, **more: Any) -> Todo:
    """A to-do for the department of ``of``, asked by ``by``: to review a claim, unless told otherwise."""
    given = {"needs": "review", "what": N_("审核"), "step": "submitted"} | more
    table = TABLES[given.pop("table", "item_claim")]
    row_id = world.row(table.__tablename__).id
    unit = viewer_of(session, of).department_id
    assert unit is not None
    with looking_as(session, THE_SYSTEM):
        row, place = session.get(table, row_id), unit_for(session, "own", unit)
    assert row is not None
    assert place is not None
    with looking_as(session, viewer_of(session, by)):
        return todos.ask(session, row, place, **given)


@contextmanager
def kept(world: World) -> Iterator[Session]:
    """A session in which nobody looks; what is done in it stays."""
    with world.session(None) as session:
        yield session
        session.commit()


def cleared(world: World) -> None:
    """No to-do and no notice is left."""
    with world.session(THE_SYSTEM) as session:
        session.execute(sa.text("DELETE FROM todo"))
        session.execute(sa.text("DELETE FROM notice"))
        session.commit()


def one_of_each(session: Session, who: str) -> None:
    """To-dos of that person in every light, one done, one sent, a copy, and what he was told of them; committed."""
    person = viewer_of(session, who)
    table, today = TABLES["supervision_sub_item"], clock.today()
    with looking_as(session, THE_SYSTEM):
        rows = list(session.scalars(sa.select(table).order_by(table.id).limit(7)))
        place = unit_for(session, "own", person.department_id or 0)
    assert place is not None
    with looking_as(session, person):
        for row, days in zip(rows, (-9, -1, 0, 2, 60, None, None), strict=True):
            due = None if days is None else today + timedelta(days=days)
            task = todos.ask(session, row, place, needs="edit", what=N_("修改后重新提交"), step="returned", due_on=due)
        passing.urge(session, task)
        todos.close(session, rows[0], move="submit", opinion="请审核")
        todos.ask(session, rows[1], place, needs="read", what=N_("阅知"), kind="copy")
        notices.tell(
            session, [person.user_id or 0], N_("{name} 转办给您：{title}", name=person.name, title=str(rows[2]))
        )
    with looking_as(session, THE_SYSTEM):
        notices.tell_the_day(session, url="/todo/", soon=today)
        session.commit()
