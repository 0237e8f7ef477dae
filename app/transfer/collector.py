"""Python's search for cycles, kept out of the way of bulk work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_USUAL = gc.get_threshold()
_RARELY = (100_000, *_USUAL[1:])


@contextmanager
def rare_collections() -> Iterator[None]:
    """Inside the block cycles are seldom looked for: rows make none, and each search walks through all that is kept.

    It costs a third of an import. The setting is that of the whole process; a block that ends earlier ends it for all.
    """
    gc.set_threshold(*_RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*_USUAL)
