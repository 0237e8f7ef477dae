"""A database that was there before the log: its rows are on it as baseline, and it goes down and up again."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from app import schema
from tests.audit import databases
from tests.audit.databases import World, ask, connected

#: The migration before the log.
[BEFORE] = [
    str(each.down_revision)
    for each in ScriptDirectory.from_config(schema.alembic_config()).walk_revisions()
    if each.path.endswith("_audit.py")
]


def test_the_rows_of_an_older_database_are_its_baseline(spoilt: World):
    settings = schema.alembic_config(spoilt.urls.owner)
    command.downgrade(settings, BEFORE)
    with connected(spoilt.urls.owner) as cursor:  # nobody asks who writes
        ask(cursor, "UPDATE setting SET note = 'before the log' WHERE code = 'code2'")
        [(there,)] = ask(cursor, "SELECT count(*) FROM setting")
    command.upgrade(settings, "head")
    with spoilt.superuser() as cursor:
        asked = "SELECT count(*), count(*) FILTER (WHERE new->>'note' = 'before the log') FROM audit.log WHERE rel = 'setting' AND action = 'baseline' AND actor = 0"
        assert ask(cursor, asked) == [(there, 1)]
        ask(cursor, "UPDATE setting SET value = 'after' WHERE code = 'code2'")
        ask(cursor, "DELETE FROM setting WHERE code = 'code3'")
    (spoilt.home / "anchor.jsonl").unlink()
    spoilt.seal()
    assert spoilt.verify() == []
    with spoilt.superuser() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(cursor, "RESET app.who")
        ask(cursor, "UPDATE setting SET value = 'x'")


def test_without_the_role_the_migration_says_what_to_do(home: Path):
    [file] = (schema.MIGRATIONS / "versions").glob("*_audit.py")
    source = file.read_text()
    assert "python -m app.embedded provision" in source
    statement = source[source.index("DO $$") : source.index("END $$") + 6].replace("'sealer'", "'nobody_like_that'")
    with connected(databases.superuser("postgres")) as cursor, pytest.raises(psycopg2.Error, match="provision"):
        ask(cursor, statement)
