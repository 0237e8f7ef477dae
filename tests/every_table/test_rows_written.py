"""What a stranger may not change stays as it is, whichever way he tries: form, request, bulk action, workbook."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.every_table.sheets import form, workbook
from tests.every_table.tables import NAMES
from tests.every_table.world import CITY, OWN, STRANGE, Marked, World, owned, private

OWNED = [name for name in NAMES if owned(TABLES[name])]
OWNERS = {name: next((f.name for f in TABLES[name].__fields__.values() if f.is_owner), None) for name in NAMES}
#: References to rows that strangers do not see: (table, field).
HIDDEN = [
    (name, field.name)
    for name in NAMES
    for field in TABLES[name].__fields__.values()
    if field.is_reference
    and field.is_input
    and private(TABLES[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field.target).lower()])
]


def state(world: World, name: str, condition: str) -> Any:
    """Rows as the database has them."""
    with world.session(THE_SYSTEM) as session:
        return session.execute(sa.text(f'SELECT t.*::text FROM "{name}" t {condition} ORDER BY 1')).scalars().all()


def import_as(app: Flask, who: str, name: str, content: bytes, folder: Path) -> dict[str, Any]:
    """What the command line says of the workbook, with the reasons of the rows that failed."""
    file, errors = folder / f"{name}.xlsx", folder / f"{name}-errors.xlsx"
    file.write_bytes(content)
    args = ["data", "import", name, str(file), "--as", f"t_{who}", "--errors", str(errors)]
    done = app.test_cli_runner().invoke(args=args)
    assert done.exit_code in (0, 1), done.output + done.stderr
    return json.loads(done.stdout) | {"reasons": reasons(errors.read_bytes())}


def reasons(content: bytes) -> str:
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return "\n".join(str(row[1]) for row in sheet.iter_rows(min_row=3, values_only=True))


def put_and_delete(writer: Browser, name: str, row: Marked, given: dict[str, Any]) -> dict[str, int]:
    """Every way to change a stored row, and its answer."""
    key = row.id
    return {
        "form": writer.post(f"/{name}/edit/{key}", **given, version="1").status_code,
        "empty form": writer.post(f"/{name}/edit/{key}", version="1").status_code,
        "request": writer.send("PUT", f"/api/v1/{name}/{key}", {}).status_code,
        "delete": writer.post(f"/{name}/delete/{key}").status_code,
        "api delete": writer.send("DELETE", f"/api/v1/{name}/{key}").status_code,
        "bulk": writer.post(f"/{name}/action", action="delete", ids=str(key)).status_code,
    }


@pytest.mark.parametrize("name", OWNED)
def test_a_stranger_changes_nothing(name: str, world: World, browser: Callable[[str], Browser]):
    row, mine = world.row(name), f"WHERE department_id = {world.viewers['own'].department_id}"
    before = state(world, name, mine)
    with world.session("own") as session:
        given = form(session, TABLES[name], row.given)
    answers = put_and_delete(browser("t_stranger"), name, row, given)
    if private(TABLES[name]):
        assert answers == dict.fromkeys(answers, 404)
    else:
        assert all(400 <= status < 500 for status in answers.values()), answers
    assert state(world, name, mine) == before


@pytest.mark.parametrize("name", NAMES)
def test_the_own_people_and_their_superior_change_and_delete(
    name: str, world: World, browser: Callable[[str], Browser]
):
    table = TABLES[name]
    for who in ("own", "parent") if owned(table) else ("stranger",):
        row = world.another(name)
        with world.session("own") as session:
            given = form(session, table, row.given)
        writer = browser(f"t_{who}")
        if row.field is not None:
            changed = given | {row.field.name: f"{row.mark}改"}
            seen = re.search(
                r'name="version" value="(\d+)"', writer.get(f"/{name}/edit/{row.id}").get_data(as_text=True)
            )
            assert seen, "the form carries the version it was filled from"
            answer = writer.post(f"/{name}/edit/{row.id}", **changed, version=seen.group(1))
            assert answer.status_code == 302, re.findall(r'role="alert".*?</ul>', answer.get_data(as_text=True), re.S)
            assert f"{row.mark}改" in writer.get(f"/{name}/show/{row.id}").get_data(as_text=True)
            answer = writer.send("PUT", f"/api/v1/{name}/{row.id}", {row.field.name: f"{row.mark}再"})
            assert answer.status_code == 200, answer.json
            assert answer.json["result"][row.field.name] == f"{row.mark}再"
        assert writer.send("DELETE", f"/api/v1/{name}/{row.id}").status_code == 200
        assert writer.get(f"/{name}/show/{row.id}").status_code == 404


@pytest.mark.parametrize("name", [name for name in OWNED if OWNERS[name]])
def test_nothing_is_written_into_a_foreign_department(
    name: str, world: World, browser: Callable[[str], Browser], app: Flask, tmp_path: Path
):
    table, owner = TABLES[name], OWNERS[name]
    given = world.given(name, "stranger")[0]
    with world.session(THE_SYSTEM) as session:
        typed = form(session, table, given | {owner: OWN})
        own_key = typed[owner]
    before = state(world, name, f"WHERE department_id = {int(own_key)}")
    writer = browser("t_stranger")
    for department in (OWN, CITY):
        assert writer.send("POST", f"/api/v1/{name}/", given | {owner: department}).status_code == 422
        told = import_as(app, "stranger", name, workbook(table, [given | {owner: department}]), tmp_path)
        assert (told["failed"], told["inserted"]) == (1, 0), told
        assert "部门" in told["reasons"]
    assert writer.post(f"/{name}/add", **typed).status_code == 422
    assert state(world, name, f"WHERE department_id = {int(own_key)}") == before
    mine = writer.send("POST", f"/api/v1/{name}/", given)
    assert mine.status_code == 201, mine.json
    assert mine.json["result"][owner] == STRANGE
    for department in (OWN, CITY):
        answer = writer.send("PUT", f"/api/v1/{name}/{mine.json['id']}", {owner: department})
        assert answer.status_code == 422, "a row moved away"
    assert state(world, name, f"WHERE department_id = {int(own_key)}") == before
    assert writer.send("DELETE", f"/api/v1/{name}/{mine.json['id']}").status_code == 200


@pytest.mark.parametrize("name", [name for name in OWNED if TABLES[name].__key__])
def test_an_import_does_not_reach_a_strangers_row_by_its_key(name: str, world: World, app: Flask, tmp_path: Path):
    table, row = TABLES[name], world.row(name)
    before = state(world, name, f"WHERE id = '{row.id}'")
    with world.session("own") as session:
        stored = session.get(table, row.id)
        key = {each: getattr(stored, each) for each in table.__key__ if not table.__fields__[each].is_reference}
    given = row.given | {each: str(value) for each, value in key.items() if value is not None}
    if row.field is not None and row.field.name not in table.__key__:
        given |= {row.field.name: f"{row.mark}夺"}
    told = import_as(app, "stranger", name, workbook(table, [given]), tmp_path)
    assert told["updated"] == told["unchanged"] == 0, told
    assert state(world, name, f"WHERE id = '{row.id}'") == before
    if not private(table) and OWNERS[name] not in table.__key__:
        assert told["failed"] == 1, told
    told = import_as(app, "own", name, workbook(table, [given]), tmp_path)
    assert (told["inserted"], told["failed"]) == (0, 0), told
    assert (
        state(world, name, f"WHERE id = '{row.id}'") != before or row.field is None or row.field.name in table.__key__
    )


@pytest.mark.parametrize(("name", "field"), HIDDEN)
def test_an_import_does_not_find_a_strangers_row_by_its_name(
    name: str, field: str, world: World, app: Flask, browser: Callable[[str], Browser], tmp_path: Path
):
    table, reference = TABLES[name], TABLES[name].__fields__[field]
    target = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", reference.target).lower()
    marked = [world.another(target) for _ in range(reference.at_least or 1)]
    with world.session("own") as session:
        known = [str(getattr(session.get(TABLES[target], row.id), reference.by[0])) for row in marked]
    given = dict(world.given(name, "stranger")[0])
    given[field] = known if reference.kind == "many" else known[0]
    told = import_as(app, "stranger", name, workbook(table, [given]), tmp_path)
    assert told["failed"] == 1, told
    assert f"没有找到{TABLES[target].__label__}“{known[0]}”" in told["reasons"]
    writer = browser("t_stranger")
    answer = writer.send("POST", f"/api/v1/{name}/", given)
    assert answer.status_code == 422
    assert "没有找到" in answer.get_data(as_text=True)
    with world.session("own") as session:
        typed = form(session, table, {field: given[field]})
    with world.session("stranger") as session:
        typed = form(session, table, {each: value for each, value in given.items() if each != field}) | typed
    answer = writer.post(f"/{name}/add", **typed)
    assert answer.status_code == 422
    assert marked[0].mark not in answer.get_data(as_text=True)
