"""A workbook on its way into a table, in the steps that the upload page and the command line take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.core.table import TABLES, Table
from app.transfer import sighting
from app.transfer.merge import Outcome, merge
from app.transfer.rows import staged_rows
from app.transfer.stage import Stager
from tests.every_table import tables
from tests.transfer.books import xlsx

_ = tables


@dataclass
class Staged:
    """A checked workbook: what is to become of its rows, and what is wrong with them by Excel's row number."""

    session: Session
    stager: Stager
    seen: sighting.Sighting

    @property
    def counts(self) -> dict[str, int]:
        found = self.stager.counts
        return {
            name: getattr(found, name)
            for name in ("rows", "insert", "update", "unchanged", "error", "warning")
            if getattr(found, name)
        }

    @property
    def messages(self) -> dict[int, list[str]]:
        rows = staged_rows(self.session, self.stager.staging, self.seen.match.fields)
        return {row.number: [text for _, text in row.messages] for row in rows if row.messages}

    def merge(self) -> Outcome:
        """Store the good rows."""
        return merge(self.session, self.stager.staging)


def stage(session: Session, table: type[Table] | str, path: Path, **options: Any) -> Staged:
    """Look at the file and check every row."""
    table = TABLES[table] if isinstance(table, str) else table
    seen = sighting.look(table, path, **options)
    return Staged(session, sighting.stage(session, table, path, seen, seen.match.fields), seen)


def sheet(path: Path, table: type[Table] | str, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A workbook of the rows (by field name), with the labels above."""
    table = TABLES[table] if isinstance(table, str) else table
    names = [name for name in table.__fields__ if any(name in row for row in rows)]
    labels = [str(table.__fields__[name].label) for name in names]
    return xlsx(path, [labels, *([_cell(row.get(name)) for name in names] for row in rows)])


def _cell(value: Any) -> Any:
    return "；".join(value) if isinstance(value, list) else value
