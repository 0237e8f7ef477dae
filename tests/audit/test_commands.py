"""The commands, the proof of an entry, and the script that checks it without us."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import config
from app.core import audit
from app.core.audit.verify import verify
from app.core.errors import NotVisible, Refused
from app.core.viewer import looking_as
from app.extensions import db
from tests.every_table.world import World

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_record.py"


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
