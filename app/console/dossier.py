"""Everything that refers to one row, for its dossier: figures, the newest of each kind, and all as a time line.

Nothing here grows with the database. Of each kind only the newest ``MOST`` rows are looked at, found by the index of
the referring column; beyond, the page says "more than", and the list has the rest. All figures are one statement.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console import shape
from app.console.shape import Reference
from app.core import clock, saving
from app.core.table import Table
from app.core.viewer import Viewer

#: Rows of one kind that a dossier looks at.
MOST = 1_000
#: Rows of one page of the time line.
PAGE = 20


@dataclass(frozen=True)
class Figures:
    """How many rows of one kind refer to a row; ``outcomes`` counts them by state or result."""

    reference: Reference
    number: int
    is_capped: bool
    late: int
    last: date | None
    outcomes: dict[str, int]


@dataclass(frozen=True)
class Event:
    """One row on the time line."""

    day: date
    reference: Reference
    row: Table

    @property
    def place(self) -> str:
        """Where it stands, for an address."""
        return f"{self.day.isoformat()}~{self.reference.key}~{self.row.id}"


@dataclass(frozen=True)
class Place:
    """Where a page of the time line begins: after this event."""

    day: date
    key: str
    id: str


def read_place(text: str) -> Place | None:
    """The place an address names; ``None`` for the beginning and for what is no place."""
    parts = text.split("~")
    try:
        return Place(date.fromisoformat(parts[0]), parts[1], parts[2]) if len(parts) == 3 else None
    except ValueError:
        return None


def _refers(reference: Reference, row: Table) -> Any:
    link, table = reference.link, reference.table
    if link is None:
        return getattr(table, reference.field.column) == row.id
    owner, other = link.table.c[link.owner_column], link.table.c[link.target_column]
    return table.id.in_(sa.select(owner).where(other == row.id).order_by(owner.desc()).limit(MOST + 1))


def referring_rows(reference: Reference, row: Table, viewer: Viewer) -> sa.Select[Any]:
    """The viewer's rows of that kind that refer to the row."""
    return saving.visible(reference.table, viewer).where(_refers(reference, row))


def day_of(table: type[Table]) -> Any:
    """The day of the event as an expression; the day of entry where the row names none."""
    entered = sa.cast(sa.func.timezone(str(clock.ZONE), table.created_at), sa.Date)
    field = shape.event_day(table)
    if field is None:
        return entered
    column = getattr(table, field.column)
    happened = sa.cast(sa.func.timezone(str(clock.ZONE), column), sa.Date) if field.kind == "moment" else column
    return sa.func.coalesce(happened, entered)


def figures(session: Session, row: Table, references: Sequence[Reference], viewer: Viewer) -> list[Figures]:
    """The figures of every kind, in one statement."""
    if not references:
        return []
    counted: dict[int, list[Any]] = {}
    parts = [_figures(number, each, row, viewer) for number, each in enumerate(references)]
    for found in session.execute(sa.union_all(*parts)):
        counted.setdefault(found.kind, []).append(found)
    return [_summed(each, counted.get(number, [])) for number, each in enumerate(references)]


def _figures(number: int, reference: Reference, row: Table, viewer: Viewer) -> sa.Select[Any]:
    table = reference.table
    late, outcome = shape.late(table), shape.outcome(table)
    looked_at = (
        referring_rows(reference, row, viewer)
        .with_only_columns(
            day_of(table).label("day"),
            (getattr(table, late.column) if late else sa.literal(False)).label("late"),
            (sa.cast(getattr(table, outcome.column), sa.Text) if outcome else sa.cast(None, sa.Text)).label("outcome"),
        )
        .order_by(table.id.desc())
        .limit(MOST + 1)
        .subquery()
    )
    return sa.select(
        sa.literal(number, sa.Integer).label("kind"),
        looked_at.c.outcome.label("outcome"),
        sa.func.count().label("number"),
        sa.func.count().filter(looked_at.c.late).label("late"),
        sa.func.max(looked_at.c.day).label("last"),
    ).group_by(looked_at.c.outcome)


def _summed(reference: Reference, rows: Iterable[Any]) -> Figures:
    found = sorted(rows, key=lambda each: -each.number)
    number = sum(each.number for each in found)
    return Figures(
        reference,
        min(number, MOST),
        number > MOST,
        sum(each.late for each in found),
        max((each.last for each in found if each.last), default=None),
        {each.outcome: each.number for each in found if each.outcome},
    )


def _page(
    session: Session, reference: Reference, row: Table, viewer: Viewer, after: Place | None, options: Sequence[Any]
) -> list[Event]:
    table, day = reference.table, day_of(reference.table)
    base = referring_rows(reference, row, viewer)
    looked_at = base.with_only_columns(table.id).order_by(table.id.desc()).limit(MOST).scalar_subquery()
    wanted = sa.select(table, day.label("day")).where(table.id.in_(looked_at))
    if after is not None:
        wanted = wanted.where(_beyond(reference, day, after))
    wanted = wanted.options(*options).order_by(day.desc(), table.id.desc()).limit(PAGE + 1)
    return [Event(happened, reference, found) for found, happened in session.execute(wanted).unique()]


def _beyond(reference: Reference, day: Any, after: Place) -> Any:
    """Older than the place; on its day, kinds that come later in their order, and older rows of its own kind."""
    if reference.key > after.key:
        return day <= after.day
    if reference.key < after.key:
        return day < after.day
    column = reference.table.id
    try:
        key = column.type.python_type(after.id)
    except ValueError:
        return day < after.day
    return sa.or_(day < after.day, sa.and_(day == after.day, column < key))


def time_line(
    session: Session,
    row: Table,
    kinds: Sequence[tuple[Reference, Sequence[Any]]],
    viewer: Viewer,
    after: Place | None = None,
    told: Container[str] | None = None,
) -> tuple[dict[str, list[Event]], list[Event], str | None]:
    """The events of each kind, one page of all of them newest first, and where the next page begins.

    ``kinds`` are the kinds wanted, each with what is loaded together with its rows; only those ``told`` (by their keys)
    stand on the line, or all of them.
    """
    by_kind = {each.key: _page(session, each, row, viewer, after, options) for each, options in kinds}
    lined = [events for key, events in by_kind.items() if told is None or key in told]
    merged = sorted((event for events in lined for event in events), key=_newest_first)
    page = merged[:PAGE]
    return by_kind, page, page[-1].place if len(merged) > PAGE else None


def _newest_first(event: Event) -> tuple[int, str, int]:
    key = event.row.id
    return -event.day.toordinal(), event.reference.key, -int(key if isinstance(key, int) else key.int)
