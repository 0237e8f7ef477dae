"""A workflow as its table's help page tells it: the drawing, and who may make which move, when and with what."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.console import cells
from app.console.flow import diagram
from app.core import deadlines
from app.core.context import context_of
from app.core.messages import N_, Message, joined
from app.core.roles import Role
from app.core.rules import Context
from app.core.table import Table
from app.core.workflow import Move, Workflow, people
from app.core.workflow.declare import Where

_UNITS = {"working_day": N_("{n} 个工作日"), "calendar_day": N_("{n} 日")}


def of(session: Session, table: type[Table]) -> dict[str, Any] | None:
    """The drawing and the moves of a table's workflow; ``None`` for tables without one."""
    flow = table.__flow__
    if flow is None:
        return None
    field = table.__fields__[flow.field]
    drawing = diagram.draw(flow)
    context = context_of(session)
    return {
        "drawing": drawing,
        "tones": {box.state: cells.tone(field, box.state) for box in drawing.boxes},
        "moves": [_move(table, flow, move) for move in flow.moves],
        "waits": [
            {
                "state": str(flow.states(state).label),
                "what": str(wait.todo),
                "who": _who(table, wait.may, wait.where),
                "limit": _limit(wait.limit, context),
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


def _who(table: type[Table], action: str, where: Where) -> str:
    roles = [str(role.label) for role in Role if action in table.__may__.get(role.value, frozenset())]
    place = str(people.CALLED[where])
    return f"{place}{N_('：')}{joined(roles)}" if roles else place


def _limit(code: str | None, context: Context) -> str:
    """The limit of that code as it is in force today, in words."""
    limit = deadlines.limit_in_force(context.limits.get(code or "", ()), context.today)
    if limit is None or limit.days is None or limit.unit not in _UNITS:
        return ""
    return str(Message(_UNITS[limit.unit].msgid, {"n": limit.days}))
