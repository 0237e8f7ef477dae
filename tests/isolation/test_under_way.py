"""What is under way about a row of the catalogue is read by those who keep it and those who review it, by nobody else.

Rows that were never published are hidden rows of the sweep (painter.py). Here: a published row's proposal, its opinions
and its lines to come, which lie beside a row that everybody reads; and a draft that was sent to the justice bureau.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import ProgrammingError

from app.core import saving
from app.core.rows import ASKED, LINE
from app.core.sight import visible
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, Viewer, look_as
from app.core.workflow import moving
from app.core.workflow.models import Edition, FlowStep
from tests.conftest import Browser
from tests.every_table.test_rows_seen import text_of
from tests.every_table.world import World
from tests.workflow.rows import put

Sign = Callable[[str], Browser]
NAME, LINE_NAME = "supervision_sub_item", "check_item"
DRAFTS = [name for name, table in TABLES.items() if table.__rows__.once]
NEXT, SAID, NEW_LINE, NEXT_LINE = "下一版的机密流程", "审核人的机密意见", "还没发布的机密检查项", "检查项的机密新名"


@dataclass
class Scene:
    """A published sub-item that is being changed, one line of it in force, and one to come."""

    item: str
    line: str
    fresh: str
    entries: list[int]


@pytest.fixture(scope="module")
def scene(world: World) -> Iterator[Scene]:
    main = world.another("supervision_item").given["main_code"]  # one of its own: it comes into force here
    key = world.another(NAME, main_item=main).id
    with world.session(THE_SYSTEM) as session:
        row: Any = saving.find(session, TABLES[NAME], key)
        put(session, row, "drafting", measure_type="inspection", supervision_modes=["credit"], check_class="general")
        given = {"sub_item": str(row.id), "item_no": f"U{row.sub_code}-1", "name": "现行检查项"}
        line, _ = saving.save(session, TABLES[LINE_NAME], given, by_id=True)
        for name in ("submit", "approve", "publish", "change"):
            moving.move(session, row, name)
        saving.save(session, TABLES[NAME], {"process_text": NEXT}, row=row, by_id=True)
        saving.save(session, TABLES[LINE_NAME], {"name": NEXT_LINE}, row=line, by_id=True)
        more = given | {"item_no": f"U{row.sub_code}-2", "name": NEW_LINE}
        fresh, _ = saving.save(session, TABLES[LINE_NAME], more, by_id=True)
        moving.move(session, row, "submit")
        moving.move(session, row, "return", opinion=SAID)
        found = Scene(str(row.id), str(line.id), str(fresh.id), [])
        session.commit()
    with world.session(THE_SYSTEM) as session:
        asked = sa.text("SELECT id FROM audit.log WHERE pk = ANY(:keys)")
        found.entries = list(session.scalars(asked, {"keys": [found.item, found.line, found.fresh]}))
    yield found
    with world.session(THE_SYSTEM) as session:  # nobody has anything to do about it
        claims = TABLES["item_claim"].__table__
        gone = sa.delete(claims).where(claims.c.sub_item_id == found.item).returning(sa.cast(claims.c.id, sa.Text))
        keys = [found.item, *session.scalars(gone)]
        session.execute(sa.text("DELETE FROM todo WHERE row_key = ANY(:keys)"), {"keys": keys})
        session.commit()


def addresses(app: Flask, scene: Scene) -> list[str]:
    """Every address that is read about one of the three rows, and their lists."""
    made = []
    for rule in app.url_map.iter_rules():
        name = rule.rule.removeprefix("/api/v1/").strip("/").split("/")[0]
        if "GET" not in (rule.methods or ()) or name not in (NAME, LINE_NAME):
            continue
        keys = [scene.item] if name == NAME else [scene.line, scene.fresh]
        for key in keys if "<pk>" in rule.rule else [""]:
            url = rule.rule.replace("<pk>", key)
            for number in scene.entries if "<int:" in url else [0]:
                told = re.sub(r"<int:\w+>", str(number), url)
                if "<" not in told:
                    made.append(told)
    return sorted(set(made))


def told(browser: Browser, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code < 500, url
    text = text_of(answer)
    if "\\u" in text:
        text = text.encode().decode("unicode_escape", "ignore")
    return re.sub(r"<[^>]+>", "", html.unescape(text))


def test_no_stranger_reads_what_is_under_way(app: Flask, scene: Scene, browser: Sign):
    stranger, seen = browser("t_stranger"), 0
    for url in addresses(app, scene):
        text = told(stranger, url)
        seen += "现行检查项" in text
        for secret in (NEXT, SAID, NEW_LINE, NEXT_LINE):
            assert secret not in text, (url, secret)
    assert seen >= 3, "what is in force is everybody's"
    for url in (f"/{LINE_NAME}/show/{scene.fresh}", f"/api/v1/{LINE_NAME}/{scene.fresh}"):
        assert stranger.get(url).status_code == 404
    page = told(stranger, f"/{NAME}/show/{scene.item}")
    assert "正在编写" not in page and "发布" in page


@pytest.mark.parametrize("who", ["t_own", "t_parent", "t_office"])
def test_those_who_keep_it_do(who: str, scene: Scene, browser: Sign):
    page = told(browser(who), f"/{NAME}/show/{scene.item}")
    assert all(each in page for each in (NEXT, SAID, NEW_LINE, NEXT_LINE)), who
    versions = browser(who).get(f"/api/v1/{NAME}/{scene.item}/editions").json["result"]
    assert NEXT in str(versions) and NEXT_LINE in str(versions)


def test_a_stranger_reads_the_editions_that_were_in_force(scene: Scene, browser: Sign):
    found = browser("t_stranger").get(f"/api/v1/{NAME}/{scene.item}/editions").json["result"]
    assert [each["number"] for each in found] == [1]
    moves = browser("t_stranger").get(f"/api/v1/{NAME}/{scene.item}/moves").json
    assert [each["name"] for each in moves["steps"]] == ["publish"] and moves["waits"] == []


@pytest.mark.parametrize("name", DRAFTS)
def test_whoever_was_asked_reads_the_draft_by_either_wall(name: str, world: World):
    """The justice bureau stands in no tree of the owner's: the row says that it was asked."""
    table, key = TABLES[name], world.another(name).id
    asked = world.viewers["stranger"]
    somebody = Viewer(LINE, asked.high + 1, asked.high + 2, 10**6, "别人", asked.high + 1, "别的部门")
    for who, sees in ((asked, True), (somebody, False), (world.viewers["own"], True), (world.viewers["office"], True)):
        with world.session(THE_SYSTEM) as session:
            stored = table.__table__
            session.execute(sa.update(stored).where(stored.c.id == key).values({ASKED: asked.department_id}))
            session.flush()
            look_as(session, who)
            by_policy = session.scalar(sa.select(sa.func.count()).select_from(stored).where(stored.c.id == key))
            look_as(session, THE_SYSTEM)
            by_filter = len(session.scalars(visible(table, who).where(table.id == key)).unique().all())
            assert (by_policy, by_filter) == (int(sees), int(sees)), who.department
            # It is read, not written.
            look_as(session, who)
            if who is asked:
                done: Any = session.execute(sa.update(stored).where(stored.c.id == key).values(version=9))
                assert done.rowcount == 0
            # Published it is everybody's.
            look_as(session, THE_SYSTEM)
            session.execute(sa.update(stored).where(stored.c.id == key).values({"edition": 1, ASKED: None}))
            look_as(session, somebody)
            assert session.scalar(sa.select(sa.func.count()).select_from(stored).where(stored.c.id == key)) == 1
            assert len(session.scalars(visible(table, somebody).where(table.id == key)).unique().all()) == 1


def test_editions_and_steps_are_read_by_no_person(world: World, scene: Scene):
    for who in ("own", "stranger", "office"):
        for name in (Edition.__tablename__, FlowStep.__tablename__):
            with world.session(who) as session, pytest.raises(ProgrammingError, match="permission denied"):
                session.execute(sa.text(f"SELECT count(*) FROM {name}"))


def test_the_log_of_a_draft_is_not_everybodys(world: World, scene: Scene):
    with world.session(THE_SYSTEM) as session:
        asked = sa.text("SELECT is_open FROM audit.log WHERE rel = :rel AND pk = :pk ORDER BY id")
        of_item = list(session.scalars(asked, {"rel": NAME, "pk": scene.item}))
        of_fresh = list(session.scalars(asked, {"rel": LINE_NAME, "pk": scene.fresh}))
    assert of_item[0] is False and of_item[-1] is True, "from when it was published it is"
    assert of_fresh and not any(of_fresh)
