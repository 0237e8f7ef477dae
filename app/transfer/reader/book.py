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
    """Rows of a sheet, column by column; ``numbers`` are Excel's, ascending: rows that hold nothing may be left out."""

    numbers: Sequence[int]
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
        seen: dict[int, tuple[Cell, ...]] = {}
        for batch in self._batches():
            seen.update(zip(batch.numbers, zip(*batch.columns, strict=True), strict=True))
            if batch.numbers[-1] >= rows:
                break
        blank: tuple[Cell, ...] = ("",) * self.column_count
        return [HeadRow(number, seen.get(number, blank)) for number in range(1, min(rows, self.row_count) + 1)]

    def guess_header(self, known: Collection[str] = ()) -> HeaderGuess | None:
        """Find the header among the first rows; None for a sheet that is empty or no table."""
        return guess_header(self.head(), known, [area for area in self.merged if area.top < HEAD])

    def rows(self, header: HeaderGuess, after: int = 0) -> Iterator[RawRow]:
        """Stream the rows below the header, without those that hold nothing besides their serial number.

        With ``after`` they begin behind that row (Excel's number), as they would be if all were read.
        """
        after = max(after, header.row_number)
        merged = MergedCells(self.merged, header)
        telling = [column.index for column in header.headers if not column.is_serial]
        telling = [at for at in telling or range(self.column_count) if at < self.column_count]
        self.skipped.notes = 0
        self.skipped.blank = max(0, self.row_count - after)
        for batch in self._batches(merged.begin(after)):
            rows: Iterator[tuple[Cell, ...]] = zip(*batch.columns, strict=True)
            fillable = merged.concerns(batch.numbers)
            if fillable:
                as_read = list(rows)
                merged.fill(*batch)
                rows = zip(*batch.columns, strict=True)
            for at, (number, cells) in enumerate(zip(batch.numbers, rows, strict=True)):
                if number <= after:
                    continue
                own = as_read[at] if fillable else cells
                if _is_blank(own, telling):
                    continue
                self.skipped.blank -= 1
                if number in merged.lines and sum(cell != "" for cell in own) == 1:
                    self.skipped.notes += 1
                else:
                    yield RawRow(number, cells)

    def _batches(self, after: int = 0) -> Iterator[Batch]:
        """The rows below one row; the child prepares the next batch while this one is worked on."""
        child = self.book.begin(self.index, after)
        turn = self.book.turn
        child.answer()
        child.ask(next=1)
        while columns := (answer := child.answer())["columns"]:
            child.ask(next=1)
            numbers = answer["numbers"]
            numbers = range(numbers[0], sum(numbers)) if len(numbers) == 2 else numbers[0]
            yield Batch(numbers, [decoded_column(column, len(numbers)) for column in columns])
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
        #: What the document says of itself: title, subject, description …, and the properties made for it.
        self.facts: dict[str, str] = first["facts"]
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

    def count(self) -> dict[str, int]:
        """How many rows each sheet has, as far as anything stands there; what is over the limit is refused."""
        self.turn += 1
        self.child.drain()
        self.child.ask(count=1)
        counts: list[int] = self.child.answer()["rows"]
        return {sheet.name: rows for sheet, rows in zip(self.sheets, counts, strict=True)}

    def begin(self, index: int, after: int = 0) -> Child:
        """Make the child stand before a row of a sheet; whoever was reading has to stop."""
        self.turn += 1
        self.child.drain()
        self.child.ask(open=index, after=after)
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


def count(path: Path, *, limits: Limits | None = None) -> dict[str, int]:
    """How many rows each sheet of a file has, by one pass over it; what is over the limits is refused."""
    with open_book(path, limits=limits) as book:
        return book.count()


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
