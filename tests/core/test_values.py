"""Values in and out: what people write in cells and forms, and what is shown of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.core.choices import Choice
from app.core.errors import BadValue
from app.core.fields import boolean, choices, code, day, integer, moment, money, percent, text
from app.core.fields.write import masked
from app.core.ids import uuid7, uuid7_series
from app.core.messages import N_


class Way(Choice):
    DRAW = "double_random", N_("“双随机、一公开”监管"), "01"
    KEY = "key", N_("重点监管"), "02"


LABEL = N_("字段")


@pytest.mark.parametrize(
    "written",
    ["2024-01-05", "2024.1.5", "2024/1/5", "2024年1月5日", "2024 年 1 月 5 日", "20240105", "２０２４－０１－０５", 20240105,
     45296, 45296.0, date(2024, 1, 5), datetime(2024, 1, 5, 9, tzinfo=clock.ZONE), "2024-01-05 00:00:00", " 2024-01-05 "],
)  # fmt: skip
def test_days_as_clerks_write_them(written: Any) -> None:
    assert day(LABEL).read(written) == date(2024, 1, 5)


@pytest.mark.parametrize("written", ["2024-02-30", "abc", "2024-13-01", "昨天", 7, 1e18, "2024-01-05x", "99999999"])
def test_days_that_are_none(written: Any) -> None:
    with pytest.raises(BadValue) as refused:
        day(LABEL).read(written)
    assert str(refused.value.message)


def test_moments_are_in_beijing_unless_they_say_otherwise() -> None:
    assert moment(LABEL).read("2024-01-05 09:30") == datetime(2024, 1, 5, 9, 30, tzinfo=clock.ZONE)
    assert moment(LABEL).read("2024-01-05T01:30:00Z") == datetime(2024, 1, 5, 9, 30, tzinfo=clock.ZONE)
    assert moment(LABEL).read("2024-01-05") == datetime(2024, 1, 5, tzinfo=clock.ZONE)


@pytest.mark.parametrize(("written", "meant"), [("是", True), ("否", False), ("有", True), ("√", True), (1, True), ("Y", True),
                                                ("0", False), (False, False), ("", None), (None, None)])  # fmt: skip
def test_yes_and_no(written: Any, meant: bool | None) -> None:
    assert boolean(LABEL).read(written) is meant


@pytest.mark.parametrize("number", [916101310123456789, 9.16101310123456e17, 1e15, float("inf"), float("nan")])
@pytest.mark.parametrize("field", [code(LABEL), text(LABEL)])
def test_a_long_number_has_lost_its_end(field: Any, number: float) -> None:
    with pytest.raises(BadValue):
        field.read(number)


def test_codes_are_plain_upper_case_without_blanks() -> None:
    assert code(LABEL).read(" ９１610131ma6tx0wx5a ") == "91610131MA6TX0WX5A"
    assert code(LABEL).read(61131000101001) == "61131000101001"
    assert code(LABEL).read("００7") == "007"


def test_a_label_that_holds_a_separator_is_one_entry() -> None:
    field = choices(LABEL, Way)
    assert field.read("重点监管；“双随机、一公开”监管") == ["double_random", "key"]
    assert field.read("重点监管、02") == ["key"]
    assert field.read(field.show(["double_random", "key"])) == ["double_random", "key"]
    with pytest.raises(BadValue):
        field.read("重点监管；没有的")


def test_amounts_and_percentages() -> None:
    assert money(LABEL).read("￥1,234.5 元") == Decimal("1234.50")
    assert percent(LABEL).read("5%") == 5
    assert integer(LABEL).read("12.0") == 12
    for bad in ("1.5", "9999999999", "一"):
        with pytest.raises(BadValue):
            integer(LABEL).read(bad)


def test_text_is_cut_nowhere() -> None:
    with pytest.raises(BadValue) as refused:
        text(LABEL, 5).read("六个字的文本")
    assert "5" in str(refused.value.message) and "6" in str(refused.value.message)


@given(st.dates(min_value=date(1900, 3, 1), max_value=date(2999, 12, 31)))
def test_days_read_back(value: date) -> None:
    assert day(LABEL).read(day(LABEL).show(value)) == value


@given(st.datetimes(min_value=datetime.fromisoformat("1992-01-01"), max_value=datetime.fromisoformat("2999-01-01")))
def test_moments_read_back(value: datetime) -> None:
    aware = value.replace(microsecond=0, tzinfo=clock.ZONE)
    if aware.utcoffset() == timedelta(hours=8):
        assert moment(LABEL).read(moment(LABEL).show(aware)) == aware


@given(st.text())
def test_any_text_is_read_or_refused_and_reads_back(value: str) -> None:
    field = text(LABEL, 200)
    try:
        read = field.read(value)
    except BadValue:
        return
    assert read is None or field.read(field.show(read)) == read


@given(st.text(max_size=40))
def test_a_mask_shows_little(value: str) -> None:
    shown = masked(value)
    assert len(shown) <= max(len(value), 2)
    assert not value or "*" in shown


def test_identifiers_rise() -> None:
    series = uuid7_series()
    ids = [next(series) for _ in range(1000)]
    assert ids == sorted(ids) and len(set(ids)) == 1000
    assert {each.version for each in ids} == {7} and uuid7().version == 7
