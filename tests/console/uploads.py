"""Uploads for the tests of their pages: a workbook as somebody's office keeps it, and what the pages say of it."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from typing import Any

import openpyxl
import sqlalchemy as sa
from openpyxl.worksheet.worksheet import Worksheet
from werkzeug.test import TestResponse

from app.core.table import TABLES
from tests.conftest import Browser
from tests.every_table.world import World

TAG, BATCH = TABLES["subject_tag"], TABLES["import_batch"]


def book(rows: Sequence[Sequence[Any]], sheet: str = "Sheet1", merged: Sequence[str] = ()) -> bytes:
    """A workbook of the rows as they are given."""
    made = openpyxl.Workbook()
    page = made.active
    assert isinstance(page, Worksheet)
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for area in merged:
        page.merge_cells(area)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def send(who: Browser, table: str, content: bytes, name: str = "行.xlsx", **more: str) -> str:
    """The address to which the upload leads."""
    answer = who.post(f"/{table}/import", file=(io.BytesIO(content), name), **more)
    assert answer.status_code == 302, text(answer)[-1500:]
    return str(answer.headers["Location"])


def text(answer: TestResponse) -> str:
    """What is to be read on the page."""
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split()))


def numbers(answer: TestResponse) -> list[int]:
    """The rows that the page shows."""
    return [int(found) for found in re.findall(r'<tr id="r(\d+)"', answer.get_data(as_text=True))]


def links(answer: TestResponse) -> dict[str, str]:
    """The first address behind each text of a link."""
    found = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>(.*?)</a>', answer.get_data(as_text=True), re.S)
    told: dict[str, str] = {}
    for url, inside in found:
        told.setdefault(" ".join(re.sub(r"<[^>]+>", " ", inside).split()), html.unescape(url))
    return told


def boxes(answer: TestResponse) -> dict[str, str]:
    """What stands in the boxes and the hidden marks of the form of corrections."""
    page = answer.get_data(as_text=True)
    form = page[page.index("data-fix") :] if "data-fix" in page else ""
    form = form[: form.index("</form>")] if form else ""
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[html.unescape(name[1])] = html.unescape(value[1]) if value else ""
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', inside)
        found[name] = html.unescape(chosen[1] or chosen[2]) if chosen else ""
    return found


def batch(world: World, address: str) -> Any:
    """The upload of an address as it is stored."""
    key = re.search(r"/import/([0-9a-f-]{36})", address)
    assert key
    with world.session("own") as session:
        found = session.scalar(sa.select(BATCH).where(BATCH.id == key[1]))
        session.refresh(found)
        session.expunge(found)
    return found
