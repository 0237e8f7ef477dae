"""The page of to-dos as people use it: numbers, filters, opening, deciding, passing on."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow import moving
from app.core.workflow.models import Notice, Todo
from tests.conftest import Browser
from tests.console.pages import listed, total
from tests.every_table.test_query_counts import counted  # noqa: F401 - a fixture
from tests.every_table.world import World
from tests.todo import given
from tests.todo.given import CLERK, EDITOR, KEEPER, REVIEWER, STRANGER, asked, kept, viewer_of

People = Callable[[str | None], Browser]


@pytest.fixture(autouse=True)
def nothing_waits(world: World) -> Iterator[None]:
    """Every test begins and ends with no to-do."""
    for name in ("item_claim", "inspection"):
        world.row(name)  # making them publishes items, which asks for claims
    given.cleared(world)
    yield
    given.cleared(world)


def waiting(world: World, **more: Any) -> str:
    """A to-do for the reviewer that stays; its number."""
    with kept(world) as session:
        return str(asked(session, world, **more).id)


def stored(world: World, key: str) -> Any:
    """The to-do as it is stored."""
    with world.session(THE_SYSTEM) as session:
        return session.execute(sa.select(Todo.__table__).where(Todo.__table__.c.id == sa.cast(key, sa.Uuid))).one()


def text(answer: Any) -> str:
    assert answer.status_code in (200, 422), answer.status_code
    return html.unescape(answer.get_data(as_text=True))


def submitted(world: World, number: int) -> list[str]:
    """So many claims, handed in by the editor; the to-dos of their review."""
    keys = []
    for _ in range(number):
        made = world.another("item_claim", status="已认领（完善要素）")
        with world.session(EDITOR) if EDITOR in world.viewers else kept(world) as session:
            with looking_as(session, THE_SYSTEM):
                row: Any = session.get(TABLES["item_claim"], made.id)
                row.process_text, row.result_text, row.status = "流程", "结果", "claimed"
                session.flush()
            with looking_as(session, viewer_of(session, EDITOR)):
                moving.move(session, row, "submit")
            session.commit()
        with world.session(THE_SYSTEM) as session:
            wanted = sa.select(Todo.id).where(Todo.row_key == str(made.id), Todo.state == "open")
            keys.append(str(session.scalars(wanted).one()))
    return keys


def test_the_four_tabs_tell_true_numbers_and_the_list_has_them(browser: People, world: World):
    for days in (-3, 0, 50):
        waiting(world, due_on=clock.today() + timedelta(days=days))
    page = text(browser(REVIEWER).get("/todo/"))
    assert re.findall(r'class="jg-desk".*?</nav>', page, re.S)
    numbers = re.findall(r">(待办|已办|我发起的|抄送) <span[^>]*>([\d,]+)<", page)
    assert numbers == [("待办", "3"), ("已办", "0"), ("我发起的", "0"), ("抄送", "0")]
    assert total(page) == "共 3 条"
    assert len(listed(page).keys) == 3
    assert "超期 1" in page
    assert "今天到期" in page
    page = text(browser(REVIEWER).get("/todo/?standing=late"))
    assert (total(page), len(listed(page).keys)) == ("共 1 条", 1)
    assert total(text(browser(EDITOR).get("/todo/?tab=sent"))) == "共 3 条"
    assert total(text(browser(CLERK).get("/todo/"))) == "共 0 条"


@pytest.mark.parametrize("order", ["title_text", "sender", "submitted_at", "process", "step", "sent_at", "due_on"])
def test_it_is_sorted_by_any_column_both_ways(browser: People, world: World, order: str):
    keys = {waiting(world, due_on=clock.today() + timedelta(days=n), process=f"item_claim.p{n}") for n in range(3)}
    up = listed(text(browser(REVIEWER).get("/todo/", order=order))).keys
    down = listed(text(browser(REVIEWER).get("/todo/", order=f"-{order}"))).keys
    assert set(up) == keys
    assert up == down[::-1]


@pytest.mark.parametrize(
    ("query", "number"),
    [("q=金丝雀", 1), ("q=没有这样的事项", 0), ("process=item_claim", 1), ("process=inspection", 0),
     ("from=2000-01-01&to=2000-12-31", 0), ("from=2000-01-01", 1), ("q=%25", 0), ("q=金_雀", 0), ("standing=soon", 0)],
)  # fmt: skip
def test_filters_narrow_the_list(browser: People, world: World, query: str, number: int):
    key = waiting(world)
    with kept(world) as session, looking_as(session, THE_SYSTEM):
        session.execute(sa.update(Todo).where(Todo.id == sa.cast(key, sa.Uuid)).values(title_text="金丝雀事项"))
    assert total(text(browser(REVIEWER).get(f"/todo/?{query}"))) == f"共 {number} 条"


@pytest.mark.parametrize("query", ["from=abc", "after=abc", "before=%00", "q=" + "长" * 201])
def test_what_cannot_be_asked_is_refused_kindly(browser: People, query: str):
    assert browser(REVIEWER).get(f"/todo/?{query}").status_code == 400


def test_opening_keeps_who_read_it_first_and_leads_back_with_the_filter(browser: People, world: World):
    key = waiting(world)
    reader, back = browser(REVIEWER), "/todo/?process=item_claim&order=-sent_at"
    answer = reader.post(f"/todo/{key}/open", back=back)
    assert answer.status_code == 302
    row = stored(world, key)
    assert (row.reader, row.state) == (f"测试{REVIEWER}", "open")
    assert row.first_read_at is not None
    page = text(reader.get(answer.headers["Location"]))
    assert f'href="{back}"' in page
    first = row.first_read_at
    reader.post(f"/todo/{key}/open", back="https://evil.example/todo/")
    assert stored(world, key).first_read_at == first
    page = text(reader.get(answer.headers["Location"]))
    assert "evil" not in page
    assert "返回待办" in page
    assert "返回待办" not in text(reader.get("/item_claim/list/"))


def test_the_sender_looks_without_reading(browser: People, world: World):
    key = waiting(world)
    assert browser(EDITOR).post(f"/todo/{key}/open").status_code == 302
    assert stored(world, key).first_read_at is None


@pytest.mark.parametrize("who", [STRANGER, CLERK])
@pytest.mark.parametrize("act", ["open", "decide", "give", "copy", "urge", "recall"])
def test_whose_it_is_not_does_nothing_with_it(browser: People, world: World, who: str, act: str):
    key = waiting(world)
    before = stored(world, key)
    url = f"/todo/{key}/open" if act == "open" else f"/todo/{act}"
    more = {} if act == "open" else {"ids": key, "sure": "1", "verb": "agree", "opinion": "同意", "to": "unit"}
    assert browser(who).post(url, **more).status_code == 404
    assert stored(world, key) == before


def test_many_are_agreed_to_at_once(browser: People, world: World):
    keys = submitted(world, 2)
    page = text(browser(REVIEWER).post("/todo/decide", ids=keys, verb="agree", back="/todo/?process=item_claim"))
    assert "同意 2 件" in page
    assert stored(world, keys[0]).state == "open"  # it was only asked
    answer = browser(REVIEWER).post(
        "/todo/decide", ids=keys, verb="agree", opinion="情况属实", sure="1", back="/todo/?process=item_claim"
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/todo/?process=item_claim")
    rows = [stored(world, key) for key in keys]
    assert {(r.state, r.done_move, r.opinion, r.done_name) for r in rows} == {
        ("done", "approve", "情况属实", f"测试{REVIEWER}")
    }
    with world.session(THE_SYSTEM) as session:
        states = session.scalars(
            sa.select(TABLES["item_claim"].status).where(TABLES["item_claim"].id.in_([r.row_key for r in rows]))
        )
        assert set(states) == {"approved"}
    page = text(browser(REVIEWER).get("/todo/?tab=done"))
    assert total(page) == "共 2 条"
    assert "情况属实" in text(browser(REVIEWER).post("/todo/decide", ids=submitted(world, 1), verb="agree"))


def test_sending_back_wants_a_reason_and_goes_back_to_the_editor(browser: People, world: World):
    (key,) = submitted(world, 1)
    page = text(browser(REVIEWER).post("/todo/decide", ids=key, verb="return", sure="1"))
    assert "须填写理由" in page
    assert stored(world, key).state == "open"
    answer = browser(REVIEWER).post("/todo/decide", ids=key, verb="return", opinion="材料不全", sure="1")
    assert answer.status_code == 302
    assert stored(world, key).done_move == "return"
    assert total(text(browser(EDITOR).get("/todo/"))) == "共 1 条"


def test_where_one_cannot_be_done_none_is_and_the_page_says_why(browser: People, world: World):
    good, stale = submitted(world, 2)
    with kept(world) as session, looking_as(session, THE_SYSTEM):
        claim = TABLES["item_claim"].__table__
        session.execute(
            sa.update(claim)
            .where(claim.c.id == sa.cast(stored(world, stale).row_key, sa.Uuid))
            .values(status="claimed")
        )
    page = text(browser(REVIEWER).post("/todo/decide", ids=[good, stale], verb="agree", sure="1"))
    assert "以下 1 件不能办理" in page
    assert "记录的状态已经变化" in page
    assert re.findall(r'name="ids" value="([^"]+)"', page) == [good]
    assert stored(world, good).state == "open"


def test_a_task_is_given_to_a_colleague_who_may_and_to_nobody_else(browser: People, world: World):
    key = waiting(world, needs="edit", step="claimed", by=REVIEWER)
    assert total(text(browser(KEEPER).get("/todo/"))) == "共 1 条"
    with world.session(THE_SYSTEM) as session:
        ids = {who: viewer_of(session, who).user_id for who in (EDITOR, KEEPER, CLERK, STRANGER)}
    page = text(browser(EDITOR).post("/todo/give", ids=key))
    offered = set(re.findall(r'name="to" value="(\d+)"', page))
    assert str(ids[KEEPER]) in offered
    assert not {str(ids[CLERK]), str(ids[STRANGER]), str(ids[EDITOR])} & offered
    for wrong in (ids[CLERK], ids[STRANGER], 10**8):
        page = text(browser(EDITOR).post("/todo/give", ids=key, to=str(wrong), sure="1"))
        assert "只能转办给本单位有权办理的在岗人员" in page
    assert browser(EDITOR).post("/todo/give", ids=key, to=str(ids[KEEPER]), note="请接手", sure="1").status_code == 302
    assert stored(world, key).account_id == ids[KEEPER]
    assert total(text(browser(EDITOR).get("/todo/"))) == "共 0 条"
    assert total(text(browser(KEEPER).get("/todo/"))) == "共 1 条"
    bell = browser(KEEPER).get("/notices/bell.json").get_json()
    assert bell["unread"] == 1
    assert "请接手" in bell["urgent"]["text"]
    assert browser(KEEPER).post("/todo/give", ids=key, to="unit", sure="1").status_code == 302
    assert total(text(browser(EDITOR).get("/todo/"))) == "共 1 条"


def test_the_sender_urges_once_a_day_and_whoever_may_is_told_at_once(browser: People, world: World):
    key = waiting(world)
    assert browser(REVIEWER).post("/todo/urge", ids=key).status_code == 404  # it is not his request
    assert browser(EDITOR).post("/todo/urge", ids=key).status_code == 302
    row = stored(world, key)
    assert (row.urged, row.urgency) == (1, "reminded")
    told = browser(REVIEWER).get("/notices/bell.json").get_json()
    assert told["unread"] == 1
    assert "催办" in told["urgent"]["text"]
    assert browser(CLERK).get("/notices/bell.json").get_json() == {"unread": 0, "urgent": None}
    again = browser(EDITOR).post("/todo/urge", ids=key)
    assert again.status_code == 409
    assert "今天已经催办过" in again.get_data(as_text=True)
    assert stored(world, key).urged == 1
    assert "已催办" in text(browser(REVIEWER).get("/todo/"))


def test_what_was_handed_in_is_taken_back_until_somebody_has_dealt_with_it(browser: People, world: World):
    first, second = submitted(world, 2)
    assert browser(EDITOR).post("/todo/recall", ids=first).status_code == 302
    assert stored(world, first).state == "recalled"
    assert browser(REVIEWER).post("/todo/decide", ids=second, verb="agree", sure="1").status_code == 302
    assert browser(EDITOR).post("/todo/recall", ids=second).status_code == 409
    assert stored(world, second).state == "done"


@pytest.fixture
def publish(world: World) -> Iterator[Callable[[], None]]:
    """Puts the claim of the tests' world in force, so that everybody reads it; it is a draft again afterwards."""

    def edition(number: int | None) -> None:
        claim = TABLES["item_claim"].__table__
        with kept(world) as session, looking_as(session, THE_SYSTEM):
            session.execute(sa.update(claim).where(claim.c.id == world.row("item_claim").id).values(edition=number))

    yield lambda: edition(1)
    edition(None)


def test_a_copy_goes_only_to_who_may_see_the_record_and_is_read_once(
    browser: People, world: World, publish: Callable[[], None]
):
    key = waiting(world, table="inspection", needs="edit", step=None)  # a private table
    claim = waiting(world)  # a draft
    with world.session(THE_SYSTEM) as session:
        units = {who: viewer_of(session, who).department_id for who in (STRANGER, "t_parent")}
    for each in (key, claim):
        page = text(browser(EDITOR).post("/todo/copy", ids=each, units=str(units[STRANGER]), sure="1"))
        assert "无权查看" in page
        assert browser(EDITOR).post("/todo/copy", ids=each, units=str(units["t_parent"]), sure="1").status_code == 302
    publish()
    sent = browser(EDITOR).post("/todo/copy", ids=claim, units=str(units[STRANGER]), note="请知悉", sure="1")
    assert sent.status_code == 302
    page = text(browser(STRANGER).get("/todo/?tab=copies"))
    assert total(page) == "共 1 条"
    assert "请知悉" in page
    copy = listed(page).keys[0]
    assert browser(STRANGER).post(f"/todo/{copy}/open").status_code == 302
    row = stored(world, copy)
    assert (row.state, row.reader) == ("done", f"测试{STRANGER}")
    assert total(text(browser(STRANGER).get("/todo/?tab=copies&standing=open"))) == "共 0 条"
    assert total(text(browser(STRANGER).get("/todo/?tab=done"))) == "共 0 条"  # to read is not to deal with
    assert browser(EDITOR).post("/todo/recall", ids=copy).status_code == 409


def test_a_thousand_cost_no_more_than_one(browser: People, world: World, counted: Any):  # noqa: F811
    waiting(world)
    reader = browser(REVIEWER)
    reader.get("/todo/")
    with counted() as few:
        assert reader.get("/todo/?size=200").status_code == 200
    with kept(world) as session, looking_as(session, THE_SYSTEM):
        columns = [c.name for c in Todo.__table__.c if c.name != "id"]
        names = ", ".join(f'"{name}"' for name in columns)
        session.execute(
            sa.text(
                f"INSERT INTO todo (id, {names}) SELECT gen_random_uuid(), {names} FROM todo, generate_series(1, 999)"
            )
        )
    with counted() as many:
        page = text(reader.get("/todo/?size=200"))
    assert total(page) == "共 1,000 条"
    assert len(listed(page).keys) == 200
    assert len(many) == len(few) <= 8, many
    seen, url = set(), "/todo/?size=200&order=due_on"
    while url:
        page = text(reader.get(url))
        seen |= set(listed(page).keys)
        found = re.search(r'<a class="btn btn-sm" href="([^"]+)" rel="next"', page)
        url = found[1] if found else ""
    assert len(seen) == 1000


def test_the_first_page_tells_what_waits(browser: People, world: World):
    waiting(world, due_on=clock.today() - timedelta(days=9))
    due = re.findall(
        r'<li class="jg-due-\w+"><a href="([^"]+)"><span>([^<]*)</span><strong>([\d,]+)',
        text(browser(REVIEWER).get("/")),
    )
    assert ("/todo/", "待办事项", "1") in due
    assert ("/todo/?standing=late", "超期待办", "1") in due


def test_nobody_reads_anothers_notice(browser: People, world: World):
    key = waiting(world)
    browser(EDITOR).post("/todo/urge", ids=key)
    with world.session(THE_SYSTEM) as session:
        notice = session.scalars(sa.select(Notice.id)).one()
    for who in (EDITOR, STRANGER):
        assert browser(who).post(f"/notices/{notice}/open").status_code == 404
    answer = browser(REVIEWER).post(f"/notices/{notice}/open")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/todo/?q=")
    assert browser(REVIEWER).get("/notices/bell.json").get_json()["unread"] == 0
