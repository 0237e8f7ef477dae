"""Large uploads: checked and stored by jobs, in chunks that are gone on with, and once however often they are begun."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import jobs
from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.reader import RawRow
from app.transfer.stage import Stager
from tests.conftest import Browser
from tests.every_table.sheets import workbook
from tests.every_table.values import fresh
from tests.every_table.world import World

TAG = TABLES["subject_tag"]


def sent(writer: Browser, rows: list[dict[str, Any]]) -> str:
    answer = writer.post("/subject_tag/import", file=(io.BytesIO(workbook(TAG, rows)), "行.xlsx"))
    assert answer.status_code == 302, answer.get_data(as_text=True)[-2000:]
    return str(answer.headers["Location"])


def batch_of(session: Session, address: str) -> ImportBatch:
    found = session.get(ImportBatch, ImportBatch.key_of(address.rsplit("/", 1)[-1]), populate_existing=True)
    assert found is not None
    return found


def names(session: Session, mark: str) -> list[str]:
    return sorted(session.scalars(sa.select(TAG.name).where(TAG.name.startswith(mark))))


@pytest.mark.usefixtures("small")
def test_a_large_upload_is_checked_and_stored_by_jobs(world: World, app: Flask, browser: Callable[[str], Browser]):
    mark = f"大{fresh()}_"
    rows = [{"name": f"{mark}{n:02}"} for n in range(20)] + [{"name": f"{mark}03"}, {"name": "长" * 60}]
    address = sent(browser("t_own"), rows)
    with world.session("own") as session:
        assert batch_of(session, address).state == BatchState.CHECKING.value
        jobs.run_waiting(app)
        batch = batch_of(session, address)
        told = (batch.state, batch.row_count, batch.inserted, batch.failed, batch.staged_rows)
        assert told == (BatchState.CHECKED.value, 22, 20, 2, 23)
        state = jobs.state_of(session, batch.job_id)
        assert state is not None and (state.state, state.url) == (jobs.State.DONE, address)
        assert names(session, mark) == []
    assert browser("t_own").post(f"{address}/commit").status_code == 302
    assert browser("t_own").post(f"{address}/commit").status_code == 409
    jobs.run_waiting(app)
    with world.session("own") as session:
        assert batch_of(session, address).state == BatchState.COMMITTED.value
        assert names(session, mark) == [f"{mark}{n:02}" for n in range(20)]


@pytest.mark.usefixtures("small")
def test_a_check_goes_on_behind_the_last_row_that_was_staged(
    world: World, app: Flask, browser: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
):
    mark = f"续{fresh()}_"
    address = sent(browser("t_own"), [{"name": f"{mark}{n:02}"} for n in range(20)])
    taken: list[int] = []
    whole = Stager._take

    def breaks(self: Stager, chunk: list[RawRow]) -> None:
        taken.extend(row.number for row in chunk)
        if len(taken) == 12:
            raise OSError("the worker has died")
        whole(self, chunk)

    monkeypatch.setattr(Stager, "_take", breaks)
    monkeypatch.setattr("app.transfer.stage.CHUNK", 2)
    run_all(app)
    with world.session("own") as session:
        batch = batch_of(session, address)
        assert (batch.state, batch.inserted) == (BatchState.CHECKED.value, 20)
        numbers = session.scalars(sa.select(upload.staging_of(batch).sql.c.row_no)).all()
    assert sorted(numbers) == list(range(2, 22))
    assert taken == [*range(2, 14), *range(10, 22)], "what was committed is not read into the table again"


def run_all(app: Flask) -> None:
    """Everything that waits is done, and what is to be tried again later is tried now."""
    for _ in range(4):
        jobs.run_waiting(app)


@pytest.mark.usefixtures("small")
def test_a_job_that_is_refused_gives_its_batch_back(
    world: World, app: Flask, browser: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
):
    mark = f"退{fresh()}_"
    address = sent(browser("t_own"), [{"name": f"{mark}{n:02}"} for n in range(20)])
    with monkeypatch.context() as patched:
        patched.setattr(Stager, "finish", refuse)
        jobs.run_waiting(app)
    with world.session("own") as session:
        batch = batch_of(session, address)
        assert batch.state == BatchState.UPLOADED.value
        jobs.retry(session, batch.job_id)
        session.commit()
        jobs.run_waiting(app)
        batch = batch_of(session, address)
        assert (batch.state, batch.inserted) == (BatchState.CHECKED.value, 20)
    assert browser("t_own").post(f"{address}/commit").status_code == 302
    with monkeypatch.context() as patched:
        patched.setattr("app.transfer.upload.storing.merge", refuse)
        jobs.run_waiting(app)
    with world.session("own") as session:
        batch = batch_of(session, address)
        assert batch.state == BatchState.CHECKED.value
        key = batch.job_id
        upload.discard(session, batch)
        jobs.retry(session, key)
        session.commit()
        jobs.run_waiting(app)
        state = jobs.state_of(session, key)
        assert state is not None and state.state is jobs.State.FAILED and "已放弃" in state.message
        assert names(session, mark) == []


def refuse(*_: Any, **__: Any) -> None:
    raise Refused(N_("不行"))


def test_what_nobody_commits_is_swept(world: World, browser: Callable[[str], Browser]):
    address = sent(browser("t_own"), [{"name": f"扫{fresh()}"}])
    with world.session("own") as session:
        key = batch_of(session, address).id
    with world.session(THE_SYSTEM) as session:
        assert upload.sweep(session, clock.now() - timedelta(days=1)) == 0
        assert upload.sweep(session, clock.now() + timedelta(days=1)) >= 1
        batch = session.get_one(ImportBatch, key, populate_existing=True)
        assert (batch.state, batch.file_id) == (BatchState.DISCARDED.value, None)
        assert not upload.staging_of(batch).exists(session)
        session.rollback()


def test_a_commit_that_misses_rows_stores_none(world: World, browser: Callable[[str], Browser]):
    name = f"缺{fresh()}"
    address = sent(browser("t_own"), [{"name": name}, {"name": f"{name}二"}])
    with world.session("own") as session:
        staging = upload.staging_of(batch_of(session, address))
        session.execute(sa.text(f"DELETE FROM {staging.full_name} WHERE row_no = 3"))
        session.commit()
    answer = browser("t_own").post(f"{address}/commit")
    assert answer.status_code == 409 and "重新核对" in answer.get_data(as_text=True)
    with world.session("own") as session:
        assert names(session, name) == []


@pytest.mark.usefixtures("small")
def test_fifty_identical_submits_have_one_effect(world: World, app: Flask, browser: Callable[[str], Browser]):
    mark = f"五十{fresh()}_"
    content = workbook(TAG, [{"name": f"{mark}{n:02}"} for n in range(20)])
    writers = [Browser(app, "t_own") for _ in range(10)] * 5

    def send(writer: Browser) -> str:
        answer = writer.post("/subject_tag/import", file=(io.BytesIO(content), "行.xlsx"))
        return str(answer.headers["Location"])

    with ThreadPoolExecutor(50) as pool:
        addresses = set(pool.map(send, writers))
    assert len(addresses) == 1, "one upload, to which all are led"
    (address,) = addresses
    jobs.run_waiting(app)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda writer: writer.post(f"{address}/commit").status_code, writers))
    assert sorted(answers) == [302] + [409] * 49
    jobs.run_waiting(app)
    with world.session("own") as session:
        assert names(session, mark) == [f"{mark}{n:02}" for n in range(20)]
        made = sa.select(sa.func.count()).where(jobs.Job.about_key == address.rsplit("/", 1)[-1])
        assert session.scalar(made) == 2, "one check, one commit"
