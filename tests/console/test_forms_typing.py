"""What a form says while somebody types: the rules that save it, derived values, possible duplicates, both versions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.console.view.form import conflict
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.console.test_forms import messages
from tests.every_table.sheets import form
from tests.every_table.test_unseen_references import form_of
from tests.every_table.values import fresh
from tests.every_table.world import Marked, World

INSPECTION = TABLES["inspection"]
pytestmark = pytest.mark.usefixtures("world")  # its people


def typed(world: World, **more: Any) -> dict[str, Any]:
    """The form of an inspection that could be saved."""
    given = world.given("inspection")[0]
    with world.session("own") as session:
        return form(session, INSPECTION, given) | more


def page(answer: Any) -> str:
    return answer.get_data(as_text=True)


def test_a_wrong_check_digit_is_said_before_anything_else_is_there(browser: Callable[[str], Browser]):
    asking = {"party_id_type": "uscc", "party_id_no": "91610131MA6TX0WX5B", "_touched": "party_id_no"}
    told = browser("t_own").post("/inspection/check", **asking).json
    assert "校验" in told["problems"]["party_id_no"][0]
    assert told["problems"].keys() == {"party_id_no"}, "fields that nobody touched are not spoken of"
    right = browser("t_own").post("/inspection/check", **(asking | {"party_id_no": "91610131MA6TX0WX5A"})).json
    assert not right["problems"]


def test_a_citizen_number_is_checked_while_typing(browser: Callable[[str], Browser]):
    asking = {"party_nature": "citizen", "party_id_type": "citizen_id", "party_id_no": "610104199001010011"}
    told = browser("t_own").post("/inspection/check", **asking, _touched="party_id_no").json
    assert told["problems"]["party_id_no"]


def test_every_field_is_read_as_it_will_be(browser: Callable[[str], Browser]):
    asking = {"checked_on": "2026-02-30", "party_name": "王" * 300, "_touched": "checked_on,party_name,region"}
    told = browser("t_own").post("/inspection/check", **asking).json
    assert "日历" in told["problems"]["checked_on"][0]
    assert "超过" in told["problems"]["party_name"][0]
    assert "必填" in told["problems"]["region"][0]


def test_what_the_system_fills_in_is_shown(browser: Callable[[str], Browser]):
    told = browser("t_own").post("/inspection/check", checked_on="２０２６．９．１８").json
    assert told["derived"]["produced_on"] == "2026-09-18"
    assert told["derived"]["due_on"] > "2026-09-18"
    assert told["derived"]["is_late"] == "是"


def test_asking_writes_nothing(browser: Callable[[str], Browser], world: World):
    given = typed(world)
    with world.session(THE_SYSTEM) as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(INSPECTION))
    assert browser("t_own").post("/inspection/check", **given).status_code == 200
    with world.session(THE_SYSTEM) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(INSPECTION)) == before


def test_only_who_may_write_is_answered(browser: Callable[[str], Browser], world: World):
    row = world.row("inspection")
    assert browser("t_role_evaluator").post("/inspection/check", name="x").status_code == 403
    assert browser("t_stranger").post(f"/inspection/check/{row.id}", name="x").status_code == 404
    assert browser("t_own").post(f"/inspection/check/{row.id}", name="x").status_code == 200


def test_a_refused_form_says_everything_at_once(browser: Callable[[str], Browser]):
    asking = {"kind": "market_entity", "id_type": "uscc", "id_no": "91610131MA6TX0WX5B"}
    told = messages(page(browser("t_own").post("/subject/add", **asking)))
    assert "监管对象名称必填" in told
    assert "校验" in told, "the check digit too, although the name is missing"


# ---- duplicates ---------------------------------------------------------------------------------------------------


def test_a_possible_duplicate_is_shown_and_confirmed_once(browser: Callable[[str], Browser], world: World):
    writer, number = browser("t_own"), f"文书{fresh()}"
    first = typed(world, document_no=number)
    saved = save(writer, first)
    second = typed(world, document_no=number)
    live = writer.post("/inspection/check", **second, _touched="document_no").json
    assert f"/inspection/show/{saved}" in live["twins"]
    assert "行政检查文书号" in live["twins"]
    answer = writer.post("/inspection/add", **second)
    told = page(answer)
    assert answer.status_code == 422
    assert "确认不是重复，继续保存" in messages(told)
    assert f"/inspection/show/{saved}" in told
    assert form_of(told, "inspection")["document_no"] == [number], "nothing typed is lost"
    assert writer.post("/inspection/add", **second, _no_twin="anything").status_code == 422
    assert writer.post("/inspection/add", **second, _no_twin=mark_of(told)).status_code == 302


def mark_of(told: str) -> str:
    return re.findall(r'name="_no_twin" value="(\w+)"', told)[0]


def save(writer: Browser, given: dict[str, Any]) -> str:
    answer = writer.post("/inspection/add", **given)
    if answer.status_code == 422:
        answer = writer.post("/inspection/add", **given, _no_twin=mark_of(page(answer)))
    assert answer.status_code == 302, messages(page(answer))
    return str(answer.headers["Location"].rpartition("/")[2])


def test_a_confirmed_row_is_edited_without_being_asked_again(browser: Callable[[str], Browser], world: World):
    writer, number = browser("t_own"), f"文书{fresh()}"
    save(writer, typed(world, document_no=number))
    other = save(writer, typed(world, document_no=number))
    kept = form_of(page(writer.get(f"/inspection/edit/{other}")), "inspection") | {"plan_id": "甲"}
    assert writer.post(f"/inspection/edit/{other}", **kept).status_code == 302


def test_duplicates_of_others_are_not_told(browser: Callable[[str], Browser], world: World):
    number = f"文书{fresh()}"
    saved = save(browser("t_own"), typed(world, document_no=number))
    told = browser("t_stranger").post("/inspection/check", document_no=number, _touched="document_no").json
    assert saved not in told["twins"]


def test_a_key_that_is_taken_is_said_while_typing(browser: Callable[[str], Browser], world: World):
    row = world.another("subject_tag")
    with world.session("own") as session:
        name = session.get(TABLES["subject_tag"], row.id).name
    told = browser("t_own").post("/subject_tag/check", name=name, _touched="name").json
    assert f"/subject_tag/show/{row.id}" in told["twins"]
    assert "不能重复保存" in told["twins"]
    same = browser("t_own").post(f"/subject_tag/check/{row.id}", name=name, _touched="name").json
    assert not same["twins"], "a row is no duplicate of itself"


# ---- sent twice, edited twice -------------------------------------------------------------------------------------


def test_a_form_sent_twice_saves_once(browser: Callable[[str], Browser], world: World):
    writer, name = browser("t_own"), f"标签{fresh()}"
    key = re.findall(r'name="_once" value="([^"]+)"', page(writer.get("/subject_tag/add")))[0]
    first = writer.post("/subject_tag/add", name=name, _once=key)
    again = writer.post("/subject_tag/add", name=name, _once=key)
    assert (first.status_code, again.status_code) == (302, 302)
    assert first.headers["Location"] == again.headers["Location"]
    other = writer.post("/subject_tag/add", name=f"{name}乙", _once=key)
    assert other.status_code == 409
    assert form_of(page(other), "subject_tag")["name"] == [f"{name}乙"]


def edited(writer: Browser, row: Marked, **more: Any) -> dict[str, Any]:
    return form_of(page(writer.get(f"/subject/edit/{row.id}")), "subject") | more


def test_both_versions_are_shown_and_each_field_is_decided(browser: Callable[[str], Browser], world: World):
    row, first, second = world.another("subject"), browser("t_own"), browser("t_parent")
    his = edited(first, row, local_org="他的所", address_registered="他的地址")
    mine = edited(second, row, local_org="我的所", reg_org="我的机关")
    assert first.post(f"/subject/edit/{row.id}", **his).status_code == 302
    answer = second.post(f"/subject/edit/{row.id}", **mine)
    told = page(answer)
    assert answer.status_code == 409
    takes = dict(re.findall(r'name="_take\.(\w+)" value="(\w+)" checked', told))
    assert takes == {"local_org": "mine", "reg_org": "mine", "address_registered": "stored"}
    assert "测试t_own" in messages(told), "who changed it is said"
    again = form_of(told, "subject")
    assert again["local_org"] == ["我的所"]
    assert second.post(f"/subject/edit/{row.id}", **again).status_code == 302
    with world.session("own") as session:
        stored = session.get(TABLES["subject"], row.id)
        assert (stored.local_org, stored.reg_org, stored.address_registered) == ("我的所", "我的机关", "他的地址")


def test_taking_the_stored_version(browser: Callable[[str], Browser], world: World):
    row, first, second = world.another("subject"), browser("t_own"), browser("t_parent")
    mine = edited(second, row, local_org="我的所")
    assert first.post(f"/subject/edit/{row.id}", **edited(first, row, local_org="他的所")).status_code == 302
    again = form_of(page(second.post(f"/subject/edit/{row.id}", **mine)), "subject") | {"_take.local_org": "stored"}
    assert second.post(f"/subject/edit/{row.id}", **again).status_code == 302
    with world.session("own") as session:
        assert session.get(TABLES["subject"], row.id).local_org == "他的所"


def test_marks_know_two_spellings_of_one_value():
    day = {"checked_on": "2026-09-18"}
    marks = conflict.read_marks(conflict.marks(INSPECTION, day))
    other = conflict.read_marks(conflict.marks(INSPECTION, {"checked_on": "２０２６．９．１８"}))
    assert marks == other
    assert marks != conflict.read_marks(conflict.marks(INSPECTION, {"checked_on": "2026-09-19"}))
    for nonsense in ("", "[]", "{", "[" * 100_000, "1"):
        assert conflict.read_marks(nonsense) == {}


def test_a_copy_tells_what_it_left_out(browser: Callable[[str], Browser], world: World):
    row, writer = world.another("inspection"), browser("t_own")
    told = messages(page(writer.get("/inspection/add", copy=str(row.id))))
    assert "没有复制：检查行为编号" in told
