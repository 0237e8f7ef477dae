"""Rows out: every row of a query, in the shape the importer reads back. Nothing is ever cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core import query, sealing
from app.core.fields import Field
from app.core.fields.field import CODE_KINDS
from app.core.lookup import among
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


def rows_of(
    session: Session,
    table: type[Table],
    criteria: Criteria,
    *,
    keys: Sequence[Any] | None = None,
    full: bool = False,
) -> Iterator[list[Any]]:
    """Every row the viewer may see and asked for (of those with ``keys``), as values for a workbook, in order.

    Hidden values are masked. Where the importer knows rows by one, the masked form is followed by the row it stands in
    (``610104********0010#0193…``): that tells nobody the number, and the importer finds the row again. ``full`` opens
    what the viewer may open: the hidden values of rows that are his to write, but not the names of other rows.
    """
    viewer = must_have(session)
    found = query.matching(table, criteria, viewer)
    if keys is not None:
        found = found.where(among(table.id, keys))
    head = sealing.head_of(table)
    wanted, cells = list(head), []
    for column in columns_of(table):
        field = column.field
        if field.kind == "ref":
            target = aliased(by_class(str(field.target)))
            found = found.outerjoin(target, getattr(table, field.column) == target.id)
            source = _name(field, target)
        elif field.kind == "many":
            source = _names(table, field)
        elif field.is_secret and field.name in table.__key__ and not full:
            source = sealing.name_column(getattr(table, field.name), table.id)
        else:
            source = getattr(table, field.name)
        wanted.append(source)
        cells.append(_secret(field) if field.is_secret else _writer(field))
    statement = found.with_only_columns(*wanted, maintain_column_froms=True)
    statement = query.in_order(statement, query.ordering(table, criteria.order))
    for row in session.execute(statement, execution_options={"yield_per": _CHUNK}):
        bound_to = sealing.opens(table, row[: len(head)], viewer) if full else None
        yield [cell(value, bound_to) for value, cell in zip(row[len(head) :], cells, strict=True)]


def _secret(field: Field) -> Callable[[Any, Any], Any]:
    """Masked; opened for whom it may be."""
    return lambda value, bound_to: (
        value if value is None else field.show(sealing.opened(field, bound_to, value)) if bound_to else str(value)
    )


def _name(field: Field, target: Any) -> Any:
    """What a reference is written by."""
    name, named = getattr(target, field.by[0]), by_class(str(field.target)).__fields__.get(field.by[0])
    if named is None or not named.is_secret:
        return name
    return sealing.name_column(name, target.id) if field.is_input else sealing.shown_column(name)


def _names(table: type[Table], field: Field) -> Any:
    """The names of a many-field's rows, gathered by the database."""
    link = LINKS[f"{table.__tablename__}_{field.name}"]
    target = aliased(by_class(str(field.target)))
    name = _name(field, target)
    return (
        sa.select(sa.func.array_agg(sa.cast(name, sa.Text)))
        .select_from(link.table)
        .join(target, target.id == link.table.c[link.target_column])
        .where(link.table.c[link.owner_column] == table.id)
        .scalar_subquery()
    )


def _writer(field: Field) -> Callable[[Any, Any], Any]:
    if field.kind in ("integer", "decimal", "money", "percent", "day"):
        return lambda value, _: value
    if field.kind == "ref":
        return lambda value, _: None if value is None else str(value)
    return lambda value, _: field.show(sorted(value) if field.kind == "many" and value else value) or None
