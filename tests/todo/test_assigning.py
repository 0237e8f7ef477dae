"""An admin gives the to-dos of absent people to others: of his own departments only, to who may, told and kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console.todo import tabs
from app.console.todo.tabs import ASSIGN, Tab
from app.core import clock, words
from app.core.errors import NotVisible, Refused
from app.core.roles import Role
from app.core.viewer import THE_SYSTEM, look_as, looking_as
from app.core.workflow import passing, urging
from app.core.workflow.models import FlowStep, Notice, Todo
from tests.conftest import Browser
from tests.console.pages import listed, total
from tests.every_table.world import CITY, World
from tests.todo import given
from tests.todo.given import (
    CLERK,
    EDITOR,
    KEEPER,
    OFFICE,
    PARENT,
    REVIEWER,
    STRANGER,
    allowed,
    asked,
    viewer_of,
)
from tests.todo.test_pages import stored, text, waiting

ADMIN = "t_role_dept_admin"
#: What the editors and the keeper of a department may do, asked by somebody who may not be told of it himself.
WORK = {"needs": "edit", "step": "claimed", "by": REVIEWER}
People = Callable[[str | None], Browser]


@pytest.fixture(autouse=True)
def nothing_waits(world: World) -> Iterator[None]:
    """Every test begins and ends with no to-do."""
    world.row("item_claim")  # making it publishes items, which asks for claims
    given.cleared(world)
    yield
    with world.session(THE_SYSTEM) as session:
        session.execute(sa.delete(FlowStep).where(FlowStep.table_name == "todo"))
        session.commit()
    given.cleared(world)


@pytest.fixture
def quiet(world: World) -> Iterator[Session]:
    """A session whose writing is rolled back."""
    with world.session(None) as session:
        yield session


def key_of(session: Session, who: str) -> int:
    found = viewer_of(session, who).user_id
    assert found is not None
    return found


def told(session: Session, who: str) -> list[tuple[str, bool]]:
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(Notice).where(Notice.created_by == key_of(session, who)).order_by(Notice.id)
        return [(str(words.read(each.words)), each.is_urgent) for each in session.scalars(wanted)]


def his(session: Session, who: str, *extra: tuple[str, str]) -> set[Any]:
    """The to-dos of the tab, for somebody with those permissions besides, by the application's question alone."""
    person = viewer_of(session, who)
    question = tabs.of(Tab.UNIT, person, allowed(session, person) | frozenset(extra))
    with looking_as(session, THE_SYSTEM):
        return {todo.id for todo in session.scalars(question)}


def test_the_tab_has_the_open_tasks_of_the_admins_departments(quiet: Session, world: World):
    mine = {asked(quiet, world).id, asked(quiet, world, account_id=key_of(quiet, REVIEWER)).id}
    strange = asked(quiet, world, of=STRANGER).id
    asked(quiet, world, kind="copy", needs="read")
    over = asked(quiet, world)
    with looking_as(quiet, THE_SYSTEM):
        quiet.execute(sa.update(Todo).where(Todo.id == over.id).values(state="done"))
    assert his(quiet, ADMIN) == mine
    assert his(quiet, PARENT, ASSIGN) == {*mine, strange}
    assert his(quiet, STRANGER, ASSIGN) == {strange}
    # A lead office watches over its region, but employs its own people only.
    assert his(quiet, OFFICE, ASSIGN) == set()
    assert his(quiet, REVIEWER) == his(quiet, PARENT) == set()


def test_what_the_admin_may_not_read_is_not_among_them(quiet: Session, world: World):
    asked(quiet, world)
    person = viewer_of(quiet, ADMIN)
    may = frozenset(each for each in allowed(quiet, person) if each != ("read", "item_claim"))
    with looking_as(quiet, person):
        assert quiet.scalars(tabs.of(Tab.UNIT, person, may)).all() == []


def assign(session: Session, who: str, todo: Todo, to: int | None, reason: str = "外出培训") -> None:
    with looking_as(session, viewer_of(session, who)):
        passing.assign(session, todo, to, reason=reason, url="/todo/")


def test_who_held_it_and_who_has_it_now_are_told_and_the_step_is_kept(quiet: Session, world: World):
    editor, keeper = key_of(quiet, EDITOR), key_of(quiet, KEEPER)
    task = asked(quiet, world, account_id=editor, **WORK)
    assign(quiet, ADMIN, task, keeper)
    with looking_as(quiet, THE_SYSTEM):
        assert quiet.scalar(sa.select(Todo.account_id).where(Todo.id == task.id)) == keeper
    ((gained, at_once),) = told(quiet, KEEPER)
    assert gained == f"测试{ADMIN} 指派您办理：{task.title_text}。外出培训"
    assert at_once
    ((lost, loud),) = told(quiet, EDITOR)
    assert lost == f"测试{ADMIN} 已将您承办的“{task.title_text}”改派给测试{KEEPER}：外出培训"
    assert not loud  # he is absent, and has nothing to do
    (step,) = urging.history(quiet, [task.id])[str(task.id)]
    assert (step.move, step.person, step.target) == (passing.ASSIGNED, f"测试{ADMIN}", task.urgency)
    assert step.opinion == f"测试{EDITOR} → 测试{KEEPER}；外出培训"
    assign(quiet, ADMIN, task, None, "回到单位")
    assert told(quiet, KEEPER)[-1][0].endswith("改派给承办单位：回到单位")
    assert len(told(quiet, EDITOR)) == 1


@pytest.mark.parametrize(
    ("who", "to", "reason", "problem"),
    [
        (ADMIN, KEEPER, "  ", "请填写改派的理由"),
        (ADMIN, CLERK, "试", "有权办理"),
        (ADMIN, STRANGER, "试", "有权办理"),
        (ADMIN, EDITOR, "试", "已经由其办理"),
        (PARENT, KEEPER, "", "请填写改派的理由"),
        (STRANGER, KEEPER, "试", None),
        (OFFICE, KEEPER, "试", None),
    ],
)
def test_what_cannot_be_assigned_is_refused(quiet: Session, world: World, who: str, to: str, reason: str, problem):
    task = asked(quiet, world, account_id=key_of(quiet, EDITOR), **WORK)
    with pytest.raises(NotVisible if problem is None else Refused, match=problem):
        assign(quiet, who, task, key_of(quiet, to), reason)
    assert told(quiet, KEEPER) == told(quiet, EDITOR) == []


def test_what_is_over_meanwhile_is_refused(quiet: Session, world: World):
    task = asked(quiet, world, account_id=key_of(quiet, EDITOR), **WORK)
    with looking_as(quiet, THE_SYSTEM):
        quiet.execute(sa.update(Todo).where(Todo.id == task.id).values(state="done", account_id=None))
    with pytest.raises(Refused, match="已经办结"):
        assign(quiet, ADMIN, task, key_of(quiet, KEEPER))


def test_copies_are_nobodys_to_assign(quiet: Session, world: World):
    look_as(quiet, THE_SYSTEM)
    copy = asked(quiet, world, kind="copy", needs="read")
    with pytest.raises(Refused, match="抄送件"):
        assign(quiet, ADMIN, copy, key_of(quiet, KEEPER))


def test_whoever_was_given_time_is_not_urged_at_once(quiet: Session, world: World):
    """The urging waits its days after whatever was done about the to-do last, a new holder included."""
    task = asked(quiet, world, due_on=clock.today() - timedelta(days=30), account_id=key_of(quiet, EDITOR), **WORK)
    assign(quiet, ADMIN, task, key_of(quiet, KEEPER))
    assert task.id not in {each.todo_id for each in urging.urge_overdue(quiet)}


def test_the_page_finds_an_absent_persons_to_dos_and_gives_them_away(browser: People, world: World):
    with world.session(THE_SYSTEM) as session:
        editor, keeper = key_of(session, EDITOR), key_of(session, KEEPER)
    held, free = waiting(world, account_id=editor, **WORK), waiting(world, **WORK)
    admin = browser(ADMIN)
    page = text(admin.get("/todo/?tab=unit"))
    assert total(page) == "共 2 条"
    assert re.search(rf'<option value="{editor}">测试{EDITOR} （1）', page)
    assert listed(text(admin.get(f"/todo/?tab=unit&holder={editor}"))).keys == [held]
    assert listed(text(admin.get("/todo/?tab=unit&holder=none"))).keys == [free]
    page = text(admin.post("/todo/assign", ids=held))
    offered = set(re.findall(r'name="to" value="(\d+|unit)"', page))
    assert {str(keeper), "unit"} <= offered
    assert str(editor) not in offered
    assert f"现承办人：测试{EDITOR}" in page
    assert "请选择改派给谁" in text(admin.post("/todo/assign", ids=held, sure="1", note="病假"))
    page = text(admin.post("/todo/assign", ids=held, sure="1", to=str(keeper)))
    assert "请填写改派的理由" in page
    assert re.search(rf'value="{keeper}" required checked', page)
    assert stored(world, held).account_id == editor
    answer = admin.post(
        "/todo/assign", ids=[held, free], sure="1", to=str(keeper), note="病假", back="/todo/?tab=unit&holder=none"
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/todo/?tab=unit&holder=none")
    assert {stored(world, key).account_id for key in (held, free)} == {keeper}
    assert f"测试{EDITOR} → 测试{KEEPER}；病假" in text(admin.get("/todo/?tab=unit"))
    assert total(text(browser(KEEPER).get("/todo/"))) == "共 2 条"
    assert total(text(browser(EDITOR).get("/todo/"))) == "共 0 条"
    # What cannot be done with one is done with none.
    other = waiting(world, account_id=editor, **WORK)
    page = text(admin.post("/todo/assign", ids=[held, other], sure="1", to=str(keeper), note="病假"))
    assert "以下 1 件不能办理" in page
    assert stored(world, other).account_id == editor


def test_the_admin_looks_at_a_record_without_reading_it_for_others(browser: People, world: World):
    key = waiting(world)
    answer = browser(ADMIN).post(f"/todo/{key}/open", back="/todo/?tab=unit")
    assert answer.status_code == 302
    assert stored(world, key).first_read_at is None


@pytest.mark.parametrize("who", [REVIEWER, EDITOR, CLERK, KEEPER])
def test_nobody_else_has_the_tab_or_assigns(browser: People, world: World, who: str):
    with world.session(THE_SYSTEM) as session:
        keeper = str(key_of(session, KEEPER))
    key = waiting(world, **WORK)
    assert "本单位在办" not in text(browser(who).get("/todo/"))
    assert browser(who).get("/todo/?tab=unit").status_code == 403
    assert browser(who).post("/todo/assign", ids=key, sure="1", to=keeper, note="试").status_code == 403
    assert stored(world, key).account_id is None


def test_to_dos_of_different_departments_are_not_given_to_one_person(browser: People, world: World):
    """The admin of the level above sees both counties; each has its own people."""
    with world.session(THE_SYSTEM):
        world._employ("t_admin_above", Role.DEPT_ADMIN, CITY)
    keys = [waiting(world, **WORK), waiting(world, of=STRANGER, **WORK)]
    above = browser("t_admin_above")
    assert total(text(above.get("/todo/?tab=unit"))) == "共 2 条"
    assert above.post("/todo/assign", ids=keys).status_code == 422
    assert f"测试{STRANGER}" in text(above.post("/todo/assign", ids=keys[1:]))
