"""The upload page: its limits, what it remembers, the same file again, an old template, headers and their memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from app import jobs
from app.core import stored
from app.core.viewer import THE_SYSTEM, looking_as
from tests.conftest import Browser
from tests.console.uploads import BATCH, batch, book, send, text
from tests.every_table.values import fresh
from tests.every_table.world import World

HEADER = ["标签名称", "说明"]


def test_limits_are_told_before_anything_is_sent(world: World, browser: Callable[[str], Browser]):
    page = browser("t_own").get("/subject_tag/import")
    assert "每个文件最大 100 MB、最多 1,048,576 行" in text(page)
    assert 'data-megabytes="100"' in page.get_data(as_text=True)


def test_a_script_is_told_where_to_go(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    token = who.get("/subject_tag/import").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]

    def sent(content: bytes, name: str):
        files = {"file": (io.BytesIO(content), name), "csrf_token": token}
        return who.client.post(
            "/subject_tag/import", data=files, headers={"Accept": "application/json", "X-CSRFToken": token}
        )

    good = sent(book([HEADER, [f"标{fresh()}", ""]]), "a.xlsx")
    assert good.status_code == 200 and good.json["url"].startswith("/subject_tag/import/")
    bad = sent(b"PK\x03\x04 nothing", "b.xlsx")
    assert bad.status_code == 422 and bad.json["problem"]


def test_what_was_chosen_for_stored_rows_is_remembered(world: World, browser: Callable[[str], Browser]):
    who, name = browser("t_own"), f"标{fresh()}"
    first = send(who, "subject_tag", book([HEADER, [name, "旧"]]))
    who.post(f"{first}/commit")
    second = send(who, "subject_tag", book([HEADER, [name, "新"], [f"{name}乙", ""]]), duplicates="skip")
    found = batch(world, second)
    assert (found.duplicates, found.skipped, found.inserted) == ("skip", 1, 1)
    assert '<option value="skip" selected>' in who.get("/subject_tag/import").get_data(as_text=True)
    third = send(who, "subject_tag", book([HEADER, [f"{name}丙", ""]]), duplicates="nonsense")
    assert batch(world, third).duplicates == "update", "what nobody chose is what the form begins with"
    other = browser("t_parent").get("/subject_tag/import").get_data(as_text=True)
    assert '<option value="update" selected>' in other, "a colleague has chosen nothing"


def test_a_file_that_waits_is_gone_on_with_and_not_doubled(world: World, browser: Callable[[str], Browser]):
    who, content = browser("t_own"), book([HEADER, [f"标{fresh()}", ""]])
    first = send(who, "subject_tag", content, "甲.xlsx")
    again = send(who, "subject_tag", content, "乙.xlsx")
    assert again == first
    assert "上传过这个文件（待提交），已为您打开" in text(who.get(again))
    assert send(who, "subject_tag", content, duplicates="only_update") != first, "to be treated otherwise"
    who.post(f"{first}/discard")
    assert send(who, "subject_tag", content) != first


def test_a_file_that_was_stored_is_recognised(world: World, browser: Callable[[str], Browser]):
    who, content = browser("t_own"), book([HEADER, [f"标{fresh()}", ""]])
    first = send(who, "subject_tag", content)
    who.post(f"{first}/commit")
    second = send(who, "subject_tag", content)
    page = who.get(second)
    assert "已上传过同一个文件：已提交，新增 1，更新 0，错误 0。" in text(page) and first in page.get_data(as_text=True)
    assert batch(world, second).unchanged == 1
    assert "本部门于" in text(browser("t_parent").get(second))


def test_the_same_file_many_times_at_once_is_one_upload(world: World, browser: Callable[[str], Browser]):
    content = book([HEADER, [f"标{fresh()}", ""]])
    app = browser("t_own").client.application
    writers = [Browser(app, "t_own") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        places = set(pool.map(lambda who: send(who, "subject_tag", content), writers))
    assert len(places) == 1


def test_an_old_template_says_what_changed(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    made = load_workbook(io.BytesIO(who.get("/subject_tag/template").get_data()))
    told = made["模板版本"]
    for row in told.iter_rows(min_row=2):
        if row[1].value == "name":  # as if it had been called otherwise, and there had been a column that is gone
            row[2].value, row[4].value = "旧标签名", "0"
    told.append(["subject_tag", "gone", "旧分类", "text", "1"])
    sheet = made.worksheets[0]
    places = {str(cell.value).rstrip("*"): cell.column for cell in sheet[3] if cell.value}
    sheet.cell(3, places["标签名称"]).value = "旧标签名"
    sheet.cell(5, places["标签名称"]).value = f"标{fresh()}"
    stream = io.BytesIO()
    made.save(stream)
    address = send(who, "subject_tag", stream.getvalue())
    assert not address.endswith("/map"), "what was renamed is still understood"
    page = text(who.get(address))
    for said in ("模板版本较旧", "改为必填的列：标签名称", "列“旧标签名”已更名为“标签名称”", "不再使用的列：旧分类"):
        assert said in page
    assert batch(world, address).inserted == 1
    fresh_one = load_workbook(io.BytesIO(who.get("/subject_tag/template").get_data()))
    sheet = fresh_one.worksheets[0]
    sheet.cell(5, places["标签名称"]).value = f"标{fresh()}"
    stream = io.BytesIO()
    fresh_one.save(stream)
    assert "模板版本较旧" not in text(who.get(send(who, "subject_tag", stream.getvalue())))


def test_headers_are_explained_without_reading_the_file_again(
    world: World, browser: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
):
    who, word = browser("t_own"), f"叫法{fresh()}"
    address = send(who, "subject_tag", book([["登记表"], [word, "别的"], [f"标{fresh()}", "x"]]))
    assert address.endswith("/map")
    monkeypatch.setattr(stored, "on_disk", lambda *_: pytest.fail("the file was read again"))
    page = text(who.get(address))
    assert word in page and "别的" in page
    assert word not in text(who.get(address, header_row="3")).split("对应字段")[0].split("表头所在行")[-1]
    monkeypatch.undo()
    assert who.post(address, **{"map.0": "name", "map.1": "", "header_row": "2"}).status_code == 302
    with world.session("own") as session:
        kept = session.scalar(sa.select(BATCH.sighting).where(BATCH.id == address.split("/")[-2]))
    assert word not in str(kept), "what the file shows is kept sealed"


def test_what_was_said_of_a_header_can_be_forgotten(world: World, browser: Callable[[str], Browser]):
    who, word = browser("t_own"), f"叫法{fresh()}"
    content = lambda: book([[word, f"别的{word}"], [f"标{fresh()}", "x"]])  # noqa: E731
    first = send(who, "subject_tag", content())
    who.post(first, **{"map.0": "name", "map.1": ""})
    second = send(who, "subject_tag", content())
    assert not second.endswith("/map")
    page = who.get(f"{second}/map")
    assert "已记住" in text(page)
    assert who.post(f"{second}/forget", forget=word).status_code == 302
    assert f'value="{word}"' not in who.get(f"{second}/map").get_data(as_text=True)
    assert send(who, "subject_tag", content()).endswith("/map"), "the next upload asks again"


def test_a_large_upload_is_followed_on_its_page(
    world: World, browser: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(world.app.config, "IMPORT_AT_ONCE", 2)
    who = browser("t_own")
    address = send(who, "subject_tag", book([HEADER, *([f"标{fresh()}", ""] for _ in range(5))]))
    page = who.get(address)
    assert "正在核对" in text(page) and "data-job=" in page.get_data(as_text=True) and "可以离开本页" in text(page)
    assert "data-job=" in who.get("/subject_tag/import").get_data(as_text=True)
    assert who.get(f"{address}/map").status_code == 302
    assert "由其他人提交" in text(browser("t_parent").get(address))
    jobs.run_waiting(world.app)
    assert "提交正确的 5 行" in text(who.get(address))
    assert who.post(f"{address}/commit").status_code == 302
    assert "正在写入" in text(who.get(address))
    jobs.run_waiting(world.app)
    assert "已写入 5 行" in text(who.get(address))


def test_a_job_that_is_stopped_can_be_tried_again(
    world: World, browser: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(world.app.config, "IMPORT_AT_ONCE", 2)
    who = browser("t_own")
    address = send(who, "subject_tag", book([HEADER, *([f"标{fresh()}", ""] for _ in range(5))]))
    assert browser("t_parent").post(f"{address}/stop").status_code == 404
    assert who.post(f"{address}/stop").status_code == 302
    page = who.get(f"{address}/map")
    assert "重试" in text(page)
    assert who.post(f"{address}/retry").status_code == 302
    jobs.run_waiting(world.app)
    assert "提交正确的 5 行" in text(who.get(address))


def test_the_stored_file_is_gone_after_the_commit(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    address = send(who, "subject_tag", book([HEADER, [f"标{fresh()}", ""]]))
    key = batch(world, address).file_id
    who.post(f"{address}/commit")
    with world.session("own") as session, looking_as(session, THE_SYSTEM), pytest.raises(Exception, match="文件"):
        stored.facts(session, key)
