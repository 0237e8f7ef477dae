"""A form is never lost: not to somebody else's change, not to a refusal, not to the database."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.core import saving
from app.core.table import TABLES
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.sheets import form
from tests.every_table.test_unseen_references import form_of
from tests.every_table.world import Marked, World

#: One private table with references, one that everybody reads, one directory.
NAMES = ("inspection", "subject", "work_day")


def edited(browser: Browser, name: str, row: Marked, text: str) -> dict[str, Any]:
    """The form of the row as the page has it, with its marked field changed."""
    page = browser.get(f"/{name}/edit/{row.id}").get_data(as_text=True)
    assert row.field is not None
    return form_of(page, name) | {row.field.name: text}


def messages(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


@pytest.mark.parametrize("name", NAMES)
def test_a_form_saves_what_was_typed_and_nothing_else(name: str, world: World, browser: Callable[[str], Browser]):
    row, writer = world.another(name), browser("t_own")
    with world.session("own") as session:
        before = _values(session, name, row)
    answer = writer.post(f"/{name}/edit/{row.id}", **edited(writer, name, row, f"{row.mark}改"))
    assert answer.status_code == 302
    with world.session("own") as session:
        after = _values(session, name, row)
    assert after.pop("version") == before.pop("version") + 1
    assert after.pop(row.field.name) == f"{row.mark}改"
    assert before.pop(row.field.name) == row.mark
    changed = {key for key in before if before[key] != after[key]} - {
        "updated_at",
        "updated_by",
        "produced_on",
        "spelling",
    }
    assert not changed


def _values(session: Any, name: str, row: Marked) -> dict[str, Any]:
    table = TABLES[name].__table__
    return dict(session.execute(sa.select(table).where(table.c.id == row.id)).one()._mapping)


@pytest.mark.parametrize("name", NAMES)
def test_the_second_of_two_editors_is_told_and_keeps_his_text(
    name: str, world: World, browser: Callable[[str], Browser]
):
    row, first, second = world.another(name), browser("t_own"), browser("t_parent")
    if name == "work_day":
        second = Browser(first.client.application, "t_stranger")
    mine, his = edited(first, name, row, f"{row.mark}先"), edited(second, name, row, f"{row.mark}后")
    assert first.post(f"/{name}/edit/{row.id}", **mine).status_code == 302
    answer = second.post(f"/{name}/edit/{row.id}", **his)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "已被他人修改" in messages(page)
    assert form_of(page, name)[row.field.name] == [f"{row.mark}后"], "his text is kept"
    assert f"{row.mark}先" in messages(page), "he sees what stands there now"
    with world.session("own") as session:
        assert _values(session, name, row)[row.field.name] == f"{row.mark}先", "nothing was overwritten"
    again = form_of(page, name)
    assert second.post(f"/{name}/edit/{row.id}", **again).status_code == 302, "having seen it, he may save"


@pytest.mark.parametrize("name", NAMES)
def test_a_form_without_its_version_is_refused(name: str, world: World, browser: Callable[[str], Browser]):
    row, writer = world.another(name), browser("t_own")
    typed = edited(writer, name, row, "甲")
    for version in ("", "abc", "9" * 30, "-1"):
        assert writer.post(f"/{name}/edit/{row.id}", **(typed | {"version": version})).status_code in (400, 409)


@pytest.mark.parametrize("name", NAMES)
def test_a_refused_form_comes_back_as_it_was_typed(name: str, world: World, browser: Callable[[str], Browser]):
    writer = browser("t_own")
    given = world.given(name)[0]
    with world.session("own") as session:
        typed = form(session, TABLES[name], given)
    required = next(f for f in TABLES[name].__fields__.values() if f.required and not f.is_owner and f.default is None)
    answer = writer.post(f"/{name}/add", **(typed | {required.name: ""}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f"{required.label}必填" in messages(page)
    back = form_of(page, name)
    for field, value in typed.items():
        if field != required.name and TABLES[name].__fields__[field].kind in (
            "text",
            "code",
            "long_text",
            "ref",
            "choice",
        ):
            assert back[field] == [str(value)], field


def test_a_key_that_is_taken_is_said_at_its_field(world: World, browser: Callable[[str], Browser]):
    row, writer = world.another("work_day"), browser("t_own")
    with world.session("own") as session:
        typed = form(session, TABLES["work_day"], row.given)
    answer = writer.post("/work_day/add", **typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "相同日期的记录已存在" in messages(page)
    assert form_of(page, "work_day")["name"] == [row.mark]
    answer = writer.send("POST", "/api/v1/work_day/", row.given)
    assert (answer.status_code, answer.json["problems"][0]["fields"]) == (422, ["day"])


def test_the_database_refusing_keeps_the_form(
    world: World, browser: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
):
    row, writer = world.another("subject"), browser("t_own")
    typed = edited(writer, "subject", row, f"{row.mark}改")

    def locked(*_: Any) -> None:
        class Locked(Exception):
            pgcode = "55P03"

        raise OperationalError("UPDATE subject SET …", {}, Locked("canceling statement due to lock timeout"))

    monkeypatch.setattr(db.session.session_factory.class_, "flush", locked)
    answer = writer.post(f"/subject/edit/{row.id}", **typed)
    monkeypatch.undo()
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "同时有他人在修改" in messages(page)
    assert form_of(page, "subject")["name"] == [f"{row.mark}改"]
    assert "UPDATE subject" not in page


def test_a_row_that_others_need_is_not_deleted(world: World, browser: Callable[[str], Browser]):
    writer, name = browser("t_own"), "supervision_item"
    key = world.another(name).id
    with world.session("own") as session:
        code = session.get(TABLES[name], key).main_code
    world.another("supervision_sub_item", main_item=code)
    for answer in (writer.post(f"/{name}/delete/{key}"), writer.send("DELETE", f"/api/v1/{name}/{key}")):
        assert answer.status_code == 409
        assert "还有其他记录引用" in messages(answer.get_data(as_text=True))
    assert writer.get(f"/{name}/show/{key}").status_code == 200


def test_bulk_delete_is_all_or_nothing(world: World, browser: Callable[[str], Browser]):
    rows, writer = [world.another("work_day") for _ in range(3)], browser("t_own")
    keys = [str(row.id) for row in rows]
    gone = "00000000-0000-7000-8000-000000000000"
    assert writer.post("/work_day/action", action="delete", ids=[*keys, gone]).status_code == 404
    assert all(writer.get(f"/work_day/show/{key}").status_code == 200 for key in keys)
    assert writer.post("/work_day/action", action="delete", ids=[*keys, keys[0]]).status_code == 302
    assert all(writer.get(f"/work_day/show/{key}").status_code == 404 for key in keys)


def test_requests_carry_their_version(world: World, browser: Callable[[str], Browser]):
    row, writer = world.another("work_day"), browser("t_own")
    address = f"/api/v1/work_day/{row.id}"
    tag = writer.get(address).headers["ETag"]
    first = writer.send("PUT", address, {"name": "甲"}, **{"If-Match": tag})
    assert first.status_code == 200
    assert first.headers["ETag"] != tag
    stale = writer.send("PUT", address, {"name": "乙"}, **{"If-Match": tag})
    assert stale.status_code == 412
    assert stale.json["result"]["name"] == writer.get(address).json["result"]["name"] == "甲"
    assert writer.send("PUT", address, {"name": "丙"}, **{"If-Match": "nonsense"}).status_code == 400
    assert writer.send("PUT", address, {"nonsense": "丙"}).status_code == 422


def test_copying_a_row_leaves_its_key_out(world: World, browser: Callable[[str], Browser]):
    row, writer = world.another("work_day"), browser("t_own")
    copied = form_of(writer.get("/work_day/add", copy=str(row.id)).get_data(as_text=True), "work_day")
    assert copied["name"] == [row.mark]
    assert copied["day"] == [""]


def test_one_session_saves_what_it_judged(world: World):
    with world.session("own") as session:
        row, warnings = saving.save(session, TABLES["subject_tag"], {"name": f"标签{world.row('subject_tag').id}"[:50]})
        assert (row.version, list(warnings), row.created_by) == (1, [], world.viewers["own"].user_id)
