"""Workbooks in: .xlsx, .xls and .csv become rows of plain cells, read by a child process that can come to no harm.

The reader knows no table. Whatever is wrong with a file is raised as ``Unreadable``: a ``Refused`` in words for people.
"""

from app.transfer.reader.book import Book, RawRow, Sheet, SheetName, count, open_book, read_rows
from app.transfer.reader.cells import Cell, Day, Fault, Formula, as_json, column_letters
from app.transfer.reader.header import (
    ERROR_HEADER,
    IGNORED_HEADERS,
    ROW_HEADER,
    SAMPLE_MARK,
    SERIAL_HEADER,
    Header,
    HeaderGuess,
    HeadRow,
    Merged,
    guess_header,
    normalise_header,
)
from app.transfer.reader.limits import Limits
from app.transfer.reader.preview import preview
from app.transfer.reader.refusals import Unreadable

__all__ = [
    "ERROR_HEADER", "IGNORED_HEADERS", "ROW_HEADER", "SAMPLE_MARK", "SERIAL_HEADER", "Book", "Cell", "Day", "Fault",
    "Formula", "HeadRow", "Header", "HeaderGuess", "Limits", "Merged", "RawRow", "Sheet", "SheetName", "Unreadable",
    "as_json", "column_letters", "count", "guess_header", "normalise_header", "open_book", "preview", "read_rows",
]  # fmt: skip
