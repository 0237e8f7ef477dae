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

from app.core import sealing, secrecy
from app.core.fields import Field
from app.core.ids import uuid7
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import World, private

WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=24)


def told(row: Table) -> dict[str, Any]:
    """The row as its declaration says: references by name, sensitive values masked, exact numbers as text."""
    values: dict[str, Any] = {"id": str(row.id), "version": row.version}
    for name, field in type(row).__fields__.items():
        value = getattr(row, name)
        if field.kind == "many":
            values[name] = sorted(named(field, each) or "" for each in value)
        elif value is None:
            values[name] = None
        elif field.kind == "ref":
            values[name] = named(field, value)
        else:
            values[name] = str(value) if isinstance(value, secrecy.Sealed) else plain(value)
    return values


def named(field: Field, other: Table) -> Any:
    """A masked name says which row it means, where it can be given back."""
    shown = getattr(other, field.by[0])
    if isinstance(shown, secrecy.Sealed):
        return f"{shown}#{other.id.hex.upper()}" if field.is_input else str(shown)
    return plain(shown)


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
            for each in (one, *listed):
                stored = session.get(table, each["id"] if table.__id__ == "uuid" else int(each["id"]))
                assert level(table, each) == level(table, told(stored)), who


def test_the_database_shows_of_a_sealed_value_what_python_shows(world: World):
    shown, name = sealing.shown_column(sa.literal_column(":word")), sealing.name_sql(":word", "CAST(:key AS uuid)")
    statement = sa.text(f"SELECT {shown.compile(compile_kwargs={'literal_binds': True})}, {name}")
    key = uuid7()
    with world.session(THE_SYSTEM) as session:

        @settings(max_examples=300, deadline=None)
        @given(WORDS)
        def holds(word: str) -> None:
            value = secrecy.seal("subject", "id_no", key, word)
            told, pointed = session.execute(statement, {"word": value.stored, "key": key}).one()
            assert told == str(value)
            assert pointed == f"{told}#{key.hex.upper()}"

        holds()
        assert (
            session.execute(statement, {"word": "91610131MA6TX0WX5A", "key": key}).one() == ("91610131MA6TX0WX5A",) * 2
        )


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
