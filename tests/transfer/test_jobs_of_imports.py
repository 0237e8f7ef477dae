"""Large uploads: checked and stored by jobs, in chunks that are gone on with, and once however often they are begun."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import jobs
from app.core.table import TABLES
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from tests.conftest import Browser
from tests.every_table.sheets import workbook
from tests.every_table.values import fresh
from tests.every_table.world import World

TAG = TABLES["subject_tag"]


@pytest.fixture
def small(app: Flask) -> Iterator[None]:
    """Ten rows are many, and three rows one transaction's."""
    before = app.config["IMPORT_AT_ONCE"], upload.AT_A_TIME
    app.config["IMPORT_AT_ONCE"], upload.AT_A_TIME = 10, 3
    yield
    app.config["IMPORT_AT_ONCE"], upload.AT_A_TIME = before


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
