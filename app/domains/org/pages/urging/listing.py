"""The to-dos of the list, by their parts and departments, each figure with the rows behind it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.core.choices import Choice
from app.core.messages import N_
from app.core.sight import inside
from app.core.table import TABLES
from app.core.viewer import Viewer
from app.core.workflow.models import Todo, TodoKind, TodoState, Urgency


class Part(Choice):
    """The parts of the list, as its tabs."""

    OVERDUE = "overdue", N_("超期待办")
    SUPERVISED = "supervised", N_("督办")
    REPORTED = "reported", N_("通报名单")
    DONE = "done", N_("督办后办结")


@dataclass(frozen=True)
class Unit:
    """One department with its numbers."""

    id: int
    name: str
    numbers: dict[str, int]


def _within(viewer: Viewer, readable: Collection[str]) -> list[Any]:
    """The to-dos of the viewer's departments about tables that he may read; those he only sent are not among them."""
    return [Todo.kind == TodoKind.TASK.value, Todo.table_name.in_(sorted(readable)), inside(Todo, viewer)]


def _is(part: Part, today: date) -> Any:
    is_open = Todo.state == TodoState.OPEN.value
    if part is Part.OVERDUE:
        return sa.and_(is_open, Todo.due_on < today)
    if part is Part.DONE:
        urged = (Urgency.SUPERVISED.value, Urgency.REPORTED.value)
        return sa.and_(Todo.state == TodoState.DONE.value, Todo.urgency.in_(urged))
    return sa.and_(is_open, Todo.urgency == part.value)


def units(session: Session, viewer: Viewer, readable: Collection[str], today: date) -> list[Unit]:
    """The departments for which any part has a row, those with most on the list first."""
    department = TABLES["department"].__table__.c
    numbers = [sa.func.count().filter(_is(part, today)).label(part.value) for part in Part]
    any_part = sa.or_(*(_is(part, today) for part in Part))
    counted = (
        sa.select(Todo.department_id, *numbers).where(*_within(viewer, readable), any_part).group_by(Todo.department_id)
    ).subquery()
    order = [counted.c[part.value].desc() for part in (Part.REPORTED, Part.SUPERVISED, Part.OVERDUE)]
    wanted = sa.select(department.name, counted).join(counted, counted.c.department_id == department.id)
    return [
        Unit(row.department_id, row.name, {part.value: getattr(row, part.value) for part in Part})
        for row in session.execute(wanted.order_by(*order, department.id))
    ]


def of(viewer: Viewer, readable: Collection[str], part: Part, today: date, unit: int | None) -> sa.Select[Any]:
    """The rows of a part, of one department or of all, the longest overdue first."""
    where = [*_within(viewer, readable), _is(part, today)]
    if unit is not None:
        where.append(Todo.department_id == unit)
    order = (Todo.done_at.desc(), Todo.id) if part is Part.DONE else (Todo.due_on, Todo.id)
    return sa.select(Todo).where(*where).options(joinedload(Todo.department)).order_by(*order)


def number(session: Session, query: sa.Select[Any]) -> int:
    """How many rows there are."""
    plain = query.order_by(None).options().with_only_columns(sa.func.count(Todo.id), maintain_column_froms=True)
    return int(session.scalar(plain) or 0)


def keys_of(given: Sequence[str]) -> list[UUID]:
    """The identifiers a form sent; what is none is left out."""
    found = []
    for text in given:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))
