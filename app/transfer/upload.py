"""From a file to the table: look at it, match its headers, check every row, commit the good ones."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import secrecy
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import Table, by_name
from app.core.viewer import looking_as, must_have
from app.transfer.batch import BatchState, HeaderMemory, ImportBatch
from app.transfer.columns import Match, import_columns, known_headers, match_headers
from app.transfer.merge import Outcome, merge
from app.transfer.reader import (
    SAMPLE_MARK,
    Book,
    Header,
    HeaderGuess,
    RawRow,
    Sheet,
    as_json,
    column_letters,
    normalise_header,
    open_book,
)
from app.transfer.stage import Counts, Stager
from app.transfer.staging import Staging
from app.transfer.template import is_sample

#: What uploaded files are sealed for: they hold what people typed, and wait in the database.
_UPLOAD = "upload"

secrecy.also_sealed("import_batch", "content")
_SAMPLES, _LONGEST_HEADER = 3, 200

#: Kinds of files that are read; what a file really is, the reader finds out by itself.
SUFFIXES = (".xlsx", ".xls", ".csv")


@dataclass(frozen=True)
class Sighting:
    """What a file shows at first sight: its sheets, where the header is, what each header means."""

    sheets: tuple[str, ...]
    sheet: str
    header: HeaderGuess
    match: Match
    samples: Mapping[int, list[str]]

    def missing(self, table: type[Table]) -> list[str]:
        """Labels of required fields that no column carries."""
        carried = set(self.match.fields.values())
        return [c.header for c in import_columns(table) if c.required and c.field.name not in carried]


@contextmanager
def _book(source: Path | Book) -> Iterator[Book]:
    """A book that is open: the one given, which stays open, or the file's, for as long as the block runs."""
    if isinstance(source, Book):
        yield source
    else:
        with open_book(source) as book:
            yield book


def look(
    table: type[Table],
    source: Path | Book,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    memory: Mapping[str, str] | None = None,
) -> Sighting:
    """Find the sheet, the header row and the meaning of each header. Raises Refused when there is no table in the file.

    Give an open book where ``stage`` follows, so that the file is parsed once.
    """
    known = {**known_headers(table), **dict.fromkeys(memory or {}, "")}
    with _book(source) as book:
        chosen = book.sheet(sheet) if sheet else _best_sheet(book, set(known))
        header = _header_at(chosen, header_row) if header_row else chosen.guess_header(known)
        if header is None:
            raise Refused(N_("工作表“{sheet}”里没有找到表头；请确认表头在前 50 行内", sheet=chosen.name))
        match = match_headers(table, ((h.index, h.text) for h in header.headers if not h.is_serial), memory)
        samples: dict[int, list[str]] = {h.index: [] for h in header.headers}
        for row in islice(chosen.rows(header), _SAMPLES):
            for index, seen in samples.items():
                seen.append(_shown(row.cells[index]) if index < len(row.cells) else "")
        return Sighting(tuple(s.name for s in book.sheets), chosen.name, header, match, samples)


def _best_sheet(book: Book, known: set[str]) -> Sheet:
    """The visible sheet with most known headers: templates and error workbooks carry help sheets beside their data."""
    names = [sheet.name for sheet in book.sheets if not sheet.hidden]
    if len(names) < 2:
        return book.sheet(None)
    scores = {}
    for name in names:
        guess = book.sheet(name).guess_header(known)
        scores[name] = guess.matches if guess else -1
    best = max(names, key=lambda name: scores[name])
    return book.sheet(best) if scores[best] > 0 else book.sheet(None)


def _header_at(sheet: Sheet, number: int) -> HeaderGuess | None:
    row = next((row for row in sheet.head() if row.number == number), None)
    if row is None:
        return None
    headers = (Header(i, column_letters(i), _shown(cell)) for i, cell in enumerate(row.cells) if cell != "")
    return HeaderGuess(number, tuple(headers))


def _shown(cell: Any) -> str:
    value = as_json(cell)
    if isinstance(value, dict):
        value = value.get("formula") or value.get("error")
    return "" if value is None else str(value)


def stage(
    session: Session,
    table: type[Table],
    source: Path | Book,
    sighting: Sighting,
    mapping: Mapping[int, str],
    progress: Callable[[int], None] | None = None,
) -> Stager:
    """Read and check every row below the header into a fresh staging table."""
    derived = [name for name in mapping.values() if not table.__fields__[name].is_input]
    if derived:
        raise Refused(N_("“{label}”由系统生成，不能导入", label=table.__fields__[derived[0]].label))
    stager = Stager(session, table, mapping, progress)
    with _book(source) as book:
        rows = book.sheet(sighting.sheet).rows(sighting.header)
        stager.run(_without_sample(table, sighting.header, mapping, rows))
    return stager


def _without_sample(
    table: type[Table], header: HeaderGuess, mapping: Mapping[int, str], rows: Iterator[RawRow]
) -> Iterator[RawRow]:
    """The rows without the template's sample row, unless somebody has written over it."""
    serial = next((h.index for h in header.headers if h.is_serial), None)
    columns = import_columns(table)
    for row in rows:
        if serial is not None and row.cells[serial : serial + 1] == (SAMPLE_MARK,):
            cells = {name: row.cells[index] for index, name in mapping.items() if index < len(row.cells)}
            if is_sample(columns, SAMPLE_MARK, cells):
                continue
        yield row


# -- batches: uploads that wait for a person ---------------------------------------------------------------------


def memory_of(session: Session, table: type[Table]) -> dict[str, str]:
    """What the viewer's department said before about headers of this table; an empty name means "not read"."""
    viewer = must_have(session)
    rows = session.execute(
        sa.select(HeaderMemory.header, HeaderMemory.field_name).where(
            HeaderMemory.table_name == table.__tablename__, HeaderMemory.department_id == viewer.department_id
        )
    )
    return {header: name or "" for header, name in rows}


def remember(session: Session, table: type[Table], headers: Mapping[str, str]) -> None:
    """Keep what a person said headers mean, for the next upload of his department."""
    said = {normalise_header(text)[:_LONGEST_HEADER]: name or None for text, name in headers.items()}
    if not said:
        return
    own = _own(session) | {"table_name": table.__tablename__}
    rows = [{**own, "header": header, "field_name": name} for header, name in sorted(said.items())]
    statement = insert(HeaderMemory.__table__).values(rows)
    changed = {name: statement.excluded[name] for name in ("field_name", "updated_by")}
    session.execute(statement.on_conflict_do_update(constraint="uq_header_memory_key", set_=changed))


def _own(session: Session) -> dict[str, Any]:
    viewer = must_have(session)
    region = session.scalar(sa.text("SELECT region_id FROM department WHERE id = :id"), {"id": viewer.department_id})
    return {
        "department_id": viewer.department_id,
        "scope_region": region,
        "created_by": viewer.user_id,
        "updated_by": viewer.user_id,
    }


def receive(session: Session, table: type[Table], file_name: str, content: bytes) -> ImportBatch:
    """Keep an uploaded file as a new batch."""
    if must_have(session).department_id is None:
        raise Refused(N_("您的账号还没有任职部门，不能导入"), status=403)
    batch = ImportBatch(
        table_name=table.__tablename__,
        file_name=file_name[-255:],
        state=BatchState.UPLOADED.value,
        content=secrecy.seal_bytes(_UPLOAD, content),
        **_own(session),
    )
    session.add(batch)
    session.flush()
    return batch


@contextmanager
def file_of(batch: ImportBatch) -> Iterator[Path]:
    """The batch's file on disk, as long as the block runs. Raises Refused when it was committed or discarded."""
    if batch.content is None:
        raise Refused(N_("这个批次的文件已不再保留，请重新上传"), status=409)
    suffix = Path(batch.file_name).suffix.lower()
    with tempfile.NamedTemporaryFile(suffix=suffix if suffix in SUFFIXES else "") as file:
        file.write(secrecy.open_bytes(_UPLOAD, batch.content))
        file.flush()
        yield Path(file.name)


def check(session: Session, batch: ImportBatch, sighting: Sighting, mapping: Mapping[int, str]) -> Counts:
    """Check the whole file with this mapping; afterwards the batch waits for its commit."""
    table = by_name(batch.table_name)
    _hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
    _drop(session, batch)
    with file_of(batch) as path:
        stager = stage(session, table, path, sighting, mapping)
    with looking_as(session, None):
        connection = session.connection()
        connection.exec_driver_sql(f'ALTER TABLE {stager.staging.full_name} RENAME TO "{batch.staging}"')
    batch.sheet, batch.header_row = sighting.sheet, sighting.header.row_number
    batch.headers = [[h.index, h.letter, h.text] for h in sighting.header.headers]
    batch.mapping = {str(index): name for index, name in mapping.items()}
    batch.state, batch.row_count = BatchState.CHECKED.value, stager.counts.rows
    batch.inserted, batch.updated = stager.counts.insert, stager.counts.update
    batch.unchanged, batch.failed = stager.counts.unchanged, stager.counts.error
    session.flush()
    return stager.counts


def staging_of(batch: ImportBatch) -> Staging:
    """The staging table of a checked batch."""
    return Staging(by_name(batch.table_name), batch.staging)


def commit(session: Session, batch: ImportBatch) -> Outcome:
    """Store the good rows, once: a second commit of the same batch is refused."""
    _hold(session, batch, BatchState.CHECKED)
    outcome = merge(session, staging_of(batch))
    batch.state, batch.content = BatchState.COMMITTED.value, None
    batch.inserted, batch.updated = outcome.inserted, outcome.updated
    batch.unchanged, batch.failed = outcome.unchanged, outcome.failed
    session.flush()
    return outcome


def discard(session: Session, batch: ImportBatch) -> None:
    """Forget an upload that was not committed."""
    _hold(session, batch, BatchState.UPLOADED, BatchState.CHECKED)
    _drop(session, batch)
    batch.state, batch.content = BatchState.DISCARDED.value, None
    session.flush()


def _hold(session: Session, batch: ImportBatch, *states: BatchState) -> None:
    """Let nobody else work on the batch until the transaction ends. Refused when its state is none of ``states``."""
    session.refresh(batch, with_for_update=True)
    if batch.state not in [state.value for state in states]:
        label = BatchState(batch.state).label
        raise Refused(N_("这个批次的状态是“{state}”，不能进行这一步", state=label), status=409)


def _drop(session: Session, batch: ImportBatch) -> None:
    with looking_as(session, None):
        staging_of(batch).drop(session)
