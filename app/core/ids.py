"""Identifiers made without a central counter (UUID version 7, RFC 9562)."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from uuid import UUID


def uuid7() -> UUID:
    """A new identifier; later ones sort after earlier ones (millisecond order)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def uuid7_series() -> Iterator[UUID]:
    """Endless identifiers in strictly rising order, for bulk work: one random start, then counted upwards."""
    start = int.from_bytes(os.urandom(8), "big") >> 3
    head = uuid7().int >> 62 << 62
    for count in itertools.count(start):
        yield UUID(int=head | count)
