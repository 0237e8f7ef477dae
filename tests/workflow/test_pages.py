"""Workflows in the console and over REST: the panel, moves, bulk moves, editions, help, and what forms leave out."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.core import saving
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from app.core.workflow import editions
from tests.conftest import Browser
from tests.every_table.values import fresh
from tests.every_table.world import World
from tests.workflow.rows import put

NAME = "implementation_list"
EDITOR, REVIEWER, CLERK = "t_role_catalog_editor", "t_role_catalog_reviewer", "t_role_clerk"
Sign = Callable[[str], Browser]


def made(world: World, state: str = "drafting", *, published: bool = False) -> str:
    """A row of its own in that state."""
    key = world.another(NAME).id
    with world.session(THE_SYSTEM) as session:
        put(session, saving.find(session, TABLES[NAME], key), state, published=published)
        session.commit()
    return str(key)


def stored(world: World, key: str) -> Any:
    with world.session(THE_SYSTEM) as session:
        table = TABLES[NAME].__table__
        return session.execute(sa.select(table).where(table.c.id == key)).one()


def proposed(world: World, key: str) -> dict[str, Any]:
    with world.session(THE_SYSTEM) as session:
        return editions.given_of(session, saving.find(session, TABLES[NAME], key))


def text(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def buttons(page: str) -> list[str]:
    return re.findall(r'name="_move" value="(\w+)"', page)


def move(person: Browser, world: World, key: str, name: str, opinion: str = "", **more: Any):
    version = more.pop("_version", stored(world, key).version)
    return person.post(f"/{NAME}/move/{key}", _move=name, _version=version, _opinion=opinion, **more)


def test_a_row_goes_its_whole_way_by_its_page(world: World, browser: Sign):
    editor, reviewer, key = browser(EDITOR), browser(REVIEWER), made(world)
    page = text(editor.get(f"/{NAME}/show/{key}"))
    assert buttons(page) == ["submit"] and "编制中" in page and "还没有办理过" in page
    assert move(editor, world, key, "submit", "请审核").status_code == 302
    page = text(reviewer.get(f"/{NAME}/show/{key}"))
    assert buttons(page) == ["approve", "return"] and "请审核" in page and "万事甲县测试局" in page
    refused = move(reviewer, world, key, "return")
    assert refused.status_code == 422 and "须填写理由" in text(refused)
    assert move(reviewer, world, key, "return", "依据不全").status_code == 302
    assert move(editor, world, key, "submit").status_code == 302
    assert move(reviewer, world, key, "approve", "同意").status_code == 302
    done = move(reviewer, world, key, "publish", _valid_from="2026-11-01")
    assert done.status_code == 302
    row = stored(world, key)
    assert (row.status, row.edition) == ("published", 1)
    page = text(reviewer.get(f"/{NAME}/show/{key}"))
    steps = page[page.index('id="steps"') :]
    assert re.findall(r"<b>([^<]+)</b>", steps)[:5] == ["发布", "同意", "提交审核", "退回", "提交审核"]
    assert "依据不全" in steps
    history = text(reviewer.get(f"/{NAME}/history/{key}"))
    acts = re.findall(r'jg-act-head"><span class="jg-badge[^>]*>([^<]+)<', history)
    assert acts[:5] == ["发布", "同意", "提交审核", "退回", "提交审核"]
    assert "待审核 → 退回修改" in history and "依据不全" in history


def test_the_next_edition_is_written_in_the_form_and_the_page_tells_what_changes(world: World, browser: Sign):
    editor, key = browser(EDITOR), made(world, "published", published=True)
    before = stored(world, key).process_text or ""
    assert f"/{NAME}/edit/" not in text(editor.get(f"/{NAME}/show/{key}"))
    assert editor.get(f"/{NAME}/edit/{key}").status_code == 302, "a published row has no form"
    answer = move(editor, world, key, "change", "修法", _change_kind="law_revised", _doc_no="甘市监〔2026〕3号")
    assert answer.status_code == 302
    form = editor.get(f"/{NAME}/edit/{key}")
    assert "您编辑的是下一版的内容" in text(form)
    sent = controls(text(form)) | {"process_text": "新的检查流程"}
    assert editor.post(f"/{NAME}/edit/{key}", **sent).status_code == 302
    assert (stored(world, key).process_text or "") == before
    assert proposed(world, key)["process_text"] == "新的检查流程"
    assert "新的检查流程" in text(editor.get(f"/{NAME}/edit/{key}")), "the form goes on where it was left"
    page = text(browser(REVIEWER).get(f"/{NAME}/show/{key}"))
    banner = page[page.index('id="proposal"') : page.index('id="flow"')]
    assert "正在编写第 2 版" in banner and "甘市监〔2026〕3号" in banner and "法律修订" in banner
    assert "新的检查流程" in re.sub(r"<[^>]+>", "", banner)
    # Somebody with an old form is told what was stored meanwhile: the proposal, not the row.
    late = editor.post(f"/{NAME}/edit/{key}", **(sent | {"process_text": "另一种"}))
    assert late.status_code == 409 and "新的检查流程" in text(late)


def controls(page: str) -> dict[str, Any]:
    """What a browser would send with the form as it is."""
    form = page[page.index('id="form"') :]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value, kind = (re.search(rf'\b{each}="([^"]*)"', tag) for each in ("name", "value", "type"))
        if name is None or name[1].startswith("csrf"):
            continue
        if kind and kind[1] in ("checkbox", "radio"):
            if " checked" in tag:
                found.setdefault(name[1], []).append(value[1] if value else "on")
        elif not (kind and kind[1] == "file"):
            found[name[1]] = value[1] if value else ""
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', form):
        found[name] = value
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', inner)
        found[name] = chosen if len(chosen) > 1 else (chosen[0] if chosen else "")
    return found


def test_forms_leave_the_state_to_moves(world: World, browser: Sign):
    for name in ("implementation_list", "supervision_sub_item", "item_claim", "approval_reform_case"):
        assert 'name="status"' not in text(browser(EDITOR).get(f"/{name}/add")), name
        assert 'name="status"' not in text(browser("t_own").get(f"/{name}/add")), "whoever loads does so by workbook"


def test_a_state_is_not_written_by_hand(world: World, browser: Sign):
    editor, key = browser(EDITOR), made(world)
    tag = editor.get(f"/api/v1/{NAME}/{key}").headers["ETag"]
    answer = editor.send("PUT", f"/api/v1/{NAME}/{key}", {"status": "published"}, **{"If-Match": tag})
    assert answer.status_code == 422 and "办理" in answer.json["message"]
    given = world.given(NAME)[0] | {"status": "published"}
    answer = editor.send("POST", f"/api/v1/{NAME}/", given)
    assert answer.status_code == 422 and "新增时" in answer.json["message"]
    rows = [given]
    answer = editor.send("POST", f"/api/v1/{NAME}/bulk", {"rows": rows})
    assert answer.json["failed"] == 1
    assert stored(world, key).status == "drafting"


def test_a_move_needs_its_version_its_token_and_a_post(world: World, browser: Sign):
    editor, key = browser(EDITOR), made(world)
    stale = move(editor, world, key, "submit", "打了很多字", _version=stored(world, key).version + 1)
    assert stale.status_code == 409 and "打了很多字" in text(stale) and "已被他人修改或办理" in text(stale)
    assert move(editor, world, key, "submit", _version="x").status_code == 400
    bare = editor.client.post(f"/{NAME}/move/{key}", data={"_move": "submit", "_version": "1"})
    assert bare.status_code == 400
    assert editor.get(f"/{NAME}/move/{key}").status_code == 405
    assert move(editor, world, key, "nonsense").status_code == 404
    assert stored(world, key).status == "drafting"


def test_a_hidden_row_does_not_move(world: World, browser: Sign):
    answer = move(browser(EDITOR), world, made(world), "submit", _version=1)
    assert answer.status_code == 302
    nowhere = "00000000-0000-7000-8000-000000000000"
    answer = browser(EDITOR).post(f"/{NAME}/move/{nowhere}", _move="submit", _version=1)
    assert answer.status_code == 404


def test_over_rest_a_row_tells_its_moves_and_makes_them_once(world: World, browser: Sign):
    editor, reviewer, key = browser(EDITOR), browser(REVIEWER), made(world)
    told = editor.get(f"/api/v1/{NAME}/{key}/moves")
    assert told.status_code == 200 and told.json["state"] == "drafting" and told.json["steps"] == []
    assert [each["name"] for each in told.json["moves"]] == ["submit"]
    url, once = f"/api/v1/{NAME}/{key}/move", {"Idempotency-Key": f"move-{fresh()}", "If-Match": told.headers["ETag"]}
    assert editor.send("POST", url, {"move": "submit"}, **{"X-None": ""}).status_code == 428
    first = editor.send("POST", url, {"move": "submit", "opinion": "请审"}, **once)
    again = editor.send("POST", url, {"move": "submit", "opinion": "请审"}, **once)
    assert first.status_code == again.status_code == 200, first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json["result"]["status"] == "submitted"
    stale = reviewer.send("POST", url, {"move": "approve"}, **{"If-Match": told.headers["ETag"]})
    assert stale.status_code == 409
    now = reviewer.get(f"/api/v1/{NAME}/{key}/moves")
    assert [each["name"] for each in now.json["moves"]] == ["approve", "return"]
    assert now.json["waits"][0]["what"] == "审核" and now.json["steps"][0]["opinion"] == "请审"
    for body, status in (
        ({}, 400),
        ({"move": 1}, 400),
        ({"move": "approve", "x": 1}, 400),
        ({"move": "approve", "given": ["x"]}, 400),
        ({"move": "approve"}, 200),
    ):
        assert reviewer.send("POST", url, body, **{"If-Match": now.headers["ETag"]}).status_code == status
    answer = reviewer.send("POST", url, {"move": "publish", "given": {"valid_from": "2999-01-01"}}, **{"If-Match": "*"})
    assert answer.status_code == 422 and answer.json["problems"][0]["fields"] == ["valid_from"]
    answer = reviewer.send("POST", url, {"move": "publish", "given": {"valid_from": "2026-01-01"}}, **{"If-Match": "*"})
    assert answer.status_code == 200
    result = reviewer.get(f"/api/v1/{NAME}/{key}/editions").json["result"]
    assert [(each["number"], each["since"]) for each in result] == [(1, "2026-01-01")]


def test_rest_describes_the_moves(browser: Sign):
    paths = browser("sysadmin").get("/api/v1/_openapi").json["paths"]
    with_flow = [name for name, table in TABLES.items() if table.__pages__ and table.__flow__]
    for name in with_flow:
        for page in ("move", "moves", "editions"):
            assert f"/api/v1/{name}/{{pk}}/{page}" in paths
    assert "/api/v1/subject/{pk}/move" not in paths


@pytest.mark.parametrize("who", ["t_role_clerk", "t_role_auditor", "t_role_dept_admin", EDITOR])
def test_moves_ask_for_their_own_permission(who: str, world: World, browser: Sign):
    key = made(world, "submitted")
    page = text(browser(who).get(f"/{NAME}/show/{key}"))
    assert "approve" not in buttons(page)
    assert move(browser(who), world, key, "approve").status_code == 403
    answer = browser(who).send("POST", f"/api/v1/{NAME}/{key}/move", {"move": "approve"}, **{"If-Match": "*"})
    assert answer.status_code == 403 and "您的角色不能“同意”" in answer.json["message"]
    assert browser(who).post(f"/{NAME}/moves", _move="approve", ids=[key], ask="1").status_code == 403
    assert stored(world, key).status == "submitted"


def test_strangers_see_the_row_and_move_nothing(world: World, browser: Sign):
    key = made(world, "published", published=True)
    page = text(browser("t_stranger").get(f"/{NAME}/show/{key}"))
    assert buttons(page) == [] and "您现在不需要办理" in page
    assert move(browser("t_stranger"), world, key, "change").status_code == 403
    assert stored(world, key).status == "published"
    draft = made(world)
    assert browser("t_stranger").get(f"/{NAME}/show/{draft}").status_code == 404
    assert move(browser("t_stranger"), world, draft, "submit").status_code == 404
    assert stored(world, draft).status == "drafting"


def test_many_rows_move_or_none(world: World, browser: Sign):
    editor, good = browser(EDITOR), [made(world) for _ in range(3)]
    bad = made(world, "approved")
    listed = text(editor.get(f"/{NAME}/list/", **{"f.status": "drafting"}))
    assert 'name="_move" value="submit"' in listed
    asked = editor.post(f"/{NAME}/moves", _move="submit", ids=[*good, bad], ask="1")
    page = text(asked)
    assert asked.status_code == 200 and "有 1 条不能办理" in page and "“审核通过”" in page
    assert "其余 3 条" in page and page.count('name="ids"') == 3
    mark = re.search(r'name="_mark" value="(\w+)"', page)[1]
    # Somebody changes one of them: it is asked again, and nothing has moved.
    assert move(editor, world, good[0], "submit").status_code == 302
    again = editor.post(f"/{NAME}/moves", _move="submit", ids=good, _mark=mark)
    assert again.status_code == 409 and "请核对后再确认" in text(again)
    assert [stored(world, key).status for key in good] == ["submitted", "drafting", "drafting"]
    mark = re.search(r'name="_mark" value="(\w+)"', text(again))[1]
    done = editor.post(f"/{NAME}/moves", _move="submit", ids=good[1:], _mark=mark, _opinion="一并提交")
    assert done.status_code == 302
    assert {stored(world, key).status for key in good} == {"submitted"}
    # What only the rules know stands in the way when it is done: every row is named, none has moved.
    reviewer = browser(REVIEWER)
    page = text(reviewer.post(f"/{NAME}/moves", _move="return", ids=good, ask="1"))
    mark = re.search(r'name="_mark" value="(\w+)"', page)[1]
    assert reviewer.post(f"/{NAME}/moves", _move="return", ids=good, _mark=mark).status_code == 422
    done = reviewer.post(f"/{NAME}/moves", _move="return", ids=good, _mark=mark, _opinion="退回")
    assert done.status_code == 302 and {stored(world, key).status for key in good} == {"returned"}


def test_rows_that_fail_in_the_doing_are_named_and_none_moves(world: World, browser: Sign):
    reviewer, keys = browser(REVIEWER), [made(world, "approved") for _ in range(2)]
    page = text(reviewer.post(f"/{NAME}/moves", _move="publish", ids=keys, ask="1"))
    mark = re.search(r'name="_mark" value="(\w+)"', page)[1]
    answer = reviewer.post(f"/{NAME}/moves", _move="publish", ids=keys, _mark=mark, _valid_from="2999-01-01")
    assert answer.status_code == 422 and "有 2 条不能办理，没有办理任何记录" in text(answer)
    assert {stored(world, key).status for key in keys} == {"approved"}


def test_editions_stand_side_by_side(world: World, browser: Sign):
    editor, reviewer, key = browser(EDITOR), browser(REVIEWER), made(world, "published", published=True)
    url = f"/{NAME}/editions/{key}"
    page = text(editor.get(url))
    assert "第 1 版" in page and "的完整内容" in page
    move(editor, world, key, "change", "修法", _change_kind="element_changed")
    sent = controls(text(editor.get(f"/{NAME}/edit/{key}"))) | {"process_text": "第二版的流程"}
    assert editor.post(f"/{NAME}/edit/{key}", **sent).status_code == 302
    assert "变更中" in text(editor.get(url))
    for person, name in ((editor, "submit"), (reviewer, "approve"), (reviewer, "publish")):
        assert move(person, world, key, name).status_code == 302
    page = text(editor.get(url))
    assert "第 1 版与第 2 版比较" in page and "1 项不同" in page and "第二版的流程" in re.sub(r"<[^>]+>", "", page)
    back = text(editor.get(url, a="2", b="1"))
    assert "第 2 版与第 1 版比较" in back
    for wrong in ({"a": "7"}, {"b": "x"}, {"a": "-1"}):
        assert editor.get(url, **wrong).status_code == 404
    assert "还没有发布过" in text(editor.get(f"/{NAME}/editions/{made(world)}"))


def test_the_help_page_draws_the_workflow_and_says_it_in_words(browser: Sign):
    for name in ("supervision_sub_item", "item_claim", "implementation_list", "approval_reform_case"):
        page, flow = text(browser(EDITOR).get(f"/{name}/help")), TABLES[name].__flow__
        drawing = page[page.index("<svg viewBox") : page.index("</svg>")]
        shown = {str(state.label) for state in flow.states if f">{state.label}</text>" in drawing}
        reached = set(flow.initial) | {move.target for move in flow.moves}
        assert shown == {str(flow.states(state).label) for state in reached}
        words = page[page.index("谁可以办理") :]
        assert all(f"<b>{move.label}</b>" in words for move in flow.moves)
    assert "办理流程" not in text(browser(EDITOR).get("/permit_item/help"))
