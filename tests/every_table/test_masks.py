"""A sensitive value leaves the house masked, whichever way it leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import sealing
from app.core.fields import Field
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.test_rows_seen import text_of
from tests.every_table.values import fresh, possible
from tests.every_table.world import World

SENSITIVE = [
    (name, field.name)
    for name in NAMES
    for field in TABLES[name].__fields__.values()
    if field.grade == "sensitive" and field.is_input and not field.is_reference
]


def secret(field: Field) -> str:
    """A value of the field that stands nowhere else."""
    if field.kind == "day":
        return f"{1960 + fresh() % 30}-0{1 + fresh() % 9}-1{fresh() % 10}"
    return str(next(each for each in possible(field, fresh()) if each is not None))


def plain(session: Session, table: type[Table], key: Any, field: Field) -> str:
    """The value that a row hides."""
    row = session.get(table, key)
    return field.show(sealing.value_of(row, field))


@pytest.mark.parametrize(("name", "field_name"), SENSITIVE)
def test_sensitive_values_leave_masked(name: str, field_name: str, world: World, browser: Callable[[str], Browser]):
    table = TABLES[name]
    field = table.__fields__[field_name]
    more: dict[str, Any] = {field_name: secret(field)}
    if field.only_when:
        more[field.only_when[0]] = str(field.only_when[1][0].value)
    row = world.another(name, **more)
    with world.session(THE_SYSTEM) as session:
        stored = plain(session, table, row.id, field)
    assert "*" not in stored
    key, reader = str(row.id), browser("t_own")
    shown = sealing.masked_form(field, field.read(stored))
    for address, has_it in (
        (f"/{name}/show/{key}", True),
        (f"/{name}/edit/{key}", True),
        (f"/{name}/add?copy={key}", False),
        (f"/{name}/list/?q={row.mark}", False),
        (f"/{name}/pick?q={row.mark}", False),
        (f"/{name}/export?q={row.mark}", row.field is not None and row.field.search),
        (f"/{name}/export?format=csv&q={row.mark}", row.field is not None and row.field.search),
        (f"/api/v1/{name}/{key}", True),
        (f"/api/v1/{name}/?q={row.mark}", row.field is not None and row.field.search),
        (f"/{name}/list/?q={stored}", False),
    ):
        text = text_of(reader.get(address))
        assert stored not in text.replace(f"q={stored}", "").replace(f'value="{stored}"', ""), address
        assert shown in text or not has_it, address
    answer = reader.send("PUT", f"/api/v1/{name}/{key}", {field_name: shown})
    assert answer.status_code == 200, answer.json
    assert answer.json["result"][field_name] == shown
    with world.session(THE_SYSTEM) as session:
        assert plain(session, table, row.id, field) == stored, "the mask was stored"


@pytest.mark.parametrize(("name", "field_name"), SENSITIVE)
def test_sensitive_values_cannot_be_guessed_by_filters(name: str, field_name: str, browser: Callable[[str], Browser]):
    for parameter in (f"f.{field_name}=1", f"f.{field_name}.from=1", f"f.{field_name}.empty=1", f"order={field_name}"):
        answer = browser("t_own").get(f"/api/v1/{name}/?{parameter}")
        assert answer.status_code == 400, parameter
