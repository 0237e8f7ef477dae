"""Nobody finds out a hidden value by asking for it: filters, orders, searches, exports and counts tell nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook

from app import domains
from app.core import sealing
from app.core.fields import Field, Grade
from app.core.query import OPERATIONS
from app.core.table import TABLES, tables_with_pages
from app.core.verify import findings_of
from tests.conftest import Browser
from tests.every_table.test_rows_seen import text_of
from tests.every_table.world import World
from tests.secrecy.given import citizen_number, mobile

domains.load()
HIDDEN = [(name, each.name) for name, table in tables_with_pages().items() for each in sealing.secrets_of(table)]
ALWAYS = [(name, field) for name, field in HIDDEN if TABLES[name].__fields__[field].grade is Grade.SENSITIVE]
SOMETIMES = [place for place in HIDDEN if place not in ALWAYS]
#: Tables whose rows refer to one with hidden values, and by which field.
THROUGH = [
    (name, each.name, hidden)
    for name, table in tables_with_pages().items()
    for each in table.__fields__.values()
    if each.is_reference
    for target, hidden in ALWAYS
    if TABLES[target].__name__ == each.target
]


def value_of(field: Field) -> str:
    if field.kind == "day":
        number = citizen_number()
        return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    return {"phone": mobile(), "text": f"示例小区{mobile()}号"}.get(field.kind) or citizen_number()


def made(world: World, name: str, field: Field) -> tuple[Any, str]:
    """A marked row that hides a value which stands nowhere else."""
    value, more = value_of(field), {}
    if field.only_when:
        more[field.only_when[0]] = str(field.only_when[1][0].value)
    if field.masked_when:
        more[field.masked_when[0]] = str(field.masked_when[1][0])
        more["id_type" if "id_type" in TABLES[name].__fields__ else "party_id_type"] = "citizen_id"
    return world.another(name, **{field.name: value}, **more), value


def ways(field: Field, value: str) -> list[str]:
    return [
        f"f.{field.name}={value}",
        *(f"f.{field.name}.{each}={value}" for each in OPERATIONS),
        f"any.f.{field.name}={value}",
    ]


@pytest.mark.parametrize(("name", "field_name"), ALWAYS)
def test_a_sensitive_column_cannot_be_asked_for(
    name: str, field_name: str, world: World, browser: Callable[[str], Browser]
):
    field, reader = TABLES[name].__fields__[field_name], browser("t_own")
    row, value = made(world, name, field)
    for asked in [*ways(field, value), f"order={field_name}", f"order=-{field_name}"]:
        for address in (f"/api/v1/{name}/?{asked}", f"/{name}/list/?{asked}", f"/{name}/export?{asked}"):
            answer = reader.get(address)
            body = text_of(answer)
            if answer.status_code == 200:  # a list says what it could not understand, and shows no rows by it
                assert "没有名为" in body or "不能按" in body, address
            else:
                assert answer.status_code == 400, address
            assert value not in body.replace(asked, ""), address
    for words in (value, value[:-1], value[4:12]):
        counted = reader.get(f"/api/v1/{name}/?q={words}").json
        assert counted["count"] == 0 and counted["result"] == [], f"{words!r} is found"
        assert str(row.id) not in reader.get("/search/suggest", q=words).get_data(as_text=True)
        assert str(row.id) not in reader.get(f"/{name}/pick", q=words).get_data(as_text=True)


@pytest.mark.parametrize(("name", "reference", "hidden"), THROUGH)
def test_nor_through_a_reference(name: str, reference: str, hidden: str, browser: Callable[[str], Browser]):
    for suffix in ("", ".eq", ".starts", ".from", ".empty", ".not"):
        asked = f"f.{reference}.{hidden}{suffix}=1"
        assert browser("t_own").get(f"/api/v1/{name}/?{asked}").status_code == 400, asked


@pytest.mark.parametrize(("name", "field_name"), SOMETIMES)
def test_a_number_that_may_be_hidden_is_found_whole_or_not_at_all(
    name: str, field_name: str, world: World, browser: Callable[[str], Browser]
):
    field, reader = TABLES[name].__fields__[field_name], browser("t_own")
    row, value = made(world, name, field)
    other, _ = made(world, name, field)
    for part in (value[:6], value[:-1], value[6:14], value[-4:], f"{value[:6]}********{value[-4:]}"):
        for asked in (f"q={part}", f"f.{field_name}={part}"):
            ids = {each["id"] for each in reader.get(f"/api/v1/{name}/?{asked}&limit=1000").json["result"]}
            assert not ids & {str(row.id), str(other.id)}, asked
    found = reader.get(f"/api/v1/{name}/?f.{field_name}={value}").json
    assert [each["id"] for each in found["result"]] == [str(row.id)] and found["count"] == 1
    for asked in (
        f"f.{field_name}.starts={value[:6]}",
        f"f.{field_name}.eq={value}",
        f"f.{field_name}.from=1",
        f"order={field_name}",
    ):
        assert reader.get(f"/api/v1/{name}/?{asked}").status_code == 400, asked
    filled = reader.get(f"/api/v1/{name}/?f.{field_name}.filled=1&count=1&limit=1")
    assert filled.status_code == 200, "that a number is there is no secret"


@pytest.mark.parametrize(("name", "field_name"), HIDDEN)
def test_a_hidden_value_leaves_masked_in_whichever_column_is_chosen(
    name: str, field_name: str, world: World, browser: Callable[[str], Browser]
):
    field, reader = TABLES[name].__fields__[field_name], browser("t_own")
    row, value = made(world, name, field)
    masked = sealing.masked_form(field, field.read(value))
    asked = f"q={row.mark}" if row.field is not None and row.field.search else ""
    seen = reader.get(f"/{name}/export?seen=1&cols={field_name}&{asked}").get_data()
    everything = reader.get(f"/{name}/export?{asked}").get_data()
    cells = [
        str(cell)
        for book in (seen, everything)
        for line in load_workbook(io.BytesIO(book)).worksheets[0].iter_rows(values_only=True)
        for cell in line
    ]
    assert value not in " ".join(cells)
    assert sum(masked in cell for cell in cells) >= 2
    for address in (
        f"/{name}/list/?cols={field_name}&{asked}",
        f"/api/v1/{name}/?fields={field_name}&{asked}",
        f"/api/v1/{name}/{row.id}?fields={field_name}",
        f"/{name}/show/{row.id}",
        f"/{name}/show/{row.id}?fragment=1",
        f"/{name}/dossier/{row.id}",
        f"/{name}/edit/{row.id}",
    ):
        assert value not in text_of(reader.get(address)), address


def test_every_column_has_a_grade():
    for name, table in TABLES.items():
        assert not [
            str(each) for each in findings_of(table) if each.id in ("F09", "F10", "F11", "F12", "F13", "F14", "T11")
        ], name


@pytest.mark.parametrize(
    ("problem", "change"),
    [
        ("F09", {"grade": None}), ("F09", {"grade": "secret"}), ("F10", {"masked_when": ("name", ("x",))}),
        ("F11", {"grade": Grade.SENSITIVE, "kind": "choice"}), ("F12", {"grade": Grade.SENSITIVE, "default": "x"}),
        ("F13", {"grade": Grade.PUBLIC, "kind": "phone"}),
    ],
)  # fmt: skip
def test_a_declaration_that_would_leak_stops_the_house(
    problem: str, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    field = TABLES["subject"].__fields__["contact_name"]
    for name, value in change.items():
        monkeypatch.setattr(field, name, value)
    assert problem in {each.id for each in findings_of(TABLES["subject"])}
