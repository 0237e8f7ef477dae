"""How many events each month of the last year had, by table, in what a viewer sees.

A year of a province is ten million rows, and a first page must not count them. Two things bound the cost. The planner
is asked first how many rows it expects (one EXPLAIN for all tables, no row is read): up to ``EXACT`` they are counted;
beyond, a sample of the table's pages is counted and scaled, and the page says 约. And what was found is kept for
``KEPT`` for everybody who sees the same rows: a scope is two numbers, so all clerks of a unit share one answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console import shape
from app.core import clock, saving
from app.core.sight import inside
from app.core.table import Table
from app.core.viewer import Viewer

MONTHS = 12
#: Rows of one table that are counted one by one: from the index of the day alone, or in the table for what came late.
EXACT, EXACT_LATE = 300_000, 50_000
#: Rows of the whole table that a sample reads.
SAMPLE = 100_000
KEPT = timedelta(minutes=10)
_MOST_KEPT = 1_000


@dataclass(frozen=True)
class Series:
    """One table's numbers, a month each."""

    table: type[Table]
    numbers: tuple[int, ...]
    late: int
    is_estimate: bool


@dataclass(frozen=True)
class Trend:
    """The last months, the present one last, and the numbers of each table."""

    months: tuple[date, ...]
    series: tuple[Series, ...]
    counted_at: datetime


_kept: dict[tuple[Any, ...], Trend] = {}
_lock = threading.Lock()


def forget() -> None:
    """Count anew next time."""
    with _lock:
        _kept.clear()


def months_until(today: date, number: int = MONTHS) -> tuple[date, ...]:
    """The first days of the last months, the present one last."""
    place = today.year * 12 + today.month - 1
    return tuple(date(each // 12, each % 12 + 1, 1) for each in range(place - number + 1, place + 1))


def trend(
    session: Session, tables: Sequence[type[Table]], viewer: Viewer, today: date, *, with_late: bool = False
) -> Trend:
    """The trend of what the viewer sees, at most ``KEPT`` old; only ``with_late`` it also counts what came late."""
    names = tuple(table.__tablename__ for table in tables)
    key = (viewer.kind, viewer.low, viewer.high, today, names, with_late)
    now = clock.now()
    with _lock:
        found = _kept.get(key)
    if found is not None and now - found.counted_at < KEPT:
        return found
    months = months_until(today)
    found = Trend(months, tuple(_series(session, tables, viewer, months, with_late)) if tables else (), now)
    with _lock:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[key] = found
    return found


def _series(
    session: Session, tables: Sequence[type[Table]], viewer: Viewer, months: tuple[date, ...], with_late: bool
) -> list[Series]:
    most = EXACT_LATE if with_late else EXACT
    expected = _expected(session, tables, viewer, months)
    sizes = _sizes(session, tables) if max(expected) > most else {}
    shares = [
        min(1.0, SAMPLE / max(sizes[table.__tablename__], rows)) if rows > most else 1.0
        for rows, table in zip(expected, tables, strict=True)
    ]
    parts = [
        _monthly(place, table, viewer, months, share, with_late)
        for place, (table, share) in enumerate(zip(tables, shares, strict=True))
    ]
    numbers: dict[tuple[int, date], int] = {}
    late = dict.fromkeys(range(len(tables)), 0)
    for row in session.execute(sa.union_all(*parts)):
        numbers[row.place, row.month] = row.number
        late[row.place] += row.late
    return [
        Series(
            table,
            tuple(_scaled(numbers.get((place, month), 0), share) for month in months),
            _scaled(late[place], share),
            share < 1,
        )
        for place, (table, share) in enumerate(zip(tables, shares, strict=True))
    ]


def _sizes(session: Session, tables: Sequence[type[Table]]) -> dict[str, float]:
    """How many rows the tables have in all: a sample reads a share of the whole table, whoever looks."""
    known = sa.text("SELECT relname, reltuples FROM pg_class WHERE relname = ANY(:names) AND relkind = 'r'")
    found = session.execute(known, {"names": [table.__tablename__ for table in tables]})
    return {row.relname: row.reltuples for row in found}


def _scaled(number: int, share: float) -> int:
    """A sampled number for the whole, to two digits: more it does not know."""
    if share >= 1:
        return number
    whole = round(number / share)
    return round(whole, 2 - len(str(whole))) if whole >= 100 else whole


def _rows(table: type[Table], viewer: Viewer, months: tuple[date, ...]) -> sa.Select[Any]:
    field = shape.event_day(table)
    assert field is not None
    day = getattr(table, field.column)
    return saving.visible(table, viewer).where(day >= months[0], day < _next(months[-1]))


def last_day(month: date) -> date:
    """The last day of a month given by its first."""
    return _next(month) - timedelta(days=1)


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _expected(session: Session, tables: Sequence[type[Table]], viewer: Viewer, months: tuple[date, ...]) -> list[float]:
    """How many rows the planner expects of each table."""
    parts = [_rows(table, viewer, months).with_only_columns(sa.literal(1)) for table in tables]
    compiled = (sa.union_all(*parts) if len(parts) > 1 else parts[0]).compile(
        dialect=session.connection().dialect, compile_kwargs={"literal_binds": True}
    )
    answer = session.execute(sa.text(f"EXPLAIN (FORMAT JSON) {str(compiled).replace(':', chr(92) + ':')}")).scalar()
    told: Any = json.loads(answer) if isinstance(answer, str) else answer
    plan = told[0]["Plan"]
    plans = plan.get("Plans", []) if len(parts) > 1 else [plan]
    return [float(each["Plan Rows"]) for each in plans] if len(plans) == len(parts) else [0.0] * len(parts)


def _monthly(
    place: int, table: type[Table], viewer: Viewer, months: tuple[date, ...], share: float, with_late: bool
) -> sa.Select[Any]:
    field = shape.event_day(table)
    assert field is not None
    rows = _rows(table, viewer, months)
    day, flag = getattr(table, field.column), shape.late(table) if with_late else None
    late: Any = getattr(table, flag.column) if flag else sa.false()
    if share < 1:  # PostgreSQL reads this share of the table's pages; policies hold for them as for all
        sampled = sa.tablesample(table.__table__, sa.func.system(round(share * 100, 4)), name=table.__tablename__)
        day, scope = sampled.c[field.column], [inside(sampled, viewer)] if table.__rows__.is_private else []
        late = sampled.c[flag.column] if flag else sa.false()
        rows = sa.select(day).where(*scope, day >= months[0], day < _next(months[-1]))
    month = sa.cast(sa.func.date_trunc("month", day), sa.Date)
    counted: Any = rows.with_only_columns(
        sa.literal(place, sa.Integer).label("place"),
        month.label("month"),
        sa.func.count().label("number"),
        sa.func.count().filter(late).label("late"),
    )
    grouped: sa.Select[Any] = counted.group_by(month)
    return grouped
