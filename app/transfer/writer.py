"""Rows -> workbook or text file. No text can become a formula, nothing is cut, nothing is held in memory."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.core import clock
from app.core.errors import Refused
from app.core.fields.write import NO, YES
from app.core.messages import N_
from app.transfer.reader import (
    column_letters,
)
from app.transfer.sheets import Book, Heading, Look
from app.transfer.sheets.delimited import write_csv as write_csv
from app.transfer.sheets.looks import BY_FORMAT, TEXT_FORMAT
from app.transfer.sheets.looks import DAY_FORMAT as DAY_FORMAT
from app.transfer.sheets.looks import MOMENT_FORMAT as MOMENT_FORMAT
from app.transfer.sheets.looks import NUMBER_FORMATS as NUMBER_FORMATS
from app.transfer.sheets.signs import FORMULA_SIGNS, LAST_ROW, LONGEST_TEXT, is_exact, is_too_long, writable
from app.transfer.sheets.signs import sheet_name as sheet_name

#: Each comment is a drawing; beyond this number the column of reasons has to do.
MOST_COMMENTS = 10_000
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True}


def file_name(department: str, label: str, today: date, suffix: str = "xlsx") -> str:
    """``单位_表名_yyyyMMdd.xlsx``, without what a file system refuses."""
    parts = (re.sub(r'[\\/:*?"<>|\s\x00-\x1f]+', "", part) for part in (department, label))
    return "_".join([*(part for part in parts if part), f"{today:%Y%m%d}.{suffix}"])


class Pen:
    """Writes single cells of one workbook; its formats are made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def format(self, **properties: Any) -> Format:
        """The format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(properties)
        return self._formats[key]

    def cell(self, sheet: Worksheet, row: int, column: int, value: Any, **look: Any) -> None:
        """Write one value by its type: days as days, numbers as numbers, all else as text that stays text."""
        if value is None or value == "":
            sheet.write_blank(row, column, None, self.format(**look) if look else None)
        elif isinstance(value, bool):
            self.text(sheet, row, column, str(YES if value else NO), **look)
        elif isinstance(value, datetime):
            plain = value.astimezone(clock.ZONE).replace(tzinfo=None) if value.tzinfo else value
            self._day(sheet, row, column, plain, look, MOMENT_FORMAT)
        elif isinstance(value, date):
            self._day(sheet, row, column, value, look, DAY_FORMAT)
        elif isinstance(value, int | float | Decimal) and is_exact(value):
            sheet.write_number(row, column, float(value), self.format(**look) if look else None)
        else:
            self.text(sheet, row, column, str(value), **look)

    def _day(self, sheet: Worksheet, row: int, column: int, value: date, look: dict[str, Any], shape: str) -> None:
        if value.year < 1900 or value < type(value)(1900, 3, 1):  # before that day Excel counts wrong
            self.text(sheet, row, column, str(value), **look)
        else:
            sheet.write_datetime(row, column, value, self.format(**look | {"num_format": shape}))

    def text(self, sheet: Worksheet, row: int, column: int, value: str, **look: Any) -> None:
        """Write text. What looks like a formula also gets the quote prefix, so that editing it keeps it text."""
        plain = writable(value)
        if is_too_long(plain):
            place = f"{column_letters(column)}{row + 1}"
            raise Refused(N_("{place} 的内容超过 {limit} 个字，Excel 单元格放不下", place=place, limit=LONGEST_TEXT))
        if plain.startswith(FORMULA_SIGNS):
            look = look | {"quote_prefix": True, "num_format": TEXT_FORMAT}
        sheet.write_string(row, column, plain, self.format(**look) if look else None)


@contextmanager
def new_workbook(stream: IO[bytes], title: str, *, constant_memory: bool = True) -> Iterator[Pen]:
    """A workbook that is written to the stream when the block ends."""
    book = xlsxwriter.Workbook(stream, OPTIONS | {"constant_memory": constant_memory})
    book.set_properties({"title": writable(title)})
    try:
        yield Pen(book)
    finally:
        book.close()


def write_sheet(
    stream: IO[bytes],
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    text_columns: Collection[int] = (),
    number_formats: Mapping[int, str] | None = None,
    rows_per_sheet: int = LAST_ROW,
) -> int:
    """Write every row below a header of ``columns`` and return how many there were; a full sheet goes on in the next.

    ``text_columns`` (places of codes) are formatted as text, so that what people type there stays text;
    ``number_formats`` gives other columns theirs (see ``NUMBER_FORMATS``). Values keep their type.
    """
    shapes = dict.fromkeys(text_columns, TEXT_FORMAT) | dict(number_formats or {})
    headings = [Heading(header, BY_FORMAT.get(shapes.get(at, ""), Look.PLAIN)) for at, header in enumerate(columns)]
    book = Book(stream.write, title, headings, made=clock.now(), rows_per_sheet=rows_per_sheet)
    total = book.write(rows)
    book.close()
    return total
