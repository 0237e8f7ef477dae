"""Rows out: every row of a query. Nothing is ever cut, and no more than a few hundred rows are in memory.

An export has all columns, in the shape the importer reads back, or those of a list, as the list shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core import clock, query, sealing
from app.core.errors import Refused
from app.core.fields import Field
from app.core.fields.field import CODE_KINDS
from app.core.fields.write import SEPARATOR
from app.core.lookup import among
from app.core.messages import COMMA, N_
from app.core.query import Criteria
from app.core.table import LINKS, Table, by_class
from app.core.viewer import Viewer, must_have
from app.transfer import rendered
from app.transfer.columns import Column, export_columns
from app.transfer.copying import copy_csv, copy_lines
from app.transfer.sheets import Book, CopiedRows, Heading, Look
from app.transfer.sheets.delimited import CopiedText, append, header
from app.transfer.sheets.looks import BY_FORMAT, NUMBER_FORMATS
from app.transfer.sheets.signs import LONGEST_TEXT

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
_CHUNK = 2000
_ASTRAL = "[\\U00010000-\\U0010ffff]"


def columns_of(table: type[Table], seen: Sequence[Field] | None = None) -> list[Column]:
    """The columns of an export: all of them, or those of a list."""
    if seen is None:
        return export_columns(table)
    return [Column(str(field.label), field, False) for field in seen]


@dataclass(frozen=True)
class Export:
    """Which rows leave in which columns and form. ``keys``: only those of them.

    ``full`` opens what the viewer may open: the hidden values of rows that are his to write, but not the names of
    other rows.
    """

    table: type[Table]
    criteria: Criteria
    #: The columns of a list, to be written as it shows them; ``None`` for all, to be imported again unchanged.
    seen: Sequence[Field] | None = None
    as_csv: bool = False
    full: bool = False
    keys: Sequence[Any] | None = None

    @property
    def suffix(self) -> str:
        """``xlsx`` or ``csv``."""
        return "csv" if self.as_csv else "xlsx"

    @property
    def media_type(self) -> str:
        """What browsers are told the file is."""
        return CSV if self.as_csv else XLSX

    @property
    def columns(self) -> list[Column]:
        """What stands in the file, in its order."""
        return columns_of(self.table, self.seen)

    def check(self, session: Session) -> None:
        """Raises Refused where a text has no place in a cell: while there is somebody to read why."""
        limited = [c.field for c in self.columns if c.field.kind == "long_text" and not (c.field.length or self.as_csv)]
        for field in limited:
            text = sa.cast(rendered.text(field, getattr(self.table, field.name)), sa.Text)
            signs = sa.func.char_length(sa.func.regexp_replace(text, _ASTRAL, "..", "g"))
            is_long = sa.and_(sa.func.octet_length(text) > LONGEST_TEXT, signs > LONGEST_TEXT)
            row = session.scalars(self._found(must_have(session)).where(is_long).limit(1)).first()
            if row is not None:
                raise Refused(
                    N_(
                        "{table}“{title}”的“{column}”超过 {limit} 个字，Excel 单元格放不下；请导出为 CSV，或去掉这一列",
                        table=self.table.__label__, title=row.title()[:60], column=field.label, limit=LONGEST_TEXT,
                    )
                )  # fmt: skip

    def prepared(self, viewer: Viewer) -> Prepared:
        """Everything that is said in the reader's words or decided by what he may do; the rest needs a session only."""
        columns, by_hand = self.columns, None
        if self.full:
            by_hand = [_text_of if c.field.is_reference else _writer(c.field) for c in columns]
            statement = self._selected(viewer, *sealing.head_of(self.table), render=lambda field, value: value)
        else:
            statement = self._selected(viewer, render=self._render)
        headings = [self._heading(column) for column in columns]
        return Prepared(self, str(self.table.__label__), headings, statement, by_hand, viewer)

    def _render(self, field: Field, value: Any) -> Any:
        if self.as_csv:
            return rendered.for_csv(field, value, as_seen=self.seen is not None)
        return rendered.for_sheet(field, value)

    def _heading(self, column: Column) -> Heading:
        field, is_typed = column.field, rendered.is_typed(column.field)
        look = BY_FORMAT.get(NUMBER_FORMATS.get(field.kind, ""), Look.PLAIN)
        if field.kind in CODE_KINDS or field.is_reference:
            look = Look.TEXT
        elif field.kind == "day" and is_typed:
            look = Look.DAY
        return Heading(
            column.header,
            look,
            "number" if is_typed else "text",
            is_filled=field.required and not field.is_reference,  # the row of a reference may be one he does not see
            may_be_long=field.kind in ("long_text", "many") and not (field.length and field.length < LONGEST_TEXT // 2),
        )

    def _found(self, viewer: Viewer) -> sa.Select[Any]:
        found = query.matching(self.table, self.criteria, viewer)
        return found if self.keys is None else found.where(among(self.table.id, self.keys))

    def _selected(self, viewer: Viewer, *head: Any, render: Callable[[Field, Any], Any]) -> sa.Select[Any]:
        """The rows in order, with ``render`` of each column's value; references and names are texts by then."""
        found, wanted = self._found(viewer), list(head)
        for column in self.columns:
            field = column.field
            if field.kind == "ref":
                target = aliased(by_class(str(field.target)))
                found = found.outerjoin(target, getattr(self.table, field.column) == target.id)
                wanted.append(self._text(sa.cast(self._called(field, target), sa.Text)))
            elif field.kind == "many":
                wanted.append(self._text(self._names(field)))
            elif field.is_secret and self.seen is None and field.name in self.table.__key__ and not self.full:
                # The masked form is followed by the row it stands in (``610104********0010#0193…``): that tells nobody
                # the number, and the importer finds the row again.
                wanted.append(self._text(sealing.name_column(getattr(self.table, field.name), self.table.id)))
            else:
                wanted.append(render(field, getattr(self.table, field.name)))
        named = [each.label(f"c{n}") for n, each in enumerate(wanted)]  # names of several tables are called alike
        found = found.with_only_columns(*named, maintain_column_froms=True)
        return query.in_order(found, query.ordering(self.table, self.criteria.order))

    def _text(self, value: Any) -> Any:
        return rendered.guarded(value) if self.as_csv and not self.full else value

    def _called(self, field: Field, target: Any) -> Any:
        """What the row of a reference is called: in a list by its title, otherwise by what the importer knows it by."""
        if self.seen is None:
            name, named = getattr(target, field.by[0]), by_class(str(field.target)).__fields__.get(field.by[0])
        else:
            title = by_class(str(field.target)).__title__
            named = by_class(str(field.target)).__fields__.get(title)
            name = getattr(target, named.column if named else title)
        if named is None or not named.is_secret:
            return name
        is_given = self.seen is None and field.is_input
        return sealing.name_column(name, target.id) if is_given else sealing.shown_column(name)

    def _names(self, field: Field) -> Any:
        """The names of a many-field's rows, gathered by the database."""
        link = LINKS[f"{self.table.__tablename__}_{field.name}"]
        target = aliased(by_class(str(field.target)))
        name = self._called(field, target)
        if self.seen is not None:
            name = sa.func.nullif(sa.cast(name, sa.Text), "")
        return (
            sa.select(rendered.joined(name, SEPARATOR if self.seen is None else str(COMMA)))
            .select_from(link.table)
            .join(target, target.id == link.table.c[link.target_column])
            .where(link.table.c[link.owner_column] == self.table.id)
            .scalar_subquery()
        )


@dataclass(frozen=True)
class Prepared:
    """An export that can be made anywhere: in another thread, on another connection."""

    export: Export
    title: str
    headings: Sequence[Heading]
    statement: sa.Select[Any]
    #: How opened values become cells: only Python has the key. ``None``: PostgreSQL writes them itself.
    by_hand: Sequence[Callable[[Any, Any], Any]] | None
    viewer: Viewer

    def write(
        self,
        session: Session,
        send: Callable[[bytes], Any],
        *,
        told: Callable[[int], Any] = lambda number: None,
        before_end: Callable[[int], Any] = lambda number: None,
    ) -> int:
        """Send the file as it is made; returns how many rows it has.

        ``told`` hears how many rows there are so far; ``before_end`` does what must have been done before the file is
        whole (its last bytes are sent afterwards).
        """
        number, end = (self._text if self.export.as_csv else self._book)(session, send, told)
        before_end(number)
        end()
        return number

    def _book(self, session: Session, send: Any, told: Callable[[int], Any]) -> tuple[int, Callable[[], Any]]:
        book = Book(send, self.title, self.headings, made=clock.now(), told=told)
        if self.by_hand is not None:
            book.write(self.rows(session))
        else:
            with CopiedRows(book) as stream:
                copy_lines(session, self.statement, stream)
        return book.number, book.close

    def _text(self, session: Session, send: Any, told: Callable[[int], Any]) -> tuple[int, Callable[[], Any]]:
        send(header([heading.text for heading in self.headings]))
        if self.by_hand is not None:
            return append(send, self._as_text(session)), lambda: None
        lines = CopiedText(send, told)
        copy_csv(session, self.statement, lines)
        return lines.number, lines.close

    def _as_text(self, session: Session) -> Iterable[list[Any]]:
        columns, is_seen = self.export.columns, self.export.seen is not None
        for row in self.rows(session):
            yield [_plain(c.field, value) if is_seen else value for c, value in zip(columns, row, strict=True)]

    def rows(self, session: Session) -> Iterator[list[Any]]:
        """Every row as values; what is hidden is opened where the viewer may, and masked elsewhere."""
        assert self.by_hand is not None
        table = self.export.table
        head = len(sealing.head_of(table))
        for row in session.execute(self.statement, execution_options={"yield_per": _CHUNK}):
            bound_to = sealing.opens(table, row[:head], self.viewer)
            yield [cell(value, bound_to) for value, cell in zip(row[head:], self.by_hand, strict=True)]


def _text_of(value: Any, _: Any) -> Any:
    return value


def _writer(field: Field) -> Callable[[Any, Any], Any]:
    if field.is_secret:
        return lambda value, bound_to: (
            value if value is None else field.show(sealing.opened(field, bound_to, value)) if bound_to else str(value)
        )
    if field.kind in rendered.TYPED:
        return lambda value, _: value
    return lambda value, _: field.show(value) or None


def _plain(field: Field, value: Any) -> Any:
    """Text for a text file: without a workbook's number formats a value is written as the list shows it."""
    return field.show(value) if field.kind in rendered.TYPED and not isinstance(value, str) else value
