"""Many rows make the same move: all of them or none, and each that cannot is named with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console import guard
from app.console.flow import panel
from app.core import saving
from app.core.errors import NotVisible, Refused
from app.core.lookup import among
from app.core.messages import N_, Message
from app.core.table import Table
from app.core.viewer import Viewer, must_have
from app.core.workflow import Move, editions, moving

#: Rows that one request moves: each is judged by all of its rules.
MOST = 200


@dataclass(frozen=True)
class InTheWay:
    """A row that cannot make the move, and why."""

    key: str
    title: str
    why: str


def offered(table: type[Table], rows: Sequence[Table], viewer: Viewer) -> list[dict[str, Any]]:
    """The moves that the viewer's roles open and that some of these rows could make; asks the database nothing."""
    flow = table.__flow__
    if flow is None or not rows:
        return []
    found = []
    for move in flow.moves:
        if move.is_hidden or not move.bulk or not guard.may(move.may, table.__tablename__):
            continue
        if any(_could(row, move, flow.field, viewer) for row in rows):
            found.append(panel.told(move, flow))
    return found


def _could(row: Table, move: Move, state: str, viewer: Viewer) -> bool:
    flow, scoped = type(row).__flow__, type(row).__rows__.is_scoped
    if flow is None or getattr(row, state) not in move.sources or move.published not in (None, flow.is_published(row)):
        return False
    own = not scoped or viewer.holds(row.department_id, row.scope_region)
    return own if move.where == "own" else not scoped or row.department_id != viewer.department_id


def rows_of(session: Session, table: type[Table], keys: Sequence[Any]) -> list[Table]:
    """The rows with those identifiers, in the table's order. Raises NotVisible, or Refused where they are too many."""
    if len(keys) > MOST:
        raise Refused(N_("一次最多办理 {most} 条，请缩小查询范围后分批办理", most=MOST))
    found = session.scalars(saving.visible(table, must_have(session)).where(among(table.id, list(keys)))).unique()
    rows = sorted(found, key=lambda row: (row.title(), str(row.id)))
    if len(rows) != len(set(keys)):
        raise NotVisible
    return rows


def mark(rows: Sequence[Table]) -> str:
    """The same for the same rows as they stand: what was confirmed is what is done."""
    told = "\n".join(sorted(f"{row.id} {row.version}" for row in rows))
    return hashlib.sha256(told.encode()).hexdigest()


def in_the_way(session: Session, rows: Sequence[Table], step: Move) -> list[InTheWay]:
    """The rows that cannot make the move as far as can be told before, with what to do about it."""
    found = []
    allowed = panel.allowed(type(rows[0])) if rows else frozenset()
    for row in rows:
        why = _why_not(session, row, step, allowed)
        if why is not None:
            found.append(InTheWay(str(row.id), row.title(), str(why)))
    return found


def _why_not(session: Session, row: Table, step: Move, allowed: frozenset[str]) -> Message | None:
    flow = moving.flow_of(type(row))
    known = {move.name: why_not for move, why_not in moving.open_moves(session, row, allowed)}
    if step.name in known:
        missing = [] if known[step.name] else panel.missing(session, row, step)
        if missing:
            return N_("{label}必填", label=type(row).__fields__[missing[0]].label)
        return known[step.name]
    state = flow.states(getattr(row, flow.field)).label
    if flow.is_open(step, editions.as_proposed(session, row)):
        return N_("“{move}”不由本单位办理", move=step.label)
    return N_("现在是“{state}”，不能“{move}”", state=state, move=step.label)


def done_to_all(session: Session, rows: Sequence[Table], do: Callable[[Any], object]) -> list[InTheWay]:
    """It has been done to every row and nothing stood in the way; or to none, and the answer says why. Never commits.

    Where something stood in the way the session is rolled back.
    """
    refused: list[InTheWay] = []
    for row, key, title in [(row, str(row.id), row.title()) for row in rows]:
        try:
            with session.begin_nested():
                do(row)
        except Refused as error:
            refused.append(InTheWay(key, title, error.why))
    if refused:
        session.rollback()
    return refused


def move_all(
    session: Session, rows: Sequence[Table], step: Move, opinion: str, given: Mapping[str, Any]
) -> list[InTheWay]:
    """Every row has made the move, or none has and the answer says why (``done_to_all``)."""
    return done_to_all(
        session, rows, lambda row: moving.move(session, row, step.name, opinion=opinion, given=dict(given))
    )


def states_of(session: Session, table: type[Table], keys: Sequence[Any]) -> dict[str, int]:
    """How many of the rows stand in each state."""
    flow = moving.flow_of(table)
    column = getattr(table, flow.field)
    found = session.execute(
        sa.select(column, sa.func.count()).where(among(table.id, list(keys))).group_by(column).order_by(column)
    )
    return {str(flow.states(state).label): count for state, count in found}
