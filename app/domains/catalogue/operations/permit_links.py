"""谁审批谁监管: when a permit's state or name changes, every item that answers to it is looked at. Never commits."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.core.messages import N_, Message
from app.core.table import LINKS
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.core.watching import Change
from app.core.workflow import todos
from app.core.workflow.models import Todo, TodoKind, TodoState
from app.core.workflow.people import Unit
from app.domains.catalogue.choices import PermitItemState
from app.domains.catalogue.models import PermitItem, SupervisionItem

#: The process of these to-dos, and what it is called.
PROCESS = "supervision_item.permit"
todos.PROCESSES[PROCESS] = N_("许可事项联动核对")
#: What of a permit concerns the items that answer to it.
FIELDS = ("task_name", "task_state")
_LIMIT = "reform_check"
_STATE, _NAME = N_("许可事项状态已变化，请核对监管事项"), N_("许可事项名称已变化，请核对监管事项")
_ASIDE = ("abolished",)


def what_changed(change: Change) -> Message:
    """What is asked for: the state weighs more than the name. Pure."""
    return _STATE if change.of("task_state") else _NAME


def title_of(item: str, change: Change) -> str:
    """What the to-do is called: the item, and the permit with what it was and is. Pure."""
    name = change.after["task_name"]
    if change.of("task_state"):
        old, new = (PermitItemState(each["task_state"]).label for each in (change.before, change.after))
        return f"{item}（{name}：{old}→{new}）"[:500]
    return f"{item}（{change.before['task_name']}→{name}）"[:500]


def tell(session: Session, changes: Sequence[Change]) -> None:
    """The keeper of every item that answers to one of the permits has a to-do, as long as the item is not at an end."""
    link, item = LINKS["supervision_item_permit_items"], SupervisionItem.__table__.c
    other, own = link.table.c[link.target_column], link.table.c[link.owner_column]
    for change in changes:
        wanted = (
            sa.select(SupervisionItem)
            .where(item.id.in_(sa.select(own).where(other == change.id)), item.status.not_in(_ASIDE))
            .order_by(item.main_code)
        )
        with looking_as(session, THE_SYSTEM):
            rows = list(session.scalars(wanted))
            if not rows:
                continue
            told = [
                (row, title_of(row.main_name, change), Unit(row.department_id, row.scope_region, "")) for row in rows
            ]
            row, title, unit = told[0]
            first = todos.ask(
                session, row, unit, needs="edit", what=what_changed(change), process=PROCESS, limit=_LIMIT
            )
            first.title_text = title
            session.flush()
            todos.ask_alike(session, first, [(row.id, title, unit) for row, title, unit in told[1:]])


def open_of(session: Session, item: SupervisionItem) -> list[Todo]:
    """What is still to be looked at about that item."""
    with looking_as(session, THE_SYSTEM):
        asked = sa.select(Todo).where(
            Todo.process == PROCESS, Todo.row_key == str(item.id), Todo.state == TodoState.OPEN,
            Todo.kind == TodoKind.TASK,
        )  # fmt: skip
        return list(session.scalars(asked.order_by(Todo.id)))


def permits_of(session: Session, item: SupervisionItem) -> list[PermitItem]:
    """The permits that the item answers to."""
    link = LINKS["supervision_item_permit_items"]
    keys = sa.select(link.table.c[link.target_column]).where(link.table.c[link.owner_column] == item.id)
    with looking_as(session, THE_SYSTEM):
        return list(
            session.scalars(sa.select(PermitItem).where(PermitItem.id.in_(keys)).order_by(PermitItem.task_code))
        )


def looked_at(session: Session, item: SupervisionItem, opinion: str) -> int:
    """Somebody has looked: the item need not change, and he says why. Raises Refused."""
    viewer, opinion = must_have(session), opinion.strip()[:1000]
    if not viewer.holds(item.department_id, item.scope_region):
        raise Refused(N_("这条记录由其他部门维护，您不能修改"), status=403)
    if not opinion:
        raise Refused(N_("请说明核对的结论"))
    closed = todos.close_all(session, SupervisionItem, [item.id], move="looked_at", opinion=opinion, process=PROCESS)
    if not closed:
        raise Refused(N_("没有等待核对的许可变化"), status=409)
    session.expire_all()
    return closed
