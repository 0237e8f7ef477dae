"""What a cell is when it is read, from every kind of file."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt

from app.transfer.reader import Day, Fault, Formula, Limits, Unreadable, open_book, preview, read_rows
from tests.transfer.books import SHEET, cell, raw_xlsx, xlsx

HEADER = ["编号", "名称", "日期", "时间", "数量", "金额", "是否"]


def rows_of(path: Path, **options: object) -> list[tuple[object, ...]]:
    with open_book(path) as book:
        sheet = book.sheet()
        header = sheet.guess_header()
        assert header is not None
        return [row.cells for row in sheet.rows(header)]


def test_values_keep_their_type(tmp_path: Path) -> None:
    moment = datetime.datetime.fromisoformat("2024-01-05T10:30:15")
    path = xlsx(
        tmp_path / "values.xlsx",
        [
            HEADER,
            ["00123", "某店", datetime.date(2024, 1, 5), moment, 3, 0.25, True],
            ["a", " b ", "2024.1.5", "", -(10**9), 610102199001011234.0, False],
        ],
    )
    first, second = rows_of(path)
    assert first == ("00123", "某店", "2024-01-05", "2024-01-05T10:30:15", 3, 0.25, True)
    assert [type(value) for value in first] == [str, str, Day, Day, int, float, bool]
    assert second[:5] == ("a", " b ", "2024.1.5", "", -(10**9))
    assert type(second[2]) is str
    assert type(second[5]) is float, "a number whose digits are lost does not look like a code"
    assert second[6] is False


def test_formulas_and_errors_are_told_apart_from_values(tmp_path: Path) -> None:
    path = tmp_path / "formulas.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["编号", "名称", "频次"])
        sheet.write_string(1, 0, "=1+1 是文本")
        sheet.write_formula(1, 1, '="a"&"b"', None, "ab")
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
        sheet.write_row(2, 0, ["x", "y", 7])
        sheet.write_formula(4, 3, "=1")
    with open_book(path) as opened:
        sheet = opened.sheet()
        header = sheet.guess_header()
        assert header is not None
        rows = list(sheet.rows(header))
        assert sheet.formulas == 3
    assert rows[0].cells[:2] == ("=1+1 是文本", Formula('="a"&"b"', "ab"))
    assert isinstance(rows[0].cells[2], Formula)
    assert rows[1].cells[:3] == ("x", "y", 7)


def test_an_error_cell_is_a_fault(tmp_path: Path) -> None:
    data = f'<row r="1">{cell("A1", "编号")}{cell("B1", "名称")}</row>'
    data += f'<row r="2">{cell("A2", "a")}<c r="B2" t="e"><v>#N/A</v></c></row>'
    assert rows_of(raw_xlsx(tmp_path / "error.xlsx", data)) == [("a", Fault("#N/A"))]


@pytest.mark.parametrize(
    "sheet",
    [
        "<x:worksheet xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><x:sheetData>"
        "<x:row><x:c t='inlineStr'><x:is><x:t>编号</x:t></x:is></x:c>"
        "<x:c t='inlineStr'><x:is><x:t>名称</x:t></x:is></x:c>"
        "</x:row><x:row><x:c t='inlineStr'><x:is><x:t>a</x:t></x:is></x:c><x:c><x:f>2+3</x:f><x:v>5</x:v></x:c></x:row>"
        "</x:sheetData></x:worksheet>",
        SHEET.format(
            '<row><c t="inlineStr"><is><t>编号</t></is></c><c t="inlineStr"><is><t>名称</t></is></c></row>'
            '<row><c t="inlineStr"><is><t>a</t></is></c><c><f ca="1">2+3</f><v>5</v></c></row>'
        ),
    ],
    ids=["prefixed, single quotes", "no cell addresses"],
)
def test_formulas_are_found_however_the_xml_is_written(tmp_path: Path, sheet: str) -> None:
    path = raw_xlsx(tmp_path / "manners.xlsx", parts={"xl/worksheets/sheet1.xml": sheet})
    assert rows_of(path) == [("a", Formula("=2+3", 5))]


def test_a_formula_on_the_border_of_a_chunk_is_found(tmp_path: Path) -> None:
    head = f'<row r="1">{cell("A1", "编号")}{cell("B1", "名称")}</row><row r="2">{cell("A2", "a")}'
    before = SHEET.index("{}") + len(head.encode()) + len('<!----><c r="B2">')
    for shift in range(4):
        pad = "<!--" + "x" * ((1 << 20) - before - shift) + "-->"
        path = raw_xlsx(tmp_path / f"border{shift}.xlsx", f'{head}{pad}<c r="B2"><f>1+1</f><v>2</v></c></row>')
        assert rows_of(path) == [("a", Formula("=1+1", 2))]


def test_a_percentage_is_read_as_it_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "percent.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        percent, decorated = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": '0"%"'})
        sheet.write_row(0, 0, ["名称", "比例", "另一比例"])
        sheet.write_row(1, 0, ["a", 0.05], percent)
        sheet.write_number(1, 2, 5, decorated)
        sheet.write_row(2, 0, ["b", 0.071, 0.5], percent)
        sheet.set_column(1, 1, None, percent)
        sheet.write_blank(500_000, 1, None, percent)
    assert rows_of(path) == [("a", "5%", 5), ("b", "7.1%", "50%")]


def test_control_and_hidden_characters_are_gone(tmp_path: Path) -> None:
    data = f'<row r="1">{cell("A1", "编号")}{cell("B1", "名称")}</row>'
    text = "甲_x0000__x0007_乙\u202e丙\u200b\ufeff丁&#10;戊_x000D_&#10;己\x7f庚“引”…—"
    data += f'<row r="2">{cell("A2", "a")}{cell("B2", text)}</row>'
    data += f'<row r="3">{cell("A3", "b&#x7f;")}<c r="B3"><v>5</v></c></row>'
    assert rows_of(raw_xlsx(tmp_path / "hidden.xlsx", data)) == [("a", "甲乙丙丁\n戊\n己庚“引”…—"), ("b", 5)]


def test_an_old_xls_is_read_with_its_formulas_merges_and_hidden_rows(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("旧表")
    percent = xlwt.easyxf(num_format_str="0.00%")
    for column, text in enumerate(["编号", "名称", "日期", "频次", "比例"]):
        sheet.write(0, column, text)
    sheet.write_merge(1, 2, 0, 0, "甲")
    sheet.write(1, 1, "一")
    sheet.write(2, 1, "二")
    sheet.write(1, 2, datetime.date(2024, 1, 5), xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    sheet.write(1, 3, xlwt.Formula("1+1"))
    sheet.write(2, 3, 4)
    sheet.write(1, 4, 0.05, percent)
    sheet.write(2, 4, 0.5, percent)
    sheet.row(2).hidden = True
    path = tmp_path / "old.xls"
    book.save(str(path))
    with open_book(path) as opened:
        read = opened.sheet("旧表")
        header = read.guess_header()
        assert header is not None and read.hidden_rows == 1 and read.formulas == 1
        rows = [row.cells for row in read.rows(header)]
    assert rows[0][:3] == ("甲", "一", "2024-01-05")
    assert isinstance(rows[0][3], Formula)
    assert rows[1] == ("甲", "二", "", 4, "50%")
    assert rows[0][4] == "5%"


@pytest.mark.parametrize("suffix", ["xlsx", "et", "wps", "xls"])
def test_the_magic_bytes_say_what_a_file_is(tmp_path: Path, suffix: str) -> None:
    old = xlwt.Workbook()
    sheet = old.add_sheet("s")
    for column, text in enumerate(["编号", "名称"]):
        sheet.write(0, column, text)
        sheet.write(1, column, text + "1")
    old.save(str(tmp_path / f"old.{suffix}"))
    assert rows_of(tmp_path / f"old.{suffix}") == [("编号1", "名称1")]
    new = xlsx(tmp_path / "new.xlsx", [["编号", "名称"], ["编号1", "名称1"]])
    assert rows_of(new.rename(tmp_path / f"new.{suffix}")) == [("编号1", "名称1")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_files_in_every_usual_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [["编号", "名称", "备注"], ["0012", "某店（总店）", '"多,行\n备;注"']]
    lines += [['="0123"', "'=1+1", "𠮷"], ["", "", ""]]
    path = tmp_path / "table.csv"
    path.write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    assert rows_of(path) == [("0012", "某店（总店）", "多,行\n备;注"), ("0123", "=1+1", "𠮷")]


def test_sheets_are_found_by_name_and_place(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "空"  # type: ignore[union-attr]
    for name, state in (("隐藏", "hidden"), ("数据", "visible")):
        sheet = book.create_sheet(name)
        sheet.sheet_state = state
        sheet.append(["编号", "名称"])
        sheet.append([name, "b"])
    path = tmp_path / "sheets.xlsx"
    book.save(path)
    with open_book(path) as opened:
        assert [tuple(sheet) for sheet in opened.sheets] == [("空", False), ("隐藏", True), ("数据", False)]
        assert opened.sheet().name == "数据"
        assert opened.sheet("隐藏").hidden
        assert opened.sheet(0).row_count == 0
        assert opened.sheet(0).guess_header() is None
        with pytest.raises(Unreadable, match="没有名为“别的”的工作表；有：空、隐藏、数据"):
            opened.sheet("别的")


def test_a_sheet_can_be_read_again_and_only_one_reader_goes_on(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "long.xlsx", [["编号", "名称"], *([f"n{number}", "x"] for number in range(5_000))])
    with open_book(path) as book:
        sheet = book.sheet()
        header = sheet.guess_header()
        assert header is not None
        left = sheet.rows(header)
        assert next(left).number == 2
        numbers = [row.number for row in sheet.rows(header)]
        assert numbers == list(range(2, 5_002))
        with pytest.raises(RuntimeError):
            list(left)
    book.close()
    assert [row.number for row in read_rows(path, None, header)] == numbers


def test_an_empty_sheet_has_a_preview(tmp_path: Path) -> None:
    told = preview(xlsx(tmp_path / "empty.xlsx", []))
    assert (told["header_row"], told["headers"], told["rows"]) == (None, [], [])


def test_limits_are_the_last_values_accepted(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "limits.xlsx", [["编号", "名称", "长文"], ["a", "b", "c" * 100], ["d", "e", "f"]])
    size = path.stat().st_size

    def read(**limits: int) -> int:
        with open_book(path, limits=Limits(**limits)) as book:
            sheet = book.sheet()
            header = sheet.guess_header()
            assert header is not None
            return len(list(sheet.rows(header)))

    exact = {"rows": 3, "columns": 3, "cell": 100, "file_bytes": size, "entries": 9}
    assert read(**exact) == 2
    for name, value in exact.items():
        with pytest.raises(Unreadable):
            read(**(exact | {name: value - 1}))
