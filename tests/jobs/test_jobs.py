"""Jobs in one process: asked for in a transaction, done as their person, once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import jobs
from app.core import clock, stored
from app.core.errors import Refused
from app.core.ids import uuid7
from app.core.viewer import THE_SYSTEM, look_as, looking_as
from app.extensions import db
from app.jobs import asking, queue, rescue, runner, workers
from app.jobs.models import Job
from tests.conftest import Browser
from tests.jobs import kinds
from tests.jobs.asking import account, act_as, ask, events, seen

CALLS = sa.text("SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE args->>'job' = :job AND status = 'todo'")


@pytest.fixture
def mark() -> str:
    return f"m{uuid7().hex[-12:]}"


def calls(session: Session, key: UUID) -> int:
    with looking_as(session, THE_SYSTEM):
        return session.scalar(CALLS, {"job": str(key)}) or 0


def test_a_job_comes_and_goes_with_its_transaction(session: Session, mark: str) -> None:
    act_as(session, "clerk_yanta")
    key = jobs.defer(session, "test_whole", {"mark": mark}, title="x").id
    assert calls(session, key) == 1
    session.rollback()
    assert calls(session, key) == 0
    assert jobs.state_of(session, key) is None


def test_a_job_is_done_as_its_person_and_told_once(app: Flask, session: Session, mark: str) -> None:
    key = ask(session, "test_steps", mark=mark, steps=4)
    assert jobs.run_waiting(app) == 1
    runner.run(app, key)  # a call too many
    job = seen(session, key)
    assert (job.state, job.url, job.facts, job.attempts) == ("done", "/done", {"steps": 4}, 0)
    assert kinds.effects(session, mark) == [f"{mark}-{n}" for n in range(4)]
    name = act_as(session, "clerk_yanta").name
    assert events(session, key) == [("job", str(key), name, "begin"), ("job", str(key), name, "done")]
    written = sa.text("SELECT DISTINCT actor, via FROM audit.log WHERE rel = 'stored_file' AND request = :key")
    with looking_as(session, THE_SYSTEM):
        assert session.execute(written, {"key": str(key)}).all() == [(account(session, "clerk_yanta"), "job")]


def test_what_it_was_given_is_sealed(session: Session, mark: str) -> None:
    key = ask(session, "test_whole", mark=mark, who="clerk_yanta", words="610113199001010011")
    job = seen(session, key)
    assert "610113" not in job.args
    assert job.given["words"] == "610113199001010011"


def test_progress_leaves_no_trace_on_the_log(app: Flask, session: Session, mark: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("app.jobs.work.TICK", -1.0)
    key = ask(session, "test_steps", mark=mark, steps=20)
    jobs.run_waiting(app)
    assert seen(session, key).done == 19
    count = sa.text("SELECT count(*) FROM audit.log WHERE rel = 'job' AND pk = :key AND action = 'update'")
    with looking_as(session, THE_SYSTEM):
        assert session.scalar(count, {"key": str(key)}) <= 1  # the result


@pytest.mark.parametrize(
    ("how", "state", "attempts", "words"),
    [
        ("refuse", "failed", 1, "第 3 行没有数据"),
        ("disk", "failed", 1, "磁盘空间不足"),
        ("database disk", "failed", 1, "磁盘空间不足"),
        ("memory", "failed", 1, "内存不足"),
        ("key", "failed", 1, "相同的记录已存在"),
        ("bug", "failed", 3, "系统出错"),
        ("backend", "failed", 3, "数据库连接多次中断"),
        ("cancelled", "cancelled", 1, "取消"),
    ],
)
def test_what_goes_wrong(
    app: Flask, session: Session, mark: str, how: str, state: str, attempts: int, words: str
) -> None:
    key = ask(session, "test_fails", mark=mark, how=how)
    jobs.run_waiting(app)
    job = seen(session, key)
    assert (job.state, job.attempts) == (state, attempts)
    told = jobs.state_of(session, key)
    assert told is not None
    assert words in told.message
    assert kinds.effects(session, mark) == [f"{mark}-999"], "nothing but what is put right when a job is given up"
    assert (mark, state) in kinds.GIVEN_UP
    assert events(session, key)[-1][3] == state


def test_a_job_is_over_although_nothing_can_be_put_right(app: Flask, session: Session, mark: str) -> None:
    key = ask(session, "test_stubborn", mark=mark)
    assert jobs.run_waiting(app) == 1
    assert seen(session, key).state == "failed"
    waits = ask(session, "test_stubborn", mark=mark)
    jobs.cancel(session, waits)
    session.commit()
    assert seen(session, waits).state == "cancelled"


@pytest.mark.parametrize("how", ["bug", "backend"])
def test_the_third_attempt_may_succeed(app: Flask, session: Session, mark: str, how: str) -> None:
    key = ask(session, "test_fails", mark=mark, how=how, times=2)
    assert jobs.run_waiting(app) == 3
    assert seen(session, key).state == "done"
    assert kinds.effects(session, mark) == [f"{mark}-3"]


def test_a_retry_begins_anew(app: Flask, session: Session, mark: str) -> None:
    key = ask(session, "test_fails", mark=mark, how="disk", times=0)
    with looking_as(session, THE_SYSTEM):
        session.execute(sa.update(Job.__table__).where(Job.id == key).values(state="failed"))
        session.commit()
    jobs.retry(session, key)
    assert calls(session, key) == 2  # that of the first time, which nobody has answered
    session.commit()
    jobs.run_waiting(app)
    assert seen(session, key).state == "done"
    with pytest.raises(Refused):
        jobs.retry(session, key)


def test_fifty_at_once_with_one_key_are_one_job(app: Flask, session: Session, engine: sa.Engine, mark: str) -> None:
    found: list[UUID] = []
    start = threading.Barrier(50)

    def submit() -> None:
        with Session(engine, autoflush=False) as own:
            act_as(own, "clerk_yanta")
            start.wait(60)
            found.append(jobs.defer(own, "test_whole", {"mark": mark}, title="x", once=mark).id)
            own.commit()

    threads = [threading.Thread(target=submit) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 50
    assert len(set(found)) == 1
    jobs.run_waiting(app)
    assert kinds.effects(session, mark) == [f"{mark}-0"]
    again = ask(session, "test_whole", mark=mark, once=mark)
    assert again != found[0], "what is over does not stand in the way"


def test_a_key_of_somebody_else_is_refused(session: Session, mark: str) -> None:
    ask(session, "test_whole", mark=mark, once=mark)
    act_as(session, "clerk_beilin")
    with pytest.raises(Refused) as refused:
        jobs.defer(session, "test_whole", {"mark": mark}, title="x", once=mark)
    assert refused.value.status == 409


def test_a_waiting_job_is_cancelled_at_once(app: Flask, session: Session, mark: str) -> None:
    key = ask(session, "test_whole", mark=mark)
    jobs.cancel(session, key)
    session.commit()
    assert jobs.run_waiting(app) == 0
    runner.run(app, key)
    assert seen(session, key).state == "cancelled"
    assert (mark, "cancelled") in kinds.GIVEN_UP


def test_a_long_statement_does_not_outlive_a_cancellation(app: Flask, session: Session, mark: str) -> None:
    key = ask(session, "test_whole", mark=mark, sql="SELECT pg_sleep(60)")
    thread = threading.Thread(target=runner.run, args=(app, key))
    thread.start()
    _until(lambda: seen(session, key).told_at is not None)
    jobs.cancel(session, key)
    session.commit()
    thread.join(10)
    assert not thread.is_alive()
    assert seen(session, key).state == "cancelled"
    assert kinds.effects(session, mark) == [f"{mark}-999"]


def test_progress_hears_of_a_cancellation(app: Flask, session: Session, mark: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("app.jobs.work.TICK", -1.0)
    key = ask(session, "test_steps", mark=mark, steps=500, pause=0.02)
    thread = threading.Thread(target=runner.run, args=(app, key))
    thread.start()
    _until(lambda: (seen(session, key).done or 0) > 3)
    jobs.cancel(session, key)
    session.commit()
    thread.join(10)
    assert seen(session, key).state == "cancelled"
    assert 3 < len(kinds.effects(session, mark)) < 400, "what was committed stays"


def test_who_holds_a_job_is_alone(app: Flask, session: Session, mark: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(runner, "_PAUSE", 0.01)
    key = ask(session, "test_steps", mark=mark, steps=30, pause=0.05)
    first = threading.Thread(target=runner.run, args=(app, key))
    first.start()
    _until(lambda: kinds.effects(session, mark))
    for _ in range(3):
        runner.run(app, key)
    assert rescue.rescue(app) == 0
    first.join()
    assert seen(session, key).state == "done"
    assert kinds.effects(session, mark) == [f"{mark}-{n}" for n in range(30)]


def _until(true: Callable[[], Any], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


# ---- lost jobs -----------------------------------------------------------------------------------------------------
def test_a_lost_call_is_rung_again(app: Flask, session: Session, mark: str) -> None:
    key = ask(session, "test_whole", mark=mark)
    with looking_as(session, THE_SYSTEM):
        session.execute(
            sa.text("DELETE FROM procrastinate.procrastinate_jobs WHERE args->>'job' = :j"), {"j": str(key)}
        )
        session.commit()
    assert rescue.rescue(app) == 1
    session.rollback()
    assert calls(session, key) == 1
    assert rescue.rescue(app) == 0


def test_a_job_that_kills_its_workers_is_given_up(app: Flask, session: Session, mark: str) -> None:
    key = ask(session, "test_whole", mark=mark)
    for attempt in range(1, 4):
        with looking_as(session, THE_SYSTEM):
            session.execute(sa.update(Job.__table__).where(Job.id == key).values(state="running", attempts=attempt))
            session.commit()
        assert rescue.rescue(app) == 1
        assert seen(session, key).state == ("waiting" if attempt < 3 else "failed")
    assert (mark, "failed") in kinds.GIVEN_UP


def test_a_cancelled_job_whose_worker_stands_still_is_cut_off(app: Flask, session: Session, mark: str) -> None:
    key = ask(session, "test_whole", mark=mark)
    with looking_as(session, THE_SYSTEM):
        long_ago = clock.now() - timedelta(minutes=5)
        session.execute(sa.update(Job.__table__).where(Job.id == key).values(state="running", cancel_at=long_ago))
        session.commit()
    with app.app_context():
        stuck = db.engine.connect()
        stuck.detach()
        stuck.exec_driver_sql("SELECT pg_advisory_lock(%s)", (queue.lock_key(key),))
        assert rescue.rescue(app) == 0
        _until(lambda: rescue.rescue(app) == 1)
        stuck.invalidate()
        stuck.close()
    assert seen(session, key).state == "cancelled"


# ---- whose it is ---------------------------------------------------------------------------------------------------
def test_a_job_is_its_persons_alone(
    app: Flask, session: Session, browser: Callable[[str | None], Browser], mark: str
) -> None:
    key = ask(session, "test_whole", mark=mark)
    mine, other = browser("clerk_yanta"), browser("admin_yanta")
    assert mine.get(f"/jobs/{key}.json").get_json()["state"] == "waiting"
    jobs.run_waiting(app)
    told = mine.get(f"/jobs/{key}.json")
    assert told.get_json()["file"] == f"/jobs/{key}/file"
    assert "no-store" in told.headers["Cache-Control"]
    file = mine.get(f"/jobs/{key}/file")
    assert (file.status_code, len(file.data), file.content_length) == (200, 1_200_000, 1_200_000)
    assert "filename*=UTF-8''%E7%BB%93%E6%9E%9C.csv" in file.headers["Content-Disposition"]
    page = mine.get("/jobs/").get_data(as_text=True)
    assert f"任务 {mark}" in page
    assert f"任务 {mark}" not in other.get("/jobs/").get_data(as_text=True)
    for url in (f"/jobs/{key}.json", f"/jobs/{key}/file", "/jobs/x.json", "/jobs/x/file"):
        assert other.get(url).status_code == 404, url
    for url in (f"/jobs/{key}/cancel", f"/jobs/{key}/retry"):
        assert other.post(url).status_code == 404, url
    assert seen(session, key).state == "done"


def test_cancel_and_retry_by_page(
    app: Flask, session: Session, browser: Callable[[str | None], Browser], mark: str
) -> None:
    key, mine = ask(session, "test_whole", mark=mark), browser("clerk_yanta")
    assert mine.post(f"/jobs/{key}/cancel").status_code == 302
    assert seen(session, key).state == "cancelled"
    assert mine.post(f"/jobs/{key}/retry").status_code == 302
    assert seen(session, key).state == "waiting"
    page = mine.get("/jobs/").get_data(as_text=True)
    assert 'data-jobs-mark="/jobs/active.json"' in page, "what one has asked for is marked in the top bar"
    assert mine.get("/jobs/active.json").get_json() == {"active": 1}
    jobs.run_waiting(app)
    assert "data-jobs-mark" not in mine.get("/jobs/").get_data(as_text=True)
    assert mine.post(f"/jobs/{key}/retry").status_code == 409


def test_the_operator_sees_who_and_what_kind_but_no_result(
    app: Flask, session: Session, browser: Callable[[str | None], Browser], mark: str
) -> None:
    done, bad = ask(session, "test_whole", mark=mark), ask(session, "test_fails", mark=mark, how="refuse")
    jobs.run_waiting(app)
    waits = ask(session, "test_whole", mark=mark)
    operator = browser("sysadmin")
    page = operator.get("/queues/").get_data(as_text=True)
    assert "示例录入员甲" in page
    assert mark not in page
    assert "/file" not in page
    assert "第 3 行" not in page, "what a message says of rows is its person's"
    assert "第 … 行没有数据" in page
    assert operator.get(f"/jobs/{done}/file").status_code == 404
    assert operator.post(f"/queues/{waits}/cancel").status_code == 302
    assert seen(session, waits).state == "cancelled"
    assert operator.post(f"/queues/{bad}/retry").status_code == 302
    assert seen(session, bad).state == "waiting"
    via, _, who, step = events(session, bad)[-1]
    assert (via, step) == ("web", "retry"), "it is the operator's act"
    assert who == act_as(session, "sysadmin").name
    for name in ("clerk_yanta", "secadmin", "zfb_xian"):
        assert browser(name).get("/queues/").status_code == 403
        assert browser(name).post(f"/queues/{done}/retry").status_code == 403


@pytest.mark.parametrize("change", ["closed", "moved", "role"])
def test_who_is_no_longer_whom_he_was_gets_nothing(app: Flask, session: Session, mark: str, change: str) -> None:
    key = ask(session, "test_whole", mark=mark, who="clerk_beilin")
    asked_as = {"closed": None, "moved": {"department": 1}, "role": {"roles": ["sys_admin"]}}[change]
    with looking_as(session, THE_SYSTEM):
        if asked_as is None:
            session.execute(sa.text("UPDATE ab_user SET active = false WHERE username = 'clerk_beilin'"))
        else:
            values = sa.text("UPDATE job SET asked_as = asked_as || CAST(:new AS jsonb) WHERE id = :key")
            session.execute(values, {"new": json.dumps(asked_as), "key": key})
        session.commit()
    try:
        jobs.run_waiting(app)
        assert seen(session, key).state == "failed"
        assert kinds.effects(session, mark) == [f"{mark}-999"]
    finally:
        with looking_as(session, THE_SYSTEM):
            session.execute(sa.text("UPDATE ab_user SET active = true WHERE username = 'clerk_beilin'"))
            session.commit()


# ---- keeping house -------------------------------------------------------------------------------------------------
def test_results_leave_after_a_week_and_jobs_after_a_quarter(app: Flask, session: Session, mark: str) -> None:
    old, older = ask(session, "test_whole", mark=mark), ask(session, "test_whole", mark=mark)
    jobs.run_waiting(app)
    file = seen(session, old).file_id
    assert file is not None
    past = clock.now() - timedelta(days=1)
    with looking_as(session, THE_SYSTEM):
        session.execute(
            sa.update(stored.StoredFile.__table__).where(stored.StoredFile.id == file).values(kept_until=past)
        )
        session.execute(sa.update(Job.__table__).where(Job.id == old).values(file_until=past))
        session.execute(
            sa.update(Job.__table__).where(Job.id == older).values(ended_at=clock.now() - timedelta(days=91))
        )
        session.commit()
    rescue.sweep(app)
    with looking_as(session, THE_SYSTEM):
        assert session.get(stored.StoredFile, file) is None
        assert session.get(Job, older) is None
    assert not asking.seen(seen(session, old)).file


def test_healthz_tells_when_jobs_wait_and_nobody_works(app: Flask, session: Session, mark: str) -> None:
    key = ask(session, "test_whole", mark=mark)
    look_as(session, THE_SYSTEM)
    assert workers.unserved(session) == []
    session.execute(sa.update(Job.__table__).where(Job.id == key).values(asked_at=clock.now() - timedelta(minutes=2)))
    session.commit()
    assert workers.unserved(session) == ["exports"]
    assert app.test_client().get("/healthz").get_json()["jobs"] == "wait without a worker: exports"
