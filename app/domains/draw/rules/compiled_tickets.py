"""The tickets of :mod:`tickets`, compiled: the same subjects and the same record, where numba is installed.

Sixteen tickets at a time, their first 64 bits only: they give the order unless two of one cell are the same, and then,
or where anything else is unusual (another hash, long ids, a limit that was too low), the plain way is gone.
Numba is an optional extra. Without it this module cannot be imported.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit, prange, uint32

from app.domains.draw.rules import tickets
from app.domains.draw.rules.cells import Cell
from app.domains.draw.rules.drbg import key as key_of
from app.domains.draw.rules.record import Drawn, Record, as_drawn, chances_of, wants
from app.domains.draw.rules.tickets import Outcome, Want

_LANES = 16
#: Bytes of the frame in work at a time.
_PORTION = 1 << 25
#: The longest id that fits into one block of the hash together with the key.
_LONGEST = 23
_START = np.array(
    [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E], dtype=np.uint32
)
_ROUND = np.array(
    [
        ((each << (j % 32)) | (each >> ((32 - j % 32) % 32))) & 0xFFFFFFFF if j % 32 else each
        for j, each in ((j, 0x79CC4519 if j < 16 else 0x7A879D8A) for j in range(64))
    ],
    dtype=np.uint32,
)


def draw_subjects(frozen: Record, seed: bytes, frame: Path) -> Drawn:
    """What :func:`~app.domains.draw.rules.record.draw_subjects` gives, from the file of the frame."""
    alg = frozen["alg"]
    wanted, key = dict(sorted(wants(alg, seed, chances_of(frozen)).items())), key_of(alg, seed, "ticket")
    outcome = _outcome(key, frame, wanted) if alg == "sm3" else None
    return as_drawn(frozen, wanted, outcome or tickets.draw(alg, key, lambda: frame.open("rb"), wanted))


def _outcome(key: bytes, frame: Path, wanted: Mapping[Cell, Want]) -> Outcome | None:
    """Who is drawn and who is in reserve; None where 64 bits of the tickets do not say it."""
    drawn, both = (np.array([each.drawn + more * each.reserve for each in wanted.values()]) for more in (0, 1))
    with frame.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        starts, sizes, of, found = _near(key, whole, {each: tickets.limit(want) for each, want in wanted.items()})
        order = np.lexsort((found, of))
        starts, sizes, of, found = starts[order], sizes[order], of[order], found[order]
        alike = (of[1:] == of[:-1]) & (found[1:] == found[:-1])
        few = np.bincount(of, minlength=len(wanted)) < both
        if alike.any() or few.any() or (sizes > _LONGEST).any():
            return None
        firsts = np.searchsorted(of, np.arange(len(wanted)))
        place = np.arange(len(of)) - firsts[of]

        def ids(chosen: Any) -> list[bytes]:
            ends = (starts + sizes)[chosen].tolist()
            return [whole[start:end] for start, end in zip(starts[chosen].tolist(), ends, strict=True)]

        def last(at: int) -> bytes:
            return tickets.ticket("sm3", key, ids([at])[0])

        thresholds = {}
        for (each, want), first in zip(wanted.items(), firsts.tolist(), strict=True):
            end = first + want.drawn
            thresholds[each] = (
                last(end - 1) if want.drawn else b"",
                last(end + want.reserve - 1) if want.reserve else b"",
            )
        chosen = np.flatnonzero(place < drawn[of])
        behind = np.flatnonzero((place >= drawn[of]) & (place < both[of]))
        return Outcome(ids(chosen[np.argsort(starts[chosen])]), ids(behind), thresholds)


def _near(key: bytes, whole: mmap.mmap, limits: Mapping[Cell, bytes]) -> list[Any]:
    """Where ids begin, how long they are, their cells and tickets: of those within the limit of their cell."""
    cells, words = _Cells(limits), np.frombuffer(key, dtype=">u4").astype(np.uint32)
    parts: list[tuple[Any, ...]] = []
    begin = 0
    while begin < len(whole):
        end = len(whole) if begin + _PORTION >= len(whole) else whole.rfind(b"\n", begin, begin + _PORTION) + 1
        portion = np.frombuffer(whole[begin:end], dtype=np.uint8)
        starts, sizes, of = _parsed(portion, cells.places, cells.texts, cells.mask)
        if of.size and of.min() < 0:
            raise ValueError(f"a line of no cell after byte {begin}")
        found = _tickets(portion, starts, sizes, words)
        near = (found < cells.limits[of]) | (sizes > _LONGEST)
        parts.append((starts[near] + begin, sizes[near], of[near], found[near]))
        begin = end
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


class _Cells:
    """The cells in a table that compiled code can look into: by the hash of their text."""

    def __init__(self, limits: Mapping[Cell, bytes]) -> None:
        self.mask = (1 << (4 * len(limits)).bit_length()) - 1
        self.texts = np.zeros((len(limits), 48), dtype=np.uint8)
        self.places = np.full(self.mask + 1, -1, dtype=np.int32)
        self.limits = np.zeros(len(limits), dtype=np.uint64)
        for number, (each, limit) in enumerate(limits.items()):
            text = f"{each.text}\n".encode()
            self.texts[number, : len(text)] = np.frombuffer(text, dtype=np.uint8)
            # Above nothing, where nobody is wanted.
            self.limits[number] = min(int.from_bytes(limit[:8], "big") + 1, 2**64 - 1) if limit else 0
            hashed = 2166136261
            for byte in text:
                hashed = ((hashed ^ byte) * 16777619) & 0xFFFFFFFF
            while self.places[hashed & self.mask] >= 0:
                hashed += 1
            self.places[hashed & self.mask] = number


@njit(cache=True)
def _parsed(data: Any, places: Any, texts: Any, mask: int) -> Any:
    """Where each line begins, how long its id is, and the number of its cell (-1 where there is no such cell)."""
    rows = 0
    for byte in data:
        if byte == 10:
            rows += 1
    starts, sizes, of = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int32)
    at = 0
    for row in range(rows):
        starts[row] = at
        comma = at
        while data[comma] != 44 and data[comma] != 10:
            comma += 1
        sizes[row] = comma - at
        begin = at = comma + 1 if data[comma] == 44 else comma
        hashed = 2166136261
        while True:
            byte = data[at]
            hashed = ((hashed ^ byte) * 16777619) & 0xFFFFFFFF
            at += 1
            if byte == 10:
                break
        of[row] = -1
        while places[hashed & mask] >= 0:
            number = places[hashed & mask]
            size = at - begin
            same = size <= 48
            i = 0
            while same and i < size:
                same = texts[number, i] == data[begin + i]
                i += 1
            if same:
                of[row] = number
                break
            hashed += 1
    return starts, sizes, of


@njit(inline="always")
def _turned(x: Any, n: int) -> Any:
    return uint32(uint32(x << uint32(n)) | uint32(x >> uint32(32 - n)))


@njit(parallel=True, cache=True)
def _tickets(data: Any, starts: Any, sizes: Any, key: Any) -> Any:
    """For each line the first 64 bits of SM3(key ‖ id)."""
    rows = starts.shape[0]
    found = np.empty(rows, np.uint64)
    groups = (rows + _LANES - 1) // _LANES
    for part in prange(64):
        w, s = np.zeros((68, _LANES), np.uint32), np.zeros((8, _LANES), np.uint32)
        for group in range(groups * part // 64, groups * (part + 1) // 64):
            first = group * _LANES
            lanes = min(_LANES, rows - first)
            _load(data, starts, sizes, key, first, lanes, w)
            _compressed(w, s)
            for lane in range(lanes):
                high = np.uint64(s[0, lane] ^ _START[0]) << np.uint64(32)
                found[first + lane] = high | np.uint64(s[1, lane] ^ _START[1])
    return found


@njit(inline="always")
def _load(data: Any, starts: Any, sizes: Any, key: Any, first: int, lanes: int, w: Any) -> None:
    """The one block of each message: key, id, a one, zeros, the length."""
    for j in range(8):
        for lane in range(_LANES):
            w[j, lane] = key[j]
            w[8 + j, lane] = uint32(0)
    for lane in range(lanes):
        start, size = starts[first + lane], min(sizes[first + lane], _LONGEST)
        for i in range(size):
            w[8 + (i >> 2), lane] |= uint32(uint32(data[start + i]) << uint32(24 - 8 * (i & 3)))
        w[8 + (size >> 2), lane] |= uint32(uint32(0x80) << uint32(24 - 8 * (size & 3)))
        w[15, lane] = uint32((32 + size) * 8)


@njit(inline="always")
def _compressed(w: Any, s: Any) -> None:
    """The compression of SM3, before the last step of adding its start."""
    for j in range(16, 68):
        for lane in range(_LANES):
            x = uint32(w[j - 16, lane] ^ w[j - 9, lane] ^ _turned(w[j - 3, lane], 15))
            x = uint32(x ^ _turned(x, 15) ^ _turned(x, 23))
            w[j, lane] = uint32(x ^ _turned(w[j - 13, lane], 7) ^ w[j - 6, lane])
    for k in range(8):
        for lane in range(_LANES):
            s[k, lane] = _START[k]
    for j in range(64):
        constant = _ROUND[j]
        for lane in range(_LANES):
            a, b, c, d = s[0, lane], s[1, lane], s[2, lane], s[3, lane]
            e, f, g, h = s[4, lane], s[5, lane], s[6, lane], s[7, lane]
            a12 = _turned(a, 12)
            ss1 = _turned(uint32(a12 + e + constant), 7)
            if j < 16:
                ff, gg = uint32(a ^ b ^ c), uint32(e ^ f ^ g)
            else:
                ff, gg = uint32((a & b) | (a & c) | (b & c)), uint32((e & f) | ((~e) & g))
            tt1 = uint32(ff + d + uint32(ss1 ^ a12) + uint32(w[j, lane] ^ w[j + 4, lane]))
            tt2 = uint32(gg + h + ss1 + w[j, lane])
            s[3, lane], s[2, lane], s[1, lane], s[0, lane] = c, _turned(b, 9), a, tt1
            s[7, lane], s[6, lane], s[5, lane] = g, _turned(f, 19), e
            s[4, lane] = uint32(tt2 ^ _turned(tt2, 9) ^ _turned(tt2, 17))
