"""The error workbook: the person's own sheet with the failed rows alone, each bad cell marked and told why.

Its titles, header rows and columns are those of the upload, also the columns that nobody mapped; before them stand the
row's number in the upload and the reason, and above them one line that says what to do. Corrected, it is uploaded as it
is. Rows are written as they come: what is held in memory does not grow with their number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from xlsxwriter.worksheet import Worksheet

from app.core.fields import Field
from app.core.messages import N_, joined
from app.core.table import Table
from app.transfer.reader import ERROR_HEADER, ROW_HEADER, Header, HeadRow, Merged, as_json, column_letters
from app.transfer.rows import StagedRow, plain
from app.transfer.template import LIST_SHEET, offer_lists, offered_by
from app.transfer.writer import (
    LAST_ROW,
    LONGEST_TEXT,
    MOST_COMMENTS,
    TEXT_FORMAT,
    Pen,
    new_workbook,
    sheet_name,
    writable,
)

_LOOK_HEADER: dict[str, Any] = {
    "bold": True,
    "bg_color": "#E7EEF7",
    "border": 1,
    "text_wrap": True,
    "valign": "vcenter",
}
_RED, _BAD = "#C00000", "#FFC7CE"
#: The columns that are put before the person's own.
_OWN = 2


@dataclass(frozen=True)
class Layout:
    """How the person's sheet looks: its name, its columns, and what stands above its rows."""

    headers: Sequence[Header]
    sheet: str = ""
    header_row: int = 1
    #: The titles and the header as they stand in the sheet; without them the header is one row.
    above: Sequence[HeadRow] = ()
    merged: Sequence[Merged] = ()
    #: What a column offers, by its index.
    lists: Mapping[int, Sequence[str]] = dataclasses.field(default_factory=dict)

    @property
    def width(self) -> int:
        """The number of columns, with those that have no header."""
        return max((header.index for header in self.headers), default=-1) + 1


def lists_of(table: type[Table], mapping: Mapping[int, str]) -> dict[int, list[str]]:
    """What the columns of one choice offer."""
    found = {index: offered(table.__fields__[name]) for index, name in mapping.items() if name in table.__fields__}
    return {index: words for index, words in found.items() if words}


def offered(field: Field) -> list[str]:
    """What a cell of the field may say, where that is one word of a list."""
    return offered_by(field) if field.kind != "choices" else []


@dataclass(frozen=True)
class Part:
    """One sheet of an error workbook. ``expected`` tells how many rows it may have: a full one has no line of help."""

    layout: Layout
    rows: Iterable[StagedRow]
    expected: int = 0


def write_failed(stream: IO[bytes], layout: Layout, rows: Iterable[StagedRow], expected: int = 0) -> int:
    """Write the given rows. Returns how many there are."""
    return write_failed_sheets(stream, [Part(layout, rows, expected)])


def _free_name(title: str, taken: set[str]) -> str:
    """The sheet's name as Excel takes it; of two that are the same to Excel the second is called ``…(2)``."""
    number = 1
    while (name := sheet_name(title, number)).casefold() in taken:
        number += 1
    taken.add(name.casefold())
    return name


def write_failed_sheets(stream: IO[bytes], parts: Sequence[Part]) -> int:
    """Write a sheet for each part, called like the person's own. Returns how many rows there are."""
    with new_workbook(stream, parts[0].layout.sheet or ERROR_HEADER) as pen:
        taken = {LIST_SHEET}
        sheets = [pen.book.add_worksheet(_free_name(part.layout.sheet or ERROR_HEADER, taken)) for part in parts]
        lists = {
            f"{at}_{column_letters(index)}": words
            for at, part in enumerate(parts, 1)
            for index, words in part.layout.lists.items()
        }
        names = offer_lists(pen, lists)
        return sum(
            _write_part(pen, sheet, part, names, f"{at}_")
            for at, (sheet, part) in enumerate(zip(sheets, parts, strict=True), 1)
        )


def _write_part(pen: Pen, sheet: Worksheet, part: Part, names: Mapping[str, str], prefix: str) -> int:
    layout = part.layout
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 1, 48)
    sheet.set_column(_OWN, _OWN + layout.width, 18, pen.format(num_format=TEXT_FORMAT))
    line = _write_above(pen, sheet, layout, layout.header_row + part.expected < LAST_ROW)
    for index in layout.lists:
        rule = {"validate": "list", "source": f"={names[prefix + column_letters(index)]}", "show_error": False}
        sheet.data_validation(line, index + _OWN, LAST_ROW, index + _OWN, rule)
    return _write_rows(pen, sheet, layout, part.rows, line)


def _write_above(pen: Pen, sheet: Worksheet, layout: Layout, told: bool) -> int:
    """What stands above the rows. Returns the first line that is free."""
    if told:
        note = N_("请更正红色单元格后直接上传本文件；“{row}”“{error}”两列不会导入", row=ROW_HEADER, error=ERROR_HEADER)
        pen.text(sheet, 0, 0, str(note), font_color=_RED)
    first = int(told)
    above = list(layout.above) or [_single(layout)]
    bottom = above[-1].number
    for row in above:
        line, is_header = row.number - above[0].number + first, row.number == bottom
        look = _LOOK_HEADER if is_header else {"bold": True}
        if is_header:
            pen.text(sheet, line, 0, ROW_HEADER, **look)
            pen.text(sheet, line, 1, ERROR_HEADER, **look)
        for at, cell in enumerate(row.cells):
            value = plain(as_json(cell))
            if value != "" or (is_header and at < layout.width):
                pen.cell(sheet, line, at + _OWN, value, **look)
    for area in layout.merged:
        # Told beside the cells: merge_range would write them again, and rows are written once, in their order.
        top = area.top + 1 - above[0].number + first
        sheet.merge.append([top, area.left + _OWN, top + area.bottom - area.top, area.right + _OWN])
    line = bottom - above[0].number + first + 1
    sheet.freeze_panes(line, _OWN)
    return line


def _single(layout: Layout) -> HeadRow:
    texts = {header.index: header.text for header in layout.headers}
    return HeadRow(1, tuple(texts.get(at, "") for at in range(layout.width)))


def _write_rows(pen: Pen, sheet: Worksheet, layout: Layout, rows: Iterable[StagedRow], line: int) -> int:
    names = {header.index: header.text or header.letter for header in layout.headers}
    total = comments = 0
    for row in rows:
        sheet.write_number(line, 0, row.number)
        pen.text(sheet, line, 1, _reasons(names, row), font_color=_RED, text_wrap=True, valign="top")
        for at in range(layout.width):
            messages = row.at_cells.get(at, [])
            value = plain(row.cells[at]) if at < len(row.cells) else ""
            look: dict[str, Any] = {"num_format": TEXT_FORMAT}
            if messages or at in row.wrong:
                look["bg_color"] = _BAD
            if value != "" or len(look) > 1:
                pen.cell(sheet, line, at + _OWN, value, **look)
            if messages and comments < MOST_COMMENTS:
                comments += 1
                sheet.write_comment(line, at + _OWN, writable("\n".join(messages))[:2_000], {"x_scale": 2})
        line += 1
        total += 1
    return total


def _reasons(names: Mapping[int, str], row: StagedRow) -> str:
    reasons = [f"{names[at]}{N_('：')}{text}" if at is not None else text for at, text in row.messages]
    return joined(dict.fromkeys(reasons), N_("；"))[:LONGEST_TEXT]
