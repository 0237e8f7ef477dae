"""What people are told: urgent things at once, one digest a working day for whoever something waits for, else nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.console.todo.digest import digest, forget
from app.core import clock, words
from app.core.sight import visible
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow import notices, todos
from app.core.workflow.models import Notice
from tests.conftest import Browser
from tests.every_table.world import World
from tests.todo import given
from tests.todo.given import CLERK, EDITOR, KEEPER, REVIEWER, asked, viewer_of

#: A Monday that is worked, at half past eight.
MONDAY = datetime(2026, 11, 23, 8, 30, tzinfo=clock.ZONE)


@pytest.fixture
def quiet(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Nothing waits and nobody was told; it is Monday morning."""
    world.row("item_claim")
    given.cleared(world)
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    with world.session(THE_SYSTEM) as session:
        yield session


def told(session: Session, who: str) -> list[Any]:
    """The texts a person was told, in their parts."""
    wanted = sa.select(Notice.words).where(Notice.created_by == viewer_of(session, who).user_id)
    return list(session.scalars(wanted.order_by(Notice.id)))


def test_one_digest_a_day_for_whom_something_waits(quiet: Session, world: World, monkeypatch: pytest.MonkeyPatch):
    day = MONDAY.date()
    for due in (day - timedelta(days=1), day, day + timedelta(days=60), None):
        asked(quiet, world, due_on=due)
    asked(quiet, world, account_id=viewer_of(quiet, CLERK).user_id)
    asked(quiet, world, kind="copy", needs="read")
    with looking_as(quiet, THE_SYSTEM):
        people = digest(quiet)
        assert people > 0
        counts = {"open": 4, "late": 1, "soon": 1, "copies": 1, "results": 0}
        assert told(quiet, REVIEWER) == [{"m": notices.DIGEST, "p": counts}]
        assert told(quiet, CLERK)[0]["p"]["open"] == 1
        assert (told(quiet, EDITOR)[0]["p"]["open"], told(quiet, EDITOR)[0]["p"]["copies"]) == (0, 1)
        assert digest(quiet) == 0  # the next hour's sweep
        monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(days=1))
        assert digest(quiet) == people
        assert len(told(quiet, REVIEWER)) == 2


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (MONDAY, True),
        (MONDAY.replace(hour=7), False),  # before the hour that is set
        (MONDAY - timedelta(days=1), False),  # a Sunday
        (datetime(2026, 10, 1, 9, tzinfo=clock.ZONE), False),  # the national holiday
        (datetime(2026, 10, 10, 9, tzinfo=clock.ZONE), True),  # a Saturday that is worked for it
    ],
)
def test_it_comes_on_working_days_from_the_hour_on(
    quiet: Session, world: World, moment: datetime, expected: bool, monkeypatch: pytest.MonkeyPatch
):
    asked(quiet, world)
    monkeypatch.setattr(clock, "now", lambda: moment)
    with looking_as(quiet, THE_SYSTEM):
        assert bool(digest(quiet)) is expected


def test_nobody_is_told_that_there_is_nothing(quiet: Session):
    with looking_as(quiet, THE_SYSTEM):
        assert digest(quiet) == 0


def test_who_asked_is_told_what_came_of_it(quiet: Session, world: World):
    task = asked(quiet, world, of=KEEPER)
    from app.core.table import TABLES

    row = quiet.get(TABLES["item_claim"], TABLES["item_claim"].key_of(task.row_key))
    assert row is not None
    with looking_as(quiet, viewer_of(quiet, REVIEWER)):
        todos.close(quiet, row, move="approve")
    with looking_as(quiet, THE_SYSTEM):
        digest(quiet)
        assert told(quiet, EDITOR)[0]["p"]["results"] == 1
        assert told(quiet, REVIEWER) == []


def test_notices_of_half_a_year_ago_are_gone(quiet: Session, monkeypatch: pytest.MonkeyPatch):
    person = viewer_of(quiet, REVIEWER).user_id
    assert person is not None
    for days in (181, 179):
        monkeypatch.setattr(clock, "now", lambda days=days: MONDAY - timedelta(days=days))
        notices.tell(quiet, [person], words.read({"m": f"{days}", "p": {}}))
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    with looking_as(quiet, THE_SYSTEM):
        assert forget(quiet) == 1
        assert told(quiet, REVIEWER) == [{"m": "179", "p": {}}]


@pytest.fixture
def no_digest(browser: Callable[[str], Browser]) -> Iterator[None]:
    """The reviewer has said that he wants none, and says the opposite at the end."""
    reader = browser(REVIEWER)
    assert reader.post("/notices/settings").headers["Location"] == "/notices/"  # the box is empty
    assert "checked" not in reader.get("/notices/").get_data(as_text=True)
    yield
    assert reader.post("/notices/settings", digest="1").headers["Location"] == "/notices/"
    assert "checked" in reader.get("/notices/").get_data(as_text=True)


def test_who_wants_no_digest_has_none(no_digest: None, quiet: Session, world: World):
    asked(quiet, world)
    asked(quiet, world, account_id=viewer_of(quiet, CLERK).user_id)
    with looking_as(quiet, THE_SYSTEM):
        digest(quiet)
        assert told(quiet, REVIEWER) == []
        assert len(told(quiet, CLERK)) == 1


@pytest.mark.parametrize("other", [EDITOR, KEEPER, "t_parent", "t_office", "t_stranger"])
def test_a_notice_is_its_persons_by_either_wall_alone(quiet: Session, other: str):
    own, stranger = viewer_of(quiet, REVIEWER), viewer_of(quiet, other)
    assert own.user_id is not None
    notices.tell(quiet, [own.user_id], words.read({"m": "试", "p": {}}))
    with looking_as(quiet, stranger):
        assert quiet.scalars(sa.select(Notice)).all() == []  # the policy alone
        assert quiet.execute(sa.update(Notice).values(url="x")).rowcount == 0
        with pytest.raises(DBAPIError, match="row-level security"), quiet.begin_nested():
            quiet.execute(
                sa.insert(Notice).values(words={}, is_urgent=False, told_at=MONDAY, created_by=own.user_id, url=None)
            )
    with looking_as(quiet, THE_SYSTEM):
        assert quiet.scalars(visible(Notice, stranger)).all() == []  # the application alone
        assert len(quiet.scalars(visible(Notice, own)).all()) == 1
