"""Bulk actions: told before they happen, done to just the rows that were told, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.core import bulk, saving
from app.core.errors import Refused
from app.core.table import TABLES
from tests.conftest import Browser
from tests.console.pages import hidden
from tests.every_table.values import fresh
from tests.every_table.world import World

DAY, LIST, ENTRY = TABLES["work_day"], TABLES["code_list"], TABLES["code_entry"]
Sign = Callable[[str], Browser]


def entries(world: World, mark: str, number: int) -> list[str]:
    """So many entries of a list of their own, all with the mark in their names."""
    with world.session("own") as session:
        code = f"B{fresh()}"
        saving.save(session, LIST, {"code": code, "name": f"表{code}"})
        made = [
            saving.save(session, ENTRY, {"code_list": code, "code": f"{each:05d}", "name": f"{mark} {each:03d}"})[0]
            for each in range(number)
        ]
        keys = [str(row.id) for row in made]
        session.commit()
    return keys


def left(world: World, mark: str) -> int:
    with world.session("own") as session:
        return session.scalar(sa.select(sa.func.count()).select_from(ENTRY).where(ENTRY.name.startswith(mark)))


def asked(browser: Browser, **form: Any) -> tuple[str, dict[str, list[str]]]:
    """The page that asks, and what its form would send."""
    answer = browser.post("/code_entry/action", action="delete", ask="1", **form)
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    return page, hidden(page, "/code_entry/action")


def test_the_number_is_told_before_anything_happens(world: World, browser: Sign):
    mark, writer = f"批{fresh()}", browser("t_own")
    keys = entries(world, mark, 4)
    page, form = asked(writer, ids=keys[:3], back="/code_entry/list/?q=x")
    assert "将删除 3 条记录" in page
    assert page.count(mark) == 3, "the rows are named"
    assert left(world, mark) == 4, "nothing has happened"
    assert form["ids"] == keys[:3]
    done = writer.post("/code_entry/action", **form)
    assert (done.status_code, done.headers["Location"]) == (302, "/code_entry/list/?q=x")
    assert left(world, mark) == 1


def test_all_rows_of_a_filter_are_those_that_were_told(world: World, browser: Sign):
    mark, writer = f"批{fresh()}", browser("t_own")
    entries(world, mark, 25)
    page, form = asked(writer, all="1", asked=f"q={mark}&f.code.from=&order=-code")
    assert "将删除 25 条记录" in page
    assert "ids" not in form, "rows are chosen by the criteria, on the server"
    done = writer.post("/code_entry/action", **form)
    assert done.status_code == 302
    assert left(world, mark) == 0


@pytest.mark.parametrize("change", ["more", "fewer", "others"])
def test_a_filter_that_finds_other_rows_by_now_is_asked_again(change: str, world: World, browser: Sign):
    mark, writer = f"批{fresh()}", browser("t_own")
    keys = entries(world, mark, 5)
    _, form = asked(writer, all="1", asked=f"q={mark}")
    if change != "more":
        writer.post("/code_entry/action", action="delete", ids=keys[0])
    if change != "fewer":
        entries(world, mark, 1)
    now = {"more": 6, "fewer": 4, "others": 5}[change]
    answer = writer.post("/code_entry/action", **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert f"确认时 5 条，现在 {now} 条" in page
    assert left(world, mark) == now, "nothing was deleted"
    again = hidden(page, "/code_entry/action")
    assert writer.post("/code_entry/action", **again).status_code == 302
    assert left(world, mark) == 0


def test_all_rows_without_their_number_are_only_asked_about(world: World, browser: Sign):
    mark, writer = f"批{fresh()}", browser("t_own")
    entries(world, mark, 2)
    for form in ({}, {"expected": "x"}, {"expected": "2", "digest": "0" * 64}):
        answer = writer.post("/code_entry/action", action="delete", all="1", asked=f"q={mark}", **form)
        assert answer.status_code in (200, 409)
        assert left(world, mark) == 2


def test_more_rows_than_one_action_may_touch_are_refused(world: World, browser: Sign, monkeypatch: pytest.MonkeyPatch):
    mark, writer = f"批{fresh()}", browser("t_own")
    keys = entries(world, mark, 4)
    monkeypatch.setattr(bulk, "MOST", 3)
    answer = writer.post("/code_entry/action", action="delete", ask="1", all="1", asked=f"q={mark}")
    assert answer.status_code == 422
    assert "超过 3 条" in answer.get_data(as_text=True)
    assert writer.post("/code_entry/action", action="delete", ids=keys).status_code == 404
    assert left(world, mark) == 4


def test_nonsense_deletes_nothing(world: World, browser: Sign):
    mark, writer = f"批{fresh()}", browser("t_own")
    keys = entries(world, mark, 2)
    for form, status in (
        ({"ids": [*keys, "abc"]}, 404),
        ({"ids": [*keys, "00000000-0000-7000-8000-000000000000"]}, 404),
        ({"all": "1", "ask": "1", "asked": "f.nonsense=1"}, 400),
        ({"all": "1", "ask": "1", "asked": f"q={mark}&f.valid_from.from=abc"}, 400),
        ({"all": "1", "ask": "1", "asked": f"q=没有{mark}"}, 422),
        ({}, 422),
    ):
        assert writer.post("/code_entry/action", action="delete", **form).status_code == status, form
    assert left(world, mark) == 2


def test_rows_of_others_are_named_and_nothing_is_deleted(world: World, browser: Sign):
    """监管对象 are read by all: a stranger may choose them, and is told which are not his."""
    theirs, mine = world.another("subject"), world.another("subject", who="stranger")
    answer = browser("t_stranger").post("/subject/action", action="delete", ids=[str(mine.id), str(theirs.id)])
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "有 1 条记录由其他部门维护" in page
    assert theirs.mark in page and mine.mark not in page
    assert browser("t_stranger").get(f"/subject/show/{mine.id}").status_code == 200


def test_rows_that_others_need_are_named(world: World, browser: Sign, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bulk, "_BATCH", 2)
    mark = f"批{fresh()}"
    with world.session("own") as session:
        codes = [f"N{number}{fresh()}" for number in range(5)]
        made = [saving.save(session, LIST, {"code": code, "name": f"{mark}{code}"})[0] for code in codes]
        keys = [str(row.id) for row in made]
        saving.save(session, ENTRY, {"code_list": codes[3], "code": "1", "name": "用它"})
        session.commit()
    answer = browser("t_own").post("/code_list/action", action="delete", ids=keys)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert f"{mark}{codes[3]}" in page
    assert not [code for code in codes if code != codes[3] and code in page]
    assert all(browser("t_own").get(f"/code_list/show/{key}").status_code == 200 for key in keys)


def test_batches_are_one_whole(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bulk, "_BATCH", 3)
    mark = f"批{fresh()}"
    keys = bulk.typed_keys(ENTRY, entries(world, mark, 8))
    with world.session("own") as session, pytest.raises(Refused):
        bulk.delete_rows(session, ENTRY, [*keys, keys[0].__class__(int=7)])
    assert left(world, mark) == 8
    with world.session("own") as session:
        assert bulk.delete_rows(session, ENTRY, keys) == 8
        session.commit()
    assert left(world, mark) == 0


def test_who_may_not_delete_is_not_asked(world: World, browser: Sign):
    row = world.row("inspection")
    page = browser("t_role_evaluator").get("/inspection/list/").get_data(as_text=True)
    assert 'name="action" value="delete"' not in page.replace('type="hidden" name="action"', "")
    answer = browser("t_role_evaluator").post("/inspection/action", action="delete", ask="1", ids=str(row.id))
    assert answer.status_code == 403


def test_ten_thousand_rows_are_deleted_in_one_go(world: World):
    """Ten thousand days of long ago, written at once and deleted in batches of a thousand."""
    with world.session("own") as session:
        name, first = f"万{fresh()}", date(1000, 1, 1)
        rows = [{"day": first + timedelta(days=n), "is_workday": True, "name": name} for n in range(10_000)]
        session.execute(sa.insert(DAY), [row | {"source": "manual", "is_provisional": False} for row in rows])
        keys = list(session.scalars(sa.select(DAY.id).where(DAY.name == name)))
        assert len(keys) == 10_000
        assert bulk.delete_rows(session, DAY, keys) == 10_000
        assert session.scalar(sa.select(sa.func.count()).select_from(DAY).where(DAY.name == name)) == 0


def test_the_row_button_works_without_scripts(world: World, browser: Sign):
    mark, writer = f"批{fresh()}", browser("t_own")
    (key,) = entries(world, mark, 1)
    page = writer.get(f"/code_entry/list/?q={mark}").get_data(as_text=True)
    form = re.search(r'<form id="row".*?</form>', page, re.S).group(0)
    assert 'name="ask" value="1"' in form
    assert f'form="row" name="ids" value="{key}"' in page
