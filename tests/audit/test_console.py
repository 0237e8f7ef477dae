"""What the console does is on the log exactly once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import saving
from app.core.audit import CHANGES
from app.core.errors import Refused
from app.core.failures import explain
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.conftest import Browser
from tests.console.pages import hidden
from tests.every_table.sheets import form, workbook
from tests.every_table.test_rows_written import import_as
from tests.every_table.values import fresh
from tests.every_table.world import World

#: Written beside what was asked for: what was sent, kept against a second click, is no change of a row.
BESIDE = ("import_batch", "header_memory")


class Log:
    """The entries since this was made."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.since = self.ask("SELECT coalesce(max(id), 0) FROM audit.log")[0][0]

    def ask(self, question: str, **values: Any) -> list[Any]:
        with self.app.app_context():
            session = db.session()
            with looking_as(session, THE_SYSTEM):
                found = list(session.execute(sa.text(question), values).all())
            session.rollback()
            return found

    def rows(self, *more: str) -> list[Any]:
        columns = "rel, action, pk, actor, name, via, address, request, department_id, row_department, old, new"
        return self.ask(
            f"SELECT {columns} FROM audit.log WHERE id > :since {' '.join(more)} ORDER BY id", since=self.since
        )

    def counted(self) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for row in self.rows():
            if row.rel not in BESIDE and row.action in CHANGES:
                found[(row.rel, row.action)] = found.get((row.rel, row.action), 0) + 1
        return found


@pytest.fixture
def log(app: Flask, world: World) -> Callable[[], Log]:
    return lambda: Log(app)


def test_the_whole_demo_data_is_clean(app: Flask):
    """Every row that the seed has entered is on the log as it stands; the log is sealed and anchored."""
    run = app.test_cli_runner()
    sealed = run.invoke(args=["audit", "seal"])
    assert sealed.exit_code == 0, sealed.output
    assert sealed.stdout
    assert Log(app).ask("SELECT sum(n) FROM audit.seal")[0][0] > 1000
    done = run.invoke(args=["audit", "verify"])
    assert (done.exit_code, done.stdout) == (0, ""), done.output


def test_a_form_that_is_saved_is_one_entry_of_its_person(
    world: World, browser: Callable[[str], Browser], log: Callable[[], Log]
):
    writer = browser("t_own")
    with world.session("own") as session:
        [given] = world.given("inspector")
        typed = form(session, TABLES["inspector"], given)
    before = log()
    answer = writer.post("/inspector/add", **typed)
    assert answer.status_code == 302
    rows = [row for row in before.rows("AND action IN ('insert', 'update', 'delete')") if row.rel not in BESIDE]
    assert [(row.rel, row.action) for row in rows][:1] == [("inspector", "insert")]
    assert {row.rel for row in rows} <= {"inspector", "inspector_item_scope"}
    [row] = [row for row in rows if row.rel == "inspector"]
    person = world.viewers["own"]
    assert (row.actor, row.via, row.address, row.department_id) == (
        person.user_id,
        "web",
        "127.0.0.1",
        person.department_id,
    )
    assert row.row_department == person.department_id
    assert len(row.request) >= 16
    assert row.new["cert_no"] == given["cert_no"]


def test_rows_sent_at_once_are_one_entry_each(world: World, browser: Callable[[str], Browser], log: Callable[[], Log]):
    writer, rows = browser("t_own"), world.given("inspector", count=5)
    before = log()
    answer = writer.send("POST", "/api/v1/inspector/bulk", {"rows": [*rows, rows[0] | {"birth_date": "昨天"}]})
    assert (answer.json["inserted"], answer.json["failed"]) == (5, 1)
    assert before.counted()["inspector", "insert"] == 5
    assert {row.via for row in before.rows("AND rel = 'inspector'")} == {"api"}
    before = log()
    again = writer.send("POST", "/api/v1/inspector/bulk", {"rows": [rows[0] | {"name": "改名"}, *rows[1:]]})
    assert again.json["updated"] == 1
    assert before.counted() == {("inspector", "update"): 1}
    [row] = before.rows("AND rel = 'inspector' AND action = 'update'")
    assert row.new["name"] == "改名"
    assert set(row.new) <= {"name", "version", "updated_at", "updated_by", "quality_flags"}


def test_an_imported_workbook_is_one_entry_a_row(world: World, app: Flask, tmp_path: Path, log: Callable[[], Log]):
    rows = world.given("inspector", count=40)
    before = log()
    told = import_as(app, "own", "inspector", workbook(TABLES["inspector"], rows), tmp_path)
    assert told["inserted"] == 40
    assert before.counted()["inspector", "insert"] == 40
    assert {row.via for row in before.rows("AND rel = 'inspector'")} == {"command"}


def test_a_bulk_delete_is_one_entry_a_row(world: World, browser: Callable[[str], Browser], log: Callable[[], Log]):
    mark, writer = f"删{fresh()}", browser("t_own")
    with world.session("own") as session:
        code = f"B{fresh()}"
        saving.save(session, TABLES["code_list"], {"code": code, "name": f"表{code}"})
        entries = [{"code_list": code, "code": f"{n:05d}", "name": f"{mark} {n}"} for n in range(7)]
        keys = [str(saving.save(session, TABLES["code_entry"], entry)[0].id) for entry in entries]
        session.commit()
    page = writer.post("/code_entry/action", action="delete", ask="1", ids=keys, back="/code_entry/list/")
    before = log()
    done = writer.post("/code_entry/action", **hidden(page.get_data(as_text=True), "/code_entry/action"))
    assert done.status_code == 302
    assert before.counted()["code_entry", "delete"] == 7
    deleted = before.rows("AND rel = 'code_entry' AND action = 'delete'")
    assert sorted(row.pk for row in deleted) == sorted(keys)
    assert {row.new for row in deleted} == {None}
    assert all(row.old["name"].startswith(mark) for row in deleted)


def test_signing_in_leaves_no_entry_about_the_account(app: Flask, log: Callable[[], Log]):
    before = log()
    Browser(app, "t_own")
    assert [row for row in before.rows() if row.rel.startswith("ab_")] == []


def test_nobody_is_refused_in_chinese(app: Flask):
    with app.app_context(), pytest.raises(Refused, match="没有操作人信息") as refused:
        try:
            db.session.execute(sa.text("UPDATE ab_role SET name = name"))
        except sa.exc.DBAPIError as error:
            db.session.rollback()
            raise explain(error) from error
    assert refused.value.status == 403
    with app.app_context(), pytest.raises(Refused, match="只能增加"):
        try:
            with looking_as(db.session(), THE_SYSTEM) as session:
                session.execute(sa.text("TRUNCATE audit.log"))
        except sa.exc.DBAPIError as error:
            db.session.rollback()
            if "permission denied" in str(error):
                error.orig = _Kept()  # the grant refuses first; the trigger would say
            raise explain(error) from error


class _Kept(Exception):
    pgcode = "42501"

    class diag:  # noqa: N801 - as the driver names it
        constraint_name = "audit_kept"
        column_name = None
        message_primary = ""
