"""A workflow as its table's help page tells it: the drawing, and who may make which move, when and with what."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console import cells
from app.console.flow import diagram
from app.core import clock
from app.core.messages import N_, Message, joined
from app.core.roles import Role
from app.core.table import TABLES, Table
from app.core.workflow import Move, Workflow

_WHERE = {"own": N_("本单位"), "above": N_("上级部门或本地区主管部门"), "justice": N_("本地区司法局")}
_UNITS = {"working_day": N_("{n} 个工作日"), "calendar_day": N_("{n} 日")}


def of(session: Session, table: type[Table]) -> dict[str, Any] | None:
    """The drawing and the moves of a table's workflow; ``None`` for tables without one."""
    flow = table.__flow__
    if flow is None:
        return None
    field = table.__fields__[flow.field]
    drawing = diagram.draw(flow)
    limits = _limits(session, flow)
    return {
        "drawing": drawing,
        "tones": {box.state: cells.tone(field, box.state) for box in drawing.boxes},
        "moves": [_move(table, flow, move) for move in flow.moves],
        "waits": [
            {
                "state": str(flow.states(state).label),
                "what": str(wait.todo),
                "who": _who(table, wait.may, wait.where),
                "limit": limits.get(wait.limit or "", ""),
            }
            for state, wait in flow.waits.items()
        ],
        "editable": joined(flow.states(each.value).label for each in flow.states if each.value in flow.editable),
        "has_editions": flow.edition is not None,
    }


def _move(table: type[Table], flow: Workflow, move: Move) -> dict[str, Any]:
    asks = [str(N_("理由"))] if move.reason else []
    asks += [str(table.__fields__[name].label) for name in move.requires]
    notes = [str(_FOUR_EYES)] if move.apart else []
    notes += [str(_ONLY[move.published])] if move.published is not None else []
    return {
        "label": str(move.label),
        "tone": move.tone,
        "sources": joined(flow.states(state).label for state in move.sources),
        "target": str(flow.states(move.target).label),
        "who": str(N_("系统自动")) if move.is_hidden else _who(table, move.may, move.where),
        "asks": joined(asks),
        "notes": joined(notes, N_("；")),
    }


_FOUR_EYES = N_("编写人和提交人以外的人")
_ONLY = {True: N_("已发布过的"), False: N_("没有发布过的")}


def _who(table: type[Table], action: str, where: str) -> str:
    roles = [str(role.label) for role in Role if action in table.__may__.get(role.value, frozenset())]
    return f"{_WHERE[where]}{N_('：')}{joined(roles)}" if roles else str(_WHERE[where])


def _limits(session: Session, flow: Workflow) -> dict[str, str]:
    """The limits that are in force today, by their codes."""
    codes = [wait.limit for wait in flow.waits.values() if wait.limit]
    policy, today = TABLES["deadline_policy"].__table__.c, clock.today()
    wanted = sa.select(policy.code, policy.days, policy.unit).where(
        policy.code.in_(codes),
        sa.or_(policy.effective_from.is_(None), policy.effective_from <= today),
        sa.or_(policy.effective_to.is_(None), policy.effective_to > today),
    )
    found = session.execute(wanted.order_by(policy.effective_from)).all() if codes else []
    return {
        each.code: str(Message(_UNITS[each.unit].msgid, {"n": each.days}))
        for each in found
        if each.unit in _UNITS and each.days is not None
    }
