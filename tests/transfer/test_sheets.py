"""The sheet writer by itself: whatever COPY says is what both readers find; Excel's limits; the zip at any size."""

from __future__ import annotations

import io
import struct
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import python_calamine
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from app.core import clock
from app.core.errors import Refused
from app.transfer.flow import Flow, Stopped
from app.transfer.sheets import Book, CopiedRows, Heading, Look
from app.transfer.sheets.archive import Archive
from app.transfer.sheets.signs import writable
from tests.transfer.test_writer import NASTY

#: What PostgreSQL stores: any sign but NUL and halves of signs.
STORED = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
TELLING = st.text(st.sampled_from("=+-@ \t\n\r\\_x0041<>&'\"甲𠮷\x01\x1f\ufffe\uffff~N."), max_size=10)
HEADINGS = (
    Heading("文本"),
    Heading("代码", Look.TEXT, is_filled=True, may_be_long=False),
    Heading("数", Look.MONEY, "number"),
    Heading("内容"),
)
_ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def line(values: list[str]) -> bytes:
    """The row as COPY's text format has it (CopyAttributeOutText)."""
    return ("\t".join("".join(_ESCAPES.get(sign, sign) for sign in value) for value in values) + "\n").encode()


def book_of(rows: list[list[str]], *, each: int = 1_048_575, headings: Any = HEADINGS) -> bytes:
    stream = io.BytesIO()
    book = Book(stream.write, "表", headings, made=clock.now(), rows_per_sheet=each)
    with CopiedRows(book) as taker:
        for row in rows:
            taker.write(line(row))
    book.close()
    assert book.number == len(rows)
    return stream.getvalue()


def read(content: bytes) -> tuple[list[list[Any]], list[list[Any]]]:
    """What openpyxl and calamine find on all sheets, below the headers."""
    one = [
        [unescape(c.value) if isinstance(c.value, str) else c.value for c in row]
        for sheet in load_workbook(io.BytesIO(content)).worksheets
        for row in sheet.iter_rows(min_row=2)
    ]
    file = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    other = [
        [None if value == "" else value for value in row]
        for name in file.sheet_names
        for row in list(file.get_sheet_by_name(name).to_python(skip_empty_area=False))[1:]
    ]
    return one, other


def meant(value: str) -> str | None:
    return writable(value) or None


@example([("", "0 \x1f", 0), ("\x1f=1", "\x01 0", 1)])
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(STORED | TELLING, STORED | TELLING, st.integers(-(10**9), 10**9)), min_size=1, max_size=30))
def test_whatever_is_stored_comes_out(rows: list[tuple[str, str, int]]) -> None:
    one, other = read(book_of([[text, "A1", str(number), more] for text, more, number in rows]))
    right = [[meant(text), "A1", number, meant(more)] for text, more, number in rows]
    assert one == right
    assert other == right


def test_a_formula_stays_text_and_nothing_else_has_the_quote() -> None:
    texts = [*NASTY, "普通", "-", "a=1", ""]
    texts = [text.encode("utf-8", "ignore").decode().replace("\x00", "") for text in texts]
    sheet = load_workbook(io.BytesIO(book_of([[text, text, "", text] for text in texts]))).active
    for text, row in zip(texts, sheet.iter_rows(min_row=2), strict=True):
        for cell in (row[0], row[1], row[3]):
            assert cell.data_type in ("s", "n") and (cell.data_type == "s" or cell.value is None)
            assert bool(cell.quotePrefix) == writable(text).startswith(("=", "+", "-", "@", "\t"))
            assert cell.hyperlink is None


def test_pieces_of_any_size_make_the_same_sheet() -> None:
    rows = [[f"第{n}行" * (n % 40), f"A{n}", str(n), "=x" if n % 700 == 0 else ""] for n in range(9_000)]
    one, other = read(book_of(rows))
    assert one == other == [[meant(a), b, int(c), meant(d)] for a, b, c, d in rows]


@pytest.mark.parametrize("each", [1, 7, 1000, 2999, 3000])
def test_a_full_sheet_goes_on_in_the_next(each: int) -> None:
    content = book_of([[f"n{n}", "A", str(n), ""] for n in range(3_000 if each > 100 else 20)], each=each)
    file = load_workbook(io.BytesIO(content))
    number = 3_000 if each > 100 else 20
    assert file.sheetnames == ["表", *(f"表({n})" for n in range(2, -(-number // each) + 1))]
    assert [sheet["A1"].value for sheet in file] == ["文本"] * len(file.sheetnames)
    assert [sheet.freeze_panes for sheet in file] == ["A2"] * len(file.sheetnames)
    assert read(content)[1] == [[f"n{n}", "A", n, None] for n in range(number)]


def test_a_member_never_grows_beyond_what_excel_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.transfer.sheets.book.LARGEST", 40_000)
    rows = [[f"n{n}", "A", str(n), "长" * 500] for n in range(3_000)]
    content = book_of(rows)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        sheets = [each.file_size for each in file.infolist() if "worksheets/" in each.filename]
    assert len(sheets) > 10 and max(sheets) < 40_000 + 400_000
    assert [row[0] for row in read(content)[1]] == [row[0] for row in rows]


def test_looks_widths_and_empty_cells() -> None:
    sheet = load_workbook(io.BytesIO(book_of([["a", "001", "12.50", ""], ["", "B", "", ""]]))).active
    assert [sheet.cell(2, n).number_format for n in (1, 2, 3)] == ["General", "@", "0.00"]
    assert [cell.value for cell in sheet[3]] == [None, "B", None, None]
    assert [cell.number_format for cell in sheet[3]] == ["General", "@", "0.00", "General"]
    assert sheet.column_dimensions["B"].width == pytest.approx(10.7109375)
    assert sheet["A1"].font.b and sheet["A1"].fill.fgColor.rgb == "FFE7EEF7"
    assert (sheet["C2"].value, sheet["C2"].data_type) == (12.5, "n")


def test_a_text_that_no_cell_holds_names_its_row() -> None:
    rows = [["名称", "A", "1", ""], ["另一个", "B", "2", "x" * 32_768]]
    with pytest.raises(Refused, match="第 3 行（另一个）的“内容”"):
        book_of(rows)
    book_of([["名称", "A", "1", "x" * 32_767]])


def test_every_part_is_well_formed_and_known_readers_of_zips_take_it() -> None:
    with zipfile.ZipFile(io.BytesIO(book_of([["<&>", "A", "1", "]]>"]]))) as file:
        assert file.testzip() is None
        assert file.namelist()[0] == "[Content_Types].xml"
        for name in file.namelist():
            ElementTree.fromstring(file.read(name))
        assert file.getinfo("xl/worksheets/sheet1.xml").flag_bits & 0x8, "sizes follow the content"


def test_an_archive_beyond_four_gigabytes(tmp_path: Path) -> None:
    """What lies behind 4 GiB is found by the ZIP64 directory; the gap is a hole in the file."""
    path, gap = tmp_path / "large.zip", 5 << 30
    with path.open("wb") as stream:
        archive = Archive(stream.write, clock.now())
        archive.add("first.txt", b"first")
        stream.seek(gap)
        archive._place = gap
        archive.begin("second.txt")
        archive.write(b"second " * 1000)
        archive.end()
        archive.close()
    with zipfile.ZipFile(path) as file:
        assert file.read("first.txt") == b"first"
        assert file.read("second.txt") == b"second " * 1000
        assert file.testzip() is None
    assert struct.pack("<L", 0x06064B50) in path.read_bytes()[-200:] if path.stat().st_size < 1 << 20 else True


# -- flow ----------------------------------------------------------------------------------------------------------


def test_what_is_pushed_is_pulled_and_the_last_of_it_only_when_all_was_made() -> None:
    may_end, sent = threading.Event(), [bytes([n % 256]) * 50_000 for n in range(40)]

    def make(send: Any) -> None:
        for piece in sent:
            send(piece)
        may_end.wait(5)

    flow = Flow(make, lambda: None)
    assert not flow.is_done(0.05)
    pieces, got = flow.pieces(tick=0.2), b""
    while piece := next(pieces):
        got += piece
    assert 0 < len(got) < 2_000_000, "the end is held back"
    may_end.set()
    assert got + b"".join(pieces) == b"".join(sent)


def test_an_error_comes_out_where_the_bytes_are_taken() -> None:
    def make(send: Any) -> None:
        send(b"x" * 200_000)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        Flow(make, lambda: None).is_done(5)
    flow = Flow(make, lambda: None)
    with pytest.raises(ValueError, match="broken"):
        b"".join(flow.pieces())


def test_whoever_leaves_stops_what_is_made() -> None:
    ended, stops = threading.Event(), []

    def make(send: Any) -> None:
        try:
            while True:
                send(b"x" * 70_000)
        except Stopped:
            ended.set()

    flow = Flow(make, lambda: stops.append(time.monotonic()))
    next(flow.pieces())
    flow.close()
    assert ended.wait(5)


def test_memory_does_not_grow_with_the_rows() -> None:
    import tracemalloc

    def rows(number: int) -> Iterator[bytes]:
        return (line([f"示例市第{n}号食品经营部", f"A{n}", str(n), "地址" * 10]) for n in range(number))

    def peak(number: int) -> int:
        book = Book(lambda _: None, "表", HEADINGS, made=clock.now())
        tracemalloc.start()
        with CopiedRows(book) as taker:
            for each in rows(number):
                taker.write(each)
        book.close()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(40_000) < 1.2 * peak(10_000) + 100_000
