"""常用意见: what somebody usually says when he agrees or sends back, his own words first."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.console.todo.verbs import RETURN, Verb
from app.core.messages import N_
from app.core.sight import visible
from app.core.viewer import Viewer
from app.core.workflow.models import Todo, TodoState

#: Past decisions that are looked at, and phrases that are offered.
_LOOKED_AT, _OFFERED, _LONGEST = 200, 6, 60
_AGREEING = (N_("同意"), N_("同意，请尽快发布"), N_("情况属实，同意"))
_RETURNING = (N_("材料不全，请补充后重新提交"), N_("设定依据引用有误，请核对条款"), N_("内容与实际职责不符，请核实"))


def usual(session: Session, viewer: Viewer, verb: Verb) -> list[str]:
    """The phrases offered for the verb: what the viewer said most often when he did such a thing, then common ones."""
    own: dict[str, int] = {}
    told = visible(Todo, viewer).where(
        Todo.done_by == viewer.user_id, Todo.state == TodoState.DONE, Todo.opinion.is_not(None)
    )
    latest = told.with_only_columns(Todo.opinion, Todo.done_move).order_by(Todo.done_at.desc()).limit(_LOOKED_AT)
    for opinion, move in session.execute(latest.execution_options(populate_existing=True)):
        sent_back = (move or "") in _BACK
        if opinion and len(opinion) <= _LONGEST and sent_back == (verb.name == RETURN):
            own[opinion] = own.get(opinion, 0) + 1
    mine = sorted(own, key=lambda text: -own[text])
    common = [str(each) for each in (_RETURNING if verb.name == RETURN else _AGREEING)]
    return list(dict.fromkeys([*mine, *common]))[:_OFFERED]


#: The moves by which something is sent back, in any workflow.
_BACK = {"return", "object", "refuse"}
