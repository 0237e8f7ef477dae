"""Generated values go out and come in again unchanged: for every table, whatever its free texts and numbers hold."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.core.errors import BadValue
from app.core.fields import Field
from app.core.query import Criteria
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.transfer import sighting
from app.transfer.export import Export
from app.transfer.reader import open_book
from tests.every_table.tables import NAMES
from tests.every_table.world import World

#: Texts that are likelier to trip over something than any.
TELLING = st.text(st.sampled_from("=+-@ '\"\\_x000DN,;；、|\n\t#甲乙（）𠮷é1200-"), min_size=1, max_size=12)
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
ROWS = 4


def texts(table: type[Table]) -> list[Field]:
    """Fields that hold any text and that no rule or other field depends on."""
    apart = {*table.__key__, *(name for each in table.__duplicates__ for name in each.fields)}
    apart |= {str(each.match) for each in table.__fields__.values() if each.match}
    return [
        field
        for field in table.__fields__.values()
        if field.kind in ("text", "long_text") and field.is_input and not field.is_secret and not field.unique
        and not field.checks and field.name not in apart and not field.only_when
    ]  # fmt: skip


def kept(field: Field, value: str) -> str | None:
    """The text as a form would have stored it."""
    try:
        read = field.read(value[: field.length])
    except BadValue:
        return None
    # A sheet knows one line end, and no sign that nobody sees.
    return read if read is not None and "\r" not in read and read.replace("\n", "").isprintable() else None


@pytest.mark.parametrize("name", [name for name in NAMES if TABLES[name].__key__ and texts(TABLES[name])])
def test_generated_values_come_back_unchanged(name: str, world: World, tmp_path: Any) -> None:
    table, fields = TABLES[name], texts(TABLES[name])
    keys = [world.row(name).id, *(world.another(name).id for _ in range(ROWS - 1))]

    @settings(
        max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate], database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(st.lists(TELLING | ANY, min_size=len(fields), max_size=len(fields)), min_size=ROWS, max_size=ROWS))
    def one(given_texts: list[list[str]]) -> None:
        with world.session("own") as session:
            with looking_as(session, THE_SYSTEM):
                for key, values in zip(keys, given_texts, strict=True):
                    told = {f.name: v for f, value in zip(fields, values, strict=True) if (v := kept(f, value))}
                    if told:
                        session.execute(sa.update(table.__table__).where(table.__table__.c.id == key).values(told))
            for as_csv in (False, True):
                export = Export(table, Criteria(), as_csv=as_csv, keys=keys)
                stream = io.BytesIO()
                export.prepared(must_have(session)).write(session, stream.write)
                path = tmp_path / f"rows.{export.suffix}"
                path.write_bytes(stream.getvalue())
                with open_book(path) as book:
                    seen = sighting.look(table, book)
                    stager = sighting.stage(session, table, book, seen, seen.match.fields)
                counts = stager.counts
                wrong = session.execute(
                    sa.text(f"SELECT row_no, problems FROM {stager.staging.full_name} WHERE state <> 'unchanged'")
                ).all()
                assert (counts.unchanged, counts.insert, counts.update, counts.error) == (ROWS, 0, 0, 0), wrong

    one()
