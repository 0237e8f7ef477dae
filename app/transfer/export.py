"""Rows out: every row of a query, in the shape the importer reads back. Nothing is ever cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core import query
from app.core.fields import Field
from app.core.fields.field import CODE_KINDS
from app.core.fields.write import masked
from app.core.query import Criteria
from app.core.table import LINKS, Table, by_class
from app.core.viewer import must_have
from app.transfer.columns import Column, export_columns
from app.transfer.writer import NUMBER_FORMATS, write_csv, write_sheet

_CHUNK = 2000


def columns_of(table: type[Table]) -> list[Column]:
    """The columns of the export."""
    return export_columns(table)


def write(stream: IO[bytes], table: type[Table], rows: Iterable[list[Any]], *, as_csv: bool = False) -> int:
    """Write the rows as a workbook (or as CSV), codes as text. Returns how many there were."""
    columns = columns_of(table)
    headers = [column.header for column in columns]
    if as_csv:
        return write_csv(stream, headers, rows)
    formats = {at: NUMBER_FORMATS[c.field.kind] for at, c in enumerate(columns) if c.field.kind in NUMBER_FORMATS}
    codes = [at for at, column in enumerate(columns) if column.field.kind in CODE_KINDS or column.field.is_reference]
    return write_sheet(stream, str(table.__label__), headers, rows, text_columns=codes, number_formats=formats)


def rows_of(session: Session, table: type[Table], criteria: Criteria) -> Iterator[list[Any]]:
    """Every row the viewer may see and asked for, as values for a workbook, in the order of the list."""
    columns = columns_of(table)
    wanted, readers = [table.id], []
    found = query.matching(table, criteria, must_have(session))
    for column in columns:
        field = column.field
        if field.kind == "many":
            wanted.append(_names(table, field))
        elif field.kind == "ref":
            target = aliased(by_class(str(field.target)))
            found = found.outerjoin(target, getattr(table, field.column) == target.id)
            wanted.append(getattr(target, field.by[0]))
        else:
            wanted.append(getattr(table, field.name))
        readers.append(_reader(field))
    order = [c.desc() if descending else c.asc() for c, descending in query.ordering(table, criteria.order)]
    statement = found.with_only_columns(*wanted, maintain_column_froms=True).order_by(*order)
    for row in session.execute(statement, execution_options={"yield_per": _CHUNK}):
        yield [read(value) for read, value in zip(readers, row[1:], strict=True)]


def _names(table: type[Table], field: Field) -> Any:
    """The names of a many-field's rows, gathered by the database."""
    link = LINKS[f"{table.__tablename__}_{field.name}"]
    target = aliased(by_class(str(field.target)))
    name = getattr(target, field.by[0])
    return (
        sa.select(sa.func.array_agg(sa.cast(name, sa.Text)))
        .select_from(link.table)
        .join(target, target.id == link.table.c[link.target_column])
        .where(link.table.c[link.owner_column] == table.id)
        .scalar_subquery()
    )


def _reader(field: Field) -> Any:
    if field.grade == "sensitive":
        return lambda value: masked(field.show(value)) if value is not None else None
    if field.kind in ("integer", "decimal", "money", "percent", "day"):
        return lambda value: value
    if field.kind == "ref":
        return lambda value: None if value is None else str(value)
    return lambda value: field.show(sorted(value) if field.kind == "many" and value else value) or None
