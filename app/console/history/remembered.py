"""The entries about one row that was found visible before: what its pages and its API ask for."""

from __future__ import annotations

from typing import Any

from app.console.history import log
from app.console.history.log import Entry
from app.core.errors import NotVisible
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, current, looking_as
from app.extensions import db


def of_record(table: type[Table], key: str, size: int, before: int | None) -> list[Entry]:
    """Entries about the row, newest first; one more than ``size`` when there are more."""
    asks = current(db.session())
    with looking_as(db.session(), THE_SYSTEM):
        return log.of_record(db.session(), table, key, size, before, asks)


def of_row(table: type[Table], key: str, number: int) -> Entry | None:
    """The entry of that number, if it is about the row."""
    asks = current(db.session())
    with looking_as(db.session(), THE_SYSTEM):
        found = log.of_record(db.session(), table, key, 1, number + 1, asks)
    return found[0] if found and found[0].id == number else None


def number_of(text: str) -> int | None:
    """The number of an entry that an address gives. Raises NotVisible for what cannot be one."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotVisible
    return int(text)


def around(row: Table | None) -> dict[str, Any]:
    """The plain values of the row: some fields are masked by what stands in another."""
    if row is None:
        return {}
    names = {field.masked_when[0] for field in type(row).__fields__.values() if field.masked_when}
    return {name: getattr(row, name) for name in names} | {"id": str(row.id)}
