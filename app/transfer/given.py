"""Rows given by a program instead of a workbook: staged, judged and merged in the same way, each with its fate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Problem
from app.core.messages import N_
from app.core.table import Table
from app.transfer import existing
from app.transfer.merge import Outcome, merge
from app.transfer.reader import RawRow
from app.transfer.stage import Mode, Stager
from app.transfer.staging import STORED
from app.transfer.work import Work

Given = Mapping[str, Any]
_NESTED = frozenset({list, dict})


@dataclass(frozen=True)
class Fate:
    """What became of one row: inserted, updated, unchanged or error; ``problems`` tells why, and of warnings."""

    row: int
    state: str
    id: str | None
    problems: list[dict[str, Any]]


class _GivenStager(Stager):
    """Stages rows that each have their own fields: what a row leaves out stays as it is."""

    def __init__(self, session: Session, table: type[Table], rows: Sequence[Given], mode: Mode) -> None:
        inputs = {name for name, field in table.__fields__.items() if field.is_input}
        names = [name for name in dict.fromkeys(chain.from_iterable(rows)) if name in inputs]
        super().__init__(session, table, dict(enumerate(names)), mode=mode)
        self._names, self._inputs, self._given = frozenset(names), inputs, rows

    def _read(self, chunk: list[RawRow]) -> list[Work]:
        works = super()._read(chunk)
        for work in works:
            given = self._given[work.number - 1].keys()
            if self._names != given:
                for name in self._names - given:
                    work.values.pop(name, None)
                for name in sorted(given - self._inputs):
                    work.problems.append(Problem(N_("没有可填写的字段“{name}”", name=name[:60]), (name,)))
        return works

    def _copy(self, works: list[Work]) -> None:
        for work in works:
            work.raw = ()  # nobody looks at these rows again, as one does at a sheet's
        super()._copy(works)


def store(
    session: Session, table: type[Table], rows: Sequence[Given], *, mode: Mode = "upsert", all_or_nothing: bool = False
) -> tuple[Outcome | None, list[Fate]]:
    """Store the good rows; every row has its fate, in the given order. Never commits.

    With ``all_or_nothing`` one bad row is enough: then nothing is stored, and there is no outcome.
    """
    stager = _GivenStager(session, table, rows, mode)
    names = [each.name for each in stager.fields.values()]
    stager.run(RawRow(at, _cells(row, names)) for at, row in enumerate(rows, 1))
    outcome = None
    if not (all_or_nothing and stager.counts.error):
        outcome = merge(session, stager.staging)
    found = session.execute(
        text(f"SELECT row_no, state, row_id::text, problems FROM {stager.staging.full_name} ORDER BY row_no")  # noqa: S608
    )
    stored = STORED if outcome is not None else {}
    fates = [Fate(number, stored.get(state, state), *more) for number, state, *more in found]
    stager.staging.drop(session)
    return (None if all_or_nothing and outcome and outcome.failed else outcome), fates


def _cells(row: Given, names: Sequence[str]) -> tuple[Any, ...]:
    """The JSON values of a row as cells; what stands in a list is one piece each."""
    return tuple([_pieces(value) if type(value) in _NESTED else value for value in map(row.get, names)])


def _pieces(value: Any) -> tuple[str, ...]:
    pieces = value if isinstance(value, list) else [value]
    return tuple([each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in pieces])


def has_key(table: type[Table]) -> bool:
    """True when stored rows of the table can be recognised."""
    return bool(existing.key_fields(table))
