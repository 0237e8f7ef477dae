"""The dictionary and the help are the declarations: no field is missing, on the page or in the workbook."""

from __future__ import annotations

import html
import io
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from app.console import dictionary
from app.core.table import TABLES
from tests.conftest import Browser
from tests.every_table.tables import NAMES


@pytest.mark.parametrize("name", sorted(TABLES) or NAMES)
def test_a_tables_page_has_every_field(name: str, browser: Callable[[str], Browser]):
    page = html.unescape(browser("clerk_yanta").get(f"/dictionary/?table={name}").get_data(as_text=True))
    for field in TABLES[name].__fields__.values():
        assert f"<code>{field.name}</code>" in page
        assert str(field.label) in page
        assert not field.std or f"<code>{field.std}</code>" in page
        for member in field.choices or ():
            assert str(member.label) in page
            assert not member.national or f"<code>{member.national}</code>" in page


def test_the_index_has_every_table(browser: Callable[[str], Browser]):
    page = browser("clerk_yanta").get("/dictionary/").get_data(as_text=True)
    assert all(f"/dictionary/?table={name}" in page for name in TABLES)


def test_fields_are_found_by_every_name_they_have(browser: Callable[[str], Browser]):
    reader = browser("clerk_yanta")
    for words, field in (
        ("administrative_cp_ui_code", "party_id_no"),
        ("检查结果", "check_result"),
        ("penalty fine_amount", "fine_amount"),
        ("发现违法线索立案", "check_result"),
    ):
        assert f"<code>{field}</code>" in reader.get("/dictionary/", q=words).get_data(as_text=True), words
    assert "没有符合条件的字段" in reader.get("/dictionary/", q="绝无此字段").get_data(as_text=True)
    assert reader.get("/dictionary/", table="nonsense").status_code == 404


def test_the_workbook_has_every_field_and_code(browser: Callable[[str], Browser]):
    book = load_workbook(io.BytesIO(browser("clerk_yanta").get("/dictionary/export").get_data()), read_only=True)
    tables, fields, codes = (list(sheet.iter_rows(min_row=2, values_only=True)) for sheet in book.worksheets)
    assert {row[2] for row in tables} == set(TABLES)
    assert {(row[1], row[4]) for row in fields} == {
        (name, f) for name, table in TABLES.items() for f in table.__fields__
    }
    national = {(row[1], row[4]): row[6] for row in fields}
    assert national["inspection", "checked_on"] == "check_date"
    expected = sum(len(f.choices) for table in TABLES.values() for f in table.__fields__.values() if f.choices)
    assert len(codes) == expected


def test_strangers_read_neither(browser: Callable[[str | None], Browser]):
    for address in ("/dictionary/", "/dictionary/export", "/help/", "/roles/"):
        assert browser(None).get(address).status_code in (302, 401)


def test_rules_are_told_in_chinese_with_their_article():
    rules = {each["code"]: each for each in dictionary.rules_of(TABLES["penalty"])}
    assert "简易程序只适用于警告和小额罚款" in rules["R10"]["messages"]
    assert rules["R10"]["article"] == "行政处罚法第 51 条"
    assert rules["R09"]["is_warning"] and not rules["R10"]["is_warning"]
    for table in TABLES.values():
        for each in dictionary.rules_of(table):
            assert each["messages"] or each["fields"], (table, each["code"])
            assert not any("{" in message for message in each["messages"])


def test_the_help_of_a_table_says_who_may_do_what(browser: Callable[[str], Browser]):
    page = browser("clerk_yanta").get("/inspection/help").get_data(as_text=True)
    assert "<b>查看、新增、编辑、导入、导出、查看敏感信息</b>" in page
    assert "怎样批量导入" in page
    assert "怎样批量导入" not in browser("evaluator_xian").get("/inspection/help").get_data(as_text=True)


def test_the_index_of_the_help_has_what_its_reader_may_read(browser: Callable[[str], Browser]):
    page = browser("clerk_yanta").get("/help/").get_data(as_text=True)
    for name, table in TABLES.items():
        readable = table.__menu__ and table.__pages__ and "read" in table.__may__.get("clerk", frozenset())
        assert (f'href="/{name}/help"' in page) == readable, name
