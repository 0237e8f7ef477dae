"""An export of what is seen is what is seen: every cell, in the same order, masked where the page masks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime

import pytest
from openpyxl import load_workbook

from app.core.table import TABLES
from tests.conftest import Browser
from tests.console.pages import listed
from tests.every_table.tables import NAMES
from tests.every_table.world import World

Sign = Callable[[str], Browser]


def as_read(value: object, shape: str) -> str:
    """What Excel shows for a cell."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.2f}" if shape == "0.00" else f"{value:f}".rstrip("0").rstrip(".")
    return str(value)


def sheet(content: bytes) -> list[list[str]]:
    rows = load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()
    return [[as_read(cell.value, cell.number_format) for cell in row] for row in rows]


def text(content: bytes) -> list[list[str]]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return [[value.removeprefix("'") for value in row] for row in rows]


def seen(browser: Browser, name: str, asked: str) -> list[list[str]]:
    """The header and rows of the list, page by page of the largest size."""
    page = listed(browser.get(f"/{name}/list/?{asked}&size=200").get_data(as_text=True))
    return [page.headers, *page.rows]


@pytest.mark.parametrize("name", NAMES)
def test_the_export_is_what_is_seen(name: str, world: World, browser: Sign):
    table, reader = TABLES[name], browser("t_own")
    row = world.row(name)
    columns = ",".join(reversed(table.__fields__))
    asked = f"q={row.mark}&cols={columns}" if row.field is not None and row.field.search else f"cols={columns}"
    wanted = seen(reader, name, asked)
    if len(wanted) == 1 or len(wanted) > 200:
        wanted = wanted[:1]
    for suffix, read in (("", sheet), ("&format=csv", text)):
        answer = reader.get(f"/{name}/export?{asked}&seen=1{suffix}")
        assert answer.status_code == 200
        found = read(answer.get_data())
        answer.close()
        assert found[0] == wanted[0]
        if len(wanted) > 1:
            assert found == wanted


@pytest.mark.parametrize("order", ["name", "-name", "checked_on", "-checked_on,name", "submitted_at", "-submitted_at"])
def test_filter_order_and_columns_are_those_of_the_page(order: str, browser: Sign):
    asked = f"f.check_result=no_problem&any.f.subject.name=公司&any.f.party_name=店&order={order}"
    asked += "&cols=check_result,checked_on,party_name,party_id_no,department,inspectors,is_late,submitted_at"
    reader = browser("clerk_yanta")
    page = seen(reader, "inspection", asked)
    assert len(page) == 201
    found = sheet(reader.get(f"/inspection/export?{asked}&seen=1").get_data())
    assert found[:201] == page
    assert len(found) > 201, "an export is never cut"


def test_masks_are_those_of_the_page(world: World, browser: Sign):
    for name, masked in (("subject", "legal_rep_id_no"), ("inspector", "id_no")):
        fields = TABLES[name].__fields__
        masked = masked if masked in fields else next(f.name for f in fields.values() if f.grade == "sensitive")
        found = sheet(browser("t_own").get(f"/{name}/export?seen=1&cols={masked}").get_data())
        assert all("*" in row[0] or not row[0] or len(row[0]) == 1 for row in found[1:])


def test_chosen_rows_are_exported_and_no_others(browser: Sign):
    reader = browser("clerk_yanta")
    page = listed(reader.get("/inspection/list/?order=-party_name").get_data(as_text=True))
    chosen = [page.keys[5], page.keys[1], page.keys[9]]
    address = "/inspection/export?seen=1&cols=party_name,action_no"
    answer = reader.post(address, ids=chosen, asked="order=-party_name")
    assert answer.status_code == 200
    found = sheet(answer.get_data())
    assert found[1:] == [page.rows[at][:2] for at in (1, 5, 9)], "in the order of the list"
    every = reader.post(f"{address}&format=csv", all="1", asked="f.check_result=other&order=-party_name", ids=chosen)
    number = len(text(every.get_data())) - 1
    assert f"共 {number} 条" in reader.get("/inspection/list/?f.check_result=other").get_data(as_text=True)
    assert reader.post(address).status_code == 422
    assert reader.post(address, ids="abc").status_code == 404


def test_rows_of_others_are_not_exported_by_their_keys(world: World, browser: Sign):
    row = world.row("inspection")
    answer = browser("t_stranger").post("/inspection/export?seen=1&cols=party_name", ids=str(row.id))
    assert len(sheet(answer.get_data())) == 1
    full = browser("t_stranger").post("/inspection/export", ids=str(row.id))
    assert len(sheet(full.get_data())) == 1


def test_chosen_rows_with_all_columns_can_be_imported_again(world: World, browser: Sign):
    rows = [world.another("work_day") for _ in range(2)]
    answer = browser("t_own").post("/work_day/export", ids=[str(row.id) for row in rows])
    found = sheet(answer.get_data())
    assert len(found) == 3
    assert set(found[0]) >= {str(f.label) for f in TABLES["work_day"].__fields__.values() if f.is_input}
