"""Saved views: the owner, his colleague, his admin and a stranger; the default; what no longer fits."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from app.console.view.list import views
from app.core.table import TABLES
from tests.conftest import Browser
from tests.console.pages import listed, total
from tests.every_table.values import fresh
from tests.every_table.world import World

SavedView = TABLES["saved_view"]
Sign = Callable[[str], Browser]
TABLE = "/deadline_policy"


@pytest.fixture(autouse=True)
def clean(world: World):
    """No test leaves a default behind."""
    yield
    with world.session("own") as session:
        session.execute(sa.delete(SavedView).where(SavedView.table_name == "deadline_policy"))
        session.commit()


def keep(browser: Browser, name: str, asked: str, **more: str) -> str:
    """Save a view; its identifier."""
    answer = browser.post(f"{TABLE}/views", name=name, asked=asked, **more)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return parse_qs(urlsplit(answer.headers["Location"]).query)["view"][0]


def page_of(browser: Browser, query: str = "", status: int = 200) -> str:
    answer = browser.get(f"{TABLE}/list/{query}")
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def names(page: str) -> list[str]:
    return re.findall(r'<li[^>]*><a href="[^"]*view=[^"]*"[^>]*>([^<]*)</a>', page)


def test_a_view_brings_back_what_was_seen(world: World, browser: Sign):
    person = browser("t_own")
    asked = (
        "q=期限&f.unit.not=yuan&any.f.days.from=1&any.f.days.empty=1&order=-code&cols=name,code&size=50&after=x&view=y"
    )
    key = keep(person, "我的", asked)
    page = page_of(person, f"?view={key}")
    assert listed(page).headers == ["规则名称", "规则编码"]
    assert listed(page).rows == listed(page_of(person, "?" + asked.replace("&after=x&view=y", ""))).rows
    assert 'aria-current="true">50<' in page
    assert "已改动" not in page
    assert "已改动" in page_of(person, f"?view={key}&q=别的")


def test_own_views_are_seen_by_their_owner_alone(world: World, browser: Sign):
    name = f"自己{fresh()}"
    key = keep(browser("t_own"), name, "q=1")
    assert name in names(page_of(browser("t_own")))
    for other in ("t_role_dept_admin", "t_role_sys_admin", "t_stranger", "t_parent", "t_office"):
        assert name not in page_of(browser(other))
        page_of(browser(other), f"?view={key}", 404)
        assert browser(other).post(f"{TABLE}/views/{key}", do="delete").status_code == 404
        assert browser(other).post(f"{TABLE}/views/{key}", do="change", name="抢").status_code == 404
    assert name in names(page_of(browser("t_own")))


def test_department_views_are_seen_by_colleagues_and_changed_by_maker_and_admin(world: World, browser: Sign):
    name = f"本部门{fresh()}"
    key = keep(browser("t_role_clerk"), name, "q=1", audience="department")
    for colleague in ("t_own", "t_role_clerk", "t_role_dept_admin", "t_role_evaluator"):
        assert name in names(page_of(browser(colleague)))
    for stranger in ("t_stranger", "t_parent"):
        assert name not in page_of(browser(stranger))
        assert browser(stranger).post(f"{TABLE}/views/{key}", do="delete").status_code == 404
    refused = browser("t_role_evaluator").post(f"{TABLE}/views/{key}", do="change", name="改")
    assert refused.status_code == 403
    assert "只能由创建人或本部门管理员修改" in refused.get_data(as_text=True)
    assert f"{TABLE}/views/{key}" not in page_of(browser("t_role_evaluator")), "what is refused is not offered"
    assert f"{TABLE}/views/{key}" in page_of(browser("t_role_dept_admin"))
    changed = browser("t_role_dept_admin").post(f"{TABLE}/views/{key}", do="change", name=f"{name}改", audience="")
    assert changed.status_code == 302
    assert f"{name}改" in names(page_of(browser("t_role_clerk"))), "an admin does not take it from the department"
    assert f"{name}改" in names(page_of(browser("t_own")))
    assert browser("t_role_clerk").post(f"{TABLE}/views/{key}", do="delete").status_code == 302
    assert name not in page_of(browser("t_own"))


def test_the_default_opens_the_list_and_there_is_a_way_out(world: World, browser: Sign):
    person = browser("t_own")
    everything = total(page_of(person))
    key = keep(person, "默认的", "q=没有这样的规则", is_default="1")
    page = page_of(person)
    assert total(page) == "共 0 条"
    assert "默认的" in page and "（默认）" in page
    assert f'href="{TABLE}/list/?all=1"' in page
    assert total(page_of(person, "?all=1")) == everything
    assert total(page_of(person, "?f.code.filled=1")) == everything, "what is asked for comes before the default"
    assert total(page_of(person, "?before=end")) == everything
    assert total(page_of(browser("t_role_dept_admin"))) == everything, "nobody else's list changes"
    form = re.search(r'<form class="card jg-search".*?</form>', page, re.S).group(0)
    assert 'name="all" value="1"' in form, "an empty form asks for everything"
    other = keep(person, "另一个", "order=code", is_default="1")
    assert total(page_of(person)) == everything, "there is one default"
    person.post(f"{TABLE}/views/{other}", do="change", name="另一个")
    assert total(page_of(person)) == everything
    assert person.post(f"{TABLE}/views/{key}", do="change", name="默认的", is_default="1").status_code == 302
    assert total(page_of(person)) == "共 0 条"


def test_ones_own_default_comes_before_the_departments(world: World, browser: Sign):
    keep(browser("t_role_dept_admin"), "部门默认", "q=没有部门", audience="department", is_default="1")
    assert total(page_of(browser("t_role_clerk"))) == "共 0 条"
    keep(browser("t_role_clerk"), "自己默认", "order=code", is_default="1")
    assert total(page_of(browser("t_role_clerk"))) != "共 0 条"
    assert total(page_of(browser("t_own"))) == "共 0 条"
    assert total(page_of(browser("t_stranger"))) != "共 0 条"


def test_the_same_name_is_the_same_view(world: World, browser: Sign):
    person = browser("t_own")
    first = keep(person, "同名", "q=1")
    assert keep(person, " 同名 ", "q=2") == first
    assert keep(person, "同名", "q=3", audience="department") != first
    assert names(page_of(person)).count("同名") == 2


def test_a_default_that_no_longer_fits_locks_nobody_out(world: World, browser: Sign):
    key = keep(browser("t_own"), "旧的", "q=1", is_default="1")
    with world.session("own") as session:
        row = session.get(SavedView, __import__("uuid").UUID(key))
        row.parameters = "f.gone=1&order=gone"
        session.commit()
    page = page_of(browser("t_own"), "", 400)
    assert "没有名为“gone”的查询条件" in page or "不能按“gone”排序" in page
    assert f"{TABLE}/list/?all=1" in page
    assert total(page_of(browser("t_own"), "?all=1")) != "共 0 条"


def test_nonsense_is_not_saved(world: World, browser: Sign):
    person = browser("t_own")
    for form, status in (
        ({"name": "", "asked": "q=1"}, 422),
        ({"name": "  ", "asked": "q=1"}, 422),
        ({"name": views.COLUMNS, "asked": "q=1"}, 422),
        ({"name": "长" * 51, "asked": "q=1"}, 422),
        ({"name": "甲", "asked": "f.nonsense=1"}, 400),
        ({"name": "甲", "asked": "order=nonsense"}, 400),
        ({"name": "甲", "asked": "cols=nonsense"}, 400),
        ({"name": "甲", "asked": "&".join(f"f.name={n}" for n in range(200))}, 400),
    ):
        answer = person.post(f"{TABLE}/views", **form)
        assert answer.status_code == status, form
        assert "甲" not in names(page_of(person))
    assert person.post(f"{TABLE}/views/nonsense", do="delete").status_code == 404
    key = keep(person, "丙", "q=1")
    assert person.post(f"{TABLE}/views/{key}", do="nonsense").status_code == 404


def test_nobody_keeps_too_many(world: World, browser: Sign, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(views, "MOST", 2)
    for name in "甲乙":
        keep(browser("t_own"), name, "q=1")
    refused = browser("t_own").post(f"{TABLE}/views", name="丙", asked="q=1")
    assert refused.status_code == 422
    assert "最多保存 2 个" in refused.get_data(as_text=True)


def test_views_of_one_table_are_not_those_of_another(world: World, browser: Sign):
    name = f"别表{fresh()}"
    key = keep(browser("t_own"), name, "q=1")
    assert name not in names(browser("t_own").get("/code_list/list/").get_data(as_text=True))
    assert browser("t_own").get(f"/code_list/list/?view={key}").status_code == 404
    assert browser("t_own").post(f"/code_list/views/{key}", do="delete").status_code == 404
