"""Whatever a field reads, its column holds, and gives back the same: no value passes the form to fail in the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.core import clock, secrecy
from app.core.choices import Choice
from app.core.errors import BadValue
from app.core.fields import (
    boolean,
    choice,
    choices,
    citizen_id,
    code,
    day,
    decimal,
    integer,
    long_text,
    moment,
    money,
    percent,
    phone,
    text,
    uscc,
)
from app.core.fields.field import Field
from app.core.messages import N_
from app.core.table.columns import type_of


class Colour(Choice):
    """Two of a kind."""

    RED = "red", N_("红"), "1"
    BLUE = "blue", N_("蓝"), "2"


FIELDS: dict[str, Field] = {
    "text": text(N_("一"), 20),
    "long_text": long_text(N_("二"), 50),
    "code": code(N_("三"), 10),
    "uscc": uscc(N_("四")),
    "citizen_id": citizen_id(N_("五")),
    "phone": phone(N_("六")),
    "choice": choice(N_("七"), Colour),
    "choices": choices(N_("八"), Colour),
    "integer": integer(N_("九")),
    "decimal": decimal(N_("十")),
    "money": money(N_("十一")),
    "percent": percent(N_("十二")),
    "day": day(N_("十三")),
    "moment": moment(N_("十四")),
    "boolean": boolean(N_("十五")),
}
NUMBERS = st.one_of(
    st.decimals(allow_nan=True).map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(repr),
    st.floats(),
    st.sampled_from(
        ["99999.99995", "99999.99994", "99999999999999.99999", "999999999999999.999", "2147483648", "1e14", "5%"]
    ),
)
DAYS = st.one_of(
    st.dates().map(date.isoformat),
    st.datetimes().map(datetime.isoformat),
    st.sampled_from(["0001-01-01", "9999-12-31", "9999-12-31 23:59:59-1200", "0999-12-31", "1927-12-31 23:59:59"]),
    st.sampled_from(
        ["2024-01-01 10:00+99:99", "2024-01-01 24:00", "2024-01-01 10:00:00.5Z", "20240230", "2024-1-1 1:1"]
    ),
    st.integers(-5, 3 * 10**7),
)
ANYTHING = st.one_of(
    st.text(max_size=60), NUMBERS, DAYS, st.booleans(), st.sampled_from(["红", "red；蓝", "1、2", "是", "否"])
)


@pytest.fixture(scope="module")
def connection(app: Flask) -> Iterator[sa.Connection]:
    from app.extensions import db

    with app.app_context(), db.engine.connect() as made:
        yield made


def test_every_kind_of_value_is_tried():
    from app.core.fields.field import Kind

    assert set(FIELDS) == set(Kind.__args__) - {"ref", "many", "flags"}


@pytest.mark.parametrize("kind", FIELDS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=ANYTHING)
@example(value="\x00a\ud800\u202eb")
@example(value="1" * 5000)
def test_what_is_read_can_be_stored_shown_and_read_again(kind: str, value: Any, connection: sa.Connection):
    field = FIELDS[kind]
    try:
        read = field.read(value)
    except BadValue as refused:
        assert str(refused.message)
        str(refused.message).encode()
        return
    if read is None:
        return
    given = secrecy.seal("t", "c", 1, read) if field.is_secret else read
    stored = connection.execute(sa.select(sa.cast(sa.literal(given, type_of(field)), type_of(field)))).scalar_one()
    if field.is_secret:
        assert isinstance(stored, secrecy.Sealed)
        stored = secrecy.reveal(stored, "t", "c", 1)
    assert stored == read
    shown = field.show(stored)
    assert shown
    again = field.read(shown)
    assert again == read if kind != "moment" else abs(again - read).total_seconds() < 1


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("value", ["", "  ", "　", None, [], "\u200b\ufeff"])
def test_blanks_are_no_value(kind: str, value: Any):
    try:
        assert FIELDS[kind].read(value) is None
    except BadValue:
        assert value == "\u200b\ufeff", "only signs that nobody sees may be refused"


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("value", [{}, {"a": 1}, {"id": []}])
def test_objects_are_refused(kind: str, value: Any):
    with pytest.raises(BadValue):
        FIELDS[kind].read(value)


@pytest.mark.parametrize("kind", [kind for kind, field in FIELDS.items() if not field.is_plural])
def test_lists_are_refused_where_one_value_stands(kind: str):
    with pytest.raises(BadValue):
        FIELDS[kind].read(["1"])


def test_moments_of_the_old_local_time_are_kept():
    """Before 1927 Shanghai was not a whole number of seconds from UTC; what is stored is shown again."""
    field = FIELDS["moment"]
    read = field.read("1925-06-01 08:00")
    assert field.show(read) == "1925-06-01 08:00:00"
    assert read.tzinfo is clock.ZONE
