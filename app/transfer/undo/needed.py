"""What may refer to a row: foreign keys of every table and link, and places that name a table and a key in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.table import LINKS, Table
from app.core.viewer import THE_SYSTEM, looking_as

#: What ends with the row that it is about: a to-do is recalled, and keeps nothing in its place (waiting.settle).
_ENDING = frozenset({"todo"})


@dataclass(frozen=True)
class Reference:
    """A column of a table that may name rows of the table in question."""

    table: sa.Table
    column: str
    #: The table holds the row's table and its key as texts (attachments).
    in_words: bool = False

    @property
    def name(self) -> str:
        """Name of the table that refers."""
        return self.table.name

    def names(self, row: str, key: str, told: str) -> str:
        """The condition: the referring row ``row`` names the key; ``told`` is the name of the table as SQL."""
        if self.in_words:
            return f"{row}.row_key = CAST({key} AS text) AND {row}.table_name = {told}"
        return f'{row}."{self.column}" = {key}'

    def holder(self, table: type[Table]) -> str | None:
        """The column with the row of the same table that refers, by itself or by its links; ``None`` for others."""
        if self.name == table.__tablename__:
            return "id"
        link = LINKS.get(self.name)
        return link.owner_column if link is not None and link.owner == table.__tablename__ else None


def references(table: type[Table]) -> list[Reference]:
    """Every place that may refer to rows of the table. Its own links are a part of the row and none.

    To-dos about a row are none either: they end with it.
    """
    found: dict[tuple[str, str], Reference] = {}
    for other in table.metadata.tables.values():
        for key in other.foreign_key_constraints:
            if key.referred_table is not table.__table__:
                continue
            for column, element in zip(key.columns, key.elements, strict=True):
                if element.column.name == "id" and not _is_own(table, other, column.name):
                    found[other.name, column.name] = Reference(other, column.name)
        if {"table_name", "row_key"} <= set(other.c.keys()) and other.name not in _ENDING:
            found[other.name, "row_key"] = Reference(other, "row_key", in_words=True)
    return sorted(found.values(), key=lambda each: (each.name, each.column))


def _is_own(table: type[Table], other: sa.Table, column: str) -> bool:
    link = LINKS.get(other.name)
    return link is not None and link.owner == table.__tablename__ and column == link.owner_column


@dataclass
class Referring:
    """Rows of one table that refer to a row: the first of those that the viewer may see, and how many there are."""

    reference: Reference
    seen: list[str] = field(default_factory=list)
    number: int = 0


def referring(session: Session, table: type[Table], keys: Collection[Any], most: int) -> dict[str, list[Referring]]:
    """For each of the rows what refers to it; of each table at most ``most`` rows are named."""
    found: dict[str, list[Referring]] = {}
    for each in references(table) if keys else []:
        named = each.table.c[each.column]
        where = [sa.cast(named, sa.Text).in_([str(key) for key in keys])] if each.in_words else [named.in_(list(keys))]
        if each.in_words:
            where.append(each.table.c.table_name == table.__tablename__)
        with looking_as(session, THE_SYSTEM):
            counted = sa.select(named, sa.func.count()).where(*where).group_by(named)
            numbers = {str(key): number for key, number in session.execute(counted)}
        if not numbers:
            continue
        of = {key: Referring(each, number=number) for key, number in numbers.items()}
        for key, row in session.execute(_first(each, named, where, most)):
            of[str(key)].seen.append(str(row))
        for key, told in of.items():
            found.setdefault(key, []).append(told)
    return found


def _first(each: Reference, named: Any, where: list[Any], most: int) -> sa.Select[Any]:
    """The first rows that refer to each of the rows; of links the rows that own them."""
    link = LINKS.get(each.name)
    row = each.table.c[link.owner_column] if link is not None else next(iter(each.table.primary_key.columns))
    place = sa.func.row_number().over(partition_by=named, order_by=row).label("place")
    told = sa.select(named.label("key"), row.label("row"), place).where(*where).subquery()
    return sa.select(told.c.key, told.c.row).where(told.c.place <= most).order_by(told.c.key, told.c.place)
