"""A row of one county: its own people, their superior and their government see it by every way in, a stranger by none."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook

from app.core import query
from app.core.table import TABLES
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import PEOPLE, Marked, World, owned, private

PRIVATE = [name for name in NAMES if private(TABLES[name])]
OPEN = [name for name in NAMES if not private(TABLES[name])]
SEES = {"own": True, "parent": True, "office": True, "stranger": False}


def text_of(answer: object) -> str:
    """What an answer says, a workbook's cells included."""
    content = answer.get_data()
    answer.close()
    if content.startswith(b"PK"):
        book = load_workbook(io.BytesIO(content), read_only=True)
        return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    return content.decode("utf-8-sig")


def ways(reader: Browser, name: str, row: Marked) -> dict[str, bool]:
    """Every way in, and whether the row is seen by it: by its key, its mark, or a count that is not zero."""
    key, mark = str(row.id), row.mark
    found = {
        "list": key in text_of(reader.get(f"/{name}/list/", size=100)),
        "search": key in text_of(reader.get(f"/{name}/list/", q=mark)),
        "count": "共 0 条" not in text_of(reader.get(f"/{name}/list/", q=mark)),
        "show": reader.get(f"/{name}/show/{key}").status_code == 200,
        "edit": reader.get(f"/{name}/edit/{key}").status_code == 200,
        "copy": reader.get(f"/{name}/add", copy=key).status_code == 200,
        "picker": key in text_of(reader.get(f"/{name}/pick", q=mark)),
        "export": mark in text_of(reader.get(f"/{name}/export", q=mark)),
        "export csv": mark in text_of(reader.get(f"/{name}/export", q=mark, format="csv")),
        "api get": reader.get(f"/api/v1/{name}/{key}").status_code == 200,
        "api search": key in text_of(reader.get(f"/api/v1/{name}/", q=mark)),
        "api count": reader.get(f"/api/v1/{name}/", q=mark).json["count"] > 0,
    }
    if not TABLES[name].__order__[0].endswith("id"):  # the newest does not stand on the first page
        del found["list"]
    carrier = row.field
    if carrier is None or not carrier.search:
        for way in ("search", "count", "picker", "export", "export csv", "api search", "api count"):
            del found[way]
    if carrier is not None and query.searchable(carrier):
        asked = {f"f.{carrier.name}": mark}
        found |= {
            "filter": key in text_of(reader.get(f"/{name}/list/", **asked)),
            "filter count": "共 0 条" not in text_of(reader.get(f"/{name}/list/", **asked)),
            "filter export": mark in text_of(reader.get(f"/{name}/export", format="csv", **asked)),
            "api filter": key in text_of(reader.get(f"/api/v1/{name}/", **asked)),
        }
    return found


@pytest.mark.parametrize("name", PRIVATE)
def test_private_rows_are_seen_by_their_own_people_only(name: str, world: World, browser: Callable[[str], Browser]):
    row = world.another(name)  # the newest: it stands on the first page of its own people's list
    for who, sees in SEES.items():
        seen = ways(browser(f"t_{who}"), name, row)
        assert seen == dict.fromkeys(seen, sees), who


@pytest.mark.parametrize("name", OPEN)
def test_open_rows_are_seen_by_everybody(name: str, world: World, browser: Callable[[str], Browser]):
    row = world.row(name)
    for who in ("own", "stranger"):
        seen = ways(browser(f"t_{who}"), name, row)
        seen.pop("list", None)  # others have rows here too: it may stand on a later page
        if who == "stranger" and owned(TABLES[name]):
            assert not seen.pop("edit")
        assert seen == dict.fromkeys(seen, True), who


@pytest.mark.parametrize("name", PRIVATE)
def test_counts_of_the_first_page_are_the_viewers_own(name: str, world: World, browser: Callable[[str], Browser]):
    world.row(name)
    before = browser("t_stranger").get(f"/api/v1/{name}/").json["count"]
    world.another(name)
    assert browser("t_stranger").get(f"/api/v1/{name}/").json["count"] == before
    assert browser("t_own").get(f"/api/v1/{name}/").json["count"] >= 2


@pytest.mark.parametrize("name", PRIVATE)
def test_command_line_exports_the_users_rows(name: str, world: World, app: Flask, tmp_path: Path):
    row = world.row(name)
    for who, sees in SEES.items():
        file = tmp_path / f"{who}.xlsx"
        done = app.test_cli_runner().invoke(args=["data", "export", name, "-o", str(file), "--as", f"t_{who}"])
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)
        if row.field is not None:
            cells = [c for r in load_workbook(file).worksheets[0].iter_rows(values_only=True) for c in r]
            assert (row.mark in cells) == sees, who
        assert told["rows"] > 0 or not sees


def test_the_people_are_who_they_should_be(world: World):
    own, parent, stranger, office = (world.viewers[name] for name in PEOPLE)
    assert (own.kind, parent.kind, stranger.kind, office.kind) == ("viewer_line",) * 3 + ("viewer_region",)
    assert parent.low <= own.low <= own.high <= parent.high
    assert parent.low <= stranger.low <= stranger.high <= parent.high
    assert own.high < stranger.low or stranger.high < own.low
    assert len(PRIVATE) > 5
    assert "subject_permit" in OPEN and "check_item" in PRIVATE  # they follow their parents; this one is not published
