"""Decisions about jobs, each with every case."""

from __future__ import annotations

import errno

import psycopg2.errors
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core import words
from app.core.errors import Invalid, Problem, Refused
from app.core.messages import N_, Message
from app.jobs import rules
from app.jobs.models import State
from app.jobs.rules import Cause
from app.jobs.runner import LostHold, cause_of
from app.jobs.work import Cancelled

TRIED_AGAIN = {Cause.STOPPED, Cause.LOST, Cause.BUSY, Cause.UNKNOWN}


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("attempts", range(6))
def test_verdict(cause: Cause, attempts: int) -> None:
    refusal = N_("没有数据")
    told = rules.verdict(cause, attempts, is_cancelled=False, refusal=refusal)
    if cause in TRIED_AGAIN and attempts < rules.MOST_ATTEMPTS:
        assert told.state is State.WAITING
        assert (told.wait == 0) is (cause is Cause.STOPPED)
    else:
        assert told.state is State.FAILED
        assert told.wait == 0
    assert told.message is refusal if cause is Cause.REFUSED else str(told.message)
    assert rules.verdict(cause, attempts, is_cancelled=True, refusal=refusal).state is State.CANCELLED


def test_waits_grow() -> None:
    waits = [rules.verdict(Cause.LOST, n, is_cancelled=False).wait for n in range(1, rules.MOST_ATTEMPTS)]
    assert waits == sorted(set(waits)), waits


def test_a_full_disk_is_called_so() -> None:
    assert "磁盘" in str(rules.verdict(Cause.DISK, 1, is_cancelled=False).message)
    assert "内存" in str(rules.verdict(Cause.MEMORY, 1, is_cancelled=False).message)


ASKED_AS = {"department": 5, "roles": ["clerk", "dept_admin"]}


@pytest.mark.parametrize(
    ("department", "roles", "may"),
    [
        (5, {"clerk", "dept_admin"}, True),
        (5, {"clerk", "dept_admin", "auditor"}, True),
        (5, {"clerk"}, False),
        (5, set(), False),
        (6, {"clerk", "dept_admin"}, False),
        (None, set(), False),
    ],
)
def test_who_may_have_his_job_done(department: int | None, roles: set[str], may: bool) -> None:
    assert (rules.unfit(ASKED_AS, department, roles) is None) is may


@pytest.mark.parametrize("state", ["waiting", "running"])
@pytest.mark.parametrize("call", [None, "todo", "doing"])
@pytest.mark.parametrize("is_held", [False, True])
@pytest.mark.parametrize("worker_lives", [False, True])
def test_what_is_lost(state: str, call: str | None, is_held: bool, worker_lives: bool) -> None:
    lost = rules.is_lost(state, call, is_held=is_held, worker_lives=worker_lives)
    if is_held:
        assert not lost, "somebody works on it, be he ever so slow"
    elif state == "running":
        assert lost, "whoever ran it is gone"
    else:
        assert lost is (call is None or (call == "doing" and not worker_lives))


def _of_database(code: type[Exception], *, gone: bool = False) -> DBAPIError:
    made = code.__new__(code)
    return OperationalError("SELECT 1", {}, made, connection_invalidated=gone)


class _Coded(psycopg2.Error):
    pgcode = ""


def _coded(code: str) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, type("Coded", (psycopg2.Error,), {"pgcode": code})())


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (Refused(N_("不行")), Cause.REFUSED),
        (Invalid([Problem(N_("不对"))]), Cause.REFUSED),
        (Cancelled(), Cause.STOPPED),
        (LostHold(), Cause.LOST),
        (MemoryError(), Cause.MEMORY),
        (OSError(errno.ENOSPC, ""), Cause.DISK),
        (OSError(errno.EDQUOT, ""), Cause.DISK),
        (OSError(errno.EACCES, ""), Cause.UNKNOWN),
        (ZeroDivisionError(), Cause.UNKNOWN),
        (_coded("53100"), Cause.DISK),
        (_coded("53200"), Cause.MEMORY),
        (_coded("40001"), Cause.BUSY),
        (_coded("40P01"), Cause.BUSY),
        (_coded("55P03"), Cause.BUSY),
        (_coded("57P01"), Cause.LOST),
        (_coded("08006"), Cause.LOST),
        (_coded("57014"), Cause.REFUSED),
        (_coded("23505"), Cause.REFUSED),
        (_coded("42501"), Cause.REFUSED),
        (_coded("42P01"), Cause.UNKNOWN),
        (_of_database(psycopg2.OperationalError), Cause.LOST),
        (_of_database(psycopg2.InterfaceError, gone=True), Cause.LOST),
        (_of_database(psycopg2.ProgrammingError), Cause.LOST),  # SQLAlchemy has called it operational
    ],
)
def test_causes(error: Exception, cause: Cause) -> None:
    assert cause_of(error)[0] is cause


@pytest.mark.parametrize(
    "given",
    [
        None,
        "名称",
        7,
        N_("没有"),
        N_("第 {n} 行", n=3),
        N_("{label}必填", label=N_("名称")),
        N_("{a}{b}", a=N_("{x}", x=1.5), b="x"),
    ],
)
def test_words_are_kept(given: object) -> None:
    again = words.read(words.kept(given))
    assert str(again) == str(given)
    assert type(again) is type(given)
    if isinstance(given, Message):
        assert again.msgid == given.msgid
