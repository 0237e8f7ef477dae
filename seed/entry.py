"""One workbook into one table: written, looked at, staged and merged exactly as if somebody had uploaded it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.fields import Field
from app.core.table import Table, by_name
from app.transfer import sighting
from app.transfer.merge import merge
from app.transfer.rows import staged_rows
from app.transfer.sighting import Sighting
from app.transfer.writer import write_sheet
from seed.upload import Upload, Values

#: Kinds that a workbook holds as they are; all others are written as people read them.
_AS_THEY_ARE = frozenset({"integer", "decimal", "money", "percent", "day", "moment"})
_TOLD = 10


class NotAccepted(Exception):
    """The importer refused rows of a seed: the seed is wrong, or the importer is."""


@dataclass
class Entry:
    """What became of the uploads for one table."""

    table: str
    files: int = 0
    rows: int = 0
    warnings: int = 0

    def add(self, other: Entry) -> None:
        """Count another upload as well."""
        self.files, self.rows, self.warnings = (
            self.files + other.files,
            self.rows + other.rows,
            self.warnings + other.warnings,
        )


@contextmanager
def clock_at(moment: datetime | None) -> Iterator[None]:
    """Inside the block it is that moment for the whole house; the clock itself is left alone when there is none."""
    real = clock.now
    if moment is not None:
        clock.now = lambda: moment
    try:
        yield
    finally:
        clock.now = real


class Importer:
    """Brings workbooks in. One that is laid out like an earlier one is not looked at again, only read."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._seen: dict[tuple[str, ...], Sighting] = {}

    def enter(self, upload: Upload) -> Entry:
        """Bring the rows in, as the session's viewer. Raises NotAccepted unless every row is new and fine."""
        table = by_name(upload.table)
        names = list(dict.fromkeys(name for row in upload.rows for name in row))
        with tempfile.TemporaryDirectory() as folder, clock_at(upload.at):
            path = Path(folder) / f"{upload.table}.xlsx"
            write_workbook(path, table, names, upload.rows)
            layout = (upload.table, *names)
            if layout not in self._seen:
                self._seen[layout] = _look(table, path)
            return self._store(table, path, self._seen[layout], upload)

    def _store(self, table: type[Table], path: Path, seen: Sighting, upload: Upload) -> Entry:
        session = self.session
        stager = sighting.stage(session, table, path, seen, seen.match.fields)
        outcome = merge(session, stager.staging)
        if outcome.inserted != len(upload.rows):
            failed = islice(staged_rows(session, stager.staging, seen.match.fields, only="error"), _TOLD)
            told = "\n".join(f"  row {row.number} {row.messages} {row.cells}" for row in failed)
            raise NotAccepted(f"{upload.table}: {outcome}, {len(upload.rows)} rows were given\n{told}")
        stager.staging.drop(session)
        return Entry(upload.table, 1, outcome.rows, stager.counts.warning)


def _look(table: type[Table], path: Path) -> Sighting:
    seen = sighting.look(table, path)
    if seen.match.unknown:
        raise NotAccepted(f"{table.__tablename__}: headers that mean nothing: {seen.match.unknown}")
    return seen


def write_workbook(path: Path, table: type[Table], names: Sequence[str], rows: Sequence[Values]) -> None:
    """Write these fields of the rows under their labels, codes as text."""
    fields = [table.__fields__[name] for name in names]
    codes = [at for at, field in enumerate(fields) if field.kind not in _AS_THEY_ARE]
    lines = ([_cell(field, row.get(field.name)) for field in fields] for row in rows)
    with path.open("wb") as stream:
        write_sheet(stream, str(table.__label__), [str(field.label) for field in fields], lines, text_columns=codes)


def _cell(field: Field, value: Any) -> Any:
    if value is None or field.kind in _AS_THEY_ARE or (isinstance(value, str) and field.kind != "choice"):
        return value
    return field.show(value)
