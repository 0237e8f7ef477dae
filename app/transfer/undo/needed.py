"""What may refer to a row: foreign keys of every table and link, and places that name a table and a key in words."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.table import LINKS, Table


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
    """Every place that may refer to rows of the table. Its own links are a part of the row and none."""
    found: dict[tuple[str, str], Reference] = {}
    for other in table.metadata.tables.values():
        for key in other.foreign_key_constraints:
            if key.referred_table is not table.__table__:
                continue
            for column, element in zip(key.columns, key.elements, strict=True):
                if element.column.name == "id" and not _is_own(table, other, column.name):
                    found[other.name, column.name] = Reference(other, column.name)
        if {"table_name", "row_key"} <= set(other.c.keys()):
            found[other.name, "row_key"] = Reference(other, "row_key", in_words=True)
    return sorted(found.values(), key=lambda each: (each.name, each.column))


def _is_own(table: type[Table], other: sa.Table, column: str) -> bool:
    link = LINKS.get(other.name)
    return link is not None and link.owner == table.__tablename__ and column == link.owner_column
