"""Whoever leaves holds no to-do any more: a colleague who may do it has it, or the department."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.core import saving
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from app.core.workflow.models import Todo
from app.domains.org.operations import handing_over
from tests.every_table.values import fresh
from tests.every_table.world import OWN, STRANGE, World
from tests.todo import given
from tests.todo.given import asked, kept


def employed(world: World, role: str, department: str = OWN) -> tuple[Any, int]:
    """Somebody new: his account and his number."""
    account = TABLES["account"]
    told = {"username": f"d{fresh()}", "real_name": f"离岗{fresh()}", "department": department, "roles": [role]}
    with world.session(THE_SYSTEM) as session:
        row: Any = saving.save(session, account, told)[0]
        found = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": row.username})
        key = row.id
        session.commit()
    return key, int(found)


@pytest.mark.parametrize(
    ("to", "role", "department", "keeps"),
    [
        ("colleague", "catalog_editor", OWN, True),
        ("colleague", "clerk", OWN, False),  # he may not do it
        ("colleague", "catalog_editor", STRANGE, False),  # he sits elsewhere
        ("unit", "catalog_editor", OWN, False),
    ],
)
def test_to_dos_go_to_who_may_do_them_or_back_to_the_department(
    world: World, to: str, role: str, department: str, keeps: bool
):
    world.row("item_claim")
    given.cleared(world)
    (leaver, number), (taker, taking) = employed(world, "catalog_editor"), employed(world, role, department)
    with kept(world) as session:
        task = asked(session, world, needs="edit", step="claimed", account_id=number).id
        done = asked(session, world, needs="edit", step="claimed").id
    with world.session("parent") as session:  # keeps the accounts of both departments
        estate = handing_over.estate_of(session, number)
        assert [(each.table.__tablename__, len(each.keys)) for each in estate.things] == [("todo", 1)]
        receiver = taker if to == "colleague" else None
        handing_over.hand_over(session, key=leaver, receiver_key=receiver, employment="left", note="", seen=estate.mark)
        session.commit()
    with world.session(THE_SYSTEM) as session:
        holders = dict(session.execute(sa.select(Todo.id, Todo.account_id).where(Todo.id.in_([task, done]))).all())
    assert holders == {task: taking if keeps else None, done: None}
