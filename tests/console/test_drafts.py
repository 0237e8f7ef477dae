"""What was typed and not saved is kept: per person and form, through a stale page and the end of a session."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.console import drafts
from app.console.memory import Draft
from app.core import clock, secrecy
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.console.test_forms import messages
from tests.every_table.test_unseen_references import form_of
from tests.every_table.world import World


@pytest.fixture(autouse=True)
def no_drafts(world: World) -> None:
    with world.session(THE_SYSTEM) as session:
        session.execute(sa.delete(Draft))
        session.commit()


def stored(world: World) -> list[Any]:
    with world.session(THE_SYSTEM) as session:
        return list(session.execute(sa.select(Draft.table_name, Draft.form, Draft.typed, Draft.created_by)))


def page(answer: Any) -> str:
    return answer.get_data(as_text=True)


def test_a_draft_is_kept_offered_and_restored(browser: Callable[[str], Browser], world: World):
    writer = browser("t_own")
    assert "data-draft-offer hidden" in page(writer.get("/subject/add"))
    answer = writer.post("/subject/draft", name="写了一半的店", tags=[])
    assert re.fullmatch(r"\d\d:\d\d", answer.json["saved"])
    offered = page(writer.get("/subject/add"))
    assert "您有未保存的草稿" in messages(offered)
    assert form_of(offered[offered.index('<form class="jg-form"') :].join(["<main", ""]), "subject")["name"] == [""]
    restored = page(writer.get("/subject/add", draft="1"))
    assert "已恢复" in messages(restored)
    assert 'value="写了一半的店"' in restored
    assert len(stored(world)) == 1


def test_nobody_else_finds_it(browser: Callable[[str], Browser], world: World):
    browser("t_own").post("/subject/draft", name="我的秘密")
    for other in ("t_parent", "t_office", "t_stranger"):
        told = page(browser(other).get("/subject/add", draft="1"))
        assert "我的秘密" not in told
        assert "草稿（" not in messages(told)
    with world.session("parent") as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 0


def test_the_same_form_has_one_draft_that_grows(browser: Callable[[str], Browser], world: World):
    writer = browser("t_own")
    writer.post("/subject/draft", name="甲", contact_phone="13912345678")
    writer.post("/subject/draft", _partial="1", name="乙")
    [(table, form, typed, _)] = stored(world)
    assert (table, form) == ("subject", "NEW")
    phone = secrecy.open_text(f"draft:{world.viewers['own'].user_id}", typed["contact_phone"])
    assert (typed["name"], phone) == ("乙", "13912345678"), "a copy without it takes nothing away"
    writer.post("/subject/draft", name="丙")
    assert stored(world)[0].typed["contact_phone"] == ""


def test_a_draft_holds_what_json_cannot(browser: Callable[[str], Browser], world: World):
    assert (
        browser("t_own").post("/subject/draft", name="半\ud800个".encode("utf-8", "surrogatepass")).status_code == 200
    )
    answer = browser("t_own").post("/subject/draft", name="零\x00个")
    assert answer.status_code in (200, 400)
    assert "\x00" not in str(stored(world))


def test_saving_ends_the_draft_it_came_from_and_no_other(browser: Callable[[str], Browser], world: World):
    writer = browser("t_own")
    writer.post("/subject_tag/draft", name="旧草稿")
    assert writer.post("/subject_tag/add", name="另一个标签甲").status_code == 302
    assert len(stored(world)) == 1, "an older draft that was not restored stays"
    answer = writer.post("/subject_tag/add", name="另一个标签乙", _draft="1", _once="its-key")
    assert answer.status_code == 302
    assert not stored(world)
    assert "jg_saved=its-key" in answer.headers["Set-Cookie"], "by which the browser knows its own copy"


def test_discarding(browser: Callable[[str], Browser], world: World):
    writer = browser("t_own")
    writer.post("/subject/draft", name="不要了")
    assert writer.post("/subject/discard").headers["Location"] == "/subject/add"
    assert not stored(world)


def test_the_draft_of_a_row_that_changed_shows_both_versions(browser: Callable[[str], Browser], world: World):
    row, first, second = world.another("subject_tag"), browser("t_own"), browser("t_parent")
    address = f"/subject_tag/edit/{row.id}"
    mine = form_of(page(second.get(address)), "subject_tag") | {row.field.name: f"{row.mark}我"}
    assert second.post(f"/subject_tag/draft/{row.id}", **mine).status_code == 200
    his = form_of(page(first.get(address)), "subject_tag") | {row.field.name: f"{row.mark}他"}
    assert first.post(address, **his).status_code == 302
    told = page(second.get(address, draft="1"))
    assert "已被他人修改" in messages(told)
    assert f"{row.mark}我" in told and f"{row.mark}他" in told
    assert second.post(address, **form_of(told, "subject_tag")).status_code == 302
    with world.session("own") as session:
        assert getattr(session.get(TABLES["subject_tag"], row.id), row.field.name) == f"{row.mark}我"


def test_rows_of_others_take_no_drafts(browser: Callable[[str], Browser], world: World):
    row = world.row("inspection")
    assert browser("t_stranger").post(f"/inspection/draft/{row.id}", name="x").status_code == 404
    assert browser("t_role_evaluator").post("/inspection/draft", name="x").status_code == 403
    assert not stored(world)


def test_drafts_are_listed_for_their_person(app: Flask, browser: Callable[[str], Browser], world: World):
    row, writer = world.another("subject_tag"), browser("t_own")
    writer.post("/subject/draft", name="甲")
    writer.post(f"/subject_tag/draft/{row.id}", name="乙")
    with app.test_request_context("/"), world.session("own"):
        from flask import g
        from flask_appbuilder.security.sqla.models import User
        from flask_login import login_user

        from app.extensions import db

        user = db.session.scalar(sa.select(User).where(User.username == "t_own"))
        login_user(user)
        g.viewer, g.user = world.viewers["own"], user
        listed = drafts.drafts_of(world.viewers["own"])
    assert [each["url"] for each in listed] == [f"/subject_tag/edit/{row.id}?draft=1", "/subject/add?draft=1"]
    assert row.mark in listed[0]["label"]
    assert "监管对象" in listed[1]["label"]


def test_drafts_are_forgotten_after_a_month(browser: Callable[[str], Browser], world: World):
    writer = browser("t_own")
    writer.post("/subject/draft", name="很久以前")
    with world.session(THE_SYSTEM) as session:
        session.execute(sa.update(Draft).values(updated_at=clock.now() - timedelta(days=31)))
        session.commit()
    writer.post("/subject_tag/draft", name="今天")
    assert [each.table_name for each in stored(world)] == ["subject_tag"]


def test_a_stale_page_gives_the_form_back_with_a_fresh_token(app: Flask, browser: Callable[[str], Browser]):
    person = Browser(app, "t_own")
    answer = person.client.post("/subject_tag/add", data={"csrf_token": "stale", "name": "没有丢的标签"})
    told = page(answer)
    assert answer.status_code == 400
    assert "页面已过期" in messages(told)
    again = form_of(told, "subject_tag")
    assert again["name"] == ["没有丢的标签"]
    assert person.client.post("/subject_tag/add", data=again).status_code == 302, "the new token is good"


def test_a_stale_token_writes_nothing_anywhere(app: Flask, world: World):
    person = Browser(app, "t_own")
    row = world.another("subject_tag")
    for address in (
        f"/subject_tag/edit/{row.id}",
        f"/subject_tag/delete/{row.id}",
        "/subject_tag/draft",
        "/subject_tag/discard",
    ):
        assert (
            person.client.post(address, data={"csrf_token": "stale", "name": "改", "version": "1"}).status_code == 400
        )
    with world.session("own") as session:
        assert session.get(TABLES["subject_tag"], row.id).version == 1
    assert not stored(world)


def test_a_stale_token_shows_nobody_what_he_may_not_see(app: Flask, world: World):
    row, stranger = world.row("inspection"), Browser(app, "t_stranger")
    answer = stranger.client.post(f"/inspection/edit/{row.id}", data={"version": "1"})
    assert answer.status_code == 400
    assert row.mark not in page(answer)
    reader = Browser(app, "t_role_evaluator")
    assert reader.client.post("/inspection/add", data={"name": "x"}).status_code in (400, 403)


def test_an_ended_session_leads_to_sign_in_and_back(app: Flask, world: World):
    person = Browser(app, None)
    person.client.delete_cookie("session")
    answer = person.client.post("/inspection/add", data={"csrf_token": "x", "name": "没有存的"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login/?next=/inspection/add"
    told = html.unescape(page(person.client.get(answer.headers["Location"])))
    assert "登录后自动恢复" in told
    assert not stored(world), "what nobody signed is not stored"
