"""What a file shows without being read again: the first rows of its sheets, kept sealed with its upload.

A glimpse answers the questions that a book answers about its first rows, so that ``sighting.look`` takes either. The
mapping page of a large file opens at once by it, and the error workbook has the titles that stood above the header.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.core import secrecy
from app.core.errors import Refused
from app.core.messages import N_
from app.transfer.batch import ImportBatch
from app.transfer.reader import (
    Book,
    Cell,
    HeaderGuess,
    HeadRow,
    Merged,
    RawRow,
    as_json,
    guess_header,
)
from app.transfer.rows import typed_cell

_KEPT, _PURPOSE = "sealed", "sighting"
secrecy.also_sealed("import_batch", "sighting")

#: The hidden sheet of a template that tells its columns, and how many of them at most.
VERSION_SHEET, MOST_COLUMNS = "模板版本", 1_000
#: Rows kept of a sheet (the header is looked for among them), sheets kept of a book, characters kept of a cell.
_ROWS, _SHEETS, _CELL = 50, 30, 500


@dataclass(frozen=True)
class SeenSheet:
    """The first rows of a sheet as they stand, and the areas that are merged among them."""

    name: str
    hidden: bool
    top: tuple[HeadRow, ...] = ()
    merged: tuple[Merged, ...] = ()

    def head(self, rows: int = _ROWS) -> list[HeadRow]:
        """The first rows, nothing filled in."""
        return list(self.top[:rows])

    def guess_header(self, known: Collection[str] = ()) -> HeaderGuess | None:
        """The header among the first rows; None for a sheet that is empty or no table."""
        return guess_header(self.head(), known, self.merged)

    def rows(self, header: HeaderGuess) -> Iterator[RawRow]:
        """Those of the first rows that stand below the header and hold something."""
        for row in self.top:
            if row.number > header.row_number and any(cell not in ("", None) for cell in row.cells):
                yield RawRow(row.number, tuple(row.cells))

    def above(self, header_row: int) -> tuple[list[HeadRow], list[Merged]]:
        """The titles and the header itself, with the areas merged among them."""
        rows = [row for row in self.top if row.number <= header_row]
        return rows, [area for area in self.merged if area.bottom < header_row]


@dataclass(frozen=True)
class Glimpse:
    """The sheets of a workbook by their first rows; of hidden ones only the name is known."""

    sheets: tuple[SeenSheet, ...]

    def sheet(self, which: str | int | None = None) -> SeenSheet:
        """A sheet by name; without one, the first visible sheet that holds anything. Refused when there is none."""
        if which is None:
            visible = [sheet for sheet in self.sheets if not sheet.hidden] or list(self.sheets)
            return next((sheet for sheet in visible if sheet.top), visible[0])
        for at, sheet in enumerate(self.sheets):
            if which in (at, sheet.name):
                return sheet
        raise Refused(N_("文件里没有工作表“{sheet}”", sheet=str(which)[:60]))


def take(book: Book) -> Glimpse:
    """Look at every sheet of an open book once."""
    seen = []
    for at, name in enumerate(book.sheets):
        is_version = name.name == VERSION_SHEET
        if (name.hidden or at >= _SHEETS) and not is_version:
            seen.append(SeenSheet(name.name, name.hidden))
            continue
        sheet = book.sheet(at)
        head = sheet.head(MOST_COLUMNS if is_version else _ROWS)
        top = tuple(HeadRow(row.number, tuple(map(_cut, row.cells))) for row in head)
        merged = tuple(area for area in sheet.merged if area.top < _ROWS)
        seen.append(SeenSheet(name.name, name.hidden, top, merged))
    return Glimpse(tuple(seen))


def keep(batch: ImportBatch, glimpse: Glimpse) -> None:
    """The upload knows the glimpse; what it shows of people is sealed like the file."""
    told = [
        [s.name, s.hidden, [_plain(row) for row in s.top], [list(_sides(a)) for a in s.merged]] for s in glimpse.sheets
    ]
    batch.sighting = (batch.sighting or {}) | {_KEPT: secrecy.seal_text(_PURPOSE, json.dumps(told, ensure_ascii=False))}


def kept(batch: ImportBatch) -> Glimpse | None:
    """What the upload knows of its file; ``None`` when nobody has looked yet."""
    sealed = (batch.sighting or {}).get(_KEPT)
    if sealed is None:
        return None
    told = json.loads(secrecy.open_text(_PURPOSE, sealed))
    return Glimpse(
        tuple(
            SeenSheet(name, hidden, tuple(map(_row, rows)), tuple(Merged(*area) for area in merged))
            for name, hidden, rows, merged in told
        )
    )


def _sides(area: Merged) -> tuple[int, int, int, int]:
    return area.top, area.left, area.bottom, area.right


def _cut(cell: Cell) -> Cell:
    return cell[:_CELL] if type(cell) is str else cell


def _plain(row: HeadRow) -> list[Any]:
    return [row.number, [as_json(cell) for cell in row.cells]]


def _row(told: Sequence[Any]) -> HeadRow:
    number, cells = told
    return HeadRow(number, tuple(typed_cell(cell) for cell in cells))
