"""What a reader of a million rows is for: rows begun in the middle, counts, properties, and memory that stays flat."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from app.transfer.reader import HeaderGuess, Limits, RawRow, Unreadable, count, open_book, read_rows
from app.transfer.reader.child import strings
from tests.transfer.books import SHEET, cell, raw_xlsx

HEADER = HeaderGuess(1, ())
ROWS = 7_000


def large(path: Path, **options: object) -> Path:
    """Several blocks: every row has texts of its own and shared ones, some rows are missing, some merged downwards."""
    book = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet("数据")
    sheet.write_row(0, 0, ["编号", "名称", "组", "数"])
    for n in range(1, ROWS):
        if n % 500 < 480:
            sheet.write_row(n, 0, [f"编号{n}", f"名称{n % 7}", f"组{n // 300}", n / 2])
    if not options:
        for top in range(290, ROWS - 20, 300):
            sheet.merge_range(top, 2, top + 20, 2, f"合并{top}")
    book.add_worksheet("空")
    book.close()
    return path


@pytest.fixture(scope="module", params=["shared", "inline", "xls", "csv"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[RawRow]]:
    """A file of each kind and all of its rows."""
    folder = tmp_path_factory.mktemp("large")
    if request.param in ("shared", "inline"):
        path = large(folder / "l.xlsx", **({"constant_memory": True} if request.param == "inline" else {}))
    elif request.param == "xls":
        path = folder / "l.xls"
        old = xlwt.Workbook()
        sheet = old.add_sheet("数据")
        for n in range(ROWS):
            if n % 500 < 480:
                sheet.write(n, 0, f"编号{n}")
                sheet.write(n, 1, n)
        sheet.write_merge(600, 2_600, 2, 2, "合并")
        old.save(str(path))
    else:
        path = folder / "l.csv"
        path.write_text("编号,名称\n" + "".join(f"{n},名称{n}\n" if n % 500 < 480 else ",\n" for n in range(ROWS)))
    rows = list(read_rows(path, 0, HEADER))
    assert len(rows) > 6_000
    return path, rows


@settings(max_examples=12, deadline=None)
@given(after=st.integers(0, ROWS + 10))
def test_rows_begun_in_the_middle_are_those_of_the_whole(whole: tuple[Path, list[RawRow]], after: int) -> None:
    path, rows = whole
    with open_book(path) as book:
        begun = list(book.sheet(0).rows(HEADER, after=after))
    is_same = begun == [row for row in rows if row.number > after]
    assert is_same, f"{len(begun)} rows"  # and not the rows themselves, which would fill the page


@pytest.mark.parametrize("after", [289, 290, 291, 300, 310, 311, 312, 1_199, 6_999])
def test_a_merged_range_that_begins_before_the_middle_fills_what_follows(tmp_path: Path, after: int) -> None:
    path = large(tmp_path / "merged.xlsx")
    rows = list(read_rows(path, 0, HEADER))
    assert any(row.cells[2] == "合并290" and row.number == 305 for row in rows)
    with open_book(path) as book:
        assert list(book.sheet(0).rows(HEADER, after=after)) == [row for row in rows if row.number > after]


def test_blank_rows_are_counted_though_they_are_not_sent(tmp_path: Path) -> None:
    far = f'<row r="1">{cell("A1", "编号")}{cell("B1", "名称")}</row><row r="900000">{cell("A900000", "z")}</row>'
    with open_book(raw_xlsx(tmp_path / "far.xlsx", far)) as book:
        sheet = book.sheet()
        assert [row.number for row in sheet.rows(HEADER)] == [900_000]
        assert sheet.skipped.blank == 899_998
        assert [row.number for row in sheet.head(5)] == [1, 2, 3, 4, 5]


def test_rows_are_counted_before_anything_is_done(tmp_path: Path) -> None:
    path = large(tmp_path / "large.xlsx")
    assert count(path) == {"数据": 6_980, "空": 0}
    with pytest.raises(Unreadable, match="工作表“数据”有 6980 行，超过上限 6979 行") as refusal:
        count(path, limits=Limits(rows=6_979))
    assert refusal.value.code == "too_many_rows"
    assert count(path, limits=Limits(rows=6_980))
    text = tmp_path / "t.csv"
    text.write_text("a,b\n" * 900 + ",\n" * 50)
    assert count(text) == {"CSV": 900}
    with pytest.raises(Unreadable, match="100 MB"):
        count(_of_size(tmp_path / "big.xlsx", 100 * 2**20 + 1))


def _of_size(path: Path, size: int) -> Path:
    with path.open("wb") as stream:
        stream.truncate(size)
    return path


def test_a_file_may_be_as_large_as_the_limit(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refusal:
        count(_of_size(tmp_path / "zeros.xlsx", 100 * 2**20))
    assert refusal.value.code == "empty_file"


def test_a_book_tells_its_properties(tmp_path: Path) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    book.add_worksheet().write_row(0, 0, ["编号", "名称"])
    book.set_properties({"title": "行政检查", "comments": "template 0a1b2c3d", "category": "模板"})
    book.set_custom_property("columns", "编号|名称")
    book.set_custom_property("template", "0a1b2c3d")
    book.close()
    path = tmp_path / "told.xlsx"
    path.write_bytes(stream.getvalue())
    with open_book(path) as opened:
        assert {"title": "行政检查", "description": "template 0a1b2c3d", "category": "模板", "columns": "编号|名称",
                "template": "0a1b2c3d"}.items() <= opened.facts.items()  # fmt: skip
    broken = raw_xlsx(tmp_path / "broken.xlsx", parts={"docProps/core.xml": "<a>"})
    with open_book(broken) as opened:
        assert opened.facts == {}


def test_memory_stays_flat_and_the_scratch_file_is_read_again(tmp_path: Path) -> None:
    """More strings than are remembered; at the end the first ones are asked for once more."""
    each, number = "长文本" * 300, 48_000
    assert number * len(each.encode()) > 1.2 * strings.REMEMBERED
    texts = "".join(f"<si><t>{n} {each}</t></si>" for n in range(number))
    rows = [*range(number), *range(0, number, 1000), 5, 5, 7]
    data = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{index}</v></c></row>' for n, index in enumerate(rows, 2))
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    path = raw_xlsx(
        tmp_path / "strings.xlsx",
        parts={"xl/sharedStrings.xml": f"<sst {space}>{texts}</sst>", "xl/worksheets/sheet1.xml": SHEET.format(data)},
    )
    with open_book(path, limits=Limits(ratio=10_000)) as book:
        for index, row in zip(rows, book.sheet().rows(HEADER), strict=True):
            assert row.cells[0] == f"{index} {each}"
        status = Path(f"/proc/{book.child.process.pid}/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0])
    assert peak < 350_000, f"{peak} kB"


def test_strings_behind_the_last_are_no_strings(tmp_path: Path) -> None:
    texts = [f"{a}{b}" for a, b in pairwise("abcdefgh")]
    shared = "<sst>" + "".join(f"<si><r><t>{text}</t></r><rPh><t>x</t></rPh></si>" for text in texts) + "<si/></sst>"
    data = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n - 2}</v></c></row>' for n in range(2, 10))
    path = raw_xlsx(tmp_path / "s.xlsx", data, parts={"xl/sharedStrings.xml": shared})
    assert [row.cells[0] for row in read_rows(path, None, HEADER)] == texts
    more = data + '<row r="10"><c r="A10" t="s"><v>8</v></c></row>'
    with pytest.raises(Unreadable, match="A10 引用了不存在的文本"):
        list(read_rows(raw_xlsx(path, more, parts={"xl/sharedStrings.xml": shared}), None, HEADER))


@pytest.mark.parametrize("inline", [False, True])
def test_rows_and_cells_without_names_are_read_as_the_same_ones_with(tmp_path: Path, inline: bool) -> None:
    """Our own exports are written so: nothing says where a row or a cell stands, they follow one another."""
    named, bare = tmp_path / "named.xlsx", tmp_path / "bare.xlsx"
    book = xlsxwriter.Workbook(str(named), {"constant_memory": inline})
    sheet, look, day = (
        book.add_worksheet(),
        book.add_format({"bold": True}),
        book.add_format({"num_format": "yyyy-mm-dd"}),
    )
    for n in range(3_000):
        for at in range(6):
            if (n + at) % 4 == 0 or 700 <= n < 720 or at == 5:
                sheet.write_blank(n, at, None, look)
            elif at == 3:
                sheet.write_number(n, at, 45000 + n, day)
            elif n % 50 == 7:
                sheet.write_formula(n, at, "=1+1", None, n)
            else:
                sheet.write(n, at, n / 2 if at == 1 else f" 甲{n % 9}" if n % 11 == 0 else f"文字{n}<")
    book.close()
    with zipfile.ZipFile(named) as old, zipfile.ZipFile(bare, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, re.sub(rb' r="[A-Z]*[0-9]+"', b"", content) if "worksheets/" in name else content)
    with open_book(named) as one, open_book(bare) as other:
        want, got = one.sheet(), other.sheet()
        assert (got.row_count, got.column_count, got.formulas) == (want.row_count, want.column_count, want.formulas)
        assert list(got.rows(HEADER)) == list(want.rows(HEADER))
        assert list(got.rows(HEADER, after=1_500)) == list(want.rows(HEADER, after=1_500))
