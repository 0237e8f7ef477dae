"""Who reads which entry; events, in the transaction of the work and apart from it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import audit, saving
from app.core.audit import events
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, Origin, Viewer, come_from, look_as, looking_as
from app.extensions import db
from tests.every_table.values import fresh
from tests.every_table.world import World


def read(session: Session, viewer: Viewer | None, **where: Any) -> int:
    conditions = " AND ".join(f"{name} = :{name}" for name in where) or "true"
    with looking_as(session, viewer):
        found: int = session.scalar(sa.text(f"SELECT count(*) FROM audit.log WHERE {conditions}"), where)
    return found


def test_entries_are_read_by_those_who_read_the_row(session: Session, world: World):
    row = world.another("inspection")
    key = {"rel": "inspection", "pk": str(row.id)}
    seen = {who: read(session, viewer, **key) for who, viewer in world.viewers.items()}
    assert seen["own"] == seen["parent"] == seen["office"] >= 1
    assert seen["stranger"] == 0
    assert read(session, None) == 0, "nobody reads nothing"
    assert read(session, THE_SYSTEM, **key) == seen["own"]
    directory = world.another("work_day")
    assert all(read(session, viewer, rel="work_day", pk=str(directory.id)) == 1 for viewer in world.viewers.values())


def test_own_acts_are_read_and_those_of_others_are_not(session: Session, world: World):
    own, stranger = world.viewers["own"], world.viewers["stranger"]
    look_as(session, own)
    audit.note(session, "export", table="inspection", key="own acts", rows=3)
    mine = {"action": "export", "pk": "own acts", "actor": own.user_id}
    assert read(session, own, **mine) == 1
    assert read(session, stranger, **mine) == 0


def test_an_event_stands_with_its_person_and_its_row(session: Session, world: World):
    row = world.another("inspection")
    look_as(session, world.viewers["own"])
    come_from(session, Origin("web", "req", "10.1.2.3", "ses"), world.viewers["own"])
    stored = saving.find(session, TABLES["inspection"], row.id)
    audit.note(session, "unmask", row=stored, reason="核对\0身份", columns=["party_id_no"])
    with looking_as(session, THE_SYSTEM):
        found = session.execute(
            sa.text("SELECT * FROM audit.log WHERE action = 'unmask' AND pk = :key"), {"key": str(row.id)}
        ).one()
    assert (found.rel, found.actor, found.address, found.session) == (
        "inspection",
        world.viewers["own"].user_id,
        "10.1.2.3",
        "ses",
    )
    assert (found.row_department, found.row_region, found.is_open) == (stored.department_id, stored.scope_region, False)
    assert found.new == {"reason": "核对身份", "columns": ["party_id_no"]}
    session.rollback()
    assert read(session, THE_SYSTEM, action="unmask", pk=str(row.id)) == 0, "it goes with the work"


def test_an_event_apart_stays_when_the_work_is_rolled_back(app: Flask, world: World):
    mark = str(fresh())
    with app.app_context():
        session = db.session()
        look_as(session, world.viewers["own"])
        audit.note_apart("denied", table="inspection", key=mark, why="scope")
        session.rollback()
        assert read(session, THE_SYSTEM, pk=mark, actor=world.viewers["own"].user_id) == 1
        look_as(session, None)
        come_from(session, Origin("web", "r", "10.9.9.9"))
        audit.note_apart("sign_in_failed", key=mark, username="' OR 1=1 --\ud800")
        with looking_as(session, THE_SYSTEM):
            found = session.execute(
                sa.text("SELECT actor, address, new FROM audit.log WHERE action = 'sign_in_failed' AND pk = :k"),
                {"k": mark},
            ).one()
        assert found == (None, "10.9.9.9", {"username": "' OR 1=1 --?"})
        audit.note_apart("locked", key=mark, who=THE_SYSTEM)
        assert read(session, THE_SYSTEM, pk=mark, action="locked", actor=0) == 1
        session.rollback()


@pytest.mark.parametrize("action", [*events.CHANGES, "nonsense"])
def test_what_is_no_event_cannot_be_noted(action: str, session: Session):
    look_as(session, THE_SYSTEM)
    with pytest.raises(ValueError, match="no event"):
        audit.note(session, action)
