"""T1-T7 of security.md §3.4: what an attacker changes with all the rights of a superuser is found and named.

T7, to write and erase consistently before the next seal, is not found: the window is the interval of the seals.
"""

from __future__ import annotations

import json

import pytest

from tests.audit.databases import SOME, World, ask, silenced, unlocked


def test_what_nobody_has_touched_is_clean(spoilt: World):
    assert spoilt.verify() == []


def test_t1_an_edited_entry_is_named(spoilt: World):
    with spoilt.superuser() as cursor:
        [(entry, key)] = ask(cursor, f"SELECT id, pk FROM audit.log WHERE id = {SOME}")
        unlocked(cursor, f"UPDATE audit.log SET name = '乙' WHERE id = {entry}")
    found = spoilt.verify()
    assert [(f.check, f.what, f.entry, f.table, f.key) for f in found] == [("seal", "changed", entry, "setting", key)]


def test_t1_whatever_is_edited(spoilt: World):
    changes = [
        "actor = 8", "address = NULL", "request = ''", "new = new || '{\"value\": \"y\"}'", "row_region = 1", "is_open = NOT is_open",
        "at = at - interval '1 microsecond'", "name = 'z'", "pk = pk || '0'", "old = NULL",
    ]  # fmt: skip
    with spoilt.superuser() as cursor:
        asked = "SELECT id FROM audit.log WHERE rel = 'setting' AND action = 'update' ORDER BY id LIMIT 10"
        entries = [entry for (entry,) in ask(cursor, asked)]
        unlocked(
            cursor, *(f"UPDATE audit.log SET {change} WHERE id = {entry}" for change, entry in zip(changes, entries))
        )
    assert [f.entry for f in spoilt.verify() if (f.check, f.what) == ("seal", "changed")] == entries


def test_t2_a_deleted_entry_is_missed_by_its_seal_and_by_its_row(spoilt: World):
    with spoilt.superuser() as cursor:
        [(entry, key)] = ask(
            cursor,
            "SELECT id, pk FROM audit.log WHERE rel = 'setting' AND action = 'insert' AND new->>'code' = 'code2'",
        )
        unlocked(cursor, f"DELETE FROM audit.log WHERE id = {entry}")
    found = {(f.check, f.what): f for f in spoilt.verify()}
    assert set(found) == {("seal", "gone"), ("state", "unlogged")}
    assert found["seal", "gone"].seal == 1
    assert found["state", "unlogged"].key == key


def test_t3_an_entry_put_into_a_sealed_range_is_named(spoilt: World):
    with spoilt.superuser() as cursor:
        columns = "txid, at, actor, name, action, rel, pk, is_open, old, new"
        copied = f"SELECT {columns} FROM audit.log WHERE id = {SOME}"
        unlocked(cursor, f"INSERT INTO audit.log ({columns}) {copied}")
        [(entry,)] = ask(cursor, "SELECT max(id) FROM audit.log")
    assert ("added", entry) in {(f.what, f.entry) for f in spoilt.verify()}


def test_t4_an_entry_of_today_with_yesterdays_time_is_found_at_its_seal(spoilt: World):
    with spoilt.superuser() as cursor:
        unlocked(
            cursor,
            "INSERT INTO audit.log (txid, at, actor, name, action, rel, pk, is_open, new) SELECT pg_current_xact_id(), "
            "at - interval '1 hour', 7, '甲', 'export', 'setting', '', false, '{}' FROM audit.log ORDER BY id DESC LIMIT 1",
        )
        [(entry,)] = ask(cursor, "SELECT max(id) FROM audit.log")
    spoilt.seal()
    assert [(f.check, f.entry) for f in spoilt.verify()] == [("time", entry)]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE setting SET value = '0' WHERE code = 'code2'", "differs"),
        ("DELETE FROM setting WHERE code = 'code2'", "vanished"),
        ("INSERT INTO setting (id, code, value) VALUES (gen_random_uuid(), 'new', '1')", "unlogged"),
    ],
)
def test_t5_a_row_written_while_the_triggers_are_off_is_named(statement: str, what: str, spoilt: World):
    with spoilt.superuser() as cursor:
        silenced(cursor, "setting", statement)
    [found] = spoilt.verify()
    assert (found.check, found.what, found.table) == ("state", what, "setting")
    if what == "differs":
        assert "value" in str(found)


def test_t5_triggers_that_are_left_off_are_told(spoilt: World):
    with spoilt.superuser() as cursor:
        ask(cursor, "ALTER TABLE setting DISABLE TRIGGER audit_update")
    assert spoilt.found() == {"guard/capture"}


def test_t5_a_capture_that_looks_away_is_told(spoilt: World):
    with spoilt.superuser() as cursor:
        ask(
            cursor,
            "CREATE OR REPLACE FUNCTION audit.capture_setting() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        )
        ask(cursor, "UPDATE setting SET value = '0' WHERE code = 'code2'")
    assert spoilt.found() == {"guard/capture", "state/differs"}


def test_t5_a_role_that_somebody_gave_himself_is_found(spoilt: World):
    with spoilt.superuser() as cursor:
        silenced(cursor, "ab_user_role", "ALTER TABLE ab_user_role DROP CONSTRAINT ab_user_role_user_id_fkey",
                 "INSERT INTO ab_user_role (id, user_id, role_id) VALUES (1, 1, 77)")  # fmt: skip
    assert "state/unlogged" in spoilt.found()


def test_t6_a_replicas_role_switches_nothing_off(spoilt: World):
    with spoilt.superuser() as cursor:
        ask(cursor, "SET session_replication_role = replica")
        ask(cursor, "UPDATE setting SET value = 'unseen' WHERE code = 'code2'")
        [(told,)] = ask(cursor, "SELECT new->>'value' FROM audit.log ORDER BY id DESC LIMIT 1")
    assert told == "unseen"
    spoilt.seal()
    assert spoilt.verify() == []


def test_t7_what_is_erased_before_its_seal_is_not_found_but_leaves_a_gap(spoilt: World):
    """The honest limit: between two seals (ten seconds) a superuser can write and erase. The numbers have a gap then."""
    with spoilt.superuser() as cursor:
        silenced(cursor, "setting", "UPDATE setting SET note = 'a'", "UPDATE setting SET note = NULL")
        ask(cursor, "UPDATE setting SET value = 'a' WHERE code = 'code2'")
        [(entry, old)] = ask(cursor, "SELECT id, old->>'value' FROM audit.log ORDER BY id DESC LIMIT 1")
        silenced(cursor, "setting", f"UPDATE setting SET value = '{old}' WHERE code = 'code2'")
        unlocked(cursor, f"DELETE FROM audit.log WHERE id = {entry}")
    spoilt.seal()
    assert spoilt.verify() == []
    with spoilt.superuser() as cursor:
        [(last, counted)] = ask(
            cursor, "SELECT (SELECT last_value FROM audit.log_id), (SELECT count(*) FROM audit.log)"
        )
    assert last > counted


def test_findings_are_told_to_programs_too(spoilt: World):
    with spoilt.superuser() as cursor:
        [(entry,)] = ask(cursor, f"SELECT {SOME}")
        unlocked(cursor, f"UPDATE audit.log SET name = '乙' WHERE id = {entry}")
    [found] = spoilt.verify()
    assert json.loads(json.dumps(found.as_json))["entry"] == entry
    assert found.line.count("\t") == 2
