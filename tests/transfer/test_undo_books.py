"""A workbook of several tables taken back as one: what refers before what it refers to, by one confirmation."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from tests.every_table import tables  # isort: skip - every table is declared before what maps them

from app import jobs
from app.core.table import TABLES
from app.transfer import undo
from tests.conftest import Browser
from tests.every_table.world import World
from tests.secrecy.given import owner
from tests.transfer.sheets import Rows, batches, entries, lists, sent, several
from tests.transfer.undone import edit, looked, stored, taken_back

_ = tables
LIST, ENTRY = TABLES["code_list"], TABLES["code_entry"]


def brought_in(writer: Browser, world: World, parents: Rows, children: Rows) -> dict[str, Any]:
    """The identifiers of the batches that stored the workbook, by table."""
    address = sent(writer, several([("代码项", ENTRY, children), ("代码表", LIST, parents)]))
    assert writer.post(f"{address[:-5]}/commit").status_code == 302
    found = batches(world, address)
    assert {each.state for each in found.values()} == {"committed"}
    return {name: each.id for name, each in found.items()}


def there(table: str, mark: str) -> dict[str, str]:
    """The names of the rows whose codes begin so, by code; entries stand under the codes of their lists."""
    statement = {
        "code_list": "SELECT code, name FROM code_list WHERE starts_with(code, :mark)",
        "code_entry": "SELECT l.code || e.code, e.name FROM code_entry e JOIN code_list l ON l.id = e.code_list_id "
        "WHERE starts_with(l.code, :mark)",
    }[table]
    with owner() as connection:
        return dict(map(tuple, connection.execute(sa.text(statement), {"mark": mark})))


def states(world: World, keys: dict[str, Any]) -> list[tuple[Any, ...]]:
    with owner() as connection:
        asked = "SELECT state, undo_reversed, undo_kept, undo_refused FROM import_batch WHERE id = :key"
        return [tuple(connection.execute(sa.text(asked), {"key": key}).one()) for key in keys.values()]


@pytest.mark.parametrize("asked", ["code_list", "code_entry"])
def test_one_confirmation_takes_back_every_sheet(world: World, writer: Browser, mark: str, asked: str):
    """Whichever of its sheets is asked."""
    codes = [f"{mark}{at}" for at in "AB"]
    found = brought_in(writer, world, lists(*codes), entries(*((code, at) for code in codes for at in "12")))
    address = f"/{asked}/import/{found[asked]}/undo"
    page = writer.get(address).get_data(as_text=True)
    assert page.count('class="btn btn-danger"') == 1 and "撤销 6 行" in page
    assert re.findall(r'<h2 class="card-title jg-part"[^>]*>(\S+)', page) == ["代码表", "代码项"], "as they were stored"
    assert len(there("code_list", mark)) == 2, "it was a preview"
    assert writer.post(address).status_code == 302
    assert not there("code_list", mark) and not there("code_entry", mark)
    assert sorted(states(world, found)) == [("undone", 2, 0, 0), ("undone", 4, 0, 0)]
    assert {writer.post(f"/{name}/import/{key}/undo").status_code for name, key in found.items()} == {409}


def test_what_a_row_that_stays_refers_to_stays_too(world: World, writer: Browser, mark: str):
    codes = [f"{mark}{at}" for at in "AB"]
    found = brought_in(writer, world, lists(*codes), entries(*((code, "1") for code in codes)))
    key = next(key for key, row in stored(ENTRY).items() if row["name"] == "项1" and _list_of(row) == codes[0])
    edit(writer, "code_entry", key, name="后来改的")
    seen = looked(world, found["code_list"])
    assert seen.counts == undo.Counts(removed=2, kept=1, refused=1)
    assert seen == looked(world, found["code_entry"])
    done = taken_back(world, found["code_entry"])
    assert done.counts == seen.counts and sorted(map(str, done.why.values())) == ["edited", "needed"]
    assert there("code_list", mark) == {codes[0]: f"表{codes[0]}"}
    assert there("code_entry", mark) == {f"{codes[0]}1": "后来改的"}
    page = writer.get(f"/code_list/import/{found['code_list']}/undo").get_data(as_text=True)
    assert f"/code_entry/import/{found['code_entry']}/undo" in page, "the other sheet is a tab away"
    book = load_workbook(io.BytesIO(writer.get(f"/code_list/import/{found['code_list']}/undo.xlsx").get_data()))
    lines = [[cell.value for cell in line][:1] for line in book.worksheets[0].iter_rows(min_row=2)]
    assert lines == [["代码表"], ["代码项"]]


def _list_of(row: dict[str, Any]) -> str:
    return str(stored(LIST)[str(row["code_list_id"])]["code"])


def test_rows_that_were_there_are_as_before(world: World, writer: Browser, mark: str):
    brought_in(writer, world, lists(mark), entries((mark, "1")))
    before = stored(LIST), stored(ENTRY)
    changed = [lists(mark, source="别处")[0], *lists(f"{mark}N")], [*entries((f"{mark}N", "9"))]
    changed[1].append({"code_list": mark, "code": "1", "name": "改了"})
    found = brought_in(writer, world, *changed)
    assert looked(world, found["code_list"]).counts == undo.Counts(removed=2, restored=2)
    assert taken_back(world, found["code_list"]).counts == undo.Counts(removed=2, restored=2)
    assert (stored(LIST), stored(ENTRY)) == before


def test_many_rows_are_taken_back_by_one_job(world: World, writer: Browser, mark: str, small: None):
    codes = [f"{mark}{at}" for at in range(6)]
    address = sent(
        writer, several([("代码项", ENTRY, entries(*((c, "1") for c in codes))), ("代码表", LIST, lists(*codes))])
    )
    app = writer.client.application
    jobs.run_waiting(app)
    assert writer.post(f"{address[:-5]}/commit").status_code == 302
    jobs.run_waiting(app)
    found = {name: each.id for name, each in batches(world, address).items()}
    assert len(there("code_entry", mark)) == 6
    asked = f"/code_entry/import/{found['code_entry']}/undo"
    assert writer.post(asked).status_code == 302
    assert {state for state, *_ in states(world, found)} == {"undoing"}
    assert writer.post(f"/code_list/import/{found['code_list']}/undo").status_code == 409, "it is under way"
    assert jobs.run_waiting(app) == 1
    assert not there("code_list", mark)
    assert sorted(states(world, found)) == [("undone", 6, 0, 0), ("undone", 6, 0, 0)]


def test_a_job_that_is_cancelled_gives_every_sheet_back(world: World, writer: Browser, mark: str, small: None):
    found = brought_in(writer, world, lists(mark), entries((mark, "1")))
    writer.client.application.config["IMPORT_AT_ONCE"] = 0
    assert writer.post(f"/code_list/import/{found['code_list']}/undo").status_code == 302
    with owner() as connection:
        asked = sa.text("SELECT DISTINCT job_id FROM import_batch WHERE id = ANY(:keys)")
        [job] = connection.execute(asked, {"keys": list(found.values())}).scalars()
    with world.session("own") as session:
        jobs.cancel(session, job)
        session.commit()
    jobs.run_waiting(writer.client.application)
    assert {state for state, *_ in states(world, found)} == {"committed"}
    assert len(there("code_entry", mark)) == 1


def test_who_may_not_delete_from_one_of_the_tables_takes_back_none(
    world: World, browser: Callable[[str], Browser], mark: str, monkeypatch: pytest.MonkeyPatch
):
    from app.console import guard

    found = brought_in(browser("t_own"), world, lists(mark), entries((mark, "1")))
    may = guard.may
    monkeypatch.setattr(guard, "may", lambda what, name: may(what, name) and (what, name) != ("delete", "code_entry"))
    parent = browser("t_parent")
    assert parent.post(f"/code_list/import/{found['code_list']}/undo").status_code == 403
    assert {state for state, *_ in states(world, found)} == {"committed"}
