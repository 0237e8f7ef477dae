"""Rows out: every row of a query, in the shape the importer reads back. Nothing is ever cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core import query
from app.core.fields import Field, Grade
from app.core.fields.field import CODE_KINDS
from app.core.fields.write import masked
from app.core.judge import is_inside
from app.core.query import Criteria
from app.core.table import LINKS, Table, by_class
from app.core.viewer import must_have
from app.transfer.columns import Column, export_columns
from app.transfer.writer import NUMBER_FORMATS, write_csv, write_sheet

_CHUNK = 2000
_SCOPE = ("department_id", "scope_region")


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
    """Every row the viewer may see and asked for, as values for a workbook, in the order of the list.

    Masked values stay masked. Numbers that are masked only for some kinds of rows are written in full in rows that the
    viewer may write himself: they are what the importer recognises his rows by.
    """
    columns, viewer = columns_of(table), must_have(session)
    found = query.matching(table, criteria, viewer)
    wanted = [table.__table__.c[n] for n in (_SCOPE if table.__rows__.is_scoped else ())]
    first = len(wanted)
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
    writers = [(column.field, _writer(column.field)) for column in columns]
    places = {column.field.name: at for at, column in enumerate(columns, first)}
    order = [c.desc() if descending else c.asc() for c, descending in query.ordering(table, criteria.order)]
    statement = found.with_only_columns(*wanted, maintain_column_froms=True).order_by(*order)
    for row in session.execute(statement, execution_options={"yield_per": _CHUNK}):
        own = not first or is_inside(viewer, row[0], row[1])
        yield [
            _masked(field, value, row, places) if _may_hide(field, own) else write(value)
            for (field, write), value in zip(writers, row[first:], strict=True)
        ]


def _may_hide(field: Field, own: bool) -> bool:
    return field.grade is Grade.SENSITIVE or (field.masked_when is not None and not own)


def _masked(field: Field, value: Any, row: Any, places: dict[str, int]) -> Any:
    shown = field.show(value)
    return (masked(shown) if field.hides(lambda name: row[places[name]]) else shown) if shown else None


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


def _writer(field: Field) -> Any:
    if field.kind in ("integer", "decimal", "money", "percent", "day"):
        return lambda value: value
    if field.kind == "ref":
        return lambda value: None if value is None else str(value)
    return lambda value: field.show(sorted(value) if field.kind == "many" and value else value) or None
