"""The proof that one entry stands under a seal: what ``docs/verify_record.py`` checks without us."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.audit import hashes, leaf, seals, tree
from app.core.audit.hashes import SIZE
from app.core.audit.seals import Seal
from app.core.errors import NotVisible, Refused
from app.core.messages import N_


class _One:
    def __init__(self) -> None:
        self.line = b""

    def write(self, line: bytes) -> None:
        self.line = line


def proof(session: Session, log_id: int, public_key: str = "") -> dict[str, Any]:
    """The entry's line, its place, the path to the root, the signed seal, and the key it was signed with.

    Raises NotVisible for an entry that the viewer of the session may not read, and Refused for one that is not sealed
    yet or that is no longer what was sealed.
    """
    row = session.execute(text("SELECT txid::text AS txid FROM audit.log WHERE id = :id"), {"id": log_id}).first()
    if row is None:
        raise NotVisible
    cursor = session.connection().connection.cursor()
    found = _covering(cursor, int(row.txid), int(log_id))
    if not found:
        raise Refused(N_("这条日志还没有封存，请稍后再试"), status=409)
    seal, one = found[0], _One()
    leaf.copy(cursor, f"id = {int(log_id)}", one)
    place, part, others = _place(cursor, seal, one.line)
    steps = tree.path(seal.alg, part, place % tree.PART)
    steps += tree.path(seal.alg, b"".join(others), place // tree.PART)
    return {
        "what": "监管一张网 audit log, proof of inclusion, version 1",
        "line": one.line.decode(),
        "entry": leaf.fields(one.line),
        "index": place,
        "path": [[side, step.hex()] for side, step in steps],
        "seal": {name: value for name, value in vars(seal).items() if name != "sig"},
        "sig": seal.sig,
        "public_key": public_key,
    }


def _covering(cursor: Any, txid: int, entry: int) -> list[Seal]:
    """The seal that covers an entry, if there is one by now."""
    inside = f"floor < {entry} AND top >= {entry}"
    usual = seals.load(
        cursor,
        f"no = (SELECT no FROM audit.seal WHERE kind = 'seal' AND hi > '{txid}' AND {inside} ORDER BY hi LIMIT 1) "
        f"AND lo <= '{txid}'",
    )
    return usual or seals.load(cursor, f"kind = 'restore' AND {inside} AND (lo <= '{txid}' OR hi < '{entry}')")


def _place(cursor: Any, seal: Seal, line: bytes) -> tuple[int, bytes, list[bytes]]:
    """Where the entry stands under its seal, the hashes of its part, and the roots of all parts."""
    wanted = hashes.leaf(seal.alg)(line)
    cursor.execute("SELECT part, root FROM audit.leaves WHERE no = %s ORDER BY part", (seal.no,))
    roots = [bytes(root) for _, root in cursor.fetchall()]
    for part in range(len(roots)):
        cursor.execute("SELECT hashes FROM audit.leaves WHERE no = %s AND part = %s", (seal.no, part))
        kept = bytes(cursor.fetchone()[0])
        at = kept.find(wanted)
        while at >= 0 and at % SIZE:
            at = kept.find(wanted, at + 1)
        if at >= 0:
            return part * tree.PART + at // SIZE, kept, roots
    raise Refused(N_("这条日志与封存时不同，不能出具证明"), status=409)
