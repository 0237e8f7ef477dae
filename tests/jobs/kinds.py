"""Kinds of jobs for the tests, known to this process and to the workers that the tests start."""

from __future__ import annotations

import errno
import io
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import jobs
from app.core import stored
from app.core.errors import Refused
from app.core.messages import N_
from app.core.viewer import THE_SYSTEM, looking_as

#: What was given up, by the marks of the jobs.
GIVEN_UP: list[tuple[str, str]] = []


def effects(session: Session, mark: str) -> list[str]:
    """What the jobs with that mark have left in the database, in order."""
    table = stored.StoredFile.__table__
    with looking_as(session, THE_SYSTEM):
        found = session.scalars(sa.select(table.c.file_name).where(table.c.file_name.startswith(f"{mark}-")))
        return sorted(found, key=lambda name: int(name.rpartition("-")[2]))


def _given_up(session: Session, args: dict[str, Any], state: str) -> None:
    GIVEN_UP.append((args["mark"], state))
    stored.keep(session, io.BytesIO(b"x"), f"{args['mark']}-999")


@jobs.task("test_steps", N_("测试"), queue="imports", given_up=_given_up)
def steps(work: jobs.Work) -> None:
    """``steps`` pieces, each committed by itself; what is there already is not done again."""
    mark, total = work.args["mark"], work.args["steps"]
    for number in range(len(effects(work.session, mark)), total):
        work.progress(number, total, N_("第 {n} 步", n=number))
        stored.keep(work.session, io.BytesIO(b"x"), f"{mark}-{number}")
        time.sleep(work.args.get("pause", 0))
        work.commit()
    work.result("/done", message=N_("共 {n} 步", n=total), steps=total)


@jobs.task("test_whole", N_("测试"), queue="exports", given_up=_given_up)
def whole(work: jobs.Work) -> None:
    """One piece of work in one transaction, with a file."""
    assert work.session.scalar(sa.text("SELECT current_user")) in ("viewer_line", "viewer_region")
    stored.keep(work.session, io.BytesIO(b"x"), f"{work.args['mark']}-0")
    work.progress(1)
    if statement := work.args.get("sql"):
        work.session.execute(sa.text(statement))
    with work.keep("结果.csv", "text/csv") as file:
        file.write(b"a,b\n" * 300_000)
    work.result(rows=300_000, table="x", key=1)


def _stubborn(_session: Session, _args: dict[str, Any], _state: str) -> None:
    raise ZeroDivisionError


@jobs.task("test_stubborn", N_("测试"), given_up=_stubborn)
def stubborn(_work: jobs.Work) -> None:
    """What would have to be put right for it cannot be."""
    raise Refused(N_("不行"))


@jobs.task("test_fails", N_("测试"), given_up=_given_up)
def fails(work: jobs.Work) -> None:
    """Goes wrong in the way it is told, so many times."""
    stored.keep(work.session, io.BytesIO(b"x"), f"{work.args['mark']}-{work.attempt}")
    if work.attempt > work.args.get("times", 99):
        return
    match work.args["how"]:
        case "refuse":
            raise Refused(N_("第 {n} 行没有数据", n=3))
        case "disk":
            raise OSError(errno.ENOSPC, "No space left on device")
        case "database disk":
            work.session.execute(
                sa.text("DO $$ BEGIN RAISE EXCEPTION 'could not extend' USING ERRCODE = '53100'; END $$")
            )
        case "memory":
            raise MemoryError
        case "bug":
            raise ZeroDivisionError
        case "key":
            work.session.execute(sa.text("DO $$ BEGIN RAISE EXCEPTION 'twice' USING ERRCODE = '23505'; END $$"))
        case "backend":
            with looking_as(work.session, None):
                work.session.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
        case "cancelled":
            raise jobs.Cancelled
