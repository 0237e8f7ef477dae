"""What a person's first page counts: his unit's entries of this week and month, what came late, what waits for him.

Each figure is a table and the parameters of its list, so that the number and the list behind its link are one question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console import shape
from app.core import query
from app.core.fields import Field
from app.core.messages import N_, Message
from app.core.table import Table
from app.core.viewer import Viewer

Parameters = tuple[tuple[str, str], ...]

#: A figure stops counting here and says "more than".
MOST = 1_000
#: How long before it runs out something is told, and for how long what came late.
AHEAD = timedelta(days=30)


@dataclass(frozen=True)
class Figure:
    """One number: the rows of a table that meet the parameters of its list."""

    kind: Literal["week", "month", "late", "waiting", "ending"]
    table: type[Table]
    parameters: Parameters
    label: Message


def wanted(tables: Iterable[type[Table]], unit: int, today: date) -> list[Figure]:
    """What is to be counted for a unit on that day, in the order of the tables."""
    found: list[Figure] = []
    for table in tables:
        owner = next((field for field in table.__fields__.values() if field.is_owner), None)
        if owner is not None and table.__rows__.kind in ("department_tree", "shared"):
            own: Parameters = ((f"f.{owner.name}", str(unit)),)
            found += _entries(table, own, today) + _due(table, own, today)
    return found


def _entries(table: type[Table], own: Parameters, today: date) -> list[Figure]:
    """This week, this month, and what came late in the last days; of tables whose rows each tell of a day."""
    day = shape.event_day(table)
    if table.__rows__.kind != "department_tree" or day is None:
        return []
    since = f"f.{day.name}.from"
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    found = [
        Figure("week", table, (*own, (since, monday.isoformat())), N_("本周")),
        Figure("month", table, (*own, (since, first.isoformat())), N_("本月")),
    ]
    late = shape.late(table)
    if late is not None:
        recent = (since, (today - AHEAD).isoformat())  # a year of late rows is no index range, and no work of today
        found.append(Figure("late", table, (*own, recent, (f"f.{late.name}", "true")), N_("30 天内逾期")))
    return found


def _due(table: type[Table], own: Parameters, today: date) -> list[Figure]:
    """What waits for somebody, and what runs out soon."""
    found = []
    waits = shape.waiting(table)
    if waits is not None:
        field, values = waits
        states = tuple((f"f.{field.name}", value) for value in values)
        found.append(Figure("waiting", table, (*own, *states), N_("{table}待处理", table=table.__label__)))
    for field in shape.ends(table):
        if _is_cheap(table, field):
            soon = ((f"f.{field.name}.from", today.isoformat()), (f"f.{field.name}.to", (today + AHEAD).isoformat()))
            label = N_("{table}：30 天内{field}", table=table.__label__, field=field.label)
            found.append(Figure("ending", table, (*own, *soon), label))
    return found


def _is_cheap(table: type[Table], field: Field) -> bool:
    """Only tables of a unit's own rows: those that everybody reads are as large as the country."""
    return table.__rows__.kind == "department_tree" and query.searchable(field)


def count(session: Session, figures: Sequence[Figure], viewer: Viewer) -> list[int]:
    """The numbers, in one statement; ``MOST`` + 1 where there are more."""
    parts = []
    for place, each in enumerate(figures):
        criteria = query.read_criteria(each.table, each.parameters)
        rows = query.matching(each.table, criteria, viewer).with_only_columns(sa.literal(1), maintain_column_froms=True)
        rows_found = rows.order_by(None).limit(MOST + 1).subquery()
        parts.append(
            sa.select(sa.literal(place, sa.Integer).label("place"), sa.func.count().label("number")).select_from(
                rows_found
            )
        )
    if not parts:
        return []
    numbers: dict[int, Any] = {row.place: row.number for row in session.execute(sa.union_all(*parts))}
    return [numbers[place] for place in range(len(figures))]
