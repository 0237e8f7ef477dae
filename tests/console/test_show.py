"""The record page: its quick view, its way to the dossier, who and when, and what is printed for ink."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.console import shape
from app.core.table import TABLES
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import World


@pytest.mark.parametrize("name", NAMES)
def test_the_quick_view_is_the_inside_of_the_page(name: str, world: World, browser: Callable[[str], Browser]):
    row = world.row(name)
    whole = browser("t_own").get(f"/{name}/show/{row.id}").get_data(as_text=True)
    inside = browser("t_own").get(f"/{name}/show/{row.id}", fragment=1).get_data(as_text=True)
    assert "<html" not in inside and "<script" not in inside and "<form" not in inside
    for group in re.findall(r'<dl class="jg-dl">.*?</dl>', whole, re.DOTALL):
        assert re.sub(r"\s+", "", group) in re.sub(r"\s+", "", inside)
    assert browser(None).get(f"/{name}/show/{row.id}", fragment=1).status_code in (302, 401)


@pytest.mark.parametrize("name", NAMES)
def test_the_way_to_the_dossier_stands_where_others_refer_to_the_row(
    name: str, world: World, browser: Callable[[str], Browser]
):
    row = world.row(name)
    page = browser("t_own").get(f"/{name}/show/{row.id}").get_data(as_text=True)
    assert (f"/{name}/dossier/{row.id}" in page) == bool(shape.referring(TABLES[name]))


def test_who_and_when(world: World, browser: Callable[[str], Browser]):
    page = browser("t_own").get(f"/inspection/show/{world.row('inspection').id}").get_data(as_text=True)
    stamp = page[page.index('<dl class="jg-stamp">') :]
    assert "测试t_own" in stamp and re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", stamp)
    assert "第 1 版" in stamp


def test_records_of_actions_have_lines_for_ink(world: World, browser: Callable[[str], Browser]):
    for name, lines in {
        "inspection": ("被检查单位意见（签字或盖章）", "检查人员签名", "组长审核意见"),
        "penalty": ("当事人意见（签字或盖章）", "承办人签名"),
    }.items():
        page = browser("t_own").get(f"/{name}/show/{world.row(name).id}").get_data(as_text=True)
        ink = page[page.index('class="jg-ink"') :]
        assert all(line in ink for line in lines)
    assert 'class="jg-ink"' not in browser("t_own").get(f"/subject/show/{world.row('subject').id}").get_data(
        as_text=True
    )


def test_a_tables_own_groups_come_before_those_it_shares(world: World, browser: Callable[[str], Browser]):
    page = browser("t_own").get(f"/inspection/show/{world.row('inspection').id}").get_data(as_text=True)
    titles = re.findall(r'class="card-title" id="g-\d+">([^<]+)<', page)
    assert titles == ["基本信息", "检查事项", "检查情况", "报送与时限", "实施机构", "行政相对人"]


def test_the_frame_offers_its_keys_and_the_search(browser: Callable[[str | None], Browser]):
    page = browser("clerk_yanta").get("/").get_data(as_text=True)
    assert 'data-suggest="/search/suggest"' in page and 'action="/search/"' in page
    assert '<dialog class="jg-dialog jg-keys" id="keys"' in page
    assert "data-menu-find" in page
    bare = browser(None).get("/login/").get_data(as_text=True)
    assert "data-suggest" not in bare and 'id="keys"' not in bare
    assert bare.index("theme.js") < bare.index("tabler.min.css"), "the theme is known before anything is drawn"
