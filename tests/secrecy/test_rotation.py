"""A new key: everything is sealed with it while people write, and not one value is lost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.cli import resealing
from app.core import saving, sealing, secrecy
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.every_table.world import World
from tests.secrecy.given import mobile


def keys_in_use(session: Any) -> set[str]:
    return {key for found in resealing.counts(session).values() for key in found}


def test_a_rotation_under_concurrent_writes_leaves_no_value_unreadable(app: Flask, world: World):
    inspector, stop, written, failures = TABLES["inspector"], threading.Event(), {}, []
    with world.session("own") as session:
        mine = [world.maker(session, "own").make(inspector)[0] for _ in range(8)]

    def write() -> None:
        try:
            while not stop.is_set():
                for key in mine:
                    with world.session("own") as session:
                        phone = mobile()
                        saving.save(session, inspector, {"phone": phone}, row=session.get(inspector, key))
                        session.commit()
                        written[key] = phone
        except Exception as error:
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with world.session(THE_SYSTEM) as session:
            before = keys_in_use(session)
            key = secrecy.provider().rotate()
            assert key not in before
            steps = list(resealing.reseal(session))
            assert len(steps) > 10
    finally:
        stop.set()
        writer.join()
    assert not failures
    with world.session(THE_SYSTEM) as session:
        list(resealing.reseal(session))
        assert keys_in_use(session) == {key}
        found = list(resealing.check(session))
        assert [each for each in found if not isinstance(each, int)] == [] and found[-1] > 5000
        rows = session.scalars(sa.select(inspector).where(inspector.id.in_(mine)))
        assert {row.id: sealing.value_of(row, inspector.__fields__["phone"]) for row in rows} == written


def test_an_interrupted_rotation_goes_on(world: World):
    with world.session(THE_SYSTEM) as session:
        key = secrecy.provider().rotate()
        some = resealing.reseal(session)
        for _ in range(3):
            next(some)
        some.close()
        assert len(keys_in_use(session)) == 2
        list(resealing.reseal(session))
        assert keys_in_use(session) == {key}
        assert list(resealing.reseal(session)) == [], "nothing is done twice"


def test_marks_find_rows_after_a_rotation(world: World):
    subject = TABLES["subject"]
    with world.session("own") as session:
        key, given = world.maker(session, "own").make(subject, kind="natural_person", id_type="citizen_id")
        with looking_as(session, THE_SYSTEM):
            secrecy.provider().rotate()
            list(resealing.reseal(session))
        field = subject.__fields__["id_no"]
        found = session.scalar(
            sa.select(subject.id).where(subject.id_no_mark == sealing.mark_of(field, given["id_no"]))
        )
        assert found == key


@pytest.fixture(autouse=True)
def _same_session(app: Flask) -> None:
    with app.app_context():
        db.session.remove()


def test_commands_say_what_is_there(app: Flask):
    runner = app.test_cli_runner()
    status = runner.invoke(args=["keys", "status"])
    assert status.exit_code == 0 and "subject.contact_phone: k" in status.output
    rotated = runner.invoke(args=["keys", "rotate"])
    assert rotated.exit_code == 0, rotated.output
    assert "0 values left under earlier keys" in rotated.output
    checked = runner.invoke(args=["keys", "check"])
    assert checked.exit_code == 0 and "0 do not" in checked.output


def test_a_console_with_the_keys_of_another_database_does_not_start(app: Flask, tmp_path: Path):
    own = secrecy.provider()
    with app.app_context():
        assert resealing.misfit(db.session()) == ""
        secrecy.use(secrecy.Soft(tmp_path / "others"))
        try:
            assert "is not in" in resealing.misfit(db.session())
        finally:
            secrecy.use(own)
            db.session.remove()
