"""Whose to-dos are whose: person by person, and by each of the two walls alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console.todo import tabs
from app.console.todo.tabs import Tab
from app.core import clock
from app.core.errors import NotVisible
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow import todos, urging
from app.core.workflow.models import Todo
from tests.every_table.world import World
from tests.todo import given
from tests.todo.given import CLERK, EDITOR, KEEPER, OFFICE, PARENT, REVIEWER, STRANGER, allowed, asked, viewer_of

EVERYBODY = (REVIEWER, EDITOR, KEEPER, CLERK, STRANGER, PARENT, OFFICE)


@pytest.fixture
def quiet(world: World) -> Iterator[Session]:
    """No to-dos but those of the test, which are rolled back."""
    for name in ("item_claim", "subject"):
        world.row(name)
    given.cleared(world)
    with world.session(None) as session:
        yield session


def seen(session: Session, who: str, tab: Tab, *, wall: str = "both") -> set[Any]:
    """The to-dos of the tab, by both walls, by the application's questions alone, or by the policies alone."""
    person = viewer_of(session, who)
    question = tabs.of(tab, person, allowed(session, person))
    if wall == "policies":
        question = sa.select(Todo)
    with looking_as(session, THE_SYSTEM if wall == "application" else person):
        return {todo.id for todo in session.scalars(question)}


@pytest.mark.parametrize("wall", ["both", "application"])
@pytest.mark.parametrize("who", EVERYBODY)
def test_a_task_waits_for_the_department_that_handles_it_and_for_who_may(quiet: Session, world: World, who: str, wall):
    task = asked(quiet, world)
    assert (task.id in seen(quiet, who, Tab.PENDING, wall=wall)) is (who == REVIEWER)


@pytest.mark.parametrize("who", EVERYBODY)
def test_policies_alone_show_a_task_to_the_tree_of_its_department_and_to_who_asked(quiet: Session, world: World, who):
    task = asked(quiet, world, by=STRANGER)
    strange = asked(quiet, world, by=REVIEWER, of=STRANGER)
    found = seen(quiet, who, Tab.PENDING, wall="policies")
    assert task.id in found  # the stranger asked; all others stand in the tree, the line above or the region
    assert (strange.id in found) is (who in (STRANGER, PARENT, REVIEWER))


@pytest.mark.parametrize("wall", ["both", "application"])
@pytest.mark.parametrize("who", EVERYBODY)
def test_a_task_given_to_one_person_is_his_alone(quiet: Session, world: World, who: str, wall: str):
    holder = viewer_of(quiet, CLERK)
    task = asked(quiet, world, account_id=holder.user_id)
    assert (task.id in seen(quiet, who, Tab.PENDING, wall=wall)) is (who == CLERK)


def test_what_was_given_to_somebody_who_has_gone_is_the_departments_again(quiet: Session, world: World):
    task = asked(quiet, world, account_id=viewer_of(quiet, CLERK).user_id)
    assert task.id not in seen(quiet, REVIEWER, Tab.PENDING)
    with looking_as(quiet, THE_SYSTEM):
        quiet.execute(sa.text("UPDATE account SET employment = 'left' WHERE username = :n"), {"n": CLERK})
    assert task.id in seen(quiet, REVIEWER, Tab.PENDING)


@pytest.mark.parametrize("who", EVERYBODY)
def test_done_is_what_i_did_and_sent_is_what_i_asked(quiet: Session, world: World, who: str):
    task = asked(quiet, world)
    with looking_as(quiet, viewer_of(quiet, REVIEWER)):
        assert todos.close(quiet, _row(quiet, task), move="approve", opinion="同意") == 1
    assert seen(quiet, who, Tab.PENDING) == set()
    for wall in ("both", "application"):
        assert (task.id in seen(quiet, who, Tab.DONE, wall=wall)) is (who == REVIEWER)
        assert (task.id in seen(quiet, who, Tab.SENT, wall=wall)) is (who == EDITOR)
    with looking_as(quiet, THE_SYSTEM):
        quiet.refresh(task)
    assert (task.state, task.done_move, task.opinion, task.account_id) == ("done", "approve", "同意", None)
    assert task.first_read_at == task.done_at  # whoever deals with it has read it
    assert task.reader == f"测试{REVIEWER}"


def _row(session: Session, task: Todo) -> Any:
    from app.core.table import TABLES

    return session.get(TABLES[task.table_name], TABLES[task.table_name].key_of(task.row_key))


@pytest.mark.parametrize("who", EVERYBODY)
def test_copies_are_for_the_department_they_went_to(quiet: Session, world: World, who: str):
    copy = asked(quiet, world, kind="copy", needs="read", table="subject", of=STRANGER)
    assert (copy.id in seen(quiet, who, Tab.COPIES)) is (who == STRANGER)
    assert (copy.id in seen(quiet, who, Tab.COPIES, wall="application")) is (who == STRANGER)
    assert seen(quiet, who, Tab.PENDING) == set()


def test_what_is_none_of_mine_cannot_be_taken_by_its_number(quiet: Session, world: World):
    task = asked(quiet, world)
    for who in EVERYBODY:
        person = viewer_of(quiet, who)
        with looking_as(quiet, person):
            mine = [t for t in Tab if task.id in seen(quiet, who, t)]
            assert bool(mine) is (who in (REVIEWER, EDITOR))
            if mine:
                assert tabs.found(quiet, person, allowed(quiet, person), [str(task.id)], mine) == [task]
            with pytest.raises(NotVisible):
                wrong = [t for t in Tab if t not in mine]
                tabs.found(quiet, person, allowed(quiet, person), [str(task.id)], wrong)
    with pytest.raises(NotVisible):
        tabs.found(quiet, person, frozenset(), ["没有../'--"])


def test_counts_are_the_numbers_of_rows(quiet: Session, world: World):
    today = clock.today()
    lights = urging.lights(quiet)
    for day in (-30, -1, 0, 400, None):
        asked(quiet, world, due_on=None if day is None else today + timedelta(days=day))
    asked(quiet, world, process="item_claim.reminder", due_on=today - timedelta(days=2))
    person = viewer_of(quiet, REVIEWER)
    with looking_as(quiet, person):
        counts = tabs.counted(quiet, person, allowed(quiet, person), lights)
    assert counts.tabs[Tab.PENDING] == len(seen(quiet, REVIEWER, Tab.PENDING)) == 6
    assert counts.processes[Tab.PENDING] == {"item_claim": 5, "item_claim.reminder": 1}
    assert (counts.late[Tab.PENDING], counts.soon[Tab.PENDING]) == (3, 1)
    assert (counts.tabs[Tab.DONE], counts.tabs[Tab.SENT], counts.tabs[Tab.COPIES]) == (0, 0, 0)
