"""Somebody wants to know when certain values of stored rows change, by a form, a request or a workbook.

Whoever writes rows asks ``standing`` before and says ``tell`` after; both cost nothing for tables nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.lookup import among
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, looking_as


@dataclass(frozen=True)
class Change:
    """A row of which watched values have changed: its identifier, and what they were and are."""

    id: Any
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def of(self, name: str) -> bool:
        """True when that value is another one."""
        return bool(self.before[name] != self.after[name])


@dataclass(frozen=True)
class Watch:
    """The fields that are watched, and who is told of the rows in which one has changed."""

    fields: tuple[str, ...]
    tell: Callable[[Session, Sequence[Change]], None]


#: By table; filled by domains.
WATCHED: dict[str, Watch] = {}
Standing = dict[Any, dict[str, Any]]


def standing(session: Session, table: type[Table], keys: Iterable[Any]) -> Standing:
    """The watched values of rows that are about to be written."""
    watch = WATCHED.get(table.__tablename__)
    return {} if watch is None else _read(session, table, watch, list(keys))


def tell(session: Session, table: type[Table], before: Standing) -> None:
    """Whoever watches is told of what has changed since."""
    watch = WATCHED.get(table.__tablename__)
    if watch is None or not before:
        return
    after = _read(session, table, watch, list(before))
    changes = [Change(key, before[key], after[key]) for key in before if key in after and before[key] != after[key]]
    if changes:
        watch.tell(session, changes)


def _read(session: Session, table: type[Table], watch: Watch, keys: list[Any]) -> Standing:
    columns = [table.__table__.c[table.__fields__[name].column] for name in watch.fields]
    with looking_as(session, THE_SYSTEM):
        rows = session.execute(sa.select(table.__table__.c.id, *columns).where(among(table.__table__.c.id, keys)))
        return {key: dict(zip(watch.fields, values, strict=True)) for key, *values in rows}
