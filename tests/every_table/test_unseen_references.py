"""A superior writes a row for a county that refers to a row of his own: the county works with it and never loses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core.fields import Field
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.test_rows_written import import_as
from tests.every_table.world import OWN, Marked, World, private


def target(field: Field) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field.target or "").lower()


def hidden_fields(name: str) -> list[Field]:
    """References of the table to rows that only their own department sees, but for the parent whose row rule it follows.

    What a rule wants published (it asks for the edition) is seen by everybody.
    """
    fields = [f for f in TABLES[name].__fields__.values() if f.is_reference and f.is_input and not f.is_owner]
    hidden = [
        f for f in fields if private(TABLES[target(f)]) and TABLES[target(f)].__rows__.once not in (f.facts or [])
    ]
    return [f for f in hidden if f.name != TABLES[name].__rows__.field]


WITH_HIDDEN = [name for name in NAMES if private(TABLES[name]) and hidden_fields(name)]


def row_with_unseen(name: str, world: World) -> Marked:
    """A row of the own county whose private references are the city's."""
    table = TABLES[name]
    more: dict[str, Any] = {f.name: OWN for f in table.__fields__.values() if f.is_owner}
    if table.__rows__.kind == "follows":
        parent = table.__fields__[str(table.__rows__.field)]
        with world.session("own") as session:
            row = session.get(TABLES[target(parent)], world.row(target(parent)).id)
            more[parent.name] = str(getattr(row, parent.by[0]))
    for field in hidden_fields(name):
        rows = [world.another(target(field), "parent") for _ in range(field.at_least or 1)]
        with world.session("parent") as session:
            names = [str(getattr(session.get(TABLES[target(field)], row.id), field.by[0])) for row in rows]
        more[field.name] = names if field.kind == "many" else names[0]
    return world.another(name, "parent", **more)


def references(name: str, row: Marked, world: World) -> dict[str, Any]:
    """What the row refers to, as the system sees it."""
    with world.session(THE_SYSTEM) as session:
        stored = session.get(TABLES[name], row.id)
        found = {}
        for field in hidden_fields(name):
            value = getattr(stored, field.name)
            found[field.name] = sorted(str(each.id) for each in value) if field.kind == "many" else str(value.id)
        return found


def form_of(page: str, name: str) -> dict[str, list[str]]:
    """The fields that a browser would send back from the page, untouched."""
    import html

    found: dict[str, list[str]] = {}
    form = page[page.index("<form", page.index("<main")) :]
    for select in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[select[0]] = re.findall(r'<option[^>]*value="([^"]*)"[^>]*selected', select[1])
    for tag in re.findall(r"<input[^>]*>", form):
        kind, key = re.search(r'type="(\w+)"', tag), re.search(r'name="([^"]+)"', tag)
        if key and (kind is None or kind.group(1) not in ("checkbox", "radio", "submit") or "checked" in tag):
            value = re.search(r'value="([^"]*)"', tag)
            found.setdefault(key.group(1), []).append(html.unescape(value.group(1) if value else ""))
    for key, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[key] = [html.unescape(value)]
    return found


@pytest.mark.parametrize("name", WITH_HIDDEN)
def test_the_county_works_with_the_row(
    name: str, world: World, browser: Callable[[str], Browser], app: Flask, tmp_path: Path
):
    row = row_with_unseen(name, world)
    before, clerk = references(name, row, world), browser("t_own")
    assert all(before.values())
    for address in (f"/{name}/list/", f"/{name}/show/{row.id}", f"/{name}/edit/{row.id}", f"/api/v1/{name}/{row.id}"):
        assert clerk.get(address).status_code == 200, address
    assert clerk.get(f"/api/v1/{name}/", q=row.mark).status_code == 200

    answer = clerk.send("PUT", f"/api/v1/{name}/{row.id}", {row.field.name: f"{row.mark}甲"} if row.field else {})
    assert answer.status_code == 200, answer.json
    assert references(name, row, world) == before

    page = clerk.get(f"/{name}/edit/{row.id}").get_data(as_text=True)
    typed = form_of(page, name)
    assert row.field is None or typed[row.field.name] == [f"{row.mark}甲"]
    answer = clerk.post(f"/{name}/edit/{row.id}", **typed)
    assert answer.status_code == 302, re.findall(r"invalid-feedback[^>]*>([^<]*)", answer.get_data(as_text=True))
    assert references(name, row, world) == before

    exported = clerk.get(f"/{name}/export", q=row.mark).get_data()
    told = import_as(app, "own", name, exported, tmp_path)
    assert (told["failed"], told["inserted"]) == (0, 0), told
    assert references(name, row, world) == before
