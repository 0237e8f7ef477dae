"""The workbook that people fill in: Excel can open it, it guides, and what is filled in comes back."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest

from app.core.choices import Choice
from app.core.fields import Field
from app.core.messages import N_
from app.transfer.columns import import_columns
from app.transfer.reader import SAMPLE_MARK, open_book
from app.transfer.template import is_sample, version, write_template
from tests.transfer.books import loaded


class Long(Choice):
    """A list far over 255 characters."""

    A = "a", N_("第一种情形" * 12), "01"
    B = "b", N_("第二种情形" * 12)
    C = "c", N_("第三种情形" * 12), "03"
    D = "d", N_("第四种情形" * 12)
    E = "e", N_("第五种情形" * 12)


class Short(Choice):
    YES = "yes", N_("合格"), "1"
    NO = "no", N_("=不合格"), "2"


def field(name: str, label: str, kind: Any, **properties: Any) -> Field:
    return Field(label=N_(label), kind=kind, name=name, **properties)


def table(*fields: Field) -> Any:
    return SimpleNamespace(__label__=N_("行政检查"), __fields__={one.name: one for one in fields})


FIELDS = (
    field("number", "检查行为编号", "code", length=50, required=True, sample="JC2024001", help=N_("帮" * 600)),
    field("name", "名称" * 20, "text", length=200, required=True, sample="某店"),
    field("situation", "情形", "choice", choices=Long, required=True),
    field("result", "结果", "choices", choices=Short),
    field("is_public", "是否公开", "boolean"),
    field("on", "检查时间", "day", required=True),
    field("at", "报送时间", "moment"),
    field("amount", "罚款金额", "money"),
    field("share", "抽查比例", "percent"),
    field("count", "数量", "integer"),
    field("subject", "监管对象", "ref", by=("code",), sample="S001"),
    field("holder", "证件号码", "citizen_id"),
    field("late", "是否迟报", "boolean", derived=True),
)


@pytest.fixture
def book(tmp_path: Path) -> openpyxl.Workbook:
    with (tmp_path / "t.xlsx").open("wb") as stream:
        write_template(table(*FIELDS), stream, options={"subject": ["S001", "S002"]})
    return openpyxl.load_workbook(tmp_path / "t.xlsx")


def test_title_note_header_and_sample(book: openpyxl.Workbook) -> None:
    sheet = book.worksheets[0]
    assert book.sheetnames == ["行政检查", "填写说明", "字典", "字典源", "模板版本"]
    assert sheet["A1"].value == "行政检查导入模板" and "A1:M1" in [str(area) for area in sheet.merged_cells.ranges]
    assert "必填" in sheet["A2"].value and sheet["A2"].font.color.rgb == "FFC00000"
    assert [one.value for one in sheet[3]][:4] == ["序号", "检查行为编号*", "名称" * 20 + "*", "情形*"]
    assert [one.value for one in sheet[4]][:3] == [SAMPLE_MARK, "JC2024001", "某店"]
    assert sheet["A5"].value == 1 and sheet.max_column == 13, "derived fields are not asked for"
    assert sheet.freeze_panes == "B4"


def test_codes_are_text_and_days_are_days(book: openpyxl.Workbook) -> None:
    sheet = book.worksheets[0]
    formats = {sheet.cell(3, at).value: sheet.cell(4, at).number_format for at in range(2, 14)}
    assert [formats[name] for name in ("检查行为编号*", "抽查比例", "证件号码")] == ["@"] * 3
    assert [formats[name] for name in ("检查时间*", "罚款金额")] == ["yyyy-mm-dd", "0.00"]
    assert formats["报送时间"] == "yyyy-mm-dd hh:mm:ss"
    assert sheet.column_dimensions["B"].width >= 10


def test_drop_downs_stand_on_a_hidden_sheet(book: openpyxl.Workbook) -> None:
    source = book["字典源"]
    assert source.sheet_state == "hidden"
    found = book.worksheets[0].data_validations.dataValidation
    rules = {str(rule.sqref).split(":")[0].rstrip("0123456789"): rule for rule in found}
    assert len(rules) == 12
    assert all(len(rule.formula1 or "") < 255 and len(rule.prompt or "") <= 255 for rule in rules.values())
    assert all(len(rule.promptTitle or "") <= 32 and len(rule.error or "") <= 255 for rule in rules.values())
    lists = {rule.formula1 for rule in rules.values() if rule.type == "list"}
    assert lists == {"list_situation", "list_result", "list_is_public", "list_subject"}
    for name in lists:
        ((title, area),) = book.defined_names[name].destinations
        assert title == "字典源"
        assert all(one.value for (one,) in source[area])
    assert [one.value for (one,) in source["D1:D2"]] == ["S001", "S002"]
    assert source["B2"].value == "=不合格" and source["B2"].data_type == "s"
    assert rules["B"].type == "textLength" and rules["B"].formula1 == "50"


def test_instructions_and_code_lists(book: openpyxl.Workbook) -> None:
    told = list(book["填写说明"].iter_rows(values_only=True))
    assert told[0] == ("字段", "必填", "格式", "长度", "示例", "说明")
    assert told[1][:5] == ("检查行为编号", "是", "代码，文本格式", 50, "JC2024001")
    assert len(told) == 13
    codes = list(book["字典"].iter_rows(values_only=True))
    assert codes[1] == ("情形", "第一种情形" * 12, "a", "01")
    assert len(codes) == 1 + 5 + 2


def test_a_filled_template_is_read_and_the_sample_row_known(tmp_path: Path) -> None:
    shown = table(*FIELDS)
    columns = import_columns(shown)
    stream = io.BytesIO()
    write_template(shown, stream)
    book = loaded(stream)
    sheet = book.worksheets[0]
    values = ["JC1", "甲", "a", "合格", "是", "2024.1.5", None, 5, "5%", 3, "S1", "610102199001011234"]
    for at, value in enumerate(values, 2):
        sheet.cell(5, at).value = value
    path = tmp_path / "filled.xlsx"
    book.save(path)
    with open_book(path) as opened:
        read = opened.sheet()
        header = read.guess_header([column.header for column in columns])
        assert header is not None and header.row_number == 3 and header.serial == 0
        rows = list(read.rows(header))
        assert [row.number for row in rows] == [4, 5], "numbered but empty lines are no rows"
        assert read.skipped.blank == 199
    names = {at: column.field.name for at, column in enumerate(columns, 1)}

    def sample(row: Any) -> bool:
        return is_sample(columns, row.cells[0], {name: row.cells[at] for at, name in names.items()})

    assert sample(rows[0]) and not sample(rows[1])
    changed = rows[0]._replace(cells=(SAMPLE_MARK, "JC9", *rows[0].cells[2:]))
    assert not sample(changed), "a sample row that was written over is a row"


def test_the_version_changes_with_the_columns() -> None:
    columns = import_columns(table(*FIELDS))
    assert version(columns) == version(import_columns(table(*FIELDS)))
    assert version(columns) != version(columns[1:])


def test_a_table_without_lists_has_a_template_too() -> None:
    stream = io.BytesIO()
    write_template(table(field("name", "名称", "text")), stream)
    assert loaded(stream).worksheets[0]["B3"].value == "名称"
