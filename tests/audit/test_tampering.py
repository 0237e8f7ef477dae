"""What an attacker does with all the rights of a superuser is found (security.md §3.4); what he does as the app is refused.

T7, to write and erase consistently before the next seal, is not found: the window is the interval of the seals.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from app.core.audit import hashes, seals, tree
from app.core.audit.seals import Leaves
from tests.audit import databases
from tests.audit.databases import World, ask

#: What a superuser does first to change what nobody may change.
UNLOCK = "SET session_replication_role = replica; ALTER TABLE audit.log DISABLE TRIGGER kept; ALTER TABLE audit.log_other DISABLE TRIGGER kept"
LOCK = "ALTER TABLE audit.log ENABLE ALWAYS TRIGGER kept; ALTER TABLE audit.log_other ENABLE ALWAYS TRIGGER kept"


def unlocked(cursor: Any, *statements: str) -> None:
    """Change the log, and put its triggers back as if nothing had happened."""
    parts = [
        name
        for (name,) in ask(
            cursor, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit.log'::regclass"
        )
    ]
    tables = ["audit.log", "audit.seal", "audit.leaves", *parts]
    for table in tables:
        ask(cursor, f"ALTER TABLE {table} DISABLE TRIGGER kept")
    for statement in statements:
        ask(cursor, statement)
    for table in tables:
        ask(cursor, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER kept")


def silenced(cursor: Any, table: str, *statements: str) -> None:
    """Change a table while its triggers are off."""
    ask(cursor, f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    for statement in statements:
        ask(cursor, statement)
    ask(cursor, f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    for name in ("audit_insert", "audit_update", "audit_delete", "audit_truncate"):
        ask(cursor, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


SOME = "(SELECT id FROM audit.log WHERE rel = 'setting' AND action = 'update' ORDER BY id LIMIT 1)"


def test_what_nobody_has_touched_is_clean(spoilt: World):
    assert spoilt.verify() == []


def test_t1_an_edited_entry_is_named(spoilt: World):
    with spoilt.superuser() as cursor:
        [(entry, key)] = ask(cursor, f"SELECT id, pk FROM audit.log WHERE id = {SOME}")
        unlocked(cursor, f"UPDATE audit.log SET name = '乙' WHERE id = {entry}")
    found = spoilt.verify()
    assert [(f.check, f.what, f.entry, f.table, f.key) for f in found] == [("seal", "changed", entry, "setting", key)]


@pytest.mark.parametrize(
    "change",
    [
        "actor = 8",
        "address = NULL",
        "request = ''",
        'new = new || \'{"value": "y"}\'',
        "row_region = 1",
        "is_open = false",
    ],
)
def test_t1_whatever_is_edited(change: str, spoilt: World):
    with spoilt.superuser() as cursor:
        [(entry,)] = ask(cursor, f"SELECT {SOME}")
        unlocked(cursor, f"UPDATE audit.log SET {change} WHERE id = {entry}")
    assert ("changed", entry) in {(f.what, f.entry) for f in spoilt.verify()}


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


def forge(world: World, *, keep_signatures: bool) -> None:
    """Edit an entry and write all seals anew, leaves and chain included, as somebody can who has no key."""
    with world.superuser() as cursor:
        unlocked(cursor, f"UPDATE audit.log SET name = '乙' WHERE id = {SOME}")
        stored = seals.load(cursor)
        before: seals.Seal | None = None
        for seal in stored:
            leaves = Leaves(seal.alg)
            ask(cursor, "BEGIN")
            seals.leaf.copy(cursor, seal.where, leaves)
            ask(cursor, "COMMIT")
            root = tree.root(seal.alg, bytes(leaves.hashes))
            signature = seal.sig if keep_signatures else "ed25519:" + "A" * 86 + "=="
            before = seals.replace(seal, root=root.hex(), prev_hash=before.hash if before else "", sig=signature)
            unlocked(
                cursor,
                f"UPDATE audit.seal SET root = '{before.root}', prev_hash = '{before.prev_hash}', sig = '{before.sig}' WHERE no = {seal.no}",
                f"UPDATE audit.leaves SET root = '\\x{before.root}', hashes = '\\x{bytes(leaves.hashes).hex()}' WHERE no = {seal.no}",
            )


@pytest.mark.parametrize("keep_signatures", [True, False])
def test_t8_seals_that_are_written_anew_differ_from_anchor_and_signature(keep_signatures: bool, spoilt: World):
    forge(spoilt, keep_signatures=keep_signatures)
    assert spoilt.found() == {"seal/signature", "anchor/differs"}


def test_t8_with_the_stolen_key_the_anchor_still_tells(spoilt: World):
    """Whoever has the key as well is found by whoever holds the anchor."""
    with spoilt.sealer() as sealer:
        sign = sealer._signer.sign
    real = seals.replace
    forge(spoilt, keep_signatures=True)
    with spoilt.superuser() as cursor:
        before = None
        for seal in seals.load(cursor):
            seal = real(seal, prev_hash=before.hash if before else "")
            before = real(seal, sig=sign(seal.body))
            unlocked(
                cursor,
                f"UPDATE audit.seal SET prev_hash = '{before.prev_hash}', sig = '{before.sig}' WHERE no = {seal.no}",
            )
    assert spoilt.found() == {"anchor/differs"}


def test_t9_an_emptied_log_is_found_by_seals_and_by_rows(spoilt: World):
    with spoilt.superuser() as cursor:
        unlocked(cursor, "TRUNCATE audit.log")
    found = spoilt.found()
    assert {"seal/gone", "state/unlogged"} <= found


def test_t9_without_its_seals_too_the_anchor_tells(spoilt: World):
    with spoilt.superuser() as cursor:
        unlocked(cursor, "TRUNCATE audit.log, audit.seal, audit.leaves")
    assert {"anchor/missing", "state/unlogged"} <= spoilt.found()


def test_t10_an_older_state_is_behind_its_anchor_until_it_is_declared(base: World, tmp_path: Path):
    """The database is put back to a backup: the anchor has later seals, the sealer refuses to go on as if nothing was."""
    world = databases.copy(base, "audit_present", tmp_path / "present")
    with world.superuser() as cursor:
        ask(cursor, "UPDATE setting SET value = 'later' WHERE code = 'code2'")
    world.seal()
    with world.superuser() as cursor:
        ask(cursor, "UPDATE setting SET value = 'much later' WHERE code = 'code3'")
    world.seal()
    old = databases.copy(base, "audit_older", tmp_path / "older")
    (old.home / "anchor.jsonl").write_bytes((world.home / "anchor.jsonl").read_bytes())
    missing = [f.seal for f in old.verify() if f.what == "missing"]
    assert missing == [5, 6]
    with old.sealer() as sealer:
        assert "restored --reason" in str(sealer.once().problem)
        declared = sealer.restored("演练：恢复到昨日备份")
    assert (declared.no, declared.epoch, declared.after, declared.kind) == (7, 2, 4, "restore")
    with old.superuser() as cursor:
        ask(cursor, "UPDATE setting SET value = 'new life' WHERE code = 'code4'")
    old.seal()
    assert old.verify() == []
    with old.superuser() as cursor:
        [(told,)] = ask(cursor, "SELECT new->>'reason' FROM audit.log WHERE action = 'restore'")
        assert "演练" in told
        [(entry,)] = ask(cursor, "SELECT id FROM audit.log ORDER BY id DESC LIMIT 1")
        unlocked(cursor, f"UPDATE audit.log SET name = '乙' WHERE id = {entry}")
    assert ("changed", entry) in {(f.what, f.entry) for f in old.verify()}, "the new epoch is watched as well"
    databases.drop("audit_present")
    databases.drop("audit_older")


def test_t10_transactions_that_are_numbered_anew_need_a_declaration(spoilt: World):
    """A dump that was restored into another cluster: entries keep their numbers, transactions begin again low."""
    with spoilt.superuser() as cursor:
        unlocked(
            cursor,
            "UPDATE audit.log SET txid = (txid::text::bigint + 1000000)::text::xid8",
        )
    # The seals are those of the other cluster: made there, over the same entries.
    with spoilt.superuser() as cursor:
        unlocked(cursor, "TRUNCATE audit.seal, audit.leaves")
    (spoilt.home / "anchor.jsonl").unlink()
    with spoilt.sealer() as sealer, spoilt.superuser() as cursor:
        first = sealer.restored("from there")
        unlocked(cursor, f"UPDATE audit.seal SET hi = '{10**7}', next = '{10**7}', kind = 'seal' WHERE no = {first.no}")
        assert "restored" in str(sealer.once().problem)


ANCHOR_CHANGES: list[tuple[str, Callable[[list[str]], list[str]], set[str]]] = [
    ("a line is gone", lambda lines: lines[:1] + lines[2:], {"anchor/unanchored"}),
    (
        "a line is edited",
        lambda lines: [lines[0].replace('"n":', '"n":1'), *lines[1:]],
        {"anchor/line", "anchor/unanchored"},
    ),
    ("a line is no seal", lambda lines: ["{", *lines], {"anchor/line"}),
    ("all is gone", lambda lines: [], {"anchor/unanchored"}),
]


@pytest.mark.parametrize(
    ("change", "found"), [each[1:] for each in ANCHOR_CHANGES], ids=[each[0] for each in ANCHOR_CHANGES]
)
def test_an_anchor_that_was_touched_is_told(
    change: Callable[[list[str]], list[str]], found: set[str], spoilt: World, monkeypatch: pytest.MonkeyPatch
):
    from datetime import timedelta

    from app.core.audit.verify import chain

    monkeypatch.setattr(chain, "GRACE", timedelta(seconds=-1))
    path = spoilt.home / "anchor.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in change(lines)))
    assert spoilt.found() == found


def test_a_stored_seal_that_was_changed_is_never_anchored(spoilt: World):
    with spoilt.superuser() as cursor:
        ask(cursor, "UPDATE setting SET value = 'a' WHERE code = 'code2'")
    anchor = spoilt.home / "anchor.jsonl"
    kept = anchor.read_bytes()
    spoilt.seal()
    anchor.write_bytes(kept)  # as if the machine had died between the database and the anchor
    with spoilt.superuser() as cursor:
        unlocked(cursor, f"UPDATE audit.seal SET root = '{hashes.plain('sm3', b'x')}' WHERE no = 5")
    with spoilt.sealer() as sealer:
        assert "not as it was signed" in str(sealer.once().problem)
    assert anchor.read_bytes() == kept


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


def test_findings_are_told_to_programs_too(spoilt: World):
    with spoilt.superuser() as cursor:
        [(entry,)] = ask(cursor, f"SELECT {SOME}")
        unlocked(cursor, f"UPDATE audit.log SET name = '乙' WHERE id = {entry}")
    [found] = spoilt.verify()
    assert json.loads(json.dumps(found.as_json))["entry"] == entry
    assert found.line.count("\t") == 2
