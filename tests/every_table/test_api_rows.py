"""The JSON that PostgreSQL writes of a row is what the declarations say of it, for every table and every reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.console import cells
from app.console.api import rows
from app.core.fields import Field
from app.core.fields.write import masked
from app.core.judge import is_inside
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, Viewer
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import World, private

WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=24)


def told(row: Table, viewer: Viewer) -> dict[str, Any]:
    """The row as its declaration says: references by name, sensitive values masked, exact numbers as text."""
    own = not type(row).__rows__.is_scoped or is_inside(viewer, row.department_id, row.scope_region)
    values: dict[str, Any] = {"id": str(row.id), "version": row.version}
    for name, field in type(row).__fields__.items():
        value = getattr(row, name)
        if field.kind == "many":
            values[name] = sorted(named(field, each, own) or "" for each in value)
        elif value is None:
            values[name] = None
        elif field.kind == "ref":
            values[name] = named(field, value, own)
        else:
            values[name] = masked(value) if cells.hides(row, field) else plain(value)
    return values


def named(field: Field, other: Table, own: bool) -> Any:
    shown, its = getattr(other, field.by[0]), type(other).__fields__.get(field.by[0])
    hidden = shown is not None and its is not None and cells.hides(other, its) and not (own and field.is_input)
    return masked(shown) if hidden else plain(shown)


def plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def level(table: type[Table], row: dict[str, Any]) -> dict[str, Any]:
    """Moments by their instant, links in one order: what may be written in two ways."""
    same = dict(row)
    for name, field in table.__fields__.items():
        if field.kind == "moment" and row[name]:
            same[name] = datetime.fromisoformat(row[name])
        elif field.kind == "many":
            same[name] = sorted(each or "" for each in row[name])
    return same


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_told_as_declared(name: str, world: World, browser: Callable[[str], Browser]):
    table, row = TABLES[name], world.row(name)
    for who in ("own", "stranger", "office") if not private(table) else ("own", "office", "parent"):
        one = browser(f"t_{who}").get(f"/api/v1/{name}/{row.id}").json["result"]
        listed = browser(f"t_{who}").get(f"/api/v1/{name}/?limit=50").json["result"]
        with world.session(who) as session:
            viewer = world.viewers[who]
            for each in (one, *listed):
                stored = session.get(table, each["id"] if table.__id__ == "uuid" else int(each["id"]))
                assert level(table, each) == level(table, told(stored, viewer)), who


def test_the_database_masks_as_python_does(world: World):
    statement = sa.text(f"SELECT {rows._masked('CAST(:word AS text)', 'true')}")
    with world.session(THE_SYSTEM) as session:

        @settings(max_examples=300, deadline=None)
        @given(WORDS)
        def holds(word: str) -> None:
            assert session.execute(statement, {"word": word}).scalar_one() == masked(word)

        holds()
        assert session.execute(statement, {"word": None}).scalar_one() is None


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_chosen(name: str, world: World, browser: Callable[[str], Browser]):
    reader, row = browser("t_own"), world.row(name)
    some = list(TABLES[name].__fields__)[:2]
    for address in (f"/api/v1/{name}/{row.id}", f"/api/v1/{name}/"):
        found = reader.get(address, fields=",".join(some)).json["result"]
        for each in found if isinstance(found, list) else [found]:
            assert set(each) == {"id", "version", *some}
        refused = reader.get(address, fields="nonsense,name")
        assert (refused.status_code, "nonsense" in refused.json["message"]) == (400, True)
