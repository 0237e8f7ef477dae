"""Seals: every transaction that has ended is covered once, by its number, and never again added to.

A seal covers the entries whose transaction stands in ``[lo, hi)``, ``hi`` being the oldest transaction still under way:
all below it have ended, so that no entry can come there later, no writer waits and no entry is touched. ``floor`` and
``top`` bound the numbers of the entries: transaction numbers begin anew when a dump is restored elsewhere, those of the
entries do not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from app.core.audit import hashes, leaf, tree
from app.core.audit.hashes import SIZE
from app.core.audit.signing import Signer


@dataclass(frozen=True)
class Seal:
    """What is signed, and the signature. ``kind`` is "seal", or "restore" where an older state was put back."""

    no: int
    epoch: int
    kind: str
    lo: int
    hi: int
    next: int
    floor: int
    top: int
    n: int
    root: str
    after: int
    prev_hash: str
    at: str
    alg: str
    reason: str | None
    key: str
    sig: str = ""

    @property
    def body(self) -> bytes:
        """What is signed: every field but the signature, as JSON with sorted names and no blanks."""
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "sig"}
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def hash(self) -> str:
        """What the next seal names as the one before it."""
        return hashes.plain(self.alg, self.body)

    @property
    def line(self) -> str:
        """The seal as it stands in an anchor."""
        told = json.loads(self.body) | {"sig": self.sig}
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def where(self) -> str:
        """The condition for the entries that the seal covers."""
        if self.kind == "restore":  # whatever no earlier seal has covered
            return f"id > {self.floor} AND id <= {self.top} AND (txid >= '{self.lo}' OR id > {self.hi})"
        return f"txid >= '{self.lo}' AND txid < '{self.hi}' AND id > {self.floor}"

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.at)


def read(line: str) -> Seal:
    """The seal of a line in an anchor. Raises ValueError when it is none."""
    try:
        return Seal(**json.loads(line))
    except TypeError as error:
        raise ValueError(str(error)) from None


def moment(at: datetime) -> str:
    """A moment as seals tell it: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


_NAMES = [each.name for each in fields(Seal)]
_SELECT = f"SELECT {', '.join(_NAMES)} FROM audit.seal"


def _seal(row: Any) -> Seal:
    told = dict(zip(_NAMES, row, strict=True))
    numbers = {name: int(told[name]) for name in ("lo", "hi", "next")}
    return Seal(**told | numbers | {"at": moment(told["at"])})


def load(cursor: Any, where: str = "true") -> list[Seal]:
    """The stored seals that meet the condition, in their order."""
    cursor.execute(f"{_SELECT} WHERE {where} ORDER BY no")
    return [_seal(row) for row in cursor.fetchall()]


def last(cursor: Any) -> Seal | None:
    """The newest stored seal."""
    found = load(cursor, "no = (SELECT max(no) FROM audit.seal)")
    return found[0] if found else None


class Leaves:
    """Takes lines of the log and keeps their hashes."""

    def __init__(self, alg: str) -> None:
        self._hash = hashes.leaf(alg)
        self.hashes = bytearray()

    def write(self, line: bytes) -> None:
        """Take one line."""
        self.hashes += self._hash(line)

    def __len__(self) -> int:
        return len(self.hashes) // SIZE


def start_after(before: Seal | None) -> tuple[int, int]:
    """The first transaction that the seal after that one covers, and the entry behind which its epoch begins."""
    if before is None:
        return 0, 0
    return (before.next, before.top) if before.kind == "restore" else (before.hi, before.floor)


_NOW = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
       (SELECT last_value FROM audit.log_id), clock_timestamp()
"""


class WentBack(Exception):
    """Transactions are numbered lower than those that were sealed: this is an older state, or another cluster."""


def make(cursor: Any, signer: Signer, alg: str, *, quiet: float) -> Seal | None:
    """Seal whatever has ended since the last seal; ``None`` when that is nothing, unless ``quiet`` seconds have passed.

    Runs in a transaction of one snapshot (REPEATABLE READ). Raises WentBack when a restore has to be declared first.
    """
    before = last(cursor)
    cursor.execute(_NOW)
    hi, following, top, at = cursor.fetchone()
    lo, floor = start_after(before)
    if before is not None and (hi < lo or top < before.top):
        raise WentBack
    seal = Seal(
        (before.no if before else 0) + 1, before.epoch if before else 1, "seal", lo, hi, following, floor, top, 0, "",
        before.no if before else 0, before.hash if before else "", moment(at), alg, None, signer.key,
    )  # fmt: skip
    is_due = before is None or (at - before.moment).total_seconds() >= quiet
    return _store(cursor, signer, seal, empty=is_due)


def declare_restore(cursor: Any, signer: Signer, alg: str, reason: str, beyond: Seal | None) -> Seal | None:
    """The state as it is now stands under a seal of its own, and a new epoch begins; what was lost is lost openly.

    ``beyond`` is the newest seal that an anchor knows. ``None`` while somebody writes: entries of his might otherwise
    stand in neither epoch.
    """
    before = last(cursor)
    cursor.execute(_NOW)
    xmin, xmax, _, at = cursor.fetchone()
    if xmin != xmax:
        return None
    cursor.execute("SELECT coalesce(max(id), 0) FROM audit.log")
    (top,) = cursor.fetchone()
    newest = max((each for each in (before, beyond) if each is not None), key=lambda each: each.no, default=None)
    lo, floor = start_after(before)
    hi = before.top if before else 0
    seal = Seal(
        (newest.no if newest else 0) + 1, max(each.epoch if each else 0 for each in (before, beyond)) + 1, "restore",
        lo, hi, xmin, floor, top, 0, "", before.no if before else 0, newest.hash if newest else "", moment(at), alg,
        reason, signer.key,
    )  # fmt: skip
    return _store(cursor, signer, seal, empty=True)


def _store(cursor: Any, signer: Signer, seal: Seal, *, empty: bool) -> Seal | None:
    leaves = Leaves(seal.alg)
    leaf.copy(cursor, seal.where, leaves)
    if not leaves and not empty:
        return None
    pieces = tree.parts(bytes(leaves.hashes))
    roots = [tree.root(seal.alg, piece) for piece in pieces]
    seal = replace(seal, n=len(leaves), root=tree.root_of_parts(seal.alg, roots).hex())
    seal = replace(seal, sig=signer.sign(seal.body))
    values = [
        str(value) if name in ("lo", "hi", "next") else value for name, value in zip(_NAMES, _values(seal), strict=True)
    ]
    marks = ", ".join("%s::xid8" if name in ("lo", "hi", "next") else "%s" for name in _NAMES)
    cursor.execute(f"INSERT INTO audit.seal ({', '.join(_NAMES)}) VALUES ({marks})", values)
    for part, (piece, root) in enumerate(zip(pieces, roots, strict=True)):
        cursor.execute("INSERT INTO audit.leaves VALUES (%s, %s, %s, %s)", (seal.no, part, root, piece))
    return seal


def _values(seal: Seal) -> list[Any]:
    return [getattr(seal, name) for name in _NAMES]
