"""A workbook that is open for reading: its sheets, their first rows, all their rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from app.core.messages import joined
from app.transfer.reader.cells import Cell, decoded_column
from app.transfer.reader.fill import MergedCells
from app.transfer.reader.header import HeaderGuess, HeadRow, Merged, guess_header
from app.transfer.reader.limits import Limits
from app.transfer.reader.refusals import Unreadable
from app.transfer.reader.sandbox import Child

#: Rows among which the header is looked for.
HEAD = 50
BATCH = 2_000


class RawRow(NamedTuple):
    """One row of the table: Excel's row number, and its cells from column A on, merged cells filled downwards.

    ``cells[header.index]`` is the cell under a header.
    """

    number: int
    cells: tuple[Cell, ...]


class SheetName(NamedTuple):
    """A sheet of the book before it is read."""

    name: str
    hidden: bool


class Batch(NamedTuple):
    """Consecutive rows of a sheet, column by column; ``first`` counts from 0."""

    first: int
    rows: int
    columns: list[list[Cell]]


@dataclass
class Skipped:
    """How many rows were passed over because they hold nothing, or one line of text across the table."""

    blank: int = 0
    notes: int = 0


@dataclass(frozen=True)
class Sheet:
    """A sheet that has been read by the child. ``row_count`` and ``column_count`` measure what is filled, from A1."""

    book: Book
    index: int
    name: str
    hidden: bool
    row_count: int
    column_count: int
    hidden_rows: int
    formulas: int
    errors: int
    merged: tuple[Merged, ...]
    #: Complete when ``rows`` has come to its end.
    skipped: Skipped = field(default_factory=Skipped, compare=False)

    def head(self, rows: int = HEAD) -> list[HeadRow]:
        """Return the first rows as they stand, nothing filled in."""
        batch = next(self._batches(rows), None)
        if batch is None:
            return []
        return [HeadRow(batch.first + at + 1, cells) for at, cells in enumerate(zip(*batch.columns, strict=True))]

    def guess_header(self, known: Collection[str] = ()) -> HeaderGuess | None:
        """Find the header among the first rows; None for a sheet that is empty or no table."""
        return guess_header(self.head(), known, [area for area in self.merged if area.top < HEAD])

    def rows(self, header: HeaderGuess) -> Iterator[RawRow]:
        """Stream the rows below the header, without those that hold nothing besides their serial number."""
        merged = MergedCells(self.merged, header)
        telling = [column.index for column in header.headers if not column.is_serial]
        telling = [at for at in telling or range(self.column_count) if at < self.column_count]
        self.skipped.blank = self.skipped.notes = 0
        for batch in self._batches(BATCH):
            rows: Iterator[tuple[Cell, ...]] = zip(*batch.columns, strict=True)
            fillable = merged.concerns(batch.first, batch.rows)
            if fillable:
                as_read = list(rows)
                merged.fill(*batch)
                rows = zip(*batch.columns, strict=True)
            for number, cells in enumerate(rows, batch.first + 1):
                if number <= header.row_number:
                    continue
                own = as_read[number - batch.first - 1] if fillable else cells
                if _is_blank(own, telling):
                    self.skipped.blank += 1
                elif number in merged.lines and sum(cell != "" for cell in own) == 1:
                    self.skipped.notes += 1
                else:
                    yield RawRow(number, cells)

    def _batches(self, size: int) -> Iterator[Batch]:
        """The sheet from its first row; the child prepares the next batch while this one is worked on."""
        child = self.book.begin(self.index)
        turn = self.book.turn
        child.answer()
        child.ask(next=size)
        while (answer := child.answer())["rows"]:
            child.ask(next=size)
            rows = answer["rows"]
            yield Batch(answer["first"], rows, [decoded_column(column, rows) for column in answer["columns"]])
            if turn != self.book.turn:
                raise RuntimeError("the book began to be read anew while these rows were being read")


class Book:
    """A workbook held by a child process until it is closed; one sheet is read at a time."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.turn = 0
        self.child = Child(path, limits)
        first = self.child.answer()
        self.kind: str = first["kind"]
        self.sheets = tuple(SheetName(name, hidden) for name, hidden in first["sheets"])

    def sheet(self, which: str | int | None = None) -> Sheet:
        """Read a sheet by name or place (from 0); without either, the first visible one that holds anything."""
        if which is None:
            visible = [at for at, sheet in enumerate(self.sheets) if not sheet.hidden] or [0]
            read = (self._read(at) for at in visible)
            return next((sheet for sheet in read if sheet.row_count), None) or self._read(visible[0])
        names = [sheet.name for sheet in self.sheets]
        if isinstance(which, str) and which in names:
            return self._read(names.index(which))
        if isinstance(which, int) and 0 <= which < len(names):
            return self._read(which)
        raise Unreadable("unknown_sheet", {"sheet": which, "names": joined(names)})

    def begin(self, index: int) -> Child:
        """Make the child stand before the first row of a sheet; whoever was reading has to stop."""
        self.turn += 1
        self.child.drain()
        self.child.ask(open=index)
        return self.child

    def close(self) -> None:
        """End the child. The book can be closed more than once."""
        self.child.close()

    def __enter__(self) -> Book:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, index: int) -> Sheet:
        about = self.begin(index).answer()
        name = self.sheets[index]
        return Sheet(
            book=self,
            index=index,
            name=name.name,
            hidden=name.hidden,
            row_count=about["rows"],
            column_count=about["columns"],
            hidden_rows=about["hidden_rows"],
            formulas=about["formulas"],
            errors=about["errors"],
            merged=tuple(Merged(*area) for area in about["merged"]),
        )


def open_book(path: Path, *, limits: Limits | None = None) -> Book:
    """Open a workbook (.xlsx, .xlsm, .xls, .et, .csv) in a child process. Close it, or use it in a ``with`` statement.

    Whatever is wrong with the file is raised as ``Unreadable`` with a reason for people: here, or while rows are read.
    """
    return Book(Path(path), limits or Limits())


def read_rows(
    path: Path, sheet: str | int | None, header: HeaderGuess, *, limits: Limits | None = None
) -> Iterator[RawRow]:
    """Open the book, stream the rows of one sheet, close the book."""
    with open_book(path, limits=limits) as book:
        yield from book.sheet(sheet).rows(header)


def _is_blank(cells: Sequence[Cell], telling: Sequence[int]) -> bool:
    for at in telling:
        cell = cells[at]
        if cell != "" and not (type(cell) is str and cell.isspace()):
            return False
    return True
