"""Rows out as a list shows them: the columns that were chosen, in their order, every value as it is read there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core import query, sealing
from app.core.fields import Field
from app.core.fields.field import CODE_KINDS
from app.core.lookup import among
from app.core.messages import joined
from app.core.query import Criteria
from app.core.secrecy import Sealed
from app.core.table import LINKS, Table, by_class
from app.core.viewer import must_have
from app.transfer.writer import NUMBER_FORMATS, write_csv, write_sheet

_CHUNK = 2000
#: Kinds whose values stay what they are: a workbook shows them as the list does, and can reckon with them.
_TYPED = frozenset({"integer", "decimal", "money", "percent", "day"})


def write(
    stream: IO[bytes], table: type[Table], fields: Sequence[Field], rows: Iterable[list[Any]], *, as_csv: bool = False
) -> int:
    """Write the rows under the labels of the fields. Returns how many there were."""
    headers = [str(field.label) for field in fields]
    if as_csv:
        return write_csv(stream, headers, ([_plain(f, v) for f, v in zip(fields, row, strict=True)] for row in rows))
    formats = {at: NUMBER_FORMATS[f.kind] for at, f in enumerate(fields) if f.kind in NUMBER_FORMATS}
    codes = [at for at, field in enumerate(fields) if field.kind in CODE_KINDS or field.is_reference]
    return write_sheet(stream, str(table.__label__), headers, rows, text_columns=codes, number_formats=formats)


def _plain(field: Field, value: Any) -> Any:
    """Text for a text file: without a workbook's number formats a value is written as the list shows it."""
    return field.show(value) if field.kind in _TYPED and not isinstance(value, str) else value


def rows_of(
    session: Session,
    table: type[Table],
    criteria: Criteria,
    fields: Sequence[Field],
    keys: Sequence[Any] | None = None,
    *,
    full: bool = False,
) -> Iterator[list[Any]]:
    """Every row the viewer may see and asked for (of those with ``keys``), in the order of the list.

    Hidden values are masked; ``full`` opens those of rows that are his to write.
    """
    viewer = must_have(session)
    found = query.matching(table, criteria, viewer)
    if keys is not None:
        found = found.where(among(table.id, keys))
    head = sealing.head_of(table)
    wanted: list[Any] = list(head)
    cells: list[Callable[[Any, Any], Any]] = []
    write_cell: Callable[[Any, Any], Any]
    for field in fields:
        if field.kind == "ref":
            target = by_class(str(field.target))
            other = aliased(target)
            found = found.outerjoin(other, getattr(table, field.column) == other.id)
            source, write_cell = _title(target, other), _text_of
        elif field.kind == "many":
            source, write_cell = _titles(table, field), _names
        else:
            source, write_cell = getattr(table, field.name), _writer(field)
        wanted.append(source)
        cells.append(write_cell)
    statement = found.with_only_columns(*wanted, maintain_column_froms=True)
    statement = query.in_order(statement, query.ordering(table, criteria.order))
    for row in session.execute(statement, execution_options={"yield_per": _CHUNK}):
        bound_to = sealing.opens(table, row[: len(head)], viewer) if full else None
        yield [write(value, bound_to) for value, write in zip(row[len(head) :], cells, strict=True)]


def _title(target: type[Table], other: Any) -> Any:
    titled = target.__fields__.get(target.__title__)
    return getattr(other, titled.column if titled else target.__title__)


def _titles(table: type[Table], field: Field) -> Any:
    """What a many-field's rows are called, gathered by the database in the order in which a page loads them."""
    link = LINKS[f"{table.__tablename__}_{field.name}"]
    target = by_class(str(field.target))
    other = aliased(target)
    return (
        sa.select(sa.func.array_agg(sa.cast(_title(target, other), sa.Text)))
        .select_from(link.table)
        .join(other, other.id == link.table.c[link.target_column])
        .where(link.table.c[link.owner_column] == table.id)
        .scalar_subquery()
    )


def _names(value: Any, _: Any) -> str | None:
    return joined(sorted(name for name in value or () if name)) or None


def _text_of(value: Any, _: Any) -> str | None:
    return value.isoformat() if isinstance(value, date) else (str(value) if value is not None else None)


def _writer(field: Field) -> Callable[[Any, Any], Any]:
    def write_cell(value: Any, bound_to: Any) -> Any:
        if isinstance(value, Sealed):
            return field.show(sealing.opened(field, bound_to, value)) if bound_to else str(value)
        return value if field.kind in _TYPED else field.show(value) or None

    return write_cell
