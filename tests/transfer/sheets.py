"""Workbooks of several sheets for the tests, and their way through the importer."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from app.core.table import TABLES, Table
from app.transfer import first_sight, glimpse, headers, upload
from app.transfer.batch import ImportBatch
from app.transfer.books import book
from app.transfer.books.recognise import Found, recognise
from app.transfer.rows import staged_rows
from tests.conftest import Browser
from tests.every_table.sheets import cell
from tests.every_table.world import World

Rows = Sequence[Mapping[str, Any]]


def lists(*codes: str, **more: Any) -> Rows:
    """Code lists with those codes."""
    return [{"code": code, "name": f"表{code}"} | more for code in codes]


def entries(*pairs: tuple[str, str], **more: Any) -> Rows:
    """Code entries: each its list and its own code."""
    return [{"code_list": parent, "code": code, "name": f"项{code}"} | more for parent, code in pairs]


def several(sheets: Sequence[tuple[str, type[Table] | str, Rows]]) -> bytes:
    """A workbook: for each sheet its name, its table, its rows by field name; labels stand in the first line."""
    stream = io.BytesIO()
    made = Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    for title, which, rows in sheets:
        table = TABLES[which] if isinstance(which, str) else which
        inputs = [name for name, field in table.__fields__.items() if field.is_input]
        names = [name for name in inputs if not rows or any(name in row for row in rows)]
        sheet = made.add_worksheet(title)
        sheet.write_row(0, 0, [str(table.__fields__[name].label) for name in names])
        for line, row in enumerate(rows, 1):
            for at, name in enumerate(names):
                if row.get(name) is not None:
                    sheet.write_string(line, at, cell(table, name, row[name]))
    made.close()
    return stream.getvalue()


def received(session: Session, path: Path, content: bytes, table: str, **more: Any) -> tuple[ImportBatch, Found]:
    """The upload of the workbook for that table, and what its sheets are."""
    path.write_bytes(content)
    with path.open("rb") as stream:
        batch = upload.receive(session, TABLES[table], path.name, stream)
    for name, value in more.items():
        setattr(batch, name, value)
    first_sight.look(session, batch)
    seen = glimpse.kept(batch)
    assert seen is not None
    return batch, recognise(seen, TABLES[table], lambda _: True, lambda each: headers.memory_of(session, each))


def checked(session: Session, path: Path, content: bytes, table: str, **more: Any) -> list[ImportBatch]:
    """The batches of the workbook, every sheet checked."""
    batch, found = received(session, path, content, table, **more)
    assert found.is_book(TABLES[table]), found
    batches = book.make(session, batch, found)
    for each in book.begin(session, batch):
        book.check_on(session, each)
    return batches


def messages(session: Session, batch: ImportBatch) -> dict[int, list[str]]:
    """What is wrong, by Excel's row number."""
    rows = staged_rows(session, upload.staging_of(batch), batch.columns)
    return {row.number: [text for _, text in row.messages] for row in rows if row.messages}


def counts(batch: ImportBatch) -> tuple[int, int, int, int]:
    """How many rows are new, changed, unchanged, wrong."""
    return batch.inserted or 0, batch.updated or 0, batch.unchanged or 0, batch.failed or 0


def sent(writer: Browser, content: bytes, table: str = "code_list") -> str:
    """The address of the page to which the upload of the workbook leads."""
    answer = writer.post(f"/{table}/import", file=(io.BytesIO(content), "多表.xlsx"))
    assert answer.status_code == 302, answer.get_data(as_text=True)[-1500:]
    return str(answer.headers["Location"])


def batches(world: World, address: str) -> dict[str, ImportBatch]:
    """The uploads of the workbook by their tables."""
    key = address.rsplit("/", 2)[-2]
    with world.session("own") as session:
        book = session.scalar(sa.select(ImportBatch.book_id).where(ImportBatch.id == key))
        found = session.scalars(sa.select(ImportBatch).where(ImportBatch.book_id == book)).all()
        session.expunge_all()
    return {each.table_name: each for each in found}
