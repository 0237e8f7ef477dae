"""Rows -> workbook or text file. No text can become a formula, nothing is cut, nothing is held in memory."""

from __future__ import annotations

import csv
import io
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

#: Excel's own bounds: rows of a sheet below its header, characters of a cell.
LAST_ROW = 1_048_575
LONGEST_TEXT = 32_767
#: Each comment is a drawing; beyond this number the column of reasons has to do.
MOST_COMMENTS = 10_000
#: What no XML can hold: control characters, half characters and the two that are none.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: What a spreadsheet takes for the beginning of a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
GUARD = re.compile(r"'*[=+\-@\t\r]")
#: The number format of a column, by the kind of its field.
NUMBER_FORMATS = {"money": "0.00", "integer": "0"}
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True}
DAY_FORMAT, MOMENT_FORMAT, TEXT_FORMAT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "@"


def writable(text: str) -> str:
    """The text as a workbook can hold it: no control characters, ``\\n`` as the only line end."""
    return UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def file_name(department: str, label: str, today: date, suffix: str = "xlsx") -> str:
    """``单位_表名_yyyyMMdd.xlsx``, without what a file system refuses."""
    parts = (re.sub(r'[\\/:*?"<>|\s\x00-\x1f]+', "", part) for part in (department, label))
    return "_".join([*(part for part in parts if part), f"{today:%Y%m%d}.{suffix}"])


def sheet_name(title: str, number: int = 1) -> str:
    """A name that Excel accepts for a sheet; the second sheet of a table is called ``…(2)``."""
    plain = re.sub(r"[\[\]:*?/\\]", "", writable(title)).strip("' ") or "Sheet"
    ending = f"({number})" if number > 1 else ""
    return plain[: 31 - len(ending)] + ending


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
        elif isinstance(value, int | float | Decimal) and _is_exact(value):
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
        if len(plain) > LONGEST_TEXT // 2 and len(plain.encode("utf-16-le")) // 2 > LONGEST_TEXT:
            place = f"{column_letters(column)}{row + 1}"
            raise Refused(N_("{place} 的内容超过 {limit} 个字，Excel 单元格放不下", place=place, limit=LONGEST_TEXT))
        if plain.startswith(FORMULA_SIGNS):
            look = look | {"quote_prefix": True, "num_format": TEXT_FORMAT}
        sheet.write_string(row, column, plain, self.format(**look) if look else None)


def _is_exact(value: int | float | Decimal) -> bool:
    """Whether Excel's numbers can hold the value; more than 15 digits they cannot."""
    if isinstance(value, int):
        return abs(value) < 10**15
    if isinstance(value, float):
        return value - value == 0
    return value.is_finite() and Decimal(repr(float(value))) == value and len(value.normalize().as_tuple().digits) <= 15


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
    looks: list[dict[str, Any]] = [{"num_format": shapes[at]} if at in shapes else {} for at in range(len(columns))]
    total = 0
    with new_workbook(stream, title) as pen:
        sheet, line = _begin(pen, sheet_name(title), columns, looks), 0
        for row in rows:
            if line == rows_per_sheet:
                name = sheet_name(title, total // rows_per_sheet + 1)
                sheet, line = _begin(pen, name, columns, looks), 0
            line += 1
            total += 1
            for at, value in enumerate(row):
                if value is not None and value != "":
                    pen.cell(sheet, line, at, value, **looks[at])
    return total


def _begin(pen: Pen, name: str, columns: Sequence[str], looks: Sequence[dict[str, Any]]) -> Worksheet:
    sheet = pen.book.add_worksheet(name)
    for at, header in enumerate(columns):
        sheet.set_column(at, at, min(max(10, 2 * len(header) + 4), 40), pen.format(**looks[at]) if looks[at] else None)
        pen.text(sheet, 0, at, header, bold=True, bg_color="#E7EEF7", border=1)
    sheet.freeze_panes(1, 0)
    return sheet


def write_csv(stream: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write UTF-8 with a byte order mark, as Excel expects it; a quote stands before what looks like a formula."""
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="", write_through=True)
    total = 0
    try:
        writer = csv.writer(text)
        writer.writerow([_guarded(header) for header in columns])
        for row in rows:
            writer.writerow([_guarded(value) for value in row])
            total += 1
    finally:
        text.detach()
    return total


def _guarded(value: Any) -> Any:
    if isinstance(value, bool):
        return str(YES if value else NO)
    if isinstance(value, datetime):
        return value.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str):
        plain = UNWRITABLE.sub("", value)
        return "'" + plain if GUARD.match(plain) else plain
    return value


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
