"""What goes out comes in again: exports, filled templates, corrected error workbooks, for every table."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app import jobs
from app.core.table import TABLES, Table
from app.transfer.batch import ImportBatch
from tests.conftest import Browser
from tests.every_table.sheets import Given, cell, workbook
from tests.every_table.tables import NAMES
from tests.every_table.world import World

#: What no field accepts where it names one of a few things, or a number, or a day.
NONSENSE = "不存在的值（abc）"


class Importer:
    """Uploads as the person of the own county does, step by step."""

    def __init__(self, writer: Browser, world: World, name: str) -> None:
        self.writer, self.world, self.name = writer, world, name

    def upload(self, content: bytes, file_name: str = "rows.xlsx") -> ImportBatch:
        """The batch of the upload, checked; no header needed explaining."""
        answer = self.writer.post(f"/{self.name}/import", file=(io.BytesIO(content), file_name))
        assert answer.status_code == 302, answer.get_data(as_text=True)[-3000:]
        address = answer.headers["Location"]
        assert not address.endswith("/map"), "headers were not understood"
        jobs.run_waiting(self.writer.client.application)
        assert self.writer.get(address).status_code == 200
        return self.batch(address)

    def batch(self, address: str) -> ImportBatch:
        with self.world.session("own") as session:
            found = session.scalar(sa.select(ImportBatch).where(ImportBatch.id == address.rsplit("/", 1)[-1]))
            session.expunge(found)
        return found

    def commit(self, batch: ImportBatch) -> ImportBatch:
        """The batch after its commit."""
        answer = self.writer.post(f"/{self.name}/import/{batch.id}/commit")
        assert answer.status_code == 302
        jobs.run_waiting(self.writer.client.application)
        assert self.writer.get(answer.headers["Location"]).status_code == 200
        return self.batch(f"/{batch.id}")

    def reasons(self, batch: ImportBatch) -> list[str]:
        """Why rows of the batch failed."""
        return [str(line[1].value) for line in self.errors(batch).worksheets[0].iter_rows(min_row=3)]

    def errors(self, batch: ImportBatch) -> Workbook:
        """The error workbook of a batch."""
        answer = self.writer.get(f"/{self.name}/import/{batch.id}/errors.xlsx")
        assert answer.status_code == 200
        return load_workbook(io.BytesIO(answer.get_data()))


def told(batch: ImportBatch) -> dict[str, Any]:
    return {name: getattr(batch, name) for name in ("row_count", "inserted", "updated", "unchanged", "failed")}


@pytest.fixture
def importer(name: str, world: World, browser: Callable[[str], Browser]) -> Importer:
    return Importer(browser("t_own"), world, name)


def headers(sheet: Worksheet, line: int) -> dict[str, int]:
    """The column of each header, without the star of a required one."""
    return {str(c.value).rstrip("*"): c.column for c in sheet[line] if c.value is not None}


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def spoiled(table: type[Table], rows: list[Given]) -> Iterator[Given]:
    """Each row with another of its values made impossible."""
    ways = []
    for field in table.__fields__.values():
        if field.is_input and field.name in rows[0]:
            if field.required and field.default is None and not field.is_owner:
                ways.append((field.name, None))
            if field.kind not in ("text", "long_text", "code"):
                ways.append((field.name, NONSENSE))
    for at, row in enumerate(rows):
        name, value = ways[at * 5 % len(ways)]
        yield {**row, name: value}


@pytest.mark.parametrize("name", NAMES)
def test_an_export_imports_unchanged(name: str, world: World, browser: Callable[[str], Browser], importer: Importer):
    world.row(name)
    world.another(name, "stranger")  # in an open table, his rows are exported too
    for suffix in ("xlsx", "csv") if NAMES.index(name) % 4 == 0 else ("xlsx",):
        content = browser("t_own").get(f"/{name}/export", format=suffix).get_data()
        batch = importer.upload(content, f"export.{suffix}")
        rows = batch.row_count
        assert rows > 0
        # Persons' numbers are exported masked, and yet every row is recognised: the masked key says which row it is.
        assert batch.failed == 0, importer.reasons(batch)[:5]
        if TABLES[name].__key__:
            expected = {"inserted": 0, "updated": 0, "unchanged": rows, "failed": 0}
            assert told(batch) == {"row_count": rows, **expected}


@pytest.mark.parametrize("name", NAMES)
def test_a_filled_template_is_accepted(name: str, world: World, browser: Callable[[str], Browser], importer: Importer):
    table, rows = TABLES[name], world.given(name, count=3)
    book = load_workbook(io.BytesIO(browser("t_own").get(f"/{name}/template").get_data()))
    sheet = book.worksheets[0]
    places = headers(sheet, 3)
    for line, row in enumerate(rows, 5):
        for field, value in row.items():
            sheet.cell(line, places[str(table.__fields__[field].label)], cell(table, field, value))
    batch = importer.upload(saved(book))
    assert told(batch) == {"row_count": 3, "inserted": 3, "updated": 0, "unchanged": 0, "failed": 0}, importer.reasons(
        batch
    )
    assert told(importer.commit(batch)) == told(batch)
    assert importer.writer.post(f"/{name}/import/{batch.id}/commit").status_code == 409, "stored twice"


@pytest.mark.parametrize("name", NAMES)
def test_an_error_workbook_holds_the_failed_rows_and_passes_when_corrected(name: str, world: World, importer: Importer):
    table, rows = TABLES[name], world.given(name, count=5)
    good, meant = rows[:2], rows[2:]
    bad = list(spoiled(table, meant))
    batch = importer.upload(workbook(table, [good[0], bad[0], good[1], *bad[1:]]))
    assert told(batch) == {"row_count": 5, "inserted": 2, "updated": 0, "unchanged": 0, "failed": 3}, importer.reasons(
        batch
    )
    book = importer.errors(batch)
    sheet = book.worksheets[0]
    places = headers(sheet, 2)
    lines = list(sheet.iter_rows(min_row=3))
    assert [line[0].value for line in lines] == [3, 5, 6]
    for line, row, right in zip(lines, bad, meant, strict=True):
        assert line[1].value, "no reason"
        for field in right:
            column = places[str(table.__fields__[field].label)]
            shown = sheet.cell(line[0].row, column).value
            assert str(shown or "") == ("" if row[field] is None else cell(table, field, row[field]))
            sheet.cell(line[0].row, column, cell(table, field, right[field]))
    assert told(importer.commit(batch))["inserted"] == 2
    corrected = importer.upload(saved(book), "corrected.xlsx")
    expected = {"row_count": 3, "inserted": 3, "updated": 0, "unchanged": 0, "failed": 0}
    assert told(corrected) == expected, importer.reasons(corrected)
    assert told(importer.commit(corrected)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_an_export_becomes_a_formula(name: str, world: World, browser: Callable[[str], Browser]):
    row = world.another(name)
    if row.field is None:
        return
    for text in (f"=1+1 {row.mark}", f"@SUM(A1) {row.mark}", f"-2+3 {row.mark}"):
        browser("t_own").send("PUT", f"/api/v1/{name}/{row.id}", {row.field.name: text})
        asked = {f"f.{row.field.name}": row.mark}
        content = browser("t_own").get(f"/{name}/export", **asked).get_data()
        found = [c for line in load_workbook(io.BytesIO(content)).worksheets[0] for c in line if c.value == text]
        assert [(c.data_type, c.quotePrefix) for c in found] == [("s", True)]
        lines = browser("t_own").get(f"/{name}/export", format="csv", **asked).get_data().decode("utf-8-sig")
        assert f"'{text}" in lines
