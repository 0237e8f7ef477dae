"""Something sent twice is done once: keys of submissions, twins at the same moment, what is forgotten."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console.memory import Submission
from app.console.once import KEPT_FOR, _first_id, digest_of, forget, once
from app.core import clock, saving
from app.core.errors import Invalid, Refused
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from tests.every_table.values import fresh
from tests.every_table.world import World

TAG = TABLES["subject_tag"]


class Work:
    """Counts how often it was done."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self) -> dict[str, Any]:
        self.done += 1
        return {"id": f"row {self.done}", "status": 201}


def test_the_same_key_does_nothing_and_answers_the_same(looking: Session):
    work, key = Work(), f"once-{fresh()}"
    first = once(looking, key, digest_of("a"), work)
    looking.commit()
    assert once(looking, key, digest_of("a"), work) == first == {"id": "row 1", "status": 201}
    assert work.done == 1
    assert looking.scalar(sa.select(Submission.status).where(Submission.key == key)) == 201


def test_another_content_under_the_same_key_is_refused(looking: Session):
    work, key = Work(), f"once-{fresh()}"
    once(looking, key, digest_of("a"), work)
    with pytest.raises(Refused) as refused:
        once(looking, key, digest_of("b"), work)
    assert (refused.value.status, work.done) == (409, 1)


def test_the_key_of_another_person_is_another_key(world: World):
    work, key = Work(), f"once-{fresh()}"
    answers = []
    for who in ("own", "stranger", "own", "stranger"):
        with world.session(who) as session:
            answers.append(once(session, key, digest_of(who), work))
            session.commit()
    assert work.done == 2
    assert [answer["id"] for answer in answers] == ["row 1", "row 2", "row 1", "row 2"]


def test_what_failed_may_be_sent_again(looking: Session, world: World):
    key, given = f"once-{fresh()}", world.given("subject_tag")[0]

    def save(values: dict[str, Any]) -> dict[str, Any]:
        return {"id": str(saving.save(looking, TAG, values)[0].id)}

    with pytest.raises(Invalid):
        once(looking, key, digest_of(), lambda: save({}))
    looking.rollback()
    answer = once(looking, key, digest_of("mended"), lambda: save(given))
    looking.commit()
    assert looking.scalar(sa.select(TAG.id).where(sa.cast(TAG.id, sa.String) == answer["id"])) is not None


@pytest.mark.parametrize("key", ["", " ", "a b", "键", "a\x00", "a\nb", "x" * 101, "\ud800"])
def test_keys_are_printed_signs(looking: Session, key: str):
    work = Work()
    with pytest.raises(Refused) as refused:
        once(looking, key, "", work)
    assert (refused.value.status, work.done) == (400, 0)


def _twins(world: World, first_commits: bool) -> tuple[Work, list[dict[str, Any]], bool]:
    """Two connections with one key: the second comes while the first is at work."""
    work, key, inside, leave = Work(), f"once-{fresh()}", threading.Event(), threading.Event()
    second_ended_early = True

    def slow() -> dict[str, Any]:
        answer = work()
        inside.set()
        assert leave.wait(20)
        return answer

    def first() -> dict[str, Any]:
        with world.session("own") as session:
            answer = once(session, key, digest_of(), slow)
            session.commit() if first_commits else session.rollback()
            return answer

    def second() -> dict[str, Any]:
        with world.session("own") as session:
            answer = once(session, key, digest_of(), work)
            session.commit()
            return answer

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        assert inside.wait(20)
        two = pool.submit(second)
        time.sleep(0.3)
        second_ended_early = two.done()
        leave.set()
        return work, [one.result(20), two.result(20)], second_ended_early


def test_a_twin_waits_and_gets_the_first_ones_answer(world: World):
    work, answers, ended_early = _twins(world, first_commits=True)
    assert (work.done, ended_early) == (1, False)
    assert answers[0] == answers[1]


def test_a_twin_does_the_work_when_the_first_is_rolled_back(world: World):
    work, answers, ended_early = _twins(world, first_commits=False)
    assert (work.done, ended_early) == (2, False)
    assert [answer["id"] for answer in answers] == ["row 1", "row 2"]


def test_fifty_twins_do_one_work(world: World):
    work, key = Work(), f"once-{fresh()}"

    def send(_: int) -> dict[str, Any]:
        with world.session("own") as session:
            answer = once(session, key, digest_of(), work)
            session.commit()
            return answer

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(50)))
    assert work.done == 1
    assert answers == [{"id": "row 1", "status": 201}] * 50


def test_old_submissions_of_everybody_are_forgotten(world: World):
    now = clock.now()
    old, young = now - KEPT_FOR - timedelta(minutes=1), now - KEPT_FOR + timedelta(minutes=1)
    stored = Submission.__table__
    with world.session(THE_SYSTEM) as session:
        keys = {}
        for actor in (world.viewers["own"].user_id, world.viewers["stranger"].user_id):
            for moment in (old, young):
                row = {"id": UUID(int=_first_id(moment).int + actor), "key": f"once-{fresh()}"}
                session.execute(sa.insert(stored).values(row | {"created_by": actor, "updated_by": actor}))
                keys[row["key"]] = moment
        session.commit()
    with world.session("own") as session:
        assert forget(session) >= 2
        session.commit()
    with world.session(THE_SYSTEM) as session:
        left = set(session.scalars(sa.select(stored.c.key).where(stored.c.key.in_(keys))))
    assert left == {key for key, moment in keys.items() if moment == young}


def test_forgetting_leaves_the_viewer_as_he_was(looking: Session):
    forget(looking)
    assert looking.scalar(sa.text("SELECT current_user")) == "viewer_line"
    with looking_as(looking, None):
        pass
