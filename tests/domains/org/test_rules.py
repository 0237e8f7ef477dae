"""Rules of the organisation: each with cases that pass, that fail and that stand on the edge."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.messages import N_
from app.core.rules import Limit
from app.domains.org import rules
from tests.domains.given import context, row

CTX = context()
DAY = date(2026, 9, 18)
YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)


@pytest.mark.parametrize(("start", "end", "is_inside"), [
    (None, None, True), (DAY, None, True), (TOMORROW, None, False), (None, DAY, True), (None, YESTERDAY, False),
    (DAY, DAY, True), (YESTERDAY, TOMORROW, True),
])  # fmt: skip
def test_both_ends_belong_to_a_validity(start, end, is_inside):
    assert rules.is_in_force(DAY, start, end) is is_inside


@pytest.mark.parametrize(("start", "end", "is_right"), [
    (DAY, DAY, True), (DAY, TOMORROW, True), (DAY, YESTERDAY, False), (None, DAY, True), (DAY, None, True),
])  # fmt: skip
def test_o01_validity(start, end, is_right):
    found = rules.validity_ends_after_it_starts(row(valid_from=start, valid_to=end), CTX)
    assert (found is None) is is_right


@pytest.mark.parametrize(("level", "code", "is_right"), [
    ("province", "610000", True), ("province", "610100", False), ("city", "610100", True), ("city", "610113", False),
    ("county", "610113", True), ("county", "441900", True), ("county", "610113001", False),
    ("town", "610113001", True), ("town", "610113", False), ("national", "100000", True),
])  # fmt: skip
def test_o02_code_and_level(level, code, is_right):
    assert (rules.code_fits_the_level(row(level=level, code=code), CTX) is None) is is_right


@pytest.mark.parametrize(("level", "code", "above", "above_code", "is_right"), [
    ("city", "610100", "province", "610000", True),
    ("city", "620100", "province", "610000", False),
    ("county", "610113", "city", "610100", True),
    ("county", "610213", "city", "610100", False),
    ("county", "110101", "province", "110000", True),  # a municipality has no cities
    ("town", "610113001", "county", "610113", True),
    ("town", "610114001", "county", "610113", False),
    ("county", "610113", "county", "610113", False),
    ("city", "610100", "county", "610113", False),
    ("province", "610000", "national", "100000", True),
])  # fmt: skip
def test_o03_code_and_parent(level, code, above, above_code, is_right):
    parent = row(level=above, code=above_code)
    assert (rules.code_lies_within_the_parent(row(level=level, code=code, parent=parent), CTX) is None) is is_right


def test_o03_a_division_may_have_none_above():
    assert rules.code_lies_within_the_parent(row(level="province", code="610000", parent=None), CTX) is None


@pytest.mark.parametrize(("name", "level", "above", "above_level", "is_right"), [
    ("区局", "county", "市局", "city", True),
    ("直属分局", "city", "市局", "city", True),
    ("市局", "city", "市局", "city", False),
    ("市局", "city", "区局", "county", False),
])  # fmt: skip
def test_o04_superior(name, level, above, above_level, is_right):
    below = row(name=name, level=level, parent=row(name=above, level=above_level))
    assert (rules.department_stands_below_another(below, CTX) is None) is is_right


def test_o04_the_highest_has_no_superior():
    assert rules.department_stands_below_another(row(name="省局", level="province", parent=None), CTX) is None


@pytest.mark.parametrize(("end", "is_right"), [(None, True), (TOMORROW, True), (DAY, False), (YESTERDAY, False)])
def test_o05_a_limit_is_in_force_for_a_day_at_least(end, is_right):
    found = rules.policy_ends_after_it_starts(row(effective_from=DAY, effective_to=end), CTX)
    assert (found is None) is is_right


@pytest.mark.parametrize(("unit", "days", "month_day", "is_right"), [
    ("working_day", 5, None, True), ("working_day", 0, None, True), ("working_day", None, None, False),
    ("working_day", None, "04-30", False), ("yearly_date", None, "04-30", True), ("yearly_date", 30, None, False),
    ("yuan", 200, None, True),
])  # fmt: skip
def test_o06_number_or_date(unit, days, month_day, is_right):
    found = rules.limit_has_a_number_or_a_date(row(unit=unit, days=days, month_day=month_day), CTX)
    assert (found is None) is is_right


def test_a_limit_is_the_statutes_where_an_office_keeps_none():
    assert rules.limit_on(CTX, "collect", DAY) == 5
    assert rules.limit_on(context(collect=7), "collect", DAY) == 7


def test_a_limit_is_that_of_the_day_or_none():
    rows = (Limit(3, DAY), Limit(9, None, YESTERDAY))
    assert rules.limit_on(context(collect=rows), "collect", DAY) == 3
    assert rules.limit_on(context(collect=rows), "collect", YESTERDAY) is None
    assert rules.limit_on(context(collect=rows), "collect", YESTERDAY - timedelta(days=1)) == 9


def test_moments_are_counted_in_legal_time():
    assert rules.legal_day(datetime(2026, 9, 17, 16, 0, tzinfo=UTC), CTX) == DAY
    assert rules.legal_day(datetime(2026, 9, 17, 15, 59, tzinfo=UTC), CTX) == YESTERDAY
    assert rules.legal_day(datetime(2026, 9, 17, 23, 0), CTX) == YESTERDAY


@given(st.lists(st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=5))
def test_days_are_in_order_exactly_when_sorted(days):
    known = [day for day in days if day is not None]
    found = rules.out_of_order([(N_(f"第{n}步"), day) for n, day in enumerate(days)])
    assert (found is None) == (known == sorted(known))


def test_the_message_names_both_days():
    found = rules.out_of_order([(N_("立案"), DAY), (N_("审核"), None), (N_("决定"), YESTERDAY)])
    assert str(found) == "决定（2026-09-17）早于立案（2026-09-18）"
