"""Everything sealed in the database: counted by key, checked, sealed anew under the current key.

Batches of rows in the order of their keys, each in a transaction of its own that locks its rows for a moment: people
go on working, and what is interrupted goes on where rows still have an old key. The old keys stay: the audit log and
backups hold what they sealed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import sealing, secrecy
from app.core.fields import Field
from app.core.secrecy import SealBroken, Sealed, Shown
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, looking_as

#: Rows of one transaction: half a second of locks at most.
BATCH = 500


@dataclass(frozen=True)
class Kept:
    """One column that holds sealed values: of rows (with its field), or texts sealed for a purpose."""

    table: type[Table]
    column: str
    field: Field | None = None

    @property
    def name(self) -> str:
        """``subject.id_no``."""
        return f"{self.table.__tablename__}.{self.column}"

    @property
    def stored(self) -> Any:
        """The column as it is stored, as text."""
        column = self.table.__table__.c[self.column]
        if isinstance(column.type, sa.LargeBinary):  # the head of a file says with which key it is sealed
            return sa.func.encode(sa.func.substr(column, 1, 100), "escape")
        return sa.cast(column, sa.Text)


@dataclass(frozen=True)
class Bad:
    """A sealed value that does not open."""

    place: str
    why: str


def columns() -> list[Kept]:
    """Every column that holds sealed values."""
    found = [Kept(table, each.column, each) for table in TABLES.values() for each in sealing.secrets_of(table)]
    texts = sorted(place for place in secrecy.KEPT_TEXTS if place[0] in TABLES)
    return found + [Kept(TABLES[table], column) for table, column in texts]


def counts(session: Session) -> dict[str, Counter[str]]:
    """How many values each key has sealed, by column."""
    found: dict[str, Counter[str]] = {}
    with looking_as(session, THE_SYSTEM):
        for each in columns():
            key = sa.func.substring(each.stored, r"\|(k[0-9a-f]{8})\|")
            rows = session.execute(sa.select(key, sa.func.count()).where(key.is_not(None)).group_by(key))
            found[each.name] = Counter(dict(rows.tuples().all()))
    return found


def reseal(session: Session) -> Iterator[tuple[str, int]]:
    """Everything is sealed with the current key; tells the table and how many rows were done. Commits each batch."""
    by_table: dict[str, list[Kept]] = {}
    for each in columns():
        by_table.setdefault(each.table.__tablename__, []).append(each)
    for name, kept in by_table.items():
        done = 0
        while number := _batch(session, kept):
            done += number
            yield name, done


def _batch(session: Session, kept: Sequence[Kept]) -> int:
    """Seal some rows of a table anew that hold something under another key. Returns how many there were."""
    table, current = kept[0].table.__table__, secrecy.provider().current()
    bound = table.c[sealing.identity_column(kept[0].table)].label("bound_to")
    names = [each.column for each in kept]
    wanted = sa.select(table.c.id, bound, *(table.c[name] for name in names))
    wanted = wanted.where(sa.or_(*(_is_old(each, current) for each in kept)))
    with looking_as(session, THE_SYSTEM):
        rows = session.execute(wanted.order_by(table.c.id).limit(BATCH).with_for_update()).all()
        if rows:
            session.execute(sa.text("SET LOCAL app.resealing = 'on'"))  # what triggers compare has not changed
            shape = [sa.column("key", table.c.id.type), *(sa.column(name, table.c[name].type) for name in names)]
            anew = [(row.id, *(_anew(each, row, getattr(row, each.column)) for each in kept)) for row in rows]
            given = sa.values(*shape, name="given").data(anew)
            changed = {name: sa.cast(given.c[name], table.c[name].type) for name in names}
            same = table.c.id == sa.cast(given.c.key, table.c.id.type)
            session.execute(sa.update(table).where(same).values(changed))
        session.commit()
    return len(rows)


def _is_old(kept: Kept, current: str) -> Any:
    """The column holds something that another key has sealed."""
    other = rf"\|k(?!{current[1:]})[0-9a-f]{{8}}\|"
    return kept.stored.op("~")(other)


def _anew(kept: Kept, row: Any, stored: Any) -> Any:
    """The stored value under the current key; what a row shows stays as it is."""
    if stored is None:
        return None
    if kept.field is None:
        return secrecy.texts.reseal_value(stored)
    if not isinstance(stored, Sealed):
        return Shown(stored)
    return sealing.sealed(kept.field, row.bound_to, sealing.opened(kept.field, row.bound_to, stored))


def misfit(session: Session) -> str:
    """Why the keys are not those of this database, by one row of each table; empty when they are.

    Whoever went on with others would seal beside what nobody can open, and store persons twice that no mark finds.
    """
    with looking_as(session, THE_SYSTEM):
        for table in TABLES.values():
            for field in sealing.secrets_of(table):
                column = getattr(table, field.name)
                wanted = sa.select(table).where(column.is_not(None)).limit(1)
                row = session.scalar(wanted)
                if row is None:
                    continue
                try:
                    plain = sealing.value_of(row, field)
                except SealBroken as error:
                    return str(error)
                if field.is_marked and getattr(row, field.compared) != sealing.mark_of(field, plain):
                    return f"{table.__tablename__}.{field.compared} {row.id} was made with another key"
    return ""


def check(session: Session) -> Iterator[Bad | int]:
    """Opens everything that is sealed: each value that does not open by its place, at last how many were opened."""
    total = 0
    with looking_as(session, THE_SYSTEM):
        for each in columns():
            table, column = each.table.__table__, each.table.__table__.c[each.column]
            bound = table.c[sealing.identity_column(each.table)]
            wanted = sa.select(table.c.id, bound.label("bound_to"), column.label("stored")).where(column.is_not(None))
            for row in session.execute(wanted, execution_options={"yield_per": 1000}):
                place = f"{each.name} {row.id}"
                try:
                    total += _opens(each, row)
                except (SealBroken, UnicodeDecodeError) as error:
                    yield Bad(place, str(error))
    yield total


def _opens(kept: Kept, row: Any) -> int:
    """How many sealed values a row's column holds; all of them open. Raises SealBroken."""
    if kept.field is None:
        return secrecy.texts.opens(row.stored)
    if not isinstance(row.stored, Sealed):
        return 0
    sealing.opened(kept.field, row.bound_to, row.stored)
    return 1
