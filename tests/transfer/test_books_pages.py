"""A workbook of several tables page by page: one upload, one page, one commit; what is not imported is told."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app import jobs
from app.core.table import TABLES
from tests.conftest import Browser
from tests.every_table.values import fresh
from tests.every_table.world import World
from tests.transfer.sheets import batches, entries, lists, sent, several

LIST, ENTRY = TABLES["code_list"], TABLES["code_entry"]
Sign = Callable[[str], Browser]


def text(answer: TestResponse) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split()))


def stored(world: World, mark: str) -> set[tuple[str, str]]:
    with world.session("own") as session:
        query = sa.select(LIST.code, ENTRY.code).join(LIST, LIST.id == ENTRY.code_list_id)
        return {tuple(row) for row in session.execute(query.where(LIST.code.like(f"{mark}%")))}


def test_one_upload_one_page_one_commit(world: World, browser: Sign, mark: str):
    children = entries((f"{mark}A", "1"), (f"{mark}B", "2"), (f"{mark}C", "3"))
    parents = [*lists(f"{mark}A"), {"code": f"{mark}B"}]
    note = ("随手记", TABLES["work_day"], [{"day": "2024-01-01"}])
    writer = browser("t_own")
    address = sent(writer, several([("代码项", ENTRY, children), note, ("代码表", LIST, parents)]))
    assert address.endswith("/book")
    page = text(writer.get(address))
    assert "代码表 → 代码项" in page and "随手记：没有认出是哪张表" in page
    found = batches(world, address)
    single = writer.get(f"/code_entry/import/{found['code_entry'].id}")
    assert "所引用的“代码表”第 3 行有错误" in text(single) and address.split("/")[1] == "code_list"
    assert "提交正确的" not in text(single), "a sheet is not committed by itself"
    assert stored(world, mark) == set()
    answer = writer.post(f"/code_entry/import/{found['code_entry'].id}/commit")
    assert answer.status_code == 302, "whichever sheet is committed, all are"
    assert stored(world, mark) == {(f"{mark}A", "1")}
    assert "已写入 2 行" in text(writer.get(address))
    assert writer.post(f"{address[:-5]}/commit").status_code == 409, "once"


def test_corrected_errors_of_both_sheets_come_back_in_one_workbook(world: World, browser: Sign, mark: str):
    writer = browser("t_own")
    parents = [*lists(f"{mark}A"), {"code": f"{mark}B"}]
    address = sent(writer, several([("代码表", LIST, parents), ("代码项", ENTRY, entries((f"{mark}B", "2")))]))
    writer.post(f"{address[:-5]}/commit")
    answer = writer.get(f"{address}.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.get_data()))
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"] == ["代码表", "代码项"]
    sheet = book["代码表"]
    headers = [cell.value for cell in sheet[2]]
    assert sheet.max_row == 3 and book["代码项"].max_row == 3
    sheet.cell(3, headers.index(str(LIST.__fields__["name"].label)) + 1, "有了名称")
    stream = io.BytesIO()
    book.save(stream)
    again = sent(writer, stream.getvalue())
    assert again.endswith("/book")
    assert {each.failed for each in batches(world, again).values()} == {0}, text(writer.get(again))
    writer.post(f"{again[:-5]}/commit")
    assert stored(world, mark) == {(f"{mark}B", "2")}


def test_a_correction_in_one_sheet_judges_the_other_anew(world: World, browser: Sign, mark: str):
    writer = browser("t_own")
    parents = [{"code": f"{mark}A"}, *lists(f"{mark}B")]
    address = sent(writer, several([("代码表", LIST, parents), ("代码项", ENTRY, entries((f"{mark}A", "1")))]))
    parent = batches(world, address)["code_list"]
    place = {name: index for index, name in parent.columns.items()}["name"]
    page = writer.get(f"/code_list/import/{parent.id}", only="error").get_data(as_text=True)
    form = dict(re.findall(r'name="(base\.\d+)" value="([^"]*)"', page)) | {f"c.2.{place}": "补上了"}
    assert writer.post(f"/code_list/import/{parent.id}/fix", **form).status_code == 302
    assert {name: each.failed for name, each in batches(world, address).items()} == {"code_list": 0, "code_entry": 0}


def test_discarding_forgets_every_sheet(world: World, browser: Sign, mark: str):
    writer = browser("t_own")
    address = sent(writer, several([("代码表", LIST, lists(mark)), ("代码项", ENTRY, entries((mark, "1")))]))
    assert writer.post(f"{address[:-5]}/discard").status_code == 302
    assert {each.state for each in batches(world, address).values()} == {"discarded"}
    assert writer.get(address).status_code == 409
    assert writer.post(f"{address[:-5]}/commit").status_code == 409


def test_a_sheet_that_is_left_out_is_not_found_by_the_others(world: World, browser: Sign, mark: str):
    writer = browser("t_own")
    address = sent(writer, several([("代码表", LIST, lists(mark)), ("代码项", ENTRY, entries((mark, "1")))]))
    answer = writer.post(f"{address[:-5]}/leave")
    assert answer.headers["Location"].startswith("/code_entry/import/")
    assert writer.get(address).status_code == 302, "the workbook goes on under another table"
    found = batches(world, address)
    assert (found["code_list"].state, found["code_entry"].state, found["code_entry"].failed) == (
        "discarded",
        "checked",
        1,
    )
    assert writer.post(f"{answer.headers['Location'][:-5]}/leave").status_code == 409


def test_headers_that_nobody_knows_are_asked_about_before_anything_is_checked(world: World, browser: Sign, mark: str):
    writer, word = browser("t_own"), f"叫法{fresh()}"
    made = openpyxl.load_workbook(
        io.BytesIO(several([("代码表", LIST, lists(mark)), ("代码项", ENTRY, entries((mark, "1")))]))
    )
    names = [cell.value for cell in made["代码表"][1]]
    made["代码表"].cell(1, names.index(str(LIST.__fields__["name"].label)) + 1, word)
    stream = io.BytesIO()
    made.save(stream)
    address = sent(writer, stream.getvalue())
    page = text(writer.get(address))
    assert "对应表头" in page and "等待其他工作表" in page
    assert {each.state for each in batches(world, address).values()} == {"uploaded"}
    where = f"{address[:-5]}/map"
    asked = writer.get(where)
    assert word in text(asked)
    columns = {index: name for index, name in enumerate(("code", "name")) if index < len(names)}
    mapping = {f"map.{index}": name for index, name in columns.items()}
    done = writer.post(where, **mapping, sheet="代码表", header_row="1")
    assert done.headers["Location"] == address
    assert {each.state for each in batches(world, address).values()} == {"checked"}
    again = writer.post(where, **mapping, sheet="代码表", header_row="1")
    assert again.status_code == 302 and {each.failed for each in batches(world, address).values()} == {0}


def test_a_table_that_may_not_be_imported_is_told_and_left_out(
    world: World, browser: Sign, mark: str, monkeypatch: pytest.MonkeyPatch
):
    from app.console import guard

    may = guard.may
    content = several([("代码表", LIST, lists(mark)), ("代码项", ENTRY, entries((mark, "1")))])
    writer = browser("t_own")
    with monkeypatch.context() as patch:
        patch.setattr(
            guard, "may", lambda action, name: may(action, name) and (action, name) != ("import", "code_entry")
        )
        address = sent(writer, content)
        assert not address.endswith("/book"), "one table is no workbook of several"
        assert "您没有导入“代码项”的权限" in text(writer.get(address))
        assert writer.get("/code_entry/import").status_code in (200, 403)
    assert writer.post(f"{address}/discard").status_code == 302
    address = sent(writer, content)
    with monkeypatch.context() as patch:
        patch.setattr(
            guard, "may", lambda action, name: may(action, name) and (action, name) != ("import", "code_entry")
        )
        assert writer.post(f"{address[:-5]}/commit").status_code == 403, "taken away meanwhile"
        assert writer.post(f"{address[:-5]}/discard").status_code == 403
        kept = openpyxl.load_workbook(io.BytesIO(writer.get(f"{address}.xlsx").get_data()))
        assert "代码项" not in kept.sheetnames
    assert stored(world, mark) == set()


def test_the_same_workbook_again_is_gone_on_with(world: World, browser: Sign, mark: str):
    writer = browser("t_own")
    content = several([("代码表", LIST, lists(mark)), ("代码项", ENTRY, entries((mark, "1")))])
    address = sent(writer, content)
    assert sent(writer, content) == address
    assert f'href="{address}"' in writer.get("/code_list/import").get_data(as_text=True), "it is among the last uploads"


def test_a_strangers_workbook_is_not_there(world: World, browser: Sign, mark: str):
    writer = browser("t_own")
    address = sent(writer, several([("代码表", LIST, lists(mark)), ("代码项", ENTRY, entries((mark, "1")))]))
    stranger = browser("t_stranger")
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{address}.xlsx").status_code == 404
    for step in ("commit", "discard", "leave"):
        assert stranger.post(f"{address[:-5]}/{step}").status_code == 404


def test_large_workbooks_are_worked_on_by_one_job(world: World, browser: Sign, app: Flask, mark: str, small: None):
    writer, codes = browser("t_own"), [f"{mark}{at}" for at in range(12)]
    children = entries(*((code, str(at)) for code in codes for at in range(2)))
    address = sent(writer, several([("代码项", ENTRY, children), ("代码表", LIST, lists(*codes))]))
    assert {each.state for each in batches(world, address).values()} == {"checking"}
    assert "data-job" in writer.get(address).get_data(as_text=True)
    assert len({each.job_id for each in batches(world, address).values()}) == 1
    with app.app_context():
        jobs.run_waiting(app)
    found = batches(world, address)
    assert {name: (each.state, each.inserted) for name, each in found.items()} == {
        "code_list": ("checked", 12),
        "code_entry": ("checked", 24),
    }
    assert writer.post(f"{address[:-5]}/commit").status_code == 302
    assert stored(world, mark) == set(), "a job does it"
    with app.app_context():
        jobs.run_waiting(app)
    assert len(stored(world, mark)) == 24
    assert {each.state for each in batches(world, address).values()} == {"committed"}


def test_the_template_of_several_tables_comes_back_as_a_workbook(world: World, browser: Sign):
    writer = browser("t_own")
    answer = writer.get("/inspection/templates")
    book = openpyxl.load_workbook(io.BytesIO(answer.get_data()))
    visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    assert visible == ["行政检查", "检查项结果", "填写说明", "字典"]
    assert [cell.value for cell in book["填写说明"][1]][:2] == ["工作表", "字段"]
    address = sent(writer, answer.get_data(), "inspection")
    assert address.endswith("/book")
    found = batches(world, address)
    assert {name: (each.state, each.row_count) for name, each in found.items()} == {
        "inspection": ("checked", 0),
        "inspection_item_result": ("checked", 0),
    }, "headers of a template are understood, its sample rows are not imported"
    assert writer.post(f"{address[:-5]}/discard").status_code == 302


def test_tables_without_parts_offer_no_template_of_several(browser: Sign):
    assert "下载多表模板" not in browser("t_own").get("/subject_tag/import").get_data(as_text=True)
    assert "下载多表模板" in browser("t_own").get("/inspection/import").get_data(as_text=True)
    assert browser("t_own").get("/subject_tag/templates").status_code == 200
