"""The reader against two others: what calamine and openpyxl see in a workbook is what it sees, cell by cell."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.transfer.reader import Cell, Day, Fault, Formula, open_book
from app.transfer.reader.child.encode import INVISIBLE
from tests.transfer.books import SHEET, raw_xlsx

REAL = sorted(Path("/work/shared/data").glob("*.xlsx"))
Grid = dict[tuple[int, int], Cell]
EXACT = 2**53


def seen(path: Path) -> Grid:
    """What our reader sees: filled cells by row and column, from 1, before merged cells are filled."""
    with open_book(path) as book:
        return {
            (number, at): cell
            for batch in book.sheet(0)._batches()
            for at, column in enumerate(batch.columns, 1)
            for number, cell in zip(batch.numbers, column, strict=True)
            if cell != ""
        }


def expected(path: Path) -> Grid:
    """What the others see: values by calamine; formulas, errors and percentages by openpyxl."""
    sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    left = sheet.start[1] if sheet.start else 0
    grid: Grid = {}
    for number, row in enumerate(sheet.iter_rows(), 1):
        for at, value in enumerate(row, left + 1):
            grid[number, at] = plain(value)
    for cells in openpyxl.load_workbook(path).worksheets[0].iter_rows():
        for cell in cells:
            place = (cell.row, cell.column)
            if cell.data_type == "f":
                formula = cell.value if isinstance(cell.value, str) else "=" + str(cell.value.text).lstrip("=")
                grid[place] = Formula(formula, result(grid.get(place, ""), formula))
            elif cell.data_type == "e":
                grid[place] = Fault(cell.value)
            elif "%" in re.sub(r'"[^"]*"|\\.', "", cell.number_format) and type(cell.value) in (int, float):
                grid[place] = f"{cell.value * 100:.12g}%"
    return {place: cell for place, cell in grid.items() if cell != ""}


def plain(value: Any) -> Any:
    """A value of calamine as our reader tells it."""
    if isinstance(value, float):
        return int(value) if -EXACT < value < EXACT and value.is_integer() else value
    if isinstance(value, datetime.date):
        return Day(value.isoformat())
    if isinstance(value, str):
        return INVISIBLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return value if isinstance(value, bool | int) else str(value)


def result(value: Any, formula: str) -> Any:
    """The stored result of a formula, or the constant that it is."""
    constant = re.fullmatch(r"=(\d+(?:\.\d+)?)", formula)
    return plain(float(constant[1])) if value == "" and constant else value


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n\t")
TEXTS = st.one_of(
    st.text(LETTERS, max_size=12),
    st.sampled_from([" a ", "a & b <c>", "&amp;", "_x000D_", "_x0041_b", "甲\n乙", "\u3000全角\u3000", "]]>", "'=1", "𠮷",
                     "0012", "1e5", "2024-01-05", "５％", "a\x7fb", "\u202eabc", '"引"', "x" * 3000]),
)  # fmt: skip
FORMATS = ["0%", "0.00%", "yyyy-mm-dd", "yyyy/m/d h:mm", '0"%"', "[h]:mm:ss", "h:mm", 'yyyy"年"m"月"', "@", "#,##0.00"]
NUMBERS = st.one_of(
    st.integers(-(10**15), 10**15),
    st.integers(0, 60_000),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e18, max_value=1e18),
    st.floats(1, 60_000, allow_nan=False),
)
#: Beyond them openpyxl sees errors and calamine panics.
SERIALS = st.one_of(
    st.integers(0, 2_950_000), st.floats(0, 60_000), st.integers(0, 86_399).map(lambda n: 45_000 + n / 86_400)
)
CELLS = st.one_of(
    st.none(),
    TEXTS.map(lambda text: ("text", text)),
    NUMBERS.map(lambda number: ("number", number)),
    st.booleans().map(lambda truth: ("truth", truth)),
    st.tuples(st.just("shaped"), SERIALS, st.sampled_from(FORMATS)),
    st.tuples(
        st.just("formula"), st.sampled_from(["=1+1", '=A1&"x"', "=5", "=SUM(A1:B2)"]), st.sampled_from([2, "ab"])
    ),
    st.just(("blank", "0%")),
    st.tuples(st.just("rich"), TEXTS, TEXTS),
)
ROWS = st.lists(st.lists(CELLS, max_size=6), max_size=8)
MARGINS = st.tuples(st.integers(0, 3), st.integers(0, 2))


def by_xlsxwriter(path: Path, rows: list[list[Any]], margin: tuple[int, int], options: dict[str, Any]) -> None:
    """Shared strings, or inline strings with ``constant_memory``; numbers from 1900 or 1904."""
    book = xlsxwriter.Workbook(str(path), options)
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    for row, cells in enumerate(rows, margin[0]):
        for column, cell in enumerate(cells, margin[1]):
            match cell:
                case ("text", text):
                    sheet.write_string(row, column, text)
                case ("number", number):
                    sheet.write_number(row, column, number)
                case ("truth", truth):
                    sheet.write_boolean(row, column, truth)
                case ("shaped", number, code):
                    sheet.write_number(row, column, number, book.add_format({"num_format": code}))
                case ("formula", formula, value):
                    sheet.write_formula(row, column, formula, None, value)
                case ("blank", code):
                    sheet.write_blank(row, column, None, book.add_format({"num_format": code}))
                case ("rich", one, other) if one and other and "constant_memory" not in options:
                    sheet.write_rich_string(row, column, bold, one, other)
    book.close()


def by_openpyxl(path: Path, rows: list[list[Any]], margin: tuple[int, int]) -> None:
    """Shared strings, types written out, errors told from text."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row, cells in enumerate(rows, margin[0] + 1):
        for column, cell in enumerate(cells, margin[1] + 1):
            match cell:
                case ("text", text) if not text.startswith("=") and not INVISIBLE.search(text):
                    sheet.cell(row, column, text)
                case ("number" | "truth", value):
                    sheet.cell(row, column, value)
                case ("shaped", number, code):
                    sheet.cell(row, column, number).number_format = code
                case ("formula", formula, _):
                    sheet.cell(row, column, formula)
                case ("blank", _):
                    sheet.cell(row, column, "#N/A")
    book.save(path)


WRITERS: dict[str, Callable[[Path, list[list[Any]], tuple[int, int]], None]] = {
    "xlsxwriter": lambda path, rows, margin: by_xlsxwriter(path, rows, margin, {}),
    "xlsxwriter inline": lambda path, rows, margin: by_xlsxwriter(path, rows, margin, {"constant_memory": True}),
    "xlsxwriter 1904": lambda path, rows, margin: by_xlsxwriter(path, rows, margin, {"default_date_1904": True}),
    "openpyxl": by_openpyxl,
}


@pytest.mark.parametrize("writer", WRITERS)
@given(rows=ROWS, margin=MARGINS)
@example(rows=[[("text", "a"), ("formula", "=5", 2)], [], [None, ("text", " b ")]], margin=(2, 2))
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_every_cell_is_seen_as_others_see_it(
    tmp_path_factory: pytest.TempPathFactory, writer: str, rows: list[list[Any]], margin: tuple[int, int]
) -> None:
    path = tmp_path_factory.mktemp("book") / "book.xlsx"
    WRITERS[writer](path, rows, margin)
    ours, theirs = seen(path), expected(path)
    assert ours == theirs
    assert {place: type(cell) for place, cell in ours.items()} == {place: type(cell) for place, cell in theirs.items()}


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_real_workbooks_of_offices_are_seen_as_others_see_them(path: Path) -> None:
    assert seen(path) == expected(path)


def test_a_large_sheet_of_mixed_rows_is_seen_as_others_see_it(tmp_path: Path) -> None:
    """Rows of every kind in one sheet of several blocks: usual ones, missing ones, formulas, runs, gaps."""
    path = tmp_path / "mixed.xlsx"
    kinds: list[Any] = [("text", "甲{n}"), None, ("number", 1.5), ("shaped", 45_000.25, "yyyy-mm-dd"), ("text", "同一"),
                        ("formula", "=1+1", 2), ("rich", "粗{n}", "细"), ("truth", True), ("shaped", 0.07, "0%")]  # fmt: skip
    rows = []
    for n in range(6_000):
        row = [kinds[(n // (at + 1) + at) % 5] for at in range(8)]
        if n % 97 == 0:
            row = [kinds[(n + at) % 9] for at in range(9)]
        if n % 1000 > 990:
            row = []
        rows.append(
            [(cell[0], cell[1].format(n=n), *cell[2:]) if cell and type(cell[1]) is str else cell for cell in row]
        )
    by_xlsxwriter(path, rows, (0, 0), {})
    assert seen(path) == expected(path)


VARIANTS = {
    "prefix and single quotes": lambda xml: re.sub(r"<(/?)(?=[a-z])", r"<\1x:", xml).replace('"', "'").replace(
        "xmlns=", "xmlns:x="
    ),
    "blanks between": lambda xml: xml.replace("><", ">\n  <").replace("<v>\n  ", "<v>"),
    "no names": lambda xml: re.sub(r' r="[A-Z]*\d+"', "", xml),
    "other order": lambda xml: re.sub(r'<c (r="[^"]*") (t="[^"]*")', r"<c \2 \1", xml),
    "more attributes": lambda xml: xml.replace("<row ", '<row spans="1:4" ht="15" ').replace("<c ", '<c cm="1" '),
    "comments": lambda xml: xml.replace("<v>", "<!-- <v>9</v> --><v>"),
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_sheet_written_otherwise_is_the_same_sheet(tmp_path: Path, variant: str) -> None:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="str"><v>甲{n} &amp; 乙</v></c><c r="B{n}" t="n"><v>{n}.5</v></c>'
        f'<c r="C{n}" t="inlineStr"><is><t xml:space="preserve"> c{n} </t></is></c><c r="D{n}" t="b"><v>1</v></c></row>'
        for n in range(1, 3_000)
    )
    usual = seen(raw_xlsx(tmp_path / "usual.xlsx", rows))
    sheet = VARIANTS[variant](SHEET.format(rows))
    assert seen(raw_xlsx(tmp_path / "other.xlsx", parts={"xl/worksheets/sheet1.xml": sheet})) == usual
    assert len(usual) == 4 * 2_999
    assert usual[7, 1] == "甲7 & 乙"
    assert usual[7, 3] == " c7 "
