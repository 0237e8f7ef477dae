"""What people say with a move: sentences that are said often, and what the person said lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.messages import N_, Message
from app.core.roles import FLOW_ACTIONS
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.core.workflow import Move
from app.core.workflow.models import FlowStep

#: By the tone of the move, "plain" for the beginning of a change; the person's own stand in front of them.
USUAL: dict[str, tuple[Message, ...]] = {
    "primary": (N_("同意"), N_("情况属实，同意"), N_("内容完整，符合要求")),
    "plain": (N_("法律法规已修订"), N_("机构职能调整")),
    "danger": (
        N_("内容填写不完整，请补充后重新提交"),
        N_("依据不准确，请核对条款后重新提交"),
        N_("与上级事项不一致，请核对"),
    ),
}
#: How many of his own are offered, out of how many of the latest steps of all.
_OWN, _LATEST = 4, 1000


def offered(session: Session, moves: Iterable[Move]) -> list[str]:
    """Sentences to choose from for these moves, the person's own of late first."""
    moves = list(moves)
    kinds = {kind for move in moves if (kind := _kind(move))}
    usual = [str(each) for kind in USUAL if kind in kinds for each in USUAL[kind]]
    return list(dict.fromkeys([*_said(session, [move.name for move in moves]), *usual]))


def _kind(move: Move) -> str | None:
    """What is usually said with it: judging, refusing and beginning a change have their sentences."""
    if move.proposes:
        return "plain"
    return move.tone if move.tone == "danger" or (move.tone == "primary" and move.may in FLOW_ACTIONS) else None


def _said(session: Session, moves: Sequence[str]) -> list[str]:
    """What the person wrote with such moves lately: few steps are looked through, whoever made them."""
    step = FlowStep.__table__.c
    latest = sa.select(step.id, step.opinion, step.created_by, step.move).order_by(step.id.desc()).limit(_LATEST)
    some = latest.subquery()
    own = sa.select(some.c.opinion).where(
        some.c.created_by == must_have(session).user_id,
        some.c.move.in_(moves),
        sa.func.length(some.c.opinion).between(1, 60),
    )
    wanted = own.group_by(some.c.opinion).order_by(sa.func.max(sa.cast(some.c.id, sa.Text)).desc()).limit(_OWN)
    with looking_as(session, THE_SYSTEM):
        return list(session.scalars(wanted))
