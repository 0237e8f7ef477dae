"""T8-T10 of security.md §3.4: whoever writes the seals anew, empties the log or puts an older state back meets the anchor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.audit import hashes, seals, tree
from app.core.audit.seals import Leaves
from app.core.audit.verify import chain
from tests.audit import databases
from tests.audit.databases import SOME, World, ask, unlocked


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


def test_an_anchor_that_was_touched_is_told(spoilt: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chain, "GRACE", timedelta(seconds=-1))
    path = spoilt.home / "anchor.jsonl"
    kept = path.read_text()
    for name, change, found in ANCHOR_CHANGES:
        path.write_text("".join(f"{line}\n" for line in change(kept.splitlines())))
        assert spoilt.found() == found, name


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
