"""The entries of the log against the seals over them: nothing changed, gone or added, and no false time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.audit import hashes, leaf, tree
from app.core.audit.hashes import SIZE
from app.core.audit.seals import Seal
from app.core.audit.verify.finding import Finding
from app.core.messages import N_, Message

#: Entries that are read at a time; seals are never cut.
BATCH = 200_000
#: The clock of the database may be set right by so much.
SLACK = timedelta(seconds=2)
#: Changed entries that are named, for each seal.
NAMED = 50


class _Window:
    """When the entries of each seal can have been written: after the last seal that knew none of their transactions."""

    def __init__(self, seals: Sequence[Seal]) -> None:
        self._nexts = [seal.next for seal in seals]
        self._times = [seal.moment for seal in seals]
        self._places = {seal.no: at for at, seal in enumerate(seals)}
        self._firsts = {seal.epoch: at for at, seal in reversed(list(enumerate(seals)))}

    def of(self, seal: Seal) -> tuple[bytes, bytes]:
        """The earliest and the latest moment, as the lines of the log tell moments."""
        first = self._firsts[seal.epoch]
        here = self._places[seal.no]
        found = bisect_right(self._nexts, seal.lo, first, here) - 1 if seal.kind == "seal" else -1
        since = self._times[found] - SLACK if found >= first else datetime.min.replace(tzinfo=UTC)
        return _told(since), _told(seal.moment + SLACK)


def _told(moment: datetime) -> bytes:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0").encode()


class _Reader:
    """Takes the lines of several seals that follow one another, and keeps for each its hashes and odd moments."""

    def __init__(self, seals: Sequence[Seal], window: _Window) -> None:
        self._rest = iter(seals)
        self._window = window
        self._txid = b""
        self.found: list[tuple[Seal, bytearray, list[bytes]]] = []
        self._next()

    def _next(self) -> None:
        self._seal = next(self._rest)
        self._hash = hashes.leaf(self._seal.alg)
        self._low, self._high = self._window.of(self._seal)
        self._hashes, self._odd = bytearray(), list[bytes]()
        self.found.append((self._seal, self._hashes, self._odd))

    def write(self, line: bytes) -> None:
        """Take one line."""
        _, txid, at, _ = line.split(b"\t", 3)
        if txid != self._txid:
            self._txid, number = txid, int(txid)
            while self._seal.kind == "seal" and number >= self._seal.hi:
                self._next()
        self._hashes += self._hash(line)
        if not self._low <= at <= self._high:
            self._odd.append(line)

    def finish(self) -> None:
        """No more lines come: the seals that none came for have none."""
        self.found += [(seal, bytearray(), []) for seal in self._rest]


class _Kept:
    """Takes the lines of one seal and keeps them."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        """Take one line."""
        self.lines.append(line)


def check_entries(cursor: Any, seals: Sequence[Seal], since: datetime | None = None) -> Iterator[Finding]:
    """Every entry is the one that was sealed, in its place, written in its time."""
    window = _Window(seals)
    ends = {seal.epoch: seal.hi for seal in seals if seal.kind == "restore"}  # by the epoch that began with it
    for batch in _batches([seal for seal in seals if since is None or seal.moment >= since]):
        reader = _Reader(batch, window)
        leaf.copy(cursor, _where(batch, ends), reader)
        reader.finish()
        for seal, found, odd in reader.found:
            if len(found) != seal.n * SIZE or tree.root(seal.alg, bytes(found)).hex() != seal.root:
                yield from _named(cursor, seal, ends)
            for line in odd:
                yield _entry("time", "outside", line, seal, N_("日志第 {entry} 条的时间不在其封存的时间范围内"))


def _where(batch: Sequence[Seal], ends: dict[int, int]) -> str:
    first, final = batch[0], batch[-1]
    if first.kind == "restore":
        return first.where
    later = [last for epoch, last in ends.items() if epoch > first.epoch]
    end = f" AND id <= {min(later)}" if later else ""
    return f"txid >= '{first.lo}' AND txid < '{final.hi}' AND id > {first.floor}{end}"


def _batches(seals: Sequence[Seal]) -> Iterator[list[Seal]]:
    batch: list[Seal] = []
    size = 0
    for seal in seals:
        fits = batch and seal.kind == "seal" and batch[0].kind == "seal" and seal.lo == batch[-1].hi
        if batch and (not fits or seal.floor != batch[0].floor or size + seal.n > BATCH):
            yield batch
            batch, size = [], 0
        batch.append(seal)
        size += seal.n
    if batch:
        yield batch


def _named(cursor: Any, seal: Seal, ends: dict[int, int]) -> Iterator[Finding]:
    """Which entries of a seal are not the sealed ones, by the hashes that were kept with it."""
    cursor.execute("SELECT hashes FROM audit.leaves WHERE no = %s ORDER BY part", (seal.no,))
    kept = b"".join(bytes(row[0]) for row in cursor.fetchall())
    if len(kept) != seal.n * SIZE or tree.root(seal.alg, kept).hex() != seal.root:
        message = N_("第 {no} 号封存所附的各条摘要也与封存不符，不能指出是哪一条", no=seal.no)
        yield Finding("seal", "leaves", message, seal.no)
        return
    reader = _Kept()
    leaf.copy(cursor, _where([seal], ends), reader)
    hashed = [hashes.leaf(seal.alg)(line) for line in reader.lines]
    sealed = [kept[at : at + SIZE] for at in range(0, len(kept), SIZE)]
    known, present = set(sealed), set(hashed)
    strange = [line for line, one in zip(reader.lines, hashed, strict=True) if one not in known]
    gone = [at for at, one in enumerate(sealed) if one not in present]
    told = 0
    if len(reader.lines) == seal.n:
        for line in strange[:NAMED]:
            told += 1
            yield _entry("seal", "changed", line, seal, N_("日志第 {entry} 条在封存之后被修改"))
    else:
        for line in strange[:NAMED]:
            told += 1
            yield _entry("seal", "added", line, seal, N_("日志第 {entry} 条是封存之后加入或修改的"))
        for at in gone[: max(0, NAMED - len(strange))]:
            told += 1
            message = N_("第 {no} 号封存中的第 {place} 条日志不见了或被修改", no=seal.no, place=at + 1)
            yield Finding("seal", "gone", message, seal.no)
    rest = max(len(strange), len(gone)) - told
    if rest > 0 or not told:
        message = N_("第 {no} 号封存应有 {n} 条日志，现有 {found} 条，还有 {rest} 条不符",
                     no=seal.no, n=seal.n, found=len(reader.lines), rest=max(rest, 0))  # fmt: skip
        yield Finding("seal", "count", message, seal.no)


def _entry(check: str, what: str, line: bytes, seal: Seal, text: Message) -> Finding:
    told = leaf.fields(line)
    message = Message(text.msgid, {"entry": told["id"]})
    return Finding(check, what, message, seal.no, int(told["id"] or 0), told["rel"] or "", told["pk"] or "")
