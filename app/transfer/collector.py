"""Python's search for cycles, kept out of the way of bulk work."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_USUAL = gc.get_threshold()
_RARELY = (100_000, *_USUAL[1:])


#: How many blocks are open, in all threads together.
_open = 0
_counting = threading.Lock()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Inside the block cycles are seldom looked for: rows make none, and each search walks through all that is kept.

    It costs a third of an import. The setting is that of the whole process; the last block that ends ends it for all.
    """
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(change: int) -> None:
    global _open
    with _counting:
        _open += change
        gc.set_threshold(*(_RARELY if _open else _USUAL))
