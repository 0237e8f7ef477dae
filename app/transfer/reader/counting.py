"""How many rows a workbook has, before anything is done with it. A stand-in until the streaming reader is there."""

from __future__ import annotations

from pathlib import Path

from app.transfer.reader.book import open_book
from app.transfer.reader.limits import Limits


def count(path: Path, *, limits: Limits | None = None) -> dict[str, int]:
    """The number of rows of every sheet. Raises Unreadable."""
    with open_book(path, limits=limits) as book:
        return {name.name: book.sheet(name.name).row_count for name in book.sheets}
