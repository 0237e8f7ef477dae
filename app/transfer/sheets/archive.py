"""A zip that is written as it is made: no byte of it is changed later, and nothing of it is kept.

APPNOTE 6.3.10: what is written before its size is known is followed by a data descriptor (4.3.9); what needs more than
four bytes stands in the ZIP64 parts of the directory (4.5.3). No member is larger than ``LARGEST``, because Excel does
not open members with ZIP64 descriptors: whoever writes begins another one in time.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isal import isal_zlib

#: Bytes of one member before it is deflated.
LARGEST = 4_000_000_000
#: igzip's levels cost 1 : 1 : 1 : 8; the file of the first is a tenth larger than zlib's usual one.
_LEVEL = 1
_FOUR = 0xFFFFFFFF
#: Names are UTF-8; sizes follow the content.
_UTF8, _FOLLOWS = 0x0800, 0x0008


@dataclass
class _Member:
    name: bytes
    place: int
    flags: int
    crc: int = 0
    packed: int = 0
    size: int = 0


class Archive:
    """Members one after the other: ``add`` one that is there, or ``begin``, ``write`` and ``end`` one that grows."""

    def __init__(self, send: Callable[[bytes], Any], made: datetime) -> None:
        self._send, self._place = send, 0
        self._members: list[_Member] = []
        self._deflate: Any = None
        self._time = made.hour << 11 | made.minute << 5 | made.second // 2
        self._day = (made.year - 1980) << 9 | made.month << 5 | made.day

    def add(self, name: str, content: bytes) -> None:
        """A member whose content is known."""
        deflate = _deflate()
        packed = deflate.compress(content) + deflate.flush()
        member = _Member(name.encode(), self._place, _UTF8, isal_zlib.crc32(content), len(packed), len(content))
        self._members.append(member)
        self._put(self._header(member) + packed)

    def begin(self, name: str) -> None:
        """A member whose content comes by ``write``."""
        member = _Member(name.encode(), self._place, _UTF8 | _FOLLOWS)
        self._members.append(member)
        self._deflate = _deflate()
        self._put(self._header(member))

    def write(self, content: bytes) -> None:
        """More of the member that was begun."""
        member = self._members[-1]
        member.crc = isal_zlib.crc32(content, member.crc)
        member.size += len(content)
        self._put(self._deflate.compress(content))

    @property
    def size(self) -> int:
        """Bytes of the member so far, before they were deflated."""
        return self._members[-1].size

    def end(self) -> None:
        """The member that was begun is whole."""
        member = self._members[-1]
        self._put(self._deflate.flush())
        member.packed = self._place - member.place - 30 - len(member.name)
        self._put(struct.pack("<4s3L", b"PK\x07\x08", member.crc, member.packed, member.size))

    def close(self) -> None:
        """The directory, without which nobody takes the archive for whole."""
        start = self._place
        for member in self._members:
            self._put(self._entry(member))
        count, size = len(self._members), self._place - start
        if start >= _FOUR:
            end = struct.pack("<4sQHH2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
            self._put(end + struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size, 1))
        self._put(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, min(start, _FOUR), 0))

    def _header(self, member: _Member) -> bytes:
        told = (20, member.flags, 8, self._time, self._day, member.crc, member.packed, member.size, len(member.name), 0)
        return struct.pack("<4s5H3L2H", b"PK\x03\x04", *told) + member.name

    def _entry(self, member: _Member) -> bytes:
        extra = struct.pack("<2HQ", 1, 8, member.place) if member.place >= _FOUR else b""
        told = (45, 45 if extra else 20, member.flags, 8, self._time, self._day, member.crc, member.packed, member.size)
        rest = (len(member.name), len(extra), 0, 0, 0, 0, min(member.place, _FOUR))
        return struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *told, *rest) + member.name + extra

    def _put(self, content: bytes) -> None:
        if content:
            self._place += len(content)
            self._send(content)


def _deflate() -> Any:
    return isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -15)
