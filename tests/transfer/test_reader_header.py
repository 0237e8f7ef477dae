"""Which row is the header, which rows are data, and what merged cells give to which rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.transfer.reader import HeadRow, Merged, guess_header, normalise_header, open_book, preview
from tests.transfer.books import xlsx

DATA = Path(__file__).parents[3] / "shared" / "data"
FENYANG, SHANGGAO = DATA / "汾阳市部门联合抽查事项清单2021.xlsx", DATA / "上高县双随机抽查工作计划2023.xlsx"
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"THE REAL WORKBOOKS ARE NOT HERE: {DATA}")


@real
def test_the_list_of_fenyang() -> None:
    told = preview(FENYANG)
    assert told["header_row"] == 2
    assert told["headers"] == ["序号", "抽查领域", "抽查事项", "检查对象", "发起部门", "配合部门", "抽查层级"]
    assert [row["row"] for row in told["rows"]] == list(range(3, 14))
    assert all(all(cell not in (None, "") for cell in row["cells"]) for row in told["rows"])
    by_row = {row["row"]: row["cells"] for row in told["rows"]}
    assert [by_row[number][0] for number in range(5, 9)] == [3, 3, 3, 3]
    assert len({by_row[number][1] for number in range(5, 9)}) == 1
    assert by_row[4][4:] == by_row[3][4:]
    assert by_row[10][3:] == by_row[9][3:] and by_row[10][2] != by_row[9][2]
    assert told["totals"] == {"rows": 11, "blank": 0, "notes": 0, "hidden": 0, "formulas": 0, "errors": 0}


@real
def test_the_plan_of_shanggao() -> None:
    told = preview(SHANGGAO)
    assert told["header_row"] == 2
    assert told["headers"][-3:] == ["抽查比例", "抽查频次", "抽查数量"]
    assert [row["row"] for row in told["rows"]] == list(range(3, 10))
    frequency = [row["cells"][7] for row in told["rows"]]
    assert frequency[0] == {"formula": "=1", "value": 1}
    assert frequency[5] == ">=1"
    assert told["totals"]["formulas"] == 6


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("行政相对人（单位/个人）", "行政相对人"),
        (" 检查 时间* ", "检查时间"),
        ("＊统一社会信用代码：", "统一社会信用代码"),
        ("姓名\n（必填）", "姓名"),
        ("金额（元）", "金额"),
        ("金额（万元）", "金额(万元)"),
        ("ＩＤ", "id"),
        ("（备注）", "(备注)"),
        ("", ""),
    ],
)
def test_headers_are_compared_without_decoration(text: str, normal: str) -> None:
    assert normalise_header(text) == normal


def head(*rows: tuple[object, ...]) -> list[HeadRow]:
    return [HeadRow(number, row) for number, row in enumerate(rows, 1)]  # type: ignore[arg-type]


def texts(
    *rows: tuple[object, ...], known: tuple[str, ...] = (), merged: tuple[Merged, ...] = ()
) -> tuple[object, ...]:
    guess = guess_header(head(*rows), known, merged)
    assert guess is not None
    return guess.row_number, tuple(header.text for header in guess.headers)


def test_titles_notes_and_blank_rows_are_passed_over() -> None:
    rows = (
        ("某某局检查计划", "", "", ""),
        ("", "", "", ""),
        ("填报单位：某某局", "", "日期：2024年", ""),
        ("注：带 * 的必填", "", "", ""),
        ("序号", "名称*", "地址", "电话"),
        (1, "甲", "乙", "丙"),
        (2, "甲", "乙", "丙"),
    )
    expected = (5, ("序号", "名称*", "地址", "电话"))
    assert texts(*rows, known=("名称", "地址", "电话")) == expected
    assert texts(rows[0], rows[1], rows[3], *rows[4:]) == (4, expected[1])


def test_the_row_with_most_known_names_is_the_header_even_below_one_that_looks_like_it() -> None:
    rows = (("说明", "内容", "其他"), ("第一", "第二", "第三"), ("许可证编号", "名称", "其他"), ("a", "b", "c"))
    assert texts(*rows)[0] == 1
    assert texts(*rows, known=("许可证编号", "名称"))[0] == 3


def test_a_header_of_two_rows_is_joined() -> None:
    rows = (
        ("检查情况一览表", "", "", "", ""),
        ("序号", "检查对象", "", "结果", ""),
        ("", "名称", "信用代码", "是否合格", "备注"),
        (1, "甲", "9161", "是", ""),
    )
    merged = (Merged(0, 0, 0, 4), Merged(1, 0, 2, 0), Merged(1, 1, 1, 2), Merged(1, 3, 1, 4))
    expected = (3, ("序号", "检查对象/名称", "检查对象/信用代码", "结果/是否合格", "结果/备注"))
    assert texts(*rows, merged=merged) == expected
    assert texts(*rows, merged=merged, known=("名称", "信用代码")) == expected


def test_a_column_without_a_header_is_kept_when_it_holds_something() -> None:
    assert texts(("编号", "", "名称", ""), ("a", "b", "c", ""))[1] == ("编号", "", "名称")


def read(path: Path) -> tuple[list[tuple[int, tuple[object, ...]]], tuple[int, int, int]]:
    with open_book(path) as book:
        sheet = book.sheet()
        header = sheet.guess_header()
        assert header is not None
        rows = [(row.number, row.cells) for row in sheet.rows(header)]
        return rows, (sheet.skipped.blank, sheet.skipped.notes, sheet.hidden_rows)


def test_merged_cells_give_their_value_to_every_row(tmp_path: Path) -> None:
    rows = [
        ["序号", "领域", "事项", "部门", "层级"],
        [1, "甲", "一", "部门甲", "县"],
        ["", "", "二", "", ""],
        ["", "", "三", "", ""],
        [2, "乙", "四", "部门乙", "市"],
    ]
    path = xlsx(tmp_path / "merged.xlsx", rows, merged=["A2:A4", "B2:B4", "D2:E3"])
    assert read(path)[0] == [
        (2, (1, "甲", "一", "部门甲", "")),
        (3, (1, "甲", "二", "部门甲", "")),
        (4, (1, "甲", "三", "", "")),
        (5, (2, "乙", "四", "部门乙", "市")),
    ]


def test_a_merge_across_batches_is_filled_to_its_end(tmp_path: Path) -> None:
    rows = [["领域", "事项"], ["甲", 0], *(["", number] for number in range(1, 5_000)), ["乙", 0]]
    path = xlsx(tmp_path / "long.xlsx", rows, merged=["A2:A5001"])
    found = [cells[0] for _, cells in read(path)[0]]
    assert found == ["甲"] * 5_000 + ["乙"]


def test_a_record_merged_over_two_rows_is_one_record(tmp_path: Path) -> None:
    rows = [["序号", "名称", "地址"], [1, "甲", "乙"], ["", "", ""], [2, "丙", "丁"], ["", "", "戊"]]
    path = xlsx(tmp_path / "tall.xlsx", rows, merged=["A2:A3", "B2:B3", "C2:C3", "A4:A5", "B4:B5"])
    assert read(path) == ([(2, (1, "甲", "乙")), (4, (2, "丙", "丁")), (5, (2, "丙", "戊"))], (1, 0, 0))


def test_rows_that_hold_only_their_number_or_only_a_line_of_text_are_passed_over(tmp_path: Path) -> None:
    rows = [
        ["序号", "名称", "地址", "电话"],
        ["一、食品", "", "", ""],
        [1, "甲", "乙", "丙"],
        [2, "", " ", "\n"],
        [3, "丁", 0, False],
        ["", "注：以上数据截至昨日", "", ""],
        [4, "", "", ""],
    ]
    path = xlsx(tmp_path / "lines.xlsx", rows, merged=["B6:D6"], hidden=[3])
    assert read(path) == ([(3, (1, "甲", "乙", "丙")), (5, (3, "丁", 0, False))], (3, 1, 1))


def test_rows_below_a_formatted_area_do_not_count(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "blank.xlsx", [["编号", "名称"], ["a", "b"]] + [[None, None]] * 5)
    told = preview(path)
    assert told["totals"]["rows"] == 1
    assert told["columns"] == ["A", "B"]
