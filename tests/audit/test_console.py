"""What the console does is on the log exactly once; who reads which entry; events; the commands; proofs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

import config
from app.core import audit, saving
from app.core.audit import events
from app.core.audit.verify import verify
from app.core.errors import NotVisible, Refused
from app.core.failures import explain
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, Origin, Viewer, come_from, look_as, looking_as
from app.extensions import db
from tests.conftest import Browser
from tests.console.pages import hidden
from tests.every_table.sheets import form, workbook
from tests.every_table.test_rows_written import import_as
from tests.every_table.values import fresh
from tests.every_table.world import World

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_record.py"
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
            if row.rel not in BESIDE:
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
    assert json.loads(sealed.stdout)["n"] > 1000
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
    [row] = before.rows("AND rel = 'inspector'")
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
    deleted = before.rows("AND rel = 'code_entry'")
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


# -- who reads what ---------------------------------------------------------------------------------------------------


def read(session: Session, viewer: Viewer | None, **where: Any) -> int:
    conditions = " AND ".join(f"{name} = :{name}" for name in where) or "true"
    with looking_as(session, viewer):
        found: int = session.scalar(sa.text(f"SELECT count(*) FROM audit.log WHERE {conditions}"), where)
    return found


def test_entries_are_read_by_those_who_read_the_row(session: Session, world: World):
    row = world.another("inspection")
    key = {"rel": "inspection", "pk": str(row.id)}
    seen = {who: read(session, viewer, **key) for who, viewer in world.viewers.items()}
    assert seen["own"] == seen["parent"] == seen["office"] >= 1
    assert seen["stranger"] == 0
    assert read(session, None) == 0, "nobody reads nothing"
    assert read(session, THE_SYSTEM, **key) == seen["own"]
    directory = world.another("work_day")
    assert all(read(session, viewer, rel="work_day", pk=str(directory.id)) == 1 for viewer in world.viewers.values())


def test_own_acts_are_read_and_those_of_others_are_not(session: Session, world: World):
    own, stranger = world.viewers["own"], world.viewers["stranger"]
    look_as(session, own)
    audit.note(session, "export", table="inspection", rows=3)
    assert read(session, own, action="export", actor=own.user_id) == 1
    assert read(session, stranger, action="export", actor=own.user_id) == 0


# -- events -----------------------------------------------------------------------------------------------------------


def test_an_event_stands_with_its_person_and_its_row(session: Session, world: World):
    row = world.another("inspection")
    look_as(session, world.viewers["own"])
    come_from(session, Origin("web", "req", "10.1.2.3", "ses"), world.viewers["own"])
    stored = saving.find(session, TABLES["inspection"], row.id)
    audit.note(session, "unmask", row=stored, reason="核对\0身份", columns=["party_id_no"])
    with looking_as(session, THE_SYSTEM):
        found = session.execute(
            sa.text("SELECT * FROM audit.log WHERE action = 'unmask' AND pk = :key"), {"key": str(row.id)}
        ).one()
    assert (found.rel, found.actor, found.address, found.session) == (
        "inspection",
        world.viewers["own"].user_id,
        "10.1.2.3",
        "ses",
    )
    assert (found.row_department, found.row_region, found.is_open) == (stored.department_id, stored.scope_region, False)
    assert found.new == {"reason": "核对身份", "columns": ["party_id_no"]}
    session.rollback()
    assert read(session, THE_SYSTEM, action="unmask", pk=str(row.id)) == 0, "it goes with the work"


def test_an_event_apart_stays_when_the_work_is_rolled_back(app: Flask, world: World):
    mark = str(fresh())
    with app.app_context():
        session = db.session()
        look_as(session, world.viewers["own"])
        audit.note_apart("denied", table="inspection", key=mark, why="scope")
        session.rollback()
        assert read(session, THE_SYSTEM, pk=mark, actor=world.viewers["own"].user_id) == 1
        look_as(session, None)
        come_from(session, Origin("web", "r", "10.9.9.9"))
        audit.note_apart("sign_in_failed", key=mark, username="' OR 1=1 --\ud800")
        with looking_as(session, THE_SYSTEM):
            found = session.execute(
                sa.text("SELECT actor, address, new FROM audit.log WHERE action = 'sign_in_failed' AND pk = :k"),
                {"k": mark},
            ).one()
        assert found == (None, "10.9.9.9", {"username": "' OR 1=1 --?"})
        audit.note_apart("locked", key=mark, who=THE_SYSTEM)
        assert read(session, THE_SYSTEM, pk=mark, action="locked", actor=0) == 1
        session.rollback()


@pytest.mark.parametrize("action", [*events.CHANGES, "nonsense"])
def test_what_is_no_event_cannot_be_noted(action: str, session: Session):
    look_as(session, THE_SYSTEM)
    with pytest.raises(ValueError, match="no event"):
        audit.note(session, action)


# -- proofs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def proven(app: Flask, world: World, tmp_path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """An entry of a person's own, sealed, and its proof as a file."""
    row = world.another("inspection")
    run = app.test_cli_runner()
    with app.app_context(), looking_as(db.session(), world.viewers["own"]) as session:
        entry = session.scalar(
            sa.text("SELECT max(id) FROM audit.log WHERE rel = 'inspection' AND pk = :k"), {"k": str(row.id)}
        )
        with pytest.raises(Refused, match="还没有封存"):
            audit.proof(session, entry)
        session.rollback()
    assert run.invoke(args=["audit", "seal"]).exit_code == 0
    with app.app_context():
        with looking_as(db.session(), world.viewers["stranger"]) as session, pytest.raises(NotVisible):
            audit.proof(session, entry)
        with looking_as(db.session(), world.viewers["own"]) as session:
            given = audit.proof(session, entry)
        db.session.rollback()
    file = tmp_path / "proof.json"
    done = run.invoke(args=["audit", "proof", str(entry), "-o", str(file)])
    assert done.exit_code == 0, done.output
    assert json.loads(file.read_text())["line"] == given["line"]
    assert given["entry"]["pk"] == str(row.id)
    yield file, given


def check(file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    where = config.audit_places()
    command = [sys.executable, "-I", str(SCRIPT), str(file), "--anchor", str(where.anchor), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_script_proves_an_entry_and_refuses_a_changed_one(proven: tuple[Path, dict[str, Any]]):
    file, given = proven
    key = ("--key", str(config.audit_places().public))
    done = check(file, *key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PROVEN" in done.stdout
    assert "WRONG" not in done.stdout
    assert "NOT CHECKED" in check(file).stdout, "it says what it did not check"
    changes = {
        "line": given["line"].replace("inspection", "penalty"),
        "path": [[side, "00" * 32] for side, _ in given["path"]] or [["left", "00" * 32]],
        "seal": given["seal"] | {"root": "00" * 32},
        "sig": "ed25519:" + "A" * 86 + "==",
    }
    for name, wrong in changes.items():
        file.write_text(json.dumps(given | {name: wrong}))
        done = check(file, *key)
        assert done.returncode == 1, name
        assert "NOT PROVEN" in done.stdout


# -- commands ---------------------------------------------------------------------------------------------------------


def test_the_command_tells_findings_and_fails(app: Flask, world: World):
    from tests.audit import databases

    row = world.another("work_day")
    change = "UPDATE work_day SET note = coalesce(note, '') || %s WHERE id = %s"
    with databases.connected(databases.superuser("jianguan")) as cursor:
        databases.ask(cursor, "BEGIN")
        databases.ask(cursor, "ALTER TABLE work_day DISABLE TRIGGER USER")
        [columns] = databases.ask(
            cursor, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'work_day'::regclass AND attname = 'note'"
        )
        column = "note" if columns[0] else row.field.name
        [(before,)] = databases.ask(cursor, f'SELECT "{column}" FROM work_day WHERE id = %s', str(row.id))
        databases.ask(cursor, f'UPDATE work_day SET "{column}" = %s WHERE id = %s', "改", str(row.id))
        for name in ("audit_insert", "audit_update", "audit_delete", "audit_truncate"):
            databases.ask(cursor, f"ALTER TABLE work_day ENABLE ALWAYS TRIGGER {name}")
        databases.ask(cursor, "COMMIT")
    assert change
    run = app.test_cli_runner()
    try:
        done = run.invoke(args=["audit", "verify", "--table", "work_day"])
        assert done.exit_code == 1
        assert re.fullmatch(rf"state/differs\ttable=work_day key={row.id}\t.*{column}\n", done.stdout), done.stdout
        told = run.invoke(args=["audit", "verify", "--table", "work_day", "--json"])
        assert json.loads(told.stdout)["key"] == str(row.id)
        assert run.invoke(args=["audit", "verify", "--table", "setting"]).exit_code == 0
    finally:
        with databases.connected(databases.superuser("jianguan")) as cursor:
            databases.ask(cursor, "BEGIN")
            databases.ask(cursor, "ALTER TABLE work_day DISABLE TRIGGER USER")
            databases.ask(cursor, f'UPDATE work_day SET "{column}" = %s WHERE id = %s', before, str(row.id))
            for name in ("audit_insert", "audit_update", "audit_delete", "audit_truncate"):
                databases.ask(cursor, f"ALTER TABLE work_day ENABLE ALWAYS TRIGGER {name}")
            databases.ask(cursor, "COMMIT")
    assert run.invoke(args=["audit", "verify", "--table", "work_day"]).exit_code == 0


def test_all_that_this_run_has_done_is_clean(app: Flask):
    """Whatever other tests have written before: no row stands beside the log."""
    with app.app_context():
        app.test_cli_runner().invoke(args=["audit", "seal"])
        found = [each for each in verify(db.engine, config.audit_places()) if each.what != "lag"]
    assert found == []
