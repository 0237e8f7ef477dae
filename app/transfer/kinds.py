"""What is wrong in an upload, by kind: how many rows, in which column, the first of them. Counted once and kept.

A kind is a message without its numbers, at a field, as an error or a warning. Only rows with problems are counted, by
an index of them, and only when the upload was judged: a page costs the same in an upload of a million rows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.messages import Message
from app.core.viewer import looking_as
from app.transfer.batch import ImportBatch
from app.transfer.staging import Staging

#: Row numbers kept of a kind: up to so many rows its page needs no search at all.
NUMBERS = 200
#: Kinds that are told apart; an upload with more of them has the wrong columns.
_KINDS = 200
_PLACE = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Kind:
    """One kind of problem: the message without its numbers, the field it stands at, and the rows that have it."""

    message: str
    field: str | None
    code: str | None
    is_warning: bool
    rows: int
    #: The first row numbers (Excel's), and whether these are all.
    numbers: tuple[int, ...]

    @property
    def key(self) -> str:
        """Its short name in addresses."""
        return hashlib.sha256(repr(self.identity).encode()).hexdigest()[:10]

    @property
    def identity(self) -> tuple[str, str | None, bool]:
        """What makes it a kind of its own."""
        return self.message, self.field, self.is_warning

    @property
    def is_listed(self) -> bool:
        """True when every row that has it is known by number."""
        return len(self.numbers) == self.rows

    def told(self, label: str = "") -> str:
        """The kind in the reader's language, with the field's label, and ``…`` where each row has its own word."""
        text = str(Message(self.message))
        return _PLACE.sub("…", text.replace("{label}", label) if label else text)


@dataclass(frozen=True)
class Summary:
    """What is wrong in an upload: rows with warnings, kinds of problems (errors and the commonest first)."""

    warnings: int
    kinds: tuple[Kind, ...]

    def find(self, key: str) -> Kind | None:
        """The kind with that name in an address."""
        return next((kind for kind in self.kinds if kind.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """The summary as a batch keeps it."""
        kinds = [[k.message, k.field, k.code, k.is_warning, k.rows, list(k.numbers)] for k in self.kinds]
        return {"warnings": self.warnings, "kinds": kinds}


def from_json(told: Mapping[str, Any]) -> Summary:
    """What ``as_json`` told."""
    return Summary(told["warnings"], tuple(map(_kind, told["kinds"])))


def _kind(parts: Sequence[Any]) -> Kind:
    message, field, code, is_warning, rows, numbers = parts
    return Kind(message, field, code, is_warning, rows, tuple(numbers))


def count(session: Session, staging: Staging) -> Summary:
    """Count a staged upload."""
    name = staging.full_name
    warnings = f"SELECT count(*) FROM {name} WHERE problems IS NOT NULL AND state <> 'error'"  # noqa: S608
    first = f"(array_agg(DISTINCT row_no))[1\\:{NUMBERS}]"
    kinds = session.execute(
        sa.text(
            "SELECT coalesce(p->>'k', p->>'m'), p->'f'->>0, max(p->>'c'), (p->>'w')::boolean, "  # noqa: S608
            f"count(DISTINCT row_no), {first} FROM {name}, jsonb_array_elements(problems) p "
            f"WHERE problems IS NOT NULL GROUP BY 1, 2, 4 ORDER BY 4, 5 DESC, 1 LIMIT {_KINDS}"
        )
    )
    found = tuple(map(_kind, kinds))
    return Summary(session.scalar(sa.text(warnings)) or 0, found)


def settle(session: Session, batch: ImportBatch, staging: Staging) -> Summary:
    """The upload is staged: its rows are found by state, and what is wrong is counted and kept. Never commits."""
    with looking_as(session, None):
        index = f'CREATE INDEX IF NOT EXISTS "{staging.name}_state" ON {staging.full_name} (state, row_no)'
        session.connection().exec_driver_sql(index)
    summary = count(session, staging)
    batch.summary = summary.as_json()
    return summary


def of(session: Session, batch: ImportBatch, staging: Staging) -> Summary:
    """What the batch keeps; counted where nobody has yet."""
    return from_json(batch.summary) if batch.summary else count(session, staging)
