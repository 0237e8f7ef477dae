"""What is in an upload, counted once and kept: rows of each state, and what is wrong by kind, with where to find them.

A kind is a message without its numbers, at a field, as an error or a warning. Of each state and kind the first and the
last row are kept, and all of them where they are few: so that no page of a filter searches through a million rows.
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
from app.transfer.batch import ImportBatch
from app.transfer.staging import Staging

#: So many rows of a kind, and of a state, are all known by their number.
_NUMBERS, _STATE_NUMBERS = 500, 2_000
#: Kinds that are told apart; an upload with more of them has the wrong columns.
_KINDS = 200
_PLACE = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Where:
    """How many rows something is true of, between which of them (Excel's numbers), and the first of them."""

    rows: int = 0
    first: int = 0
    last: int = 0
    numbers: tuple[int, ...] = ()

    @property
    def is_listed(self) -> bool:
        """True when every row is known by its number."""
        return len(self.numbers) == self.rows

    def as_json(self) -> list[Any]:
        """As a batch keeps it."""
        return [self.rows, self.first, self.last, list(self.numbers)]


def _where(told: Sequence[Any]) -> Where:
    rows, first, last, numbers = told
    return Where(rows, first, last, tuple(numbers))


@dataclass(frozen=True)
class Kind:
    """One kind of problem: the message without its numbers, the field it stands at, and the rows that have it."""

    message: str
    field: str | None
    code: str | None
    is_warning: bool
    where: Where

    @property
    def key(self) -> str:
        """Its short name in addresses."""
        told = (self.message, self.field, self.is_warning)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:10]

    def told(self, label: str = "") -> str:
        """The kind in the reader's language, with the field's label, and ``…`` where each row has its own word."""
        text = str(Message(self.message))
        return _PLACE.sub("…", text.replace("{label}", label) if label else text)


@dataclass(frozen=True)
class Summary:
    """What is in an upload: rows by state, rows with warnings, kinds of problems (errors and the commonest first)."""

    states: Mapping[str, Where]
    warnings: int
    kinds: tuple[Kind, ...]

    def find(self, key: str) -> Kind | None:
        """The kind with that name in an address."""
        return next((kind for kind in self.kinds if kind.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """The summary as a batch keeps it."""
        kinds = [[k.message, k.field, k.code, k.is_warning, k.where.as_json()] for k in self.kinds]
        states = {state: where.as_json() for state, where in self.states.items()}
        return {"states": states, "warnings": self.warnings, "kinds": kinds}


NOTHING = Summary({}, 0, ())


def from_json(told: Mapping[str, Any]) -> Summary:
    """What ``as_json`` told."""
    states = {state: _where(where) for state, where in told["states"].items()}
    return Summary(states, told["warnings"], tuple(Kind(k[0], k[1], k[2], k[3], _where(k[4])) for k in told["kinds"]))


def count(session: Session, staging: Staging) -> Summary:
    """Count a staged upload: one pass over its rows, and one over those with problems."""
    name = staging.full_name
    counted = session.execute(
        sa.text(f"SELECT state, count(*), min(row_no), max(row_no) FROM {name} GROUP BY 1")  # noqa: S608
    )
    states = {state: Where(rows, first, last) for state, rows, first, last in counted}
    few = {state: list[int]() for state, where in states.items() if where.rows <= _STATE_NUMBERS}
    listed = sa.text(f"SELECT state, row_no FROM {name} WHERE state = ANY(:few) ORDER BY row_no")  # noqa: S608
    for state, number in session.execute(listed, {"few": list(few)}) if few else ():
        few[state].append(number)
    states |= {state: Where(len(found), found[0], found[-1], tuple(found)) for state, found in few.items()}
    warned = f"SELECT count(*) FROM {name} WHERE problems IS NOT NULL AND state <> 'error'"  # noqa: S608
    kinds = session.execute(
        sa.text(
            "SELECT coalesce(p->>'k', p->>'m'), p->'f'->>0, max(p->>'c'), (p->>'w')::boolean, "  # noqa: S608
            "count(DISTINCT row_no), min(row_no), max(row_no), "
            f"(array_agg(DISTINCT row_no))[1\\:{_NUMBERS}] FROM {name}, jsonb_array_elements(problems) p "
            f"WHERE problems IS NOT NULL GROUP BY 1, 2, 4 ORDER BY 4, 5 DESC, 1 LIMIT {_KINDS}"
        )
    )
    found = tuple(Kind(k[0], k[1], k[2], k[3], _where(k[4:])) for k in kinds)
    return Summary(states, session.scalar(sa.text(warned)) or 0, found)


def settle(session: Session, batch: ImportBatch, staging: Staging) -> Summary:
    """What is in the upload as it stands is counted, and the batch keeps it. Never commits."""
    summary = count(session, staging)
    batch.summary = summary.as_json()
    return summary


def of(session: Session, batch: ImportBatch, staging: Staging) -> Summary:
    """What the batch keeps; counted and kept where nobody has yet. Never commits."""
    return from_json(batch.summary) if batch.summary else settle(session, batch, staging)
