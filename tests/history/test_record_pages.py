"""The history of every record of every table: who, when, from where, what stood there before and after."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import saving
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.factory import NoSuchRow
from tests.every_table.tables import NAMES
from tests.every_table.world import World

#: Who opens every table but those that its own administrators keep.
KEPT_BY_OTHERS = ("account", "setting", "admin_change")


def history(reader: Browser, name: str, key: object) -> list[dict]:
    answer = reader.get(f"/api/v1/{name}/{key}/history")
    assert answer.status_code == 200, answer.json
    return answer.json["result"]


@pytest.mark.parametrize("name", NAMES)
def test_every_record_has_its_history(name: str, world: World, browser: Callable[[str], Browser]):
    try:
        row = world.row(name)
    except NoSuchRow as error:
        if name not in KEPT_BY_OTHERS:
            raise
        pytest.skip(str(error))
    reader = browser("t_own")
    if reader.get(f"/{name}/show/{row.id}").status_code != 200:
        pytest.skip("kept by others")
    answer = reader.get(f"/{name}/history/{row.id}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, page
    made = history(reader, name, row.id)[-1]
    assert made["action"] == "insert"
    assert made["who"]
    assert made["at"]
    shown = reader.get(f"/{name}/history/{row.id}/{made['id']}").get_data(as_text=True)
    if row.field is not None:
        assert row.mark in html.unescape(shown), "the record as it was holds what was entered"
        assert any(change["after"] == row.mark for change in made["changes"])
    stranger = browser("t_stranger")
    wanted = 404 if TABLES[name].__rows__.hides else 200  # those of this world are drafts
    for address in (
        f"/{name}/history/{row.id}",
        f"/{name}/history/{row.id}/{made['id']}",
        f"/{name}/history/{row.id}/{made['id']}/proof",
    ):
        assert stranger.get(address).status_code == wanted, address
    assert stranger.get(f"/api/v1/{name}/{row.id}/history").status_code == wanted


def test_a_change_is_told_with_both_values_who_and_from_where(world: World, browser: Callable[[str], Browser]):
    row, writer = world.another("subject_tag"), browser("t_own")
    before = writer.get(f"/api/v1/subject_tag/{row.id}").json["result"]
    assert writer.send("PUT", f"/api/v1/subject_tag/{row.id}", {"description": "改后的说明<b>"}).status_code == 200
    act = history(writer, "subject_tag", row.id)[0]
    assert (act["action"], act["label"], act["via"], act["who"]) == ("update", "修改", "接口", "测试t_own")
    assert act["unit"] == "万事甲县测试局"
    assert act["address"]
    assert act["request"]
    (change,) = act["changes"]
    assert change["before"] == (before["description"] or "")
    assert change["after"] == "改后的说明<b>"
    page = writer.get(f"/subject_tag/history/{row.id}").get_data(as_text=True)
    assert "说明<b>" not in page
    assert "改后的说明" in page


def test_links_are_told_by_field_and_files_by_name(app: Flask, world: World, browser: Callable[[str], Browser]):
    row, writer = world.another("inspection"), browser("t_own")
    stored = writer.get(f"/api/v1/inspection/{row.id}").json["result"]
    others = [world.another("inspector") for _ in range(2)]
    numbers = [writer.get(f"/api/v1/inspector/{each.id}").json["result"] for each in others]
    by = TABLES["inspection"].__fields__["inspectors"].by[0]
    wanted = [each[by] for each in numbers]
    answer = writer.send("PUT", f"/api/v1/inspection/{row.id}", {"inspectors": wanted})
    if answer.status_code != 200:
        pytest.skip(f"these inspectors cannot inspect: {answer.json}")
    act = history(writer, "inspection", row.id)[0]
    change = next(each for each in act["changes"] if each["field"] == "inspectors")
    assert change["before"]
    assert all(each["name"] in change["after"] for each in numbers)
    assert len([each for each in act["changes"] if each["field"] == "inspectors"]) == 1
    assert stored["inspectors"] != wanted


def test_a_file_comes_and_goes(world: World, browser: Callable[[str], Browser]):
    row = world.another("inspection")
    attachment = TABLES["attachment"].__table__
    with world.session("own") as session:
        numbers = session.execute(
            sa.select(TABLES["inspection"].department_id, TABLES["inspection"].scope_region).where(
                TABLES["inspection"].id == row.id
            )
        ).one()
        key = sa.func.gen_random_uuid()
        file = {
            "file_name": "现场\u202ephoto.jpg",
            "media_type": "image/jpeg",
            "size": 2048,
            "digest": "0" * 64,
            "content": b"x",
        }
        place = {
            "table_name": "inspection",
            "row_key": str(row.id),
            "department_id": numbers[0],
            "scope_region": numbers[1],
        }
        session.execute(sa.insert(attachment).values(id=key, **file, **place))
        session.commit()
        session.execute(sa.delete(attachment).where(attachment.c.row_key == str(row.id)))
        session.commit()
    gone, came = history(browser("t_own"), "inspection", row.id)[:2]
    assert [each["action"] for each in (gone, came)] == ["update", "update"]
    assert gone["changes"][0]["before"] == came["changes"][0]["after"] == "现场\ufffdphoto.jpg（2 KB）"
    assert gone["changes"][0]["label"] == "附件"


def test_rows_below_that_were_deleted_are_told(world: World, browser: Callable[[str], Browser]):
    child = world.another("inspection_item_result")
    with world.session("own") as session:
        table = TABLES["inspection_item_result"]
        stored = saving.find(session, table, child.id)
        parent = stored.inspection_id
        saving.delete(session, stored)
        session.commit()
    act = history(browser("t_own"), "inspection", parent)[0]
    assert act["changes"][0]["label"] == str(table.__label__)
    assert act["changes"][0]["before"]
    assert act["changes"][0]["after"] == ""


def test_sensitive_values_stay_masked_in_history(world: World, browser: Callable[[str], Browser]):
    table = TABLES["department"]
    assert table.__fields__["contact_phone"].grade == "sensitive"
    row, writer = world.another("department"), browser("t_own")
    for number in ("02912345678", "02912395678"):
        answer = writer.send("PUT", f"/api/v1/department/{row.id}", {"contact_phone": number})
        assert answer.status_code == 200, answer.json
    act = history(writer, "department", row.id)[0]
    change = next(each for each in act["changes"] if each["field"] == "contact_phone")
    assert change["is_masked"]
    assert change["before"] == change["after"] == "029****5678"
    page = writer.get(f"/department/history/{row.id}").get_data(as_text=True)
    then = writer.get(f"/department/history/{row.id}/{act['id']}").get_data(as_text=True)
    assert "内容已变更" in page
    for number in ("02912345678", "02912395678"):
        assert number not in page + then + json.dumps(history(writer, "department", row.id))


def test_a_deleted_record_is_remembered_for_who_reads_the_log(world: World, browser: Callable[[str], Browser]):
    row = world.another("inspection")
    with world.session("own") as session:
        saving.delete(session, saving.find(session, TABLES["inspection"], row.id))
        session.commit()
    for nobody in ("t_own", "t_stranger", "t_role_clerk"):
        assert browser(nobody).get(f"/inspection/history/{row.id}").status_code == 404, nobody
    watcher = browser("t_role_auditor")
    page = watcher.get(f"/inspection/history/{row.id}").get_data(as_text=True)
    assert "已删除" in page
    assert row.mark in page
    listed = watcher.get("/audit/", table="inspection", key=str(row.id)).get_data(as_text=True)
    assert listed.count("jg-badge jg-bad") >= 1


def test_two_moments_are_compared(world: World, browser: Callable[[str], Browser]):
    row, writer = world.another("subject_tag"), browser("t_own")
    for text in ("第一稿", "第二稿", "第三稿"):
        assert writer.send("PUT", f"/api/v1/subject_tag/{row.id}", {"description": text}).status_code == 200
    third, second, first, made = history(writer, "subject_tag", row.id)

    def cells(address: str) -> str:
        page = writer.get(address).get_data(as_text=True)
        return re.search(r"<tbody>(.*)</tbody>", page, re.S).group(1)  # type: ignore[union-attr]

    now = cells(f"/subject_tag/history/{row.id}/{first['id']}")
    assert "第一稿" in now
    assert "第三稿" in now
    between = cells(f"/subject_tag/history/{row.id}/{first['id']}?with={second['id']}")
    assert "第二稿" in between
    assert "第三稿" not in between
    assert writer.get(f"/subject_tag/history/{row.id}/{third['id']}").status_code == 200
    assert writer.get(f"/subject_tag/history/{row.id}/{made['id']}?with=1").status_code == 404
    assert writer.get(f"/subject_tag/history/{row.id}/1").status_code == 404
    other = history(writer, "subject_tag", world.row("subject_tag").id)[0]["id"]
    assert writer.get(f"/subject_tag/history/{row.id}/{other}").status_code == 404, "an entry of another record"


def test_pages_go_on(world: World, browser: Callable[[str], Browser]):
    row, writer = world.another("subject_tag"), browser("t_own")
    for number in range(35):
        writer.send("PUT", f"/api/v1/subject_tag/{row.id}", {"description": f"第{number}稿"})
    page = writer.get(f"/subject_tag/history/{row.id}").get_data(as_text=True)
    assert "第34稿" in re.sub("</?mark>", "", page)
    following = html.unescape(re.search(r'href="([^"]*before=[^"]*)"', page).group(1))  # type: ignore[union-attr]
    rest = re.sub("</?mark>", "", writer.get(following).get_data(as_text=True))
    assert "第0稿" in rest
    assert "第34稿" not in rest
    first = writer.get(f"/api/v1/subject_tag/{row.id}/history", limit=20).json
    second = writer.get(f"/api/v1/subject_tag/{row.id}/history", limit=20, before=first["next"]).json
    ids = [act["id"] for act in first["result"] + second["result"]]
    assert len(ids) == len(set(ids)) == 36
    assert second["next"] is None
    for bad in ("x", "-1", "9" * 30, "1e5"):
        assert writer.get(f"/subject_tag/history/{row.id}", before=bad).status_code == 404, bad


def test_the_history_is_described(browser: Callable[[str], Browser]):
    told = browser("t_own").get("/api/v1/_openapi").json
    assert "/api/v1/inspection/{pk}/history" in told["paths"]
    assert "history" in told["components"]["responses"]


def test_the_show_page_and_the_list_lead_there(world: World, browser: Callable[[str], Browser]):
    row = world.row("inspection")
    for address in (
        f"/inspection/show/{row.id}",
        f"/inspection/show/{row.id}?fragment=1",
        f"/inspection/list/?q={row.mark}",
    ):
        assert f"/inspection/history/{row.id}" in browser("t_own").get(address).get_data(as_text=True), address


def test_who_watched_and_asked_is_not_in_the_history(app: Flask, world: World, browser: Callable[[str], Browser]):
    row = world.row("inspection")
    browser("t_stranger").get(f"/inspection/show/{row.id}")
    actions = {act["action"] for act in history(browser("t_own"), "inspection", row.id)}
    assert actions <= {"insert", "update", "export", "unmask"}
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        denied = "SELECT count(*) FROM audit.log WHERE action = 'denied' AND pk = :key"
        assert session.scalar(sa.text(denied), {"key": str(row.id)})
        session.rollback()
    assert io
