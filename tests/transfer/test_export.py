"""What is exported is what is stored: every table, every kind of value, both forms, both readers, cell by cell."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import pytest
import python_calamine
import sqlalchemy as sa
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from sqlalchemy.orm import Session

from app.core import sealing
from app.core.clock import ZONE
from app.core.errors import Refused
from app.core.query import Criteria
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.transfer.export import Export
from tests.every_table.tables import NAMES
from tests.every_table.values import CITIZEN, fresh, varied
from tests.every_table.world import World
from tests.transfer import by_hand
from tests.transfer.test_writer import NASTY

#: What PostgreSQL can store of them, and more that our own way of writing might trip over.
TEXTS = [text for text in NASTY if "\x00" not in text and text.isprintable() | ("\ud800" not in text)]
TEXTS += ["\\", "\\N", "\\.", "a\\tb", "甲\t乙", "\t", " ", "\n", "'", '"', '"=1"', ",", "a,b", "_x000D_", "_", "_x"]
TEXTS += [
    "\x01=1",
    "'\x02-1",
    "\uffff",
    "a\uffffb",
    "𠮷",
    "&amp;",
    "<row>",
    "]]>",
    "</t></is></c>",
    "@",
    "-",
    "　",
    "\x0b",
]
MOST = 60


def free(table: type[Table]) -> list[str]:
    """Fields that hold any text."""
    unique = {*table.__key__, *(name for each in table.__duplicates__ for name in each.fields)}
    return [
        each.name
        for each in table.__fields__.values()
        if each.kind in ("text", "long_text") and not each.is_secret and not each.unique and each.name not in unique
    ]


def spoil(session: Session, table: type[Table]) -> list[Any]:
    """Texts of the last rows become nasty ones, as no form would let them; nothing of it is committed."""
    names, texts = free(table), itertools.cycle(TEXTS)
    with looking_as(session, THE_SYSTEM):
        keys = session.scalars(sa.select(table.id).order_by(table.id.desc()).limit(MOST)).all()
        for key in keys if names else ():
            told = {name: next(texts)[: table.__fields__[name].length or 99] for name in names}
            session.execute(sa.update(table.__table__).where(table.__table__.c.id == key).values(told))
    return list(keys)


def made(session: Session, export: Export) -> bytes:
    stream = io.BytesIO()
    assert export.prepared(must_have(session)).write(session, stream.write) >= 0
    return stream.getvalue()


def by_openpyxl(content: bytes) -> list[list[Any]]:
    rows = load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(min_row=2)
    return [[_cell(cell.value) for cell in row] for row in rows]


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        return unescape(value)  # as Excel and calamine do it
    return float(value) if isinstance(value, int) else value


def by_calamine(content: bytes) -> list[list[Any]]:
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    return [[None if value == "" else value for value in row] for row in itertools.islice(sheet.iter_rows(), 1, None)]


def by_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]


def same(found: list[list[Any]], expected: Iterable[Iterable[Any]]) -> None:
    for row, right in itertools.zip_longest(found, expected):
        assert list(row) == list(right)


@pytest.mark.parametrize("as_seen", [False, True], ids=["all", "seen"])
@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_every_table(name: str, as_seen: bool, world: World) -> None:
    table = TABLES[name]
    world.row(name)
    with world.session("own") as session:
        keys = spoil(session, table)
        seen = list(reversed(table.__fields__.values())) if as_seen else None
        right = by_hand.values(session, table, keys, seen)
        assert right
        fields = [column.field for column in Export(table, Criteria(), seen).columns]
        content = made(session, Export(table, Criteria(), seen, keys=keys))
        expected = [[by_hand.in_sheet(value) for value in row] for row in right]
        same(by_openpyxl(content), expected)
        same(by_calamine(content), expected)
        text = made(session, Export(table, Criteria(), seen, as_csv=True, keys=keys))
        same(
            by_csv(text), ([by_hand.in_text(f, v, as_seen) for f, v in zip(fields, row, strict=True)] for row in right)
        )


EDGES: dict[str, list[Any]] = {
    "integer": [0, -1, 2147483647, -2147483648],
    "decimal": ["0.0001", "-12.5000", "99999999999.9999", "12345678901234.5678", "100000000000"],
    "money": ["0.00", "-0.01", "9999999999999.99", "9999999999999999.99", "10000000000000.00"],
    "percent": ["0", "100", "99999.9999", "-3.5"],
    "day": [date(1890, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date(1, 1, 1), date(9999, 12, 31)],
    "moment": [
        datetime(2024, 1, 5, 23, 59, 59, 999999, ZONE),
        datetime(1940, 7, 1, 12, 0, 0, 0, ZONE),
        datetime(1890, 7, 1, 12, 0, 1, 0, ZONE),
        datetime(1988, 6, 1, 0, 0, 0, 500, ZONE),
    ],
    "boolean": [True, False],
}


@pytest.mark.parametrize("kind", EDGES)
def test_numbers_days_and_moments_at_the_edges(kind: str, world: World) -> None:
    table, field = next(
        (table, field)
        for table in (TABLES[name] for name in NAMES)
        for field in table.__fields__.values()
        if field.kind == kind and not field.required and not field.is_secret and field.name not in table.__key__
    )
    key = world.row(table.__tablename__).id
    for value in EDGES[kind]:
        with world.session("own") as session:
            with looking_as(session, THE_SYSTEM):
                changed = sa.update(table.__table__).where(table.__table__.c.id == key).values({field.name: value})
                session.execute(changed)
            for seen in (None, [field]):
                right = by_hand.values(session, table, [key], seen)
                content = made(session, Export(table, Criteria(), seen, keys=[key]))
                same(by_openpyxl(content), ([by_hand.in_sheet(each) for each in row] for row in right))
                same(by_calamine(content), ([by_hand.in_sheet(each) for each in row] for row in right))
                text = by_csv(made(session, Export(table, Criteria(), seen, as_csv=True, keys=[key])))
                fields = [column.field for column in Export(table, Criteria(), seen).columns]
                same(text, ([by_hand.in_text(f, v, bool(seen)) for f, v in zip(fields, r, strict=True)] for r in right))


def test_opened_values_are_written_by_the_same_writer(world: World) -> None:
    table = TABLES["inspector"]
    row = world.another("inspector", id_no=next(varied(CITIZEN, fresh())))
    with world.session("own") as session:
        kept = session.get(table, row.id)
        plain = sealing.value_of(kept, table.__fields__["id_no"])
        assert "*" in str(kept.id_no) and "*" not in plain
        for as_csv in (False, True):
            content = made(session, Export(table, Criteria(), as_csv=as_csv, full=True, keys=[row.id]))
            cells = (by_csv if as_csv else by_openpyxl)(content)[0]
            assert plain in cells


def test_a_text_that_no_cell_holds_is_refused_before_anything_leaves_and_names_its_row(world: World) -> None:
    table, row = TABLES["penalty"], world.row("penalty")
    for text, is_long in (("长" * 32_767, False), ("长" * 32_768, True), ("𠮷" * 16_384, True)):
        with world.session("own") as session:
            with looking_as(session, THE_SYSTEM):
                changed = sa.update(table.__table__).where(table.__table__.c.id == row.id).values(illegal_fact=text)
                session.execute(changed)
            title = session.get(table, row.id).title()
            export = Export(table, Criteria(), [table.__fields__["illegal_fact"]], keys=[row.id])
            Export(table, Criteria(), as_csv=True).check(session)
            if not is_long:
                export.check(session)
                assert by_openpyxl(made(session, export)) == [[text]]
                continue
            with pytest.raises(Refused, match="违法事实") as refused:
                export.check(session)
            assert title[:60] in str(refused.value)
            with pytest.raises(Refused, match="第 2 行"):
                made(session, export)
