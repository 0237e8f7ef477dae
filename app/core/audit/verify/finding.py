"""What the verifier found: which check, what, where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.messages import N_, Message


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed, signed, anchored or logged.

    ``check`` is seal, anchor, time, state or guard. ``what`` is its sign for programs; ``seal``, ``entry``, ``table``
    and ``key`` say where, as far as it has a place there.
    """

    check: str
    what: str
    message: Message
    seal: int | None = None
    entry: int | None = None
    table: str = ""
    key: str = ""

    def __str__(self) -> str:
        return str(self.message)

    @property
    def line(self) -> str:
        """The finding on one line: check, sign, place, text."""
        places = {"seal": self.seal, "entry": self.entry, "table": self.table, "key": self.key}
        where = " ".join(f"{name}={value}" for name, value in places.items() if value not in (None, ""))
        return f"{self.check}/{self.what}\t{where}\t{self.message}"

    @property
    def as_json(self) -> dict[str, Any]:
        """The finding for a program."""
        told = {"check": self.check, "what": self.what, "seal": self.seal, "entry": self.entry, "table": self.table}
        return told | {"key": self.key, "message": str(self.message)}


#: Names of the checks, for people.
CHECKS: dict[str, Message] = {
    "seal": N_("日志与封存"),
    "anchor": N_("封存与锚点"),
    "time": N_("记录时间"),
    "state": N_("数据与日志"),
    "guard": N_("采集是否完好"),
}
