"""Rows out: every row of a query, in the shape the importer reads back. Nothing is ever cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core import query
from app.core.fields import Field, Grade
from app.core.fields.field import CODE_KINDS
from app.core.fields.write import masked
from app.core.judge import is_inside
from app.core.lookup import among
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


def rows_of(
    session: Session,
    table: type[Table],
    criteria: Criteria,
    *,
    may_write: bool = False,
    keys: Sequence[Any] | None = None,
) -> Iterator[list[Any]]:
    """Every row the viewer may see and asked for (of those with ``keys``), as values for a workbook, in order.

    Masked values stay masked. Numbers that are masked for some kinds of rows only are written in full in rows that the
    viewer may write himself (``may_write`` says that his role may): the importer recognises his rows by them.
    """
    viewer = must_have(session)
    found = query.matching(table, criteria, viewer)
    if keys is not None:
        found = found.where(among(table.id, keys))
    wanted = [table.__table__.c[n] for n in (_SCOPE if table.__rows__.is_scoped else ())]
    is_scoped, cells = bool(wanted), []
    for column in columns_of(table):
        field, sources, named = column.field, [], column.field
        if field.kind == "ref":
            target = aliased(by_class(str(field.target)))
            found = found.outerjoin(target, getattr(table, field.column) == target.id)
            sources, named = [getattr(target, field.by[0])], by_class(str(field.target)).__fields__[field.by[0]]
            other: Any = target
        else:
            sources, other = [_names(table, field) if field.kind == "many" else getattr(table, field.name)], table
        if named.masked_when:
            sources.append(getattr(other, named.masked_when[0]))
        cells.append((slice(len(wanted), len(wanted) + len(sources)), _cell(field, named)))
        wanted += sources
    statement = found.with_only_columns(*wanted, maintain_column_froms=True)
    statement = query.in_order(statement, query.ordering(table, criteria.order))
    for row in session.execute(statement, execution_options={"yield_per": _CHUNK}):
        own = may_write and (not is_scoped or is_inside(viewer, row[0], row[1]))
        yield [cell(row[place], own) for place, cell in cells]


def _cell(field: Field, named: Field) -> Callable[[Sequence[Any], bool], Any]:
    """How a column is written: from its value (and what decides about masking), in an own row or another's."""
    write = _writer(field)
    if field.grade is Grade.SENSITIVE:
        return lambda values, own: masked(field.show(values[0])) or None
    if named.masked_when is None:
        return lambda values, own: write(values[0])
    hidden = named.masked_when[1]
    keeps = field.is_input
    return lambda values, own: (
        masked(values[0]) or None if values[1] in hidden and not (own and keeps) else write(values[0])
    )


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
