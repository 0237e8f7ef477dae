"""What the page of a record says about its workflow: where it stands, who is waited for, what the reader may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.console import cells, guard
from app.console.flow import compared, words
from app.console.view.form import fields
from app.core import clock
from app.core.errors import Invalid, Problem, Refused
from app.core.messages import N_, Message
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow import Move, Workflow, editions, lines, locks, moving
from app.core.workflow.models import ChangeKind, Edition, FlowStep, Todo

#: Names of the panel's own controls; fields of the row go by theirs.
MOVE, VERSION, OPINION, BACK = "_move", "_version", "_opinion", "_back"


@dataclass
class Typed:
    """What was sent and refused: it is shown again with the reasons."""

    values: Mapping[str, Any] = field(default_factory=dict)
    opinion: str = ""
    move: str = ""
    refused: Refused | None = None

    @property
    def problems(self) -> list[Problem]:
        """Everything that was wrong."""
        if self.refused is None:
            return []
        return list(self.refused.problems) if isinstance(self.refused, Invalid) else [Problem(self.refused.message)]


def allowed(table: type[Table]) -> frozenset[str]:
    """What the person may do with the table, by its permissions."""
    return frozenset(action for action in table.actions() if guard.may(action, table.__tablename__))


def given_with(table: type[Table], step: Move, form: MultiDict[str, str]) -> dict[str, Any]:
    """What a form gives along with a move: only what belongs to that move, and only what was filled in."""
    found: dict[str, Any] = {}
    for name in step.requires:
        each = table.__fields__[name]
        value = form.getlist(name) if each.is_plural else form.get(name, "")
        if value:
            found[name] = value
    more = (*(moving.ABOUT if step.proposes else ()), *((moving.SINCE,) if is_publication(table, step) else ()))
    return found | {name: value for name in more if (value := form.get(f"_{name}", ""))}


def is_publication(table: type[Table], step: Move) -> bool:
    """True for a move that puts an edition in force."""
    flow = table.__flow__
    return flow is not None and flow.edition is not None and step.publishes and step.target == flow.published


def of(session: Session, row: Table, typed: Typed | None = None) -> dict[str, Any] | None:
    """The panel of a row; ``None`` for rows without a workflow."""
    table, flow, typed = type(row), type(row).__flow__, typed or Typed()
    if flow is None:
        return None
    name, state = table.__tablename__, getattr(row, flow.field)
    found = moving.open_moves(session, row, allowed(table))
    seen = editions.as_proposed(session, row)
    moves = [move for move, why_not in found if why_not is None]
    return {
        "label": str(table.__fields__[flow.field].label),
        "state": str(flow.states(state).label),
        "tone": cells.tone(table.__fields__[flow.field], state),
        "url": url_for(f"{name}.move", pk=row.id),
        "version": row.version,
        "moves": [told(move, flow) for move in moves],
        "withheld": [str(why_not) for _, why_not in found if why_not is not None],
        "asked": [each for move in moves if (each := asked(table, move, typed, unfilled(seen, move)))],
        "opinion": typed.opinion,
        "needs_opinion": any(move.reason for move in moves),
        "phrases": words.offered(session, moves) if moves else [],
        "errors": [str(problem.message) for problem in typed.problems],
        "waits": waiting(session, row),
        "steps": steps(session, row, flow),
        "proposal": proposal(session, row, flow),
        "editions": url_for(f"{name}.editions", pk=row.id) if flow.is_published(row) else None,
        "help": url_for(f"{name}.help") + "#flow",
    }


def told(move: Move, flow: Workflow) -> dict[str, Any]:
    """A move as buttons and requests tell it."""
    return {
        "name": move.name,
        "label": str(move.label),
        "tone": move.tone,
        "reason": move.reason,
        "target": move.target,
        "target_label": str(flow.states(move.target).label),
        "icon": _ICONS.get(move.name) or _BY_TONE[move.tone],
    }


_ICONS = {
    "submit": "send",
    "publish": "speakerphone",
    "return": "arrow-back-up",
    "change": "pencil",
    "suspend": "player-pause",
}
_ICONS |= {"resume": "player-play", "abolish": "ban", "recall": "arrow-back", "recall_change": "arrow-back"}
_BY_TONE = {"primary": "check", "plain": "arrow-right", "danger": "x"}


def asked(table: type[Table], move: Move, typed: Typed, missing: Sequence[str] = ()) -> dict[str, Any] | None:
    """What is to be filled in for one move beside the opinion, as controls; ``None`` where there is nothing.

    ``missing`` are required fields that the row does not have yet.
    """
    problems = typed.problems if typed.move == move.name else []
    cards = fields.groups(table, typed.values, problems) if missing else []
    controls = [each | {"required": True} for card in cards for each in card["fields"] if each["name"] in missing]
    about, since = move.proposes, is_publication(table, move)
    if not (controls or about or since):
        return None
    return {
        "move": move.name,
        "label": str(move.label),
        "fields": controls,
        "kinds": [(kind.value, str(kind.label)) for kind in ChangeKind] if about else [],
        "kind": typed.values.get("change_kind", ""),
        "doc_no": typed.values.get("doc_no", ""),
        "since": (typed.values.get(moving.SINCE) or clock.today().isoformat()) if since else None,
        "today": clock.today().isoformat(),
    }


def unfilled(seen: Any, move: Move) -> list[str]:
    """The fields that the move requires and that are empty in the row as it is proposed."""
    nothing: tuple[Any, ...] = (None, "", [])
    return [name for name in move.requires if getattr(seen, name) in nothing]


def missing(session: Session, row: Table, move: Move) -> list[str]:
    """The same for a row as it stands."""
    return unfilled(editions.as_proposed(session, row), move)


def step_for(table: type[Table], name: str) -> Move:
    """The move of that name, if the person's roles open it. Raises Refused (404, 403)."""
    step = moving.flow_of(table).named(name)
    if step is None or step.is_hidden:
        raise Refused(N_("没有这一步：{name}", name=name[:60]), status=404)
    if not guard.may(step.may, table.__tablename__):
        raise Refused(N_("您的角色不能“{move}”；如有需要，请联系本单位的部门管理员", move=step.label), status=403)
    return step


def waiting(session: Session, row: Table) -> list[dict[str, Any]]:
    """Who is asked to do something about the row now, and by when; for those who have a part in it."""
    if not locks.follows_it(row, guard.must_view()):
        return []
    todo, department = Todo.__table__.c, TABLES["department"].__table__.c
    wanted = (
        sa.select(todo.todo, department.name, todo.due_on, todo.first_read_at)
        .join(TABLES["department"].__table__, department.id == todo.department_id)
        .where(todo.table_name == row.__tablename__, todo.row_key == str(row.id), todo.state == "open")
        .where(todo.kind == "task")
        .order_by(todo.sent_at)
    )
    with looking_as(session, THE_SYSTEM):
        found = session.execute(wanted).all()
    today = clock.today()
    return [
        {
            "what": str(Message(each.todo)) if each.todo else "",
            "unit": each.name,
            "due": each.due_on.isoformat() if each.due_on else "",
            "late": bool(each.due_on and each.due_on < today),
            "read": each.first_read_at is not None,
        }
        for each in found
    ]


def steps(session: Session, row: Table, flow: Workflow) -> list[dict[str, Any]]:
    """What was done about the row, newest first."""
    return [step_told(each, flow) for each in reversed(moving.steps_open_to(session, row, guard.must_view()))]


def step_told(step: FlowStep, flow: Workflow) -> dict[str, Any]:
    """One step as pages and requests tell it; a move or a state that is no more goes by its name."""
    move, states = flow.named(step.move), {each.value: str(each.label) for each in flow.states}
    return {
        "name": step.move,
        "label": str(move.label) if move is not None else step.move,
        "tone": move.tone if move is not None else "plain",
        "source": states.get(step.source or "", step.source or ""),
        "target": states.get(step.target, step.target),
        "who": step.person or str(N_("系统")),
        "unit": step.unit or "",
        "when": clock.told(step.made_at),
        "at": step.made_at.isoformat(timespec="seconds"),
        "opinion": step.opinion or "",
    }


def proposal(session: Session, row: Table, flow: Workflow) -> dict[str, Any] | None:
    """The next edition of a published row, and what it changes; ``None`` where none is under way."""
    is_his = flow.is_published(row) and locks.follows_it(row, guard.must_view())
    edition = editions.proposal_of(session, row) if is_his else None
    if edition is None:
        return None
    name, viewer, now = row.__tablename__, guard.must_view(), editions.said_now(session, row)
    mine = guard.may("edit", name) and viewer.holds(row.department_id, row.scope_region)
    return {
        "number": edition.number,
        "kind": str(ChangeKind(edition.change_kind).label) if edition.change_kind else "",
        "doc_no": edition.doc_no or "",
        "reason": edition.reason or "",
        "changes": compared.changes(session, type(row), now, editions.said_next(session, row, edition)),
        "edit": url_for(f"{name}.edit", pk=row.id) if mine and locks.proposes(row) else None,
        "writer": _name_of(session, row.updated_by),
    }


def _name_of(session: Session, key: int | None) -> str:
    found = session.scalar(sa.select(User.last_name + User.first_name).where(User.id == key)) if key else None
    return str(found or "")


def of_line(session: Session, row: Table) -> dict[str, Any] | None:
    """What the page of a line says of its head: how it stands, and what the next edition changes about this line.

    ``None`` for rows that are no lines, and where there is nothing to say.
    """
    head, above = lines.head(row), lines.head_of(type(row))
    if head is None or above is None or not locks.follows_it(row, guard.must_view()):
        return None
    since, proposes = getattr(row, lines.SINCE), locks.proposes(row)
    if not proposes and since is not None:
        return None
    found = {"label": str(above.__label__), "title": head.title, "is_new": since is None, "is_left_out": False}
    found |= {"url": url_for(f"{above.__tablename__}.show", pk=head.id), "changes": []}
    if proposes:
        next_one = editions.given_of(session, row)
        found["is_left_out"] = not next_one
        found["changes"] = compared.changes(session, type(row), editions.present(row), next_one) if next_one else []
    return found


def edition_told(each: Edition) -> dict[str, Any]:
    """One edition as pages and requests tell it."""
    return {
        "number": each.number if each.number > 0 else None,
        "state": str(each.state),
        "kind": str(ChangeKind(each.change_kind).label) if each.change_kind else "",
        "doc_no": each.doc_no or "",
        "reason": each.reason or "",
        "since": each.valid_from.isoformat() if each.valid_from else "",
        "until": each.valid_to.isoformat() if each.valid_to else "",
        "published": clock.told(each.published_at) if each.published_at else "",
        "publisher": each.publisher or "",
    }
