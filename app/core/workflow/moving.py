"""A row goes from one state to the next. The one way in which states change. Never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, saving
from app.core.context import context_of
from app.core.errors import BadValue, Invalid, Problem, Refused
from app.core.fields import read
from app.core.ids import uuid7
from app.core.messages import N_
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, Viewer, looking_as, must_have
from app.core.workflow import editions, people, todos
from app.core.workflow.declare import Move, Workflow
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
    flow, viewer = type(row).__flow__, must_have(session)
    if flow is None:
        return []
    state = getattr(row, flow.field)
    return [
        move
        for move in flow.moves_from(state)
        if move.may in allowed
        and flow.is_open(move, row)
        and _is_his(session, row, move, viewer)
        and not (move.apart and _made_by(session, row) == viewer.user_id)
    ]


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


def _made_by(session: Session, row: Table) -> int | None:
    """Who made the last step."""
    last = steps_of(session, row)
    return last[-1].created_by if last else None


def steps_of(session: Session, row: Table) -> Sequence[FlowStep]:
    """What was done about a row that the viewer may see, oldest first."""
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(FlowStep).where(FlowStep.table_name == row.__tablename__, FlowStep.row_key == str(row.id))
        return session.scalars(wanted.order_by(FlowStep.made_at, FlowStep.id)).all()


def move(
    session: Session,
    row: Table,
    name: str,
    *,
    opinion: str = "",
    version: int | None = None,
    given: Mapping[str, Any] | None = None,
) -> FlowStep:
    """The row makes that move. The caller has asked for the permission ``Move.may``.

    ``given`` are values that go with it: fields of the row to write, ``change_kind`` and ``doc_no`` of a change,
    ``valid_from`` of a publication. Raises Refused (409 where the row is not where the move begins, 403 where it is not
    this viewer's to make) or Invalid naming what is missing.
    """
    table, viewer, flow = type(row), must_have(session), flow_of(type(row))
    step = flow.named(name)
    if step is None:
        raise Refused(N_("没有这一步：{name}", name=name[:60]), status=404)
    if version is not None and row.version != version:
        raise Refused(N_("这条记录已被他人修改，请核对最新内容后再办理"), status=409)
    source = getattr(row, flow.field)
    if not flow.is_open(step, row):
        told = flow.states(source).label
        raise Refused(N_("“{state}”状态的记录不能“{move}”", state=told, move=step.label), status=409)
    if not _is_his(session, row, step, viewer):
        raise Refused(N_("“{move}”不由本单位办理", move=step.label), status=403)
    if step.apart and _made_by(session, row) == viewer.user_id and viewer.user_id is not None:
        raise Refused(N_("提交人和审核人不能是同一人，请由其他人“{move}”", move=step.label), status=403)
    opinion = (read.long_text(opinion) or "")[:1000]
    if step.reason and not opinion:
        raise Invalid([Problem(N_("“{move}”须填写理由", move=step.label), ("opinion",))])
    _carry_out(session, row, flow, step, dict(given or {}), opinion, viewer)
    todos.close(session, row, move=name, opinion=opinion, recalled=step.is_recall)
    _wait(session, row, flow)
    made = _told(session, row, step, source, opinion, viewer)
    for after in AFTER.get(table.__tablename__, ()):
        after(session, row, step)
    return made


def _carry_out(
    session: Session, row: Table, flow: Workflow, step: Move, given: dict[str, Any], opinion: str, viewer: Viewer
) -> None:
    """The row stands in its new state with all that goes with it, judged by all of its rules."""
    table, fields = type(row), type(row).__fields__
    context = context_of(session)
    about = {name: given.pop(name, None) for name in ("change_kind", "doc_no")}
    since = _since(given.pop("valid_from", None), context.today)
    publishes = flow.edition is not None and step.target == flow.published and step.publishes
    if publishes:
        given = editions.given_of(session, row) | given
    if step.name == flow.drops:
        editions.drop(session, row)
    wanted = given | {flow.field: step.target}
    with looking_as(session, THE_SYSTEM):
        missing = [name for name in step.requires if not (wanted.get(name) or getattr(row, name, None))]
        problems = [Problem(N_("{label}必填", label=fields[name].label), (name,)) for name in missing]
        for check in step.checks:
            message = check(row, context)
            problems += [Problem(message)] if message is not None else []
        if problems:
            raise Invalid(problems)
        filled = dict(step.fills(row, context)) if step.fills else {}
        if publishes:
            number = int(getattr(row, str(flow.edition)) or 0) + 1
            filled[str(flow.edition)] = number
            if "valid_from" in fields:
                filled["valid_from"] = row.valid_from or since
        for name, value in filled.items():
            if fields[name].is_input:
                wanted[name] = editions.raw(value)
            else:
                setattr(row, name, value)
        saving.save(session, table, wanted, row=row, by_id=True, moved=True)
        session.refresh(row)
        values = {name: getattr(row, name) for name in fields}
        if step.proposes:
            editions.begin(session, row, values, about | {"reason": opinion})
    if publishes:
        editions.publish(session, row, values, number, since, viewer)


def _since(given: Any, today: Any) -> Any:
    try:
        since = read.day(given) if given else today
    except BadValue as error:
        raise Invalid([Problem(error.message, ("valid_from",))]) from None
    if since > today:
        raise Invalid([Problem(N_("生效日期 {day} 还没有到，请到期后再发布", day=since), ("valid_from",))])
    return since


def _wait(session: Session, row: Table, flow: Workflow) -> None:
    """Whoever is waited for in the row's new state has a to-do."""
    state = getattr(row, flow.field)
    wait = flow.waits.get(state)
    unit = people.unit_for(session, wait.where, row.department_id) if wait else None
    if wait is not None and unit is not None:
        todos.ask(session, row, unit, needs=wait.may, what=wait.todo, step=state, limit=wait.limit)


def _told(session: Session, row: Table, step: Move, source: str, opinion: str, viewer: Viewer) -> FlowStep:
    with looking_as(session, THE_SYSTEM):
        made = FlowStep(
            id=uuid7(), table_name=row.__tablename__, row_key=str(row.id), move=step.name, source=source,
            target=step.target, opinion=opinion or None, made_at=clock.now(), person=viewer.name or None,
            unit=viewer.department or None, created_by=viewer.user_id,
        )  # fmt: skip
        session.add(made)
        session.flush()
    return made
