"""The disk is full while an import is at work: the job says so, and when there is room again a retry ends it well."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import jobs
from app.embedded import ensure
from app.extensions import db
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.upload import staging_of
from tests.conftest import Browser
from tests.every_table.values import fresh
from tests.every_table.world import World
from tests.transfer.test_jobs_of_imports import batch_of, names, sent


class Room:
    """A disk of one megabyte, on which new tables lie."""

    def __init__(self, folder: Path, cursor: Any) -> None:
        self.folder, self.filler, self._cursor = folder, folder / "filler", cursor

    def take_in(self, table: str) -> None:
        """That table lies on it, too, until the test ends."""
        self._cursor.execute(f'ALTER TABLE "{table}" SET TABLESPACE small')

    def fill(self) -> None:
        """Not a byte is left."""
        with self.filler.open("wb") as file:
            try:
                while True:
                    os.write(file.fileno(), b"\0" * 4096)
            except OSError:
                pass

    def clear(self) -> None:
        """There is room again."""
        self.filler.unlink(missing_ok=True)
        subprocess.run(["mount", "-o", "remount,size=64m", str(self.folder)], check=True)


@pytest.fixture
def room(app: Flask, home: Path, world: World) -> Iterator[Room]:
    folder = home / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here (needs root and CAP_SYS_ADMIN)")
    url = ensure(home).replace("+psycopg2", "").replace("/postgres?", "/jianguan?")
    connection = psycopg2.connect(url)
    connection.autocommit = True
    inside = folder / "space"
    inside.mkdir()
    owner = (home / "pgdata").stat()
    os.chown(inside, owner.st_uid, owner.st_gid)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLESPACE small LOCATION '{inside}'")
        cursor.execute("GRANT CREATE ON TABLESPACE small TO PUBLIC")
        cursor.execute("ALTER DATABASE jianguan SET default_tablespace = small")
        with app.app_context():
            db.engine.dispose()
        yield Room(folder, cursor)
        cursor.execute("ALTER TABLE subject_tag SET TABLESPACE pg_default")
        cursor.execute("ALTER DATABASE jianguan RESET default_tablespace")
        with app.app_context():
            db.engine.dispose()
        cursor.execute("SELECT schemaname, tablename FROM pg_tables WHERE tablespace = 'small'")
        for schema, name in cursor.fetchall():
            cursor.execute(f'DROP TABLE "{schema}"."{name}"')
        cursor.execute("DROP TABLESPACE small")
    connection.close()
    subprocess.run(["umount", str(folder)], check=True)


def job_of(session: Session, batch: ImportBatch) -> jobs.JobState:
    found = jobs.state_of(session, batch.job_id)
    assert found is not None
    return found


@pytest.mark.usefixtures("small")
def test_a_full_disk_is_told_and_a_retry_ends_well(
    world: World, app: Flask, browser: Callable[[str], Browser], room: Room
):
    mark = f"满{fresh()}_"
    rows = [{"name": f"{mark}{n:04}", "description": f"{n:04}" * 40} for n in range(3000)]
    address = sent(browser("t_own"), rows)
    jobs.run_waiting(app)
    with world.session("own") as session:
        batch = batch_of(session, address)
        job = job_of(session, batch)
        assert job.state is jobs.State.FAILED and "磁盘空间不足" in job.message
        assert batch.state == BatchState.UPLOADED.value
        room.clear()
        jobs.retry(session, batch.job_id)
        session.commit()
        jobs.run_waiting(app)
        batch = batch_of(session, address)
        assert (batch.state, batch.inserted) == (BatchState.CHECKED.value, 3000)
        numbers = sa.select(sa.func.count()).select_from(staging_of(batch).sql)
        assert session.scalar(numbers) == 3000
    assert browser("t_own").post(f"{address}/commit").status_code == 302
    room.take_in("subject_tag")
    room.fill()
    jobs.run_waiting(app)
    with world.session("own") as session:
        batch = batch_of(session, address)
        job = job_of(session, batch)
        assert job.state is jobs.State.FAILED and "磁盘空间不足" in job.message
        assert batch.state == BatchState.CHECKED.value and names(session, mark) == []
        room.clear()
        jobs.retry(session, batch.job_id)
        session.commit()
        jobs.run_waiting(app)
        assert batch_of(session, address).state == BatchState.COMMITTED.value
        assert len(names(session, mark)) == 3000
