"""The same draw several times as fast, where numpy and numba are installed.

Sixteen tickets at a time, their first 64 bits only. Whatever passes the limit of its cell is then hashed in full by
:mod:`~app.domains.draw.rules.tickets`, which has the last word: this module can lose a subject, never invent one, and
a cell that lost one is read again. The list is the same, bit for bit; without this module it is made in plain Python.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit, prange, uint32

from app.domains.draw.rules import tickets
from app.domains.draw.rules.cells import Cell
from app.domains.draw.rules.drbg import key as key_of
from app.domains.draw.rules.record import Drawn, Record, as_drawn, chances_of, wants

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
    wanted, key = wants(alg, seed, chances_of(frozen)), key_of(alg, seed, "ticket")
    if alg != "sm3":
        return as_drawn(frozen, wanted, tickets.draw(alg, key, lambda: frame.open("rb"), wanted))
    limits = {each: tickets.limit(want) for each, want in wanted.items()}
    found = tickets.candidates(alg, key, likely(key, frame, limits), limits)
    if any(len(found[each]) < want.drawn + want.reserve for each, want in wanted.items()):
        return as_drawn(frozen, wanted, tickets.draw(alg, key, lambda: frame.open("rb"), wanted))
    return as_drawn(frozen, wanted, tickets.rank(found, wanted))


def likely(key: bytes, frame: Path, limits: Mapping[Cell, bytes]) -> Iterator[bytes]:
    """The lines whose tickets are, by their first 64 bits, within the limit of their cell."""
    cells = _Cells(limits)
    words = np.frombuffer(key, dtype=">u4").astype(np.uint32)
    with frame.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        begin = 0
        while begin < len(whole):
            end = len(whole) if begin + _PORTION >= len(whole) else whole.rfind(b"\n", begin, begin + _PORTION) + 1
            portion = np.frombuffer(whole, dtype=np.uint8, count=end - begin, offset=begin)
            starts, sizes, of = _parsed(portion, cells.places, cells.texts, cells.mask)
            if of.size and of.min() < 0:
                raise ValueError(f"a line of no cell after byte {begin}")
            near = np.flatnonzero(_within(portion, starts, sizes, of, words, cells.limits))
            for at in starts[near].tolist():
                yield whole[begin + at : whole.find(b"\n", begin + at) + 1]
            del portion
            begin = end


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
            self.limits[number] = int.from_bytes(limit[:8], "big")
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
def _within(data: Any, starts: Any, sizes: Any, of: Any, key: Any, limits: Any) -> Any:
    """For each line whether the first 64 bits of SM3(key ‖ id) are within the limit; true where the id is too long."""
    rows = starts.shape[0]
    near = np.zeros(rows, np.bool_)
    groups = (rows + _LANES - 1) // _LANES
    for part in prange(64):
        w, s = np.zeros((68, _LANES), np.uint32), np.zeros((8, _LANES), np.uint32)
        for group in range(groups * part // 64, groups * (part + 1) // 64):
            first = group * _LANES
            lanes = min(_LANES, rows - first)
            _load(data, starts, sizes, key, first, lanes, w)
            _compressed(w, s)
            for lane in range(lanes):
                row = first + lane
                high = np.uint64(s[0, lane] ^ _START[0]) << np.uint64(32)
                low = np.uint64(s[1, lane] ^ _START[1])
                near[row] = (high | low) <= limits[of[row]] or sizes[row] > _LONGEST
    return near


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
