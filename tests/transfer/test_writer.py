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
from app.transfer.reader import Day, open_book
from app.transfer.reader.child.encode import INVISIBLE
from app.transfer.writer import (
    NUMBER_FORMATS,
    file_name,
    sheet_name,
    writable,
    write_csv,
    write_sheet,
)
from tests.transfer.books import loaded

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
