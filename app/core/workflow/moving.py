"""A row goes from one state to the next. The one way in which states change. Never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import saving
from app.core.context import context_of
from app.core.errors import Invalid, Problem, Refused
from app.core.fields import read
from app.core.lookup import Lookup
from app.core.messages import N_, Message
from app.core.rows import ASKED
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, Viewer, at_work, looking_as, must_have
from app.core.workflow import editing, editions, lines, locks, people, settling, steps, todos, waiting
from app.core.workflow.declare import Move, Workflow
from app.core.workflow.editing import ABOUT as ABOUT
from app.core.workflow.editing import SINCE as SINCE
from app.core.workflow.models import FlowStep

#: What has to happen when rows of a table have moved, beside what the workflow says: filled by domains.
AFTER: dict[str, list[Any]] = {}


def flow_of(table: type[Table]) -> Workflow:
    """The workflow of a table. Raises Refused (404) for one that has none."""
    if table.__flow__ is None:
        raise Refused(N_("这张表没有办理流程"), status=404)
    return table.__flow__


def offered(session: Session, row: Table, allowed: frozenset[str]) -> list[Move]:
    """The moves that the viewer may make now; ``allowed`` are his permissions on the table."""
    return [move for move, why_not in open_moves(session, row, allowed) if why_not is None]


def open_moves(session: Session, row: Table, allowed: frozenset[str]) -> list[tuple[Move, Message | None]]:
    """The moves that begin where the row stands and that his roles and his department open to the viewer.

    With each: what keeps himself from making it (four eyes), or None.
    """
    flow, viewer = type(row).__flow__, must_have(session)
    if flow is None:
        return []
    seen, found = editions.as_proposed(session, row), []
    for move in flow.moves_from(getattr(row, flow.field)):
        if move.may in allowed and flow.is_open(move, seen) and _is_his(session, row, move, viewer):
            found.append((move, _too_few_eyes(session, row, flow, move, viewer)))
    found.sort(key=lambda each: _ORDER[each[0].tone])
    if any(not move.is_recall and why_not is None for move, why_not in found):  # he judges: taking back is for others
        found = [each for each in found if not each[0].is_recall]
    return found


#: What leads on stands first.
_ORDER = {"primary": 0, "plain": 1, "danger": 2}


def _is_his(session: Session, row: Table, move: Move, viewer: Viewer) -> bool:
    if viewer.is_system or not type(row).__rows__.is_scoped:
        return True
    if move.where == "own":
        return viewer.holds(row.department_id, row.scope_region)
    if viewer.department_id is None or viewer.department_id == row.department_id:
        return False
    if move.where == "above":
        return people.is_under(session, row.department_id, viewer.department_id)
    unit = people.unit_for(session, move.where, row.department_id)
    return unit is not None and unit.id == viewer.department_id


def _too_few_eyes(session: Session, row: Table, flow: Workflow, move: Move, viewer: Viewer) -> Message | None:
    """Why a person does not make a move that is for somebody else's work; None where it is."""
    if not move.apart or viewer.user_id is None or viewer.user_id not in _hands(session, row, flow, move):
        return None
    return N_("您编写或提交了这条记录，不能由本人“{move}”，请由其他审核人办理", move=move.label)


def _hands(session: Session, row: Table, flow: Workflow, move: Move) -> set[int]:
    """Whoever wrote any of what is to be judged now, and whoever handed it in since it was last published."""
    found, since = set[int | None](), None
    for step in reversed(steps_of(session, row)):
        if step.target == flow.published:
            since = step.made_at
            break
        if step.target in move.sources:
            found.add(step.created_by)
    if move.where == "own":  # another department judges what was handed in, not who once wrote the row
        wrote = {row.__tablename__: [str(row.id)]}
        wrote |= {
            t.__tablename__: [str(r.id) for r in lines.of(session, t, row.id)] for t in lines.tables_of(type(row))
        }
        with looking_as(session, THE_SYSTEM):
            found.add(row.updated_by)
            for name, keys in wrote.items():
                asked = {"rel": name, "keys": keys, "since": since, "state": flow.field}
                found |= set(session.scalars(_WRITERS, asked))
    return {each for each in found if each}


#: Whoever wrote a row by hand, as the audit log knows it: what a move writes changes the state.
_WRITERS = sa.text(
    """SELECT DISTINCT actor FROM audit.log WHERE rel = :rel AND pk = ANY(:keys) AND (:since IS NULL OR at > :since)
          AND (action = 'insert' OR action = 'update' AND NOT new ? :state)"""
).bindparams(sa.bindparam("since", type_=sa.DateTime(timezone=True)))


def steps_of(session: Session, row: Table) -> Sequence[FlowStep]:
    """What was done about a row that the viewer may see, oldest first."""
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(FlowStep).where(FlowStep.table_name == row.__tablename__, FlowStep.row_key == str(row.id))
        return session.scalars(wanted.order_by(FlowStep.made_at, FlowStep.id)).all()


def steps_open_to(session: Session, row: Table, viewer: Viewer) -> list[FlowStep]:
    """What of it the viewer reads: all of it, or what put the row in force and out of force and why."""
    found, flow = list(steps_of(session, row)), flow_of(type(row))
    if locks.follows_it(row, viewer):
        return found
    return [step for step in found if (known := flow.named(step.move)) is not None and flow.is_public(known)]


def move(
    session: Session,
    row: Table,
    name: str,
    *,
    opinion: str = "",
    version: int | None = None,
    given: Mapping[str, Any] | None = None,
) -> None:
    """The row makes that move. The caller has asked for the permission ``Move.may``.

    ``given`` are values that go with it: the fields that the move requires, ``change_kind`` and ``doc_no`` of a change,
    ``valid_from`` of a publication; the system may write any field with it. Raises Refused (409 where the row is not
    where the move begins, 403 where it is not this viewer's to make) or Invalid naming what is missing.
    """
    table, viewer, flow = type(row), must_have(session), flow_of(type(row))
    step = flow.named(name)
    if step is None or (step.is_hidden and not viewer.is_system):
        raise Refused(N_("没有这一步：{name}", name=name[:60]), status=404)
    if version is not None and row.version != version:
        raise Refused(N_("这条记录已被他人修改或办理，请核对最新内容后再办理"), status=409)
    source = getattr(row, flow.field)
    if not flow.is_open(step, editions.as_proposed(session, row)):
        told = flow.states(source).label
        raise Refused(
            N_("这条记录现在是“{state}”，不能“{move}”；请刷新页面，按现在的状态办理", state=told, move=step.label),
            status=409,
        )
    if not _is_his(session, row, step, viewer):
        raise Refused(_whose(session, row, step), status=403)
    why_not = _too_few_eyes(session, row, flow, step, viewer)
    if why_not is not None:
        raise Refused(why_not, status=403)
    opinion = (read.long_text(opinion) or "")[:1000]
    if step.reason and not opinion:
        raise Invalid([Problem(N_("“{move}”须填写理由", move=step.label), ("opinion",))])
    _carry_out(session, row, flow, step, dict(given or {}), opinion, viewer)
    todos.close(session, row, move=name, opinion=opinion, recalled=step.is_recall)
    _wait(session, row, flow, step)
    steps.write(session, table.__tablename__, name, [(row.id, source, step.target)], at_work(session), opinion)
    for after in AFTER.get(table.__tablename__, ()):
        after(session, row, step)


def _whose(session: Session, row: Table, step: Move) -> Message:
    """Who makes the move instead."""
    unit = people.unit_for(session, step.where, row.department_id)
    if unit is None:
        return N_("“{move}”不由本单位办理", move=step.label)
    return N_("“{move}”由{unit}办理，不由本单位办理", move=step.label, unit=unit.name)


def _carry_out(
    session: Session, row: Table, flow: Workflow, step: Move, given: dict[str, Any], opinion: str, viewer: Viewer
) -> None:
    """The row stands in its new state with all that goes with it, judged by all of its rules."""
    table, fields = type(row), type(row).__fields__
    context = context_of(session)
    publishes = flow.edition is not None and step.target == flow.published and step.publishes
    about, since = editing.about(step, given), editing.since(session, row, given, context.today) if publishes else None
    _must_be_asked(session, table, step, given, viewer)
    editing.must_say_why(step, about, viewer)
    if given and locks.proposes(row):  # what is given with the move is a part of the next edition
        saving.save(session, table, given, row=row, by_id=True)
        given = {}
    seen = editions.as_proposed(session, row)
    _must_be_ready(step, seen, given, fields, context)
    if publishes:
        given = editions.given_of(session, row) | given
    if step.name == flow.drops:
        editions.drop(session, row)
    wanted = given | {flow.field: step.target}
    with looking_as(session, THE_SYSTEM):
        filled = dict(step.fills(row, context)) if step.fills else {}
        if publishes:
            filled[str(flow.edition)] = int(getattr(row, str(flow.edition)) or 0) + 1
            if SINCE in fields:  # of a row since its first edition; each edition has its own day
                filled[SINCE] = (row.valid_from if flow.is_published(row) else None) or since
        for name, value in filled.items():
            if fields[name].is_input:
                wanted[name] = editions.raw(value)
            else:
                setattr(row, name, value)
        saving.save(session, table, wanted, row=row, by_id=True, moved=True)
        session.refresh(row)
        lines.forget(session, table)
        if step.proposes:
            editions.begin(session, row, about | {"reason": opinion})
    if publishes and since is not None:
        settling.settle(session, row, filled[str(flow.edition)])
        editions.publish(session, row, filled[str(flow.edition)], since, at_work(session))
    elif flow.edition is not None and flow.is_final(step.target) and flow.is_published(row):
        editions.end(session, row, getattr(row, "valid_to", None) or context.today)


def _must_be_asked(session: Session, table: type[Table], step: Move, given: dict[str, Any], viewer: Viewer) -> None:
    """Only what the move asks for is written with it, and only what the viewer himself could choose."""
    if viewer.is_system or not given:
        return
    strange = [name for name in given if name not in step.requires]
    if strange:
        message = N_("“{move}”时不能同时修改“{name}”", move=step.label, name=strange[0][:60])
        raise Invalid([Problem(message, (strange[0],))])
    fields = {name: table.__fields__[name] for name in given}
    lookups = {name: Lookup(session, field) for name, field in fields.items() if field.is_reference}
    _, problems = saving.typed(table, given, lookups, by_id=True)
    if problems:
        raise Invalid(problems)


def _must_be_ready(step: Move, seen: Any, given: Mapping[str, Any], fields: Mapping[str, Any], context: Any) -> None:
    """Every required field is filled and no check stands in the way."""
    nothing: tuple[Any, ...] = (None, "", [])
    missing = [n for n in step.requires if given.get(n) in nothing and (n in given or getattr(seen, n) in nothing)]
    problems = [Problem(N_("{label}必填", label=fields[name].label), (name,)) for name in missing]
    problems += [Problem(message) for check in step.checks if (message := check(seen, context)) is not None]
    if problems:
        raise Invalid(problems)


def _wait(session: Session, row: Table, flow: Workflow, step: Move) -> None:
    """Whoever is waited for in the row's new state has a to-do. Raises Refused where there is nobody to wait for."""
    state = getattr(row, flow.field)
    wait = flow.waits.get(state)
    if wait is None or not type(row).__rows__.is_scoped:
        return
    unit = people.unit_for(session, wait.where, row.department_id)
    if unit is not None and type(row).__rows__.once and wait.where == "justice":  # it stands in no tree of the owner's
        with looking_as(session, THE_SYSTEM):
            session.execute(sa.update(type(row).__table__).where(type(row).id == row.id).values({ASKED: unit.id}))
            session.expire(row, [ASKED])
        lines.asked(session, row, unit.id)
    if unit is None:
        who = people.CALLED[wait.where]
        raise Refused(N_("“{move}”后应由{who}办理，系统中没有，请联系系统管理员登记", move=step.label, who=who))
    waiting.ask(session, row, wait, unit, state)
