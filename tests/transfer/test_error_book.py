"""The error workbook as a sheet: its layout, its cells as they were typed, and flat memory whatever their number."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from app.transfer.error_book import Layout, write_failed
from app.transfer.reader import Header, HeadRow, Merged, open_book
from app.transfer.rows import StagedRow
from app.transfer.writer import LAST_ROW, MOST_COMMENTS
from tests.transfer.books import loaded

HEADERS = (Header(0, "A", "序号"), Header(1, "B", "编号"), Header(2, "C", "内容"), Header(4, "E", "金额"))


def row(number: int, *cells: Any, **at: list[str]) -> StagedRow:
    """A failed row; ``c2=["…"]`` is said of its third cell, ``all`` of the row."""
    whole = at.pop("all", [])
    cells_at = {int(name[1:]): told for name, told in at.items()}
    return StagedRow(number, "error", list(cells), cells_at, whole, True, frozenset(cells_at))


def written(layout: Layout, *rows: StagedRow) -> Worksheet:
    stream = io.BytesIO()
    assert write_failed(stream, layout, rows) == len(rows)
    sheet = loaded(stream).active
    assert isinstance(sheet, Worksheet)
    return sheet


def test_cells_stand_where_they_stood_and_are_what_they_were():
    sheet = written(
        Layout(HEADERS, "某表"),
        row(4, 2, "n2", "短", "没有表头", 0.5, c2=["内容太短"]),
        row(9, 7, "n7", {"formula": "=1+1", "value": 2}, None, {"error": "#N/A"}, all=["整行重复"], c4=["错误值"]),
    )
    assert sheet.title == "某表"
    assert [cell.value for cell in sheet[2]] == ["原行号", "错误原因", "序号", "编号", "内容", None, "金额"]
    assert [cell.value for cell in sheet[3]] == [4, "内容：内容太短", 2, "n2", "短", "没有表头", 0.5]
    assert [cell.value for cell in sheet[4]] == [9, "金额：错误值；整行重复", 7, "n7", "=1+1", None, "#N/A"]
    assert sheet["E4"].data_type == "s" and sheet["G4"].data_type == "s"
    assert sheet["E3"].comment.text == "内容太短" and sheet["E3"].fill.fgColor.rgb == "FFFFC7CE"
    assert sheet["D3"].comment is None and sheet["D3"].number_format == "@"


def test_titles_and_merged_headers_stand_above(tmp_path: Any):
    above = [HeadRow(1, ("某区登记表", "", "", "", "")), HeadRow(2, ("", "基本", "", "", "金额"))]
    above.append(HeadRow(3, ("序号", "编号", "内容", "", "")))
    merged = [Merged(0, 0, 0, 4), Merged(1, 1, 1, 2), Merged(1, 4, 2, 4)]
    stream = io.BytesIO()
    write_failed(stream, Layout(HEADERS, "三季度", 3, above, merged), [row(7, 1, "n1", "x", "", 1, c1=["重复"])])
    sheet = loaded(stream).active
    assert isinstance(sheet, Worksheet)
    assert sheet["C2"].value == "某区登记表" and sheet["D3"].value == "基本" and sheet["G3"].value == "金额"
    assert [cell.value for cell in sheet[4]][:5] == ["原行号", "错误原因", "序号", "编号", "内容"]
    assert {str(area) for area in sheet.merged_cells.ranges} == {"C2:G2", "D3:E3", "G3:G4"}
    assert sheet.freeze_panes == "C5"
    path = tmp_path / "errors.xlsx"
    path.write_bytes(stream.getvalue())
    with open_book(path) as book:
        header = book.sheet().guess_header(("编号", "内容", "金额"))
        assert header is not None and header.row_number == 4
        assert [one.text for one in header.headers if not one.is_serial and one.text] == [
            "基本/编号",
            "基本/内容",
            "金额",
        ]
        assert [each.cells[3:5] for each in book.sheet().rows(header)] == [("n1", "x")]


def test_many_errors_are_all_told_though_not_all_are_drawn():
    count = MOST_COMMENTS + 500

    def rows() -> Iterator[StagedRow]:
        for n in range(count):
            yield row(n + 2, n, f"n{n}", c1=[f"错{n}"])

    stream = io.BytesIO()
    assert write_failed(stream, Layout(HEADERS), rows(), count) == count
    sheet = loaded(stream).active
    assert isinstance(sheet, Worksheet)
    assert sheet.cell(count + 2, 2).value == f"编号：错{count - 1}"
    assert sheet.cell(count + 2, 4).comment is None and sheet.cell(3, 4).comment is not None


def test_a_full_sheet_has_no_room_for_the_line_of_help():
    stream = io.BytesIO()
    write_failed(stream, Layout(HEADERS), [row(2, 1, "a", c1=["错"])], expected=LAST_ROW)
    sheet = loaded(stream).active
    assert isinstance(sheet, Worksheet)
    assert [cell.value for cell in sheet[1]][:3] == ["原行号", "错误原因", "序号"]
