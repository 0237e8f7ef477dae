"""An entry of the log as one line of bytes: what is hashed, proven and given away.

The line is PostgreSQL's text of COPY for the columns below, in their order, with tabs between them, ``\\N`` for what is
empty and backslashes as COPY writes them; the moment is in UTC. It depends on no setting of a session but the style of
dates, which is ISO unless somebody has changed it; who reads lines sets it.
"""

from __future__ import annotations

from typing import Any, Protocol

COLUMNS = (
    "id", "txid", "at", "actor", "name", "department_id", "via", "request", "address", "session", "action", "rel", "pk",
    "row_department", "row_region", "is_open", "old", "new",
)  # fmt: skip
LIST = ", ".join("at AT TIME ZONE 'UTC' AS at" if name == "at" else name for name in COLUMNS)
ORDER = "txid, id"


class Reader(Protocol):
    """Whatever takes lines as they come, each with its line feed."""

    def write(self, line: bytes) -> Any:
        """Take one line."""


def copy(cursor: Any, where: str, into: Reader) -> None:
    """Give every entry that meets the condition to ``into``, in the order of the seals."""
    cursor.execute("SET LOCAL DateStyle = 'ISO'")
    cursor.copy_expert(f"COPY (SELECT {LIST} FROM audit.log WHERE {where} ORDER BY {ORDER}) TO STDOUT", into)


_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}


def fields(line: bytes) -> dict[str, str | None]:
    """The columns of a line by their names, as text."""
    values = line.decode().rstrip("\n").split("\t")
    return {name: _plain(value) for name, value in zip(COLUMNS, values, strict=True)}


def _plain(value: str) -> str | None:
    if value == "\\N":
        return None
    found, rest = "", iter(value)
    for sign in rest:
        found += _ESCAPES.get(escaped := next(rest), escaped) if sign == "\\" else sign
    return found
