"""Many items are claimed, or said not to apply, at once: a few statements, whatever their number. Never commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, context
from app.core.errors import Invalid, Problem, Refused
from app.core.messages import N_, joined
from app.core.viewer import THE_SYSTEM, at_work, looking_as, must_have
from app.core.workflow import people, steps, todos, waiting
from app.core.workflow.declare import Move
from app.core.workflow.people import Unit
from app.domains.catalogue import flows
from app.domains.catalogue.choices import ClaimState
from app.domains.catalogue.models import ItemClaim, SupervisionSubItem
from app.domains.catalogue.operations import pushing, unclaimed
from app.domains.catalogue.operations.standing import QUESTION
from app.domains.catalogue.rules import IN_FORCE
from app.domains.org.models import Department

_NAMED = 5
_REASON = 1000


def claim(session: Session, unit: int, items: Sequence[Any]) -> int:
    """That department has claimed the items (identifiers of sub-items), pushed to it or not; their number.

    Raises Refused, and then none is claimed, where one is not in force or the department stands to it otherwise.
    """
    return _take(session, unit, items, "claim")


def excuse(session: Session, unit: int, items: Sequence[Any], reason: str) -> int:
    """That department has said why the items do not apply to it; the level above decides. Their number."""
    reason = reason.strip()[:_REASON]
    if not reason:
        raise Invalid([Problem(N_("请说明不适用的理由，上级据此核销"), ("reason",))])
    return _take(session, unit, items, "excuse", reason)


def _take(session: Session, unit: int, items: Sequence[Any], name: str, reason: str = "") -> int:
    step = flows.CLAIM.named(name)
    assert step is not None
    owner = _unit(session, unit)
    found = _in_force(session, items, owner)
    with looking_as(session, THE_SYSTEM):
        mine = sa.select(ItemClaim).where(ItemClaim.department_id == unit, ItemClaim.sub_item_id.in_(found))
        claims = {row.sub_item_id: row for row in session.scalars(mine.with_for_update())}
    fixed = [row for row in claims.values() if not flows.CLAIM.is_open(step, row)]
    if fixed:
        told = joined([_told(row) for row in fixed[:_NAMED]])
        raise Refused(N_("有 {n} 项不能“{move}”：{items}", n=len(fixed), move=step.label, items=told), status=409)
    fresh = [item for key, item in found.items() if key not in claims]
    state = ClaimState(step.target)
    if fresh:  # they were never pushed: they are now, and then the move is made
        pushing.begin(session, [(item, owner) for item in fresh], ClaimState.PENDING)
        with looking_as(session, THE_SYSTEM):
            claims = {row.sub_item_id: row for row in session.scalars(mine)}
    _move_all(session, list(claims.values()), owner, step, state, reason)
    context.forget(session, QUESTION)
    return len(claims)


def _unit(session: Session, unit: int) -> Unit:
    """The department, if the viewer may work for it. Raises Refused."""
    row = session.get(Department, unit)
    if row is None or not must_have(session).holds(row.id, row.region_id):
        raise Refused(N_("您不能为本单位及下级以外的部门认领事项"), status=403)
    return Unit(row.id, row.region_id, row.name)


#: How many of the items are kept by an office in whose region the department lies.
_WITHIN = sa.text(
    f"""SELECT count(*) FROM supervision_sub_item i JOIN department d ON d.id = :unit {unclaimed.KEEPS}
         WHERE i.id = ANY(:items)"""  # noqa: S608 - of our own words only
)


def _in_force(session: Session, items: Sequence[Any], owner: Unit) -> dict[Any, SupervisionSubItem]:
    wanted = sa.select(SupervisionSubItem).where(SupervisionSubItem.id.in_(list(dict.fromkeys(items))))
    found = {row.id: row for row in session.scalars(wanted)}
    if not found or len(found) != len(set(items)):
        raise Refused(N_("请选择要认领的事项；有的事项已不在目录中，请刷新后重选"))
    gone = [row for row in found.values() if not row.edition or row.status not in IN_FORCE]
    if gone:
        told = joined([pushing.title_of(row) for row in gone[:_NAMED]])
        raise Refused(N_("有 {n} 项没有发布或已经取消：{items}", n=len(gone), items=told), status=409)
    if session.scalar(_WITHIN, {"unit": owner.id, "items": list(found)}) != len(found):
        raise Refused(N_("只能认领本地区和上级地区梳理的事项，请刷新后重选"), status=403)
    return found


def _told(row: ItemClaim) -> str:
    return f"{row.item_title}（{ClaimState(row.status).label}）"


def _move_all(session: Session, rows: list[ItemClaim], owner: Unit, step: Move, state: ClaimState, reason: str) -> None:
    """Every row makes that move, as ``moving.move`` would have it: state, history, what is asked of whom."""
    viewer, now = must_have(session), clock.now()
    told = {row.id: (row.status, row.item_title) for row in rows}
    wait = flows.CLAIM.waits[state.value]
    with looking_as(session, THE_SYSTEM):
        more: dict[str, Any] = {"reason": reason} if reason else {}
        moved = sa.update(ItemClaim).where(ItemClaim.id.in_(told)).values(
            status=state.value, updated_at=now, updated_by=viewer.user_id, version=ItemClaim.version + 1, **more
        )  # fmt: skip
        session.execute(moved.execution_options(synchronize_session=False))
        for row in rows:
            session.expire(row)
        todos.close_all(session, ItemClaim, told, move=step.name, opinion=reason)
        passed = ((key, source, state.value) for key, (source, _) in told.items())
        steps.write(session, ItemClaim.__tablename__, step.name, passed, at_work(session), reason)
        unit = people.unit_for(session, wait.where, owner.id)
        if unit is None:
            raise Refused(N_("没有上级部门可以核销，请联系系统管理员登记上级部门"))
        first = waiting.ask(session, rows[0], wait, unit, state.value)
        todos.ask_alike(session, first, [(key, title or "", unit) for key, (_, title) in list(told.items())[1:]])
