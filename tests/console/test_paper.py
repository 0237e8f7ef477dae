"""The sheets that are signed in ink: what they name is there, what is not known yet has room for the pen."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.paper import Paper
from app.core.table import Table, by_class, by_name, tables_with_pages
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.conftest import Browser

PAPERS = {name: table.__paper__ for name, table in tables_with_pages().items() if table.__paper__ is not None}


@pytest.mark.parametrize(("name", "paper"), PAPERS.items(), ids=list(PAPERS))
def test_a_sheet_names_fields_that_are_there(name: str, paper: Paper):
    table = by_name(name)
    for field in (each for line in paper.lines for each in line):
        first, _, rest = field.partition(".")
        assert first in table.__fields__, field
        assert not rest or rest in by_class(str(table.__fields__[first].target)).__fields__, field
    assert not paper.number or paper.number in table.__fields__
    assert all(1 <= len(line) <= 2 for line in paper.lines)
    assert table.__signatures__, "a sheet for ink has room to sign"
    if paper.parts is not None:
        parts = by_class(paper.parts.table)
        assert set(paper.parts.columns) <= parts.__fields__.keys()
        assert parts.__rows__.kind == "follows"
        assert not paper.parts.otherwise or paper.parts.by in by_class(paper.parts.otherwise).__fields__


def test_every_kind_of_action_that_is_signed_has_a_sheet():
    assert {"inspection", "penalty", "coercion", "other_action"} <= PAPERS.keys()


def own(app: Flask, name: str, has_parts: bool | None = None) -> Any:
    """The key of a row of 雁塔."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        table, place = by_name(name), by_name("account")
        office = db.session.scalar(sa.select(place.department_id).where(place.username == "clerk_yanta"))
        wanted = sa.select(table.id).where(table.department_id == office)
        if has_parts is not None:
            parts: type[Table] = by_name("inspection_item_result")
            found = sa.exists().where(parts.inspection_id == table.id)
            wanted = wanted.where(found if has_parts else ~found)
        return db.session.scalar(wanted.limit(1))


def seen(visitor: Browser, address: str) -> str:
    answer = visitor.get(address)
    assert answer.status_code == 200
    return html.unescape(answer.text)


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_a_sheet_shows_its_row(app: Flask, browser: Callable[[str], Browser], name: str):
    page = seen(browser("clerk_yanta"), f"/{name}/paper/{own(app, name)}")
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        row = db.session.get(by_name(name), own(app, name))
        assert f"编号：{row.action_no}" in page
        assert row.party_name in page
    for line in by_name(name).__signatures__:
        assert f"{line}：" in page
    assert len(re.findall(r'class="jg-tick is-on"', page)) >= (1 if name == "other_action" else 2)
    for note in (*PAPERS[name].story, *PAPERS[name].notes):
        assert f"<p>{note}：</p>" in page
    assert re.search(r"20\d\d年\d{1,2}月\d{1,2}日", page)
    assert f"/{name}/paper/" in seen(browser("clerk_yanta"), f"/{name}/show/{own(app, name)}")


def test_what_was_not_checked_yet_has_room_for_the_pen(app: Flask, browser: Callable[[str], Browser]):
    key = own(app, "inspection", has_parts=False)
    page = seen(browser("clerk_yanta"), f"/inspection/paper/{key}")
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        row, item = db.session.get(by_name("inspection"), key), by_name("check_item")
        names = db.session.scalars(sa.select(item.name).where(item.sub_item_id == row.sub_item_id)).all()
    assert names
    assert all(re.search(rf"<td>{re.escape(name)}</td><td></td>", page) for name in names)


def test_what_was_found_stands_on_the_sheet(app: Flask, browser: Callable[[str], Browser]):
    key = own(app, "inspection", has_parts=True)
    page = seen(browser("clerk_yanta"), f"/inspection/paper/{key}")
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        parts = by_name("inspection_item_result")
        results = parts.__fields__["result"]
        for each in db.session.scalars(sa.select(parts).where(parts.inspection_id == key)):
            assert re.search(rf"<td>{re.escape(each.item_name)}</td><td>{results.show(each.result)}</td>", page)


def test_a_sheet_of_others_is_not_there(app: Flask, browser: Callable[[str], Browser]):
    assert browser("clerk_beilin").get(f"/inspection/paper/{own(app, 'inspection')}").status_code == 404


def test_any_other_row_is_a_sheet_of_what_is_filled_in(app: Flask, browser: Callable[[str], Browser]):
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        row = db.session.scalar(sa.select(by_name("region")).where(by_name("region").code == "610113"))
        key = row.id
    assert "610113" in seen(browser("clerk_yanta"), f"/region/paper/{key}")
