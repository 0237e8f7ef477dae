"""What is written is what is read again; nothing is cut; nothing becomes a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.core.errors import Refused
from app.transfer.reader import Day, Formula, open_book
from app.transfer.reader.child.encode import INVISIBLE
from app.transfer.writer import (
    MOST_COMMENTS,
    NUMBER_FORMATS,
    file_name,
    sheet_name,
    writable,
    write_csv,
    write_errors,
    write_sheet,
)
from tests.transfer.books import loaded, xlsx

ANY_TEXT = st.text(st.characters(codec=None), min_size=1, max_size=40)
NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "{=1}", "http://a.b", "_x0041_", "'=1", "''=1", "00123"]
NASTY += ["2024-01-05", "true", "1E5", " 前后 ", "a\r\nb\rc\nd", "\x00\x07甲", "\ud800", "\ufffe", "<b>&amp;</b>"]
NASTY += ["']]>", "#N/A", '="1"']


def read(path: Path) -> list[tuple[object, ...]]:
    with open_book(path) as book:
        sheet = book.sheet()
        header = sheet.guess_header(("编号", "内容"))
        assert header is not None and header.row_number < 3
        return [row.cells for row in sheet.rows(header)]


def expected(text: str) -> str:
    return INVISIBLE.sub("", writable(text))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANY_TEXT, min_size=1, max_size=8))
@example(NASTY)
def test_any_text_comes_back_from_a_workbook(tmp_path: Path, texts: list[str]) -> None:
    stream = io.BytesIO()
    rows = ([str(n), text, text] for n, text in enumerate(texts))
    write_sheet(stream, "表", ["编号", "内容", "代码"], rows, text_columns=[2])
    (tmp_path / "any.xlsx").write_bytes(stream.getvalue())
    assert read(tmp_path / "any.xlsx") == [(str(n), *[expected(text)] * 2) for n, text in enumerate(texts)]
    for row in loaded(stream).active.iter_rows(min_row=2):  # type: ignore[union-attr]
        for one in row:
            assert one.data_type in ("s", "n", "inlineStr") and (one.data_type != "n" or one.value is None)
            assert one.hyperlink is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANY_TEXT, min_size=1, max_size=8))
@example(NASTY)
def test_any_text_comes_back_from_a_text_file(tmp_path: Path, texts: list[str]) -> None:
    stream = io.BytesIO()
    write_csv(stream, ["编号", "内容"], ([f"n{n}", text] for n, text in enumerate(texts)))
    (tmp_path / "any.csv").write_bytes(stream.getvalue())
    assert read(tmp_path / "any.csv") == [(f"n{n}", expected(text)) for n, text in enumerate(texts)]
    for row in csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig"), newline="")):
        assert not any(one.startswith(("=", "+", "-", "@", "\t", "\r")) for one in row)


def test_values_keep_their_type(tmp_path: Path) -> None:
    stream = io.BytesIO()
    noon = datetime(2024, 1, 5, 4, 0, tzinfo=UTC)
    row = ["001", date(2024, 1, 5), noon, Decimal("1234.50"), 7, True, None, "", 610102199001011234, date(1890, 1, 1)]
    columns = ["编号", "内容", "时间", "金额", "数量", "是否", "空", "空白", "长号", "旧日"]
    write_sheet(stream, "表", columns, [row], text_columns=[0], number_formats={3: NUMBER_FORMATS["money"]})
    (tmp_path / "typed.xlsx").write_bytes(stream.getvalue())
    (cells,) = read(tmp_path / "typed.xlsx")
    assert cells[:6] == ("001", "2024-01-05", "2024-01-05T12:00:00", 1234.5, 7, "是")
    assert cells[6:] == ("", "", "610102199001011234", "1890-01-01")
    assert type(cells[1]) is Day and type(cells[2]) is Day
    sheet = loaded(stream).active
    assert sheet["A2"].number_format == "@" and sheet["D2"].number_format == "0.00"  # type: ignore[index, union-attr]


def test_a_full_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    stream = io.BytesIO()
    assert write_sheet(stream, "一/二:" + "长" * 40, ["编号"], ([n] for n in range(25)), rows_per_sheet=10) == 25
    book = loaded(stream)
    assert [sheet.max_row for sheet in book] == [11, 11, 6]
    assert [sheet["A1"].value for sheet in book] == ["编号"] * 3
    assert all(len(name) <= 31 for name in book.sheetnames)
    assert book.worksheets[2]["A6"].value == 24


def test_a_text_that_no_cell_can_hold_is_said_and_not_cut() -> None:
    with pytest.raises(Refused, match="第 2 行（a）的“内容”"):
        write_sheet(io.BytesIO(), "表", ["编号", "内容"], [["a", "x" * 32_768]])
    with pytest.raises(Refused):
        write_sheet(io.BytesIO(), "表", ["编号", "内容"], [["a", "𠮷" * 20_000]])
    write_sheet(io.BytesIO(), "表", ["编号", "内容"], [["a", "x" * 32_767]])


def test_names() -> None:
    assert file_name("西安市/市场监管局", "行政检查 *", date(2026, 3, 5)) == "西安市市场监管局_行政检查_20260305.xlsx"
    assert file_name("", "许可", date(2026, 3, 5), "csv") == "许可_20260305.csv"
    assert sheet_name("[a]:b") == "ab" and sheet_name("") == "Sheet" and sheet_name("x" * 40, 2).endswith("(2)")


def test_the_error_workbook_holds_exactly_the_failed_rows_and_can_be_read_again(tmp_path: Path) -> None:
    rows = [
        ["某某计划", "", "", "", ""],
        ["序号", "编号", "内容", "日期", "金额"],
        *([n, f"n{n}", f"内容{n}", date(2024, 1, n), n / 4] for n in range(1, 10)),
        [10, "n10", "=1+1", datetime.fromisoformat("2024-01-05T10:30"), 610102199001011234.0],
    ]
    source = xlsx(tmp_path / "source.xlsx", rows, merged=["A1:E1"])
    with open_book(source) as book:
        header = book.sheet().guess_header()
    assert header is not None and header.row_number == 2
    problems = {4: [(2, "内容太短"), (3, "日期晚于今天")], 12: [(None, "整行重复"), (4, "单元格是数字格式")]}
    target = tmp_path / "errors.xlsx"
    with target.open("wb") as stream:
        assert write_errors(stream, source, None, header, problems) == 2
    book = loaded(io.BytesIO(target.read_bytes()))
    sheet = book.active
    assert sheet is not None
    assert [one.value for one in sheet[2]] == ["原行号", "错误原因", "序号", "编号", "内容", "日期", "金额"]
    assert [row[0].value for row in sheet.iter_rows(min_row=3)] == [4, 12]
    assert sheet["B3"].value == "内容：内容太短；日期：日期晚于今天"
    assert sheet["B4"].value == "整行重复；金额：单元格是数字格式"
    assert sheet["E3"].comment.text == "内容太短" and sheet["E3"].fill.fgColor.rgb == "FFFFC7CE"
    assert sheet["D3"].comment is None
    assert sheet["E4"].value == "=1+1" and sheet["E4"].data_type == "s"
    assert sheet["G4"].number_format == "@"
    with open_book(target) as again:
        corrected = again.sheet().guess_header(("编号", "内容", "日期", "金额"))
        assert corrected is not None and corrected.serial == 2
        cells = [row.cells[2:] for row in again.sheet().rows(corrected)]
    assert cells[0] == (2, "n2", "内容2", "2024-01-02", 0.5)
    assert cells[1][:4] == (10, "n10", "=1+1", "2024-01-05T10:30:00")


def test_formulas_and_faults_stand_in_the_error_workbook_as_text(tmp_path: Path) -> None:
    rows = [["编号", "内容"], ["a", "=B1&1"], ["b", "c"]]
    source = xlsx(tmp_path / "formula.xlsx", rows)
    with open_book(source) as book:
        header = book.sheet().guess_header(("编号", "内容"))
        assert header is not None
        assert next(book.sheet().rows(header)).cells[1] == Formula("=B1&1", "")
    stream = io.BytesIO()
    write_errors(stream, source, None, header, {2: [(1, "单元格是公式")]})
    one = loaded(stream).active["D3"]  # type: ignore[index]
    assert (one.value, one.data_type) == ("=B1&1", "s")


def test_many_errors_are_all_told_though_not_all_are_drawn(tmp_path: Path) -> None:
    count = MOST_COMMENTS + 500
    source = xlsx(tmp_path / "many.xlsx", [["编号", "内容"], *([f"n{n}", "x"] for n in range(count))])
    with open_book(source) as book:
        header = book.sheet().guess_header()
    assert header is not None
    stream = io.BytesIO()
    assert write_errors(stream, source, None, header, {n + 2: [(1, f"错{n}")] for n in range(count)}) == count
    sheet = loaded(stream).active
    assert sheet is not None
    assert sheet.cell(count + 2, 2).value == f"内容：错{count - 1}"
