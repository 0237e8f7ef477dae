"""Workers as processes of their own, killed, stopped and cut off in the middle of a job: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import config
from app.core.ids import uuid7
from app.core.viewer import THE_SYSTEM, looking_as
from app.jobs import polite, queue, workers
from tests.jobs import kinds
from tests.jobs.asking import ask, events, seen

ROOT = Path(__file__).resolve().parents[2]
#: The worker of run.py in a hurry, with the kinds of the tests.
WORKER = """
from app.jobs import rules, worker
worker.LOOK, worker.AGAIN, rules.WAITS = 1.0, 0.5, (1, 1)
import tests.jobs.kinds
from app.cli.worker import beside
beside()
"""
STEPS, PAUSE = 30, 0.1
HOLDER = "locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = :key"

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start(app: Flask, home: Path) -> Iterator[Start]:
    """A worker more; all of them are gone at the end."""
    given = {
        **os.environ,
        "DATABASE_URL": config.database_urls().app,
        "OWNER_DATABASE_URL": "",
        "KEYS_DIR": str(config.keys_folder()),
    }
    made: list[subprocess.Popen[bytes]] = []

    def one() -> subprocess.Popen[bytes]:
        made.append(subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=given, stdin=subprocess.PIPE))
        return made[-1]

    yield one
    for each in made:
        each.kill()
        each.wait()


def until(true: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def begun(session: Session) -> tuple[str, UUID]:
    """A job of thirty steps, asked for."""
    mark = f"w{uuid7().hex[-12:]}"
    return mark, ask(session, "test_steps", mark=mark, steps=STEPS, pause=PAUSE)


def under_way(session: Session, mark: str) -> Callable[[], bool]:
    return lambda: len(kinds.effects(session, mark)) >= 4


def whole(session: Session, mark: str, key: UUID) -> None:
    """The job ended well, every step was done once, and the end was told once."""
    until(lambda: seen(session, key).state not in ("waiting", "running"))
    job = seen(session, key)
    assert job.state == "done", (job.state, job.message)
    assert kinds.effects(session, mark) == [f"{mark}-{n}" for n in range(STEPS)]
    steps = [step for *_, step in events(session, key)]
    assert steps.count("done") == 1
    assert steps[-1] == "done"


def cut(session: Session, condition: str, **given: Any) -> int:
    """Those backends are gone, as when the server loses them. Returns how many there were."""
    told = sa.text(
        f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND {condition}"
    )
    session.rollback()
    with looking_as(session, None):
        return session.scalar(told, given) or 0


def test_a_worker_is_killed(session: Session, start: Start) -> None:
    mark, key = begun(session)
    first = start()
    until(under_way(session, mark))
    first.kill()
    first.wait()
    before = kinds.effects(session, mark)
    start()
    whole(session, mark, key)
    assert len(before) < STEPS
    assert [step for *_, step in events(session, key)].count("begin") == 2


def test_a_worker_stands_still(session: Session, start: Start) -> None:
    mark, key = begun(session)
    first = start()
    until(under_way(session, mark))
    os.kill(first.pid, signal.SIGSTOP)
    start()
    other, other_key = begun(session)
    whole(session, other, other_key)  # the second worker works, and leaves the first one's job alone
    stood = kinds.effects(session, mark)
    assert len(stood) < STEPS
    assert seen(session, key).state == "running"
    os.kill(first.pid, signal.SIGCONT)
    whole(session, mark, key)
    assert [step for *_, step in events(session, key)].count("begin") == 1


def test_a_backend_is_lost(session: Session, start: Start) -> None:
    mark, key = begun(session)
    start()
    until(under_way(session, mark))
    holder = f"pid IN (SELECT pid FROM pg_locks WHERE {HOLDER})"
    assert cut(session, holder, key=queue.lock_key(key)) == 1
    whole(session, mark, key)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a backend keeps its place")
def test_the_backend_of_a_job_is_as_polite_as_its_worker(session: Session, start: Start) -> None:
    """And only that one: those of the pages keep what they have."""
    mark, key = begun(session)
    worker = start()
    until(under_way(session, mark))
    own = session.scalar(sa.text("SELECT pg_backend_pid()"))
    backend = session.scalar(sa.text(f"SELECT pid FROM pg_locks WHERE {HOLDER}"), {"key": queue.lock_key(key)})
    here, nice = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, worker.pid))
    assert nice == min(here + polite.POLITE, 19)
    assert [os.getpriority(os.PRIO_PROCESS, pid) for pid in (backend, own)] == [nice, here]
    session.rollback()
    whole(session, mark, key)


def test_every_connection_is_lost_at_once(session: Session, start: Start) -> None:
    """As when the server is restarted: the worker stays, takes up its job, and takes new ones."""
    mark, key = begun(session)
    worker = start()
    until(under_way(session, mark))
    assert cut(session, "usename = 'app' AND datname = current_database()") >= 3
    whole(session, mark, key)
    assert worker.poll() is None
    whole(session, *begun(session))


def test_the_server_crashes(session: Session, start: Start) -> None:
    """A backend that is killed takes all others with it: the server ends them, and recovers from its log."""
    mark, key = begun(session)
    worker = start()
    until(under_way(session, mark))
    session.rollback()
    backend = session.scalar(sa.text(f"SELECT pid FROM pg_locks WHERE {HOLDER}"), {"key": queue.lock_key(key)})
    session.rollback()
    assert backend is not None
    os.kill(backend, signal.SIGKILL)

    def is_back() -> bool:
        try:
            session.rollback()
            return session.scalar(sa.text("SELECT 1")) == 1
        except OperationalError:
            return False

    time.sleep(0.5)
    until(is_back)
    whole(session, mark, key)
    assert worker.poll() is None
    whole(session, *begun(session))


def test_two_workers_share_the_work(session: Session, start: Start) -> None:
    begun_jobs = [begun(session) for _ in range(5)]
    start(), start()
    for mark, key in begun_jobs:
        whole(session, mark, key)


def test_a_worker_leaves_with_whoever_has_started_it(session: Session, start: Start) -> None:
    mark, key = begun(session)
    worker = start()
    until(under_way(session, mark))
    told = workers.workers(session)
    assert [(each.place.partition("@")[0], each.queues, each.is_well) for each in told] == [
        (str(worker.pid), ("imports", "exports", "others"), True)
    ]
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(15) == 0
    until(lambda: session.rollback() or workers.workers(session) == [], 10)  # one transaction sees one state
    start()
    whole(session, mark, key)


def test_a_worker_is_told_to_stop(session: Session, start: Start) -> None:
    count = sa.text("SELECT count(*) FROM procrastinate.procrastinate_workers")
    with looking_as(session, THE_SYSTEM):  # those of other tests were killed and could not say good-bye
        before = session.scalar(count)
        session.rollback()
    worker = start()
    whole(session, *begun(session))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    with looking_as(session, THE_SYSTEM):
        assert session.scalar(count) <= before
