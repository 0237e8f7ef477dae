"""Rows -> workbook or text file. No text can become a formula, nothing is cut, nothing is held in memory."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.core import clock
from app.core.errors import Refused
from app.core.fields.write import NO, YES
from app.core.messages import N_, joined
from app.transfer.reader import (
    ERROR_HEADER,
    ROW_HEADER,
    Cell,
    Day,
    Fault,
    Formula,
    HeaderGuess,
    Limits,
    RawRow,
    column_letters,
    read_rows,
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


def write_errors(
    stream: IO[bytes],
    book_path: Path,
    sheet: str | int | None,
    header: HeaderGuess,
    problems: Mapping[int, Sequence[tuple[int | None, object]]],
    *,
    limits: Limits | None = None,
) -> int:
    """Write a workbook of exactly the failed rows, as they were read from ``book_path``, to be corrected and uploaded.

    ``problems`` gives for each of Excel's row numbers the column index (``Header.index``; None for the whole row) and
    the message.
    """
    rows = (row for row in read_rows(book_path, sheet, header, limits=limits) if row.number in problems)
    return write_error_rows(stream, header, rows, problems)


def write_error_rows(
    stream: IO[bytes],
    header: HeaderGuess,
    rows: Iterable[RawRow],
    problems: Mapping[int, Sequence[tuple[int | None, object]]],
) -> int:
    """Write the given rows with their reasons: in the column 错误原因, and at the bad cells in red with a comment."""
    note = N_("请更正红色单元格后直接上传本文件；“{row}”“{error}”两列不会导入", row=ROW_HEADER, error=ERROR_HEADER)
    titles = [ROW_HEADER, ERROR_HEADER, *(column.text for column in header.headers)]
    total = comments = 0
    with new_workbook(stream, ERROR_HEADER) as pen:
        sheet = pen.book.add_worksheet(ERROR_HEADER)
        sheet.set_column(0, 0, 8)
        sheet.set_column(1, 1, 48)
        sheet.set_column(2, len(titles), 18, pen.format(num_format=TEXT_FORMAT))
        pen.text(sheet, 0, 0, str(note), font_color="#C00000")
        for at, title in enumerate(titles):
            pen.text(sheet, 1, at, title, bold=True, bg_color="#E7EEF7", border=1)
        sheet.freeze_panes(2, 2)
        for line, row in enumerate(rows, 2):
            told = problems[row.number]
            total += 1
            sheet.write_number(line, 0, row.number)
            pen.text(sheet, line, 1, _reasons(header, told), font_color="#C00000", text_wrap=True)
            for at, column in enumerate(header.headers, 2):
                messages = [str(message) for index, message in told if index == column.index]
                value = _as_value(row.cells[column.index]) if column.index < len(row.cells) else ""
                look: dict[str, Any] = {"num_format": TEXT_FORMAT}
                if messages:
                    look["bg_color"] = "#FFC7CE"
                    comments += 1
                if value != "" or messages:
                    pen.cell(sheet, line, at, value, **look)
                if messages and comments <= MOST_COMMENTS:
                    sheet.write_comment(line, at, writable("\n".join(messages))[:2_000])
    return total


def _reasons(header: HeaderGuess, told: Sequence[tuple[int | None, object]]) -> str:
    names = {column.index: column.text or column.letter for column in header.headers}
    reasons = [f"{names[at]}{N_('：')}{message}" if at in names else str(message) for at, message in told]
    return joined(dict.fromkeys(reasons), N_("；"))[:LONGEST_TEXT]


def _as_value(cell: Cell) -> Any:
    if isinstance(cell, Formula | Fault):
        return cell.text
    if isinstance(cell, Day):
        return datetime.fromisoformat(cell) if "T" in cell else date.fromisoformat(cell)
    return cell
