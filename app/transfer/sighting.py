"""A file at first sight: its sheets, its header row, what each header means; and its rows into a staging table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import Table
from app.transfer.columns import Match, import_columns, known_headers, match_headers
from app.transfer.glimpse import Glimpse
from app.transfer.reader import (
    SAMPLE_MARK,
    Book,
    Header,
    HeaderGuess,
    Limits,
    RawRow,
    Sheet,
    as_json,
    column_letters,
    open_book,
)
from app.transfer.rows import plain
from app.transfer.stage import Stager
from app.transfer.template import is_sample

_SAMPLES = 3

#: Kinds of files that are read; what a file really is, the reader finds out by itself.
SUFFIXES = (".xlsx", ".xls", ".csv")


@dataclass(frozen=True)
class Sighting:
    """What a file shows at first sight: its sheets, where the header is, what each header means."""

    sheets: tuple[str, ...]
    sheet: str
    header: HeaderGuess
    match: Match
    samples: Mapping[int, list[str]]

    def missing(self, table: type[Table]) -> list[str]:
        """Labels of required fields that no column carries."""
        carried = set(self.match.fields.values())
        return [c.header for c in import_columns(table) if c.required and c.field.name not in carried]


@contextmanager
def _book(source: Path | Book | Glimpse) -> Iterator[Any]:
    """A book that is open: the one given, which stays open, or the file's, for as long as the block runs."""
    if not isinstance(source, Path):
        yield source
    else:
        with open_book(source, limits=Limits.let_in(source)) as book:
            yield book


def look(
    table: type[Table],
    source: Path | Book | Glimpse,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    memory: Mapping[str, str] | None = None,
) -> Sighting:
    """Find the sheet, the header row and the meaning of each header. Raises Refused when there is no table in the file.

    Give an open book where ``stage`` follows, so that the file is parsed once; a glimpse where it is not read at all.
    """
    known = {**known_headers(table), **dict.fromkeys(memory or {}, "")}
    with _book(source) as book:
        chosen = book.sheet(sheet) if sheet else _best_sheet(book, set(known))
        header = _header_at(chosen, header_row) if header_row else chosen.guess_header(known)
        if header is None:
            raise Refused(N_("工作表“{sheet}”里没有找到表头；请确认表头在前 50 行内", sheet=chosen.name))
        match = match_headers(table, ((h.index, h.text) for h in header.headers if not h.is_serial), memory)
        samples: dict[int, list[str]] = {h.index: [] for h in header.headers}
        for row in islice(chosen.rows(header), _SAMPLES):
            for index, seen in samples.items():
                seen.append(str(plain(as_json(row.cells[index]))) if index < len(row.cells) else "")
        return Sighting(tuple(s.name for s in book.sheets), chosen.name, header, match, samples)


def _best_sheet(book: Book, known: set[str]) -> Sheet:
    """The visible sheet with most known headers: templates and error workbooks carry help sheets beside their data."""
    names = [sheet.name for sheet in book.sheets if not sheet.hidden]
    if len(names) < 2:
        return book.sheet(None)
    scores = {}
    for name in names:
        guess = book.sheet(name).guess_header(known)
        scores[name] = guess.matches if guess else -1
    best = max(names, key=lambda name: scores[name])
    return book.sheet(best) if scores[best] > 0 else book.sheet(None)


def _header_at(sheet: Sheet, number: int) -> HeaderGuess | None:
    row = next((row for row in sheet.head() if row.number == number), None)
    if row is None:
        return None
    headers = (
        Header(i, column_letters(i), str(plain(as_json(cell)))) for i, cell in enumerate(row.cells) if cell != ""
    )
    return HeaderGuess(number, tuple(headers))


def stage(
    session: Session, table: type[Table], source: Path | Book, sighting: Sighting, mapping: Mapping[int, str]
) -> Stager:
    """Read and check every row below the header into a fresh staging table, in this transaction."""
    stager = stager_for(session, table, mapping)
    with rows_of(table, source, sighting.sheet, sighting.header, mapping) as rows:
        stager.run(rows)
    return stager


def stager_for(session: Session, table: type[Table], mapping: Mapping[int, str], **options: Any) -> Stager:
    """A stager of these columns. Refused when one of them carries what the system derives."""
    derived = [name for name in mapping.values() if not table.__fields__[name].is_input]
    if derived:
        raise Refused(N_("“{label}”由系统生成，不能导入", label=table.__fields__[derived[0]].label))
    return Stager(session, table, mapping, **options)


@contextmanager
def rows_of(
    table: type[Table],
    source: Path | Book,
    sheet: str,
    header: HeaderGuess,
    mapping: Mapping[int, str],
    after: int = 0,
) -> Iterator[Iterator[RawRow]]:
    """The rows of a sheet below its header and behind Excel's row ``after``, as long as the block runs."""
    with _book(source) as book:
        rows = book.sheet(sheet).rows(header, after)
        yield _without_sample(table, header, mapping, rows)


def _without_sample(
    table: type[Table], header: HeaderGuess, mapping: Mapping[int, str], rows: Iterator[RawRow]
) -> Iterator[RawRow]:
    """The rows without the template's sample row, unless somebody has written over it."""
    serial = next((h.index for h in header.headers if h.is_serial), None)
    columns = import_columns(table)
    for row in rows:
        if serial is not None and row.cells[serial : serial + 1] == (SAMPLE_MARK,):
            cells = {name: row.cells[index] for index, name in mapping.items() if index < len(row.cells)}
            if is_sample(columns, SAMPLE_MARK, cells):
                continue
        yield row
