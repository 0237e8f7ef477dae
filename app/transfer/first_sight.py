"""An upload at first sight: what its file shows is kept with the batch, and read from there ever after."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.table import by_name
from app.transfer import glimpse, headers, sighting, upload
from app.transfer.batch import ImportBatch
from app.transfer.columns import import_columns
from app.transfer.glimpse import Glimpse
from app.transfer.reader import Limits, open_book
from app.transfer.sighting import Sighting
from app.transfer.template_version import difference, old_headers, read_version, told_by


def look(session: Session, batch: ImportBatch) -> None:
    """Look at the file once. Then the batch knows its first rows, and what changed since its template was made."""
    with upload.file_of(session, batch) as path, open_book(path, limits=Limits.let_in(path)) as book:
        seen = glimpse.take(book)
    glimpse.keep(batch, seen)
    compare(batch, seen)


def compare(batch: ImportBatch, seen: Glimpse) -> None:
    """The batch knows what changed since the template of its file was made."""
    table = by_name(batch.table_name)
    old = read_version(seen, table)
    change = difference(old, told_by(import_columns(table))) if old else None
    batch.template = change.as_json() if change else None


def sighting_of(
    session: Session, batch: ImportBatch, *, sheet: str | None = None, header_row: int | None = None
) -> Sighting:
    """What the headers of the upload mean, by what its department said before; the file is not read."""
    if glimpse.kept(batch) is None:
        look(session, batch)
    seen = glimpse.kept(batch)
    assert seen is not None
    table = by_name(batch.table_name)
    memory = old_headers(table, read_version(seen, table)) | headers.memory_of(session, table)
    return sighting.look(table, seen, sheet=sheet, header_row=header_row, memory=memory)
