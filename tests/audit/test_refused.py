"""T11 of security.md §3.4: what the console, the sealer and the owner may not do is refused."""

from __future__ import annotations

import psycopg2
import pytest

from tests.audit import databases
from tests.audit.databases import World, ask

WRITES = [
    "INSERT INTO setting (id, code, value) VALUES (gen_random_uuid(), 'a', 'b')",
    "UPDATE audit.log SET name = 'x'",
    "DELETE FROM audit.log",
    "INSERT INTO audit.log (txid, at, action, rel, pk, is_open) VALUES (pg_current_xact_id(), now(), 'a', '', '', true)",
    "TRUNCATE audit.log",
    "TRUNCATE setting",
    "ALTER TABLE setting DISABLE TRIGGER audit_update",
    "SET session_replication_role = replica",
    "INSERT INTO audit.seal SELECT * FROM audit.seal",
    "DELETE FROM audit.leaves",
    "UPDATE audit.beat SET lag = 0",
    "SELECT audit.make_partitions(1)",
    "SELECT audit.note('insert', 'setting', '', NULL, NULL, false, '{}')",
    "DROP FUNCTION audit.capture_setting()",
    "SELECT nextval('audit.log_id')",
    "SELECT * FROM audit.log_other",
]


@pytest.mark.parametrize("statement", WRITES)
@pytest.mark.parametrize("role", ["app", "viewer_line", "viewer_system"])
def test_t11_the_console_is_refused(role: str, statement: str, base: World):
    with base.app() as cursor:
        ask(cursor, f"SET ROLE {role}")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(cursor, statement)


@pytest.mark.parametrize("statement", [each for each in WRITES if "beat" not in each and "make_partitions" not in each])
def test_t11_the_sealer_is_refused_too(statement: str, base: World):
    if statement.startswith("INSERT INTO audit.seal"):
        pytest.skip("that is its work")
    with databases.connected(base.urls.sealer) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(cursor, statement)


@pytest.mark.parametrize("table", ["log", "log_other", "seal", "leaves"])
@pytest.mark.parametrize("statement", ["UPDATE audit.{0} SET {1} = {1}", "DELETE FROM audit.{0}", "TRUNCATE audit.{0}"])
@pytest.mark.parametrize("who", ["owner", "superuser"])
def test_t11_the_owner_and_even_a_superuser_are_refused_at_first(who: str, statement: str, table: str, base: World):
    """The owner has taken the right from himself; a superuser meets the triggers, and has to leave a trace to pass."""
    url = base.urls.owner if who == "owner" else databases.superuser(base.name)
    column = {"log": "id", "log_other": "id"}.get(table, "no")
    with databases.connected(url) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(cursor, statement.format(table, column))
