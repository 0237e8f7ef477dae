"""Checks of one value against made-up numbers whose check digits were computed elsewhere (domain.md §10)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from app.core import checks
from app.core.messages import N_

CREDIT_CODES = (
    "91610131MA6TX0WX5A",
    "92610104MA6UWX1Q78",
    "93623021MA72ABCD3U",
    "91623001MA71X00Y1B",
    "11610000016000001J",
    "126100004352000010",
    "52610000MJT123456U",
    "51620000K12345678B",
    "91110000600037341L",
    # Letters in the first two places, which python-stdnum's validate() refuses.
    "N2620121MA6TX0WX5E",
    "Y1620121MA6TX0WX59",
    "A1110000MA6TX0WX5M",
)
CITIZEN_NUMBERS = ("610104198802150010", "623021199001010026", "320102198512310037", "110101199003070134")
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
TODAY = date(2026, 9, 18)


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_a_right_credit_code_is_accepted(code):
    assert checks.credit_code(code) is None


@pytest.mark.parametrize(
    "code",
    [
        "911100001000039423",  # wrong check digit
        "91610131MA6TX0WX5B",
        "91610131MA6TX0WX5",  # 17 places
        "91610131MA6TX0WX5AA",
        "91610131ma6tx0wx5a",  # the engine turns it into capitals first
        "9161013IMA6TX0WX5A",  # a letter among the digits of the region
        "91610131MA6TX0WX5O",  # O is not in the alphabet
        "91610131MA6TX0WX5\n",
        "",
    ],
)
def test_a_wrong_credit_code_is_refused(code):
    assert checks.credit_code(code) is not None


@pytest.mark.parametrize("code", CREDIT_CODES)
@given(place=st.integers(0, 17), letter=st.sampled_from(ALPHABET))
def test_one_wrong_place_is_always_noticed(code, place, letter):
    changed = code[:place] + letter + code[place + 1 :]
    assert (checks.credit_code(changed) is None) == (changed == code)


@given(st.text(ALPHABET, min_size=2, max_size=2), st.text("0123456789", min_size=6, max_size=6), st.data())
def test_every_code_with_its_check_digit_is_accepted(head, region, data):
    body = head + region + data.draw(st.text(ALPHABET, min_size=9, max_size=9))
    assert checks.credit_code(body + uscc.calc_check_digit(body)) is None


@given(st.text(max_size=70))
def test_no_text_breaks_a_check(text):
    for check in (
        checks.credit_code,
        checks.citizen_number,
        checks.item_code,
        checks.list_code,
        checks.region_code,
        checks.phone_number,
    ):
        check(text)


@pytest.mark.parametrize("number", CITIZEN_NUMBERS)
def test_a_right_citizen_number_is_accepted(number):
    assert checks.citizen_number(number) is None


def citizen(birth: str) -> str:
    body = f"610104{birth}001"
    return body + ric.calc_check_digit(body + "0")


@pytest.mark.parametrize(
    "number",
    [
        "610104198802150011",  # wrong check digit
        "61010419880215001",
        "6101041988021500100",
        "61010419880215001A",
        "610104198802150010 ",
        citizen("19880230"),  # no such day
        citizen("19881301"),
        citizen("18491231"),  # nobody alive
        "",
    ],
)
def test_a_wrong_citizen_number_is_refused(number):
    assert checks.citizen_number(number, today=TODAY) is not None


def test_a_birth_date_may_be_today_but_not_tomorrow():
    assert checks.citizen_number(citizen("20260918"), today=TODAY) is None
    assert checks.citizen_number(citizen("20260919"), today=TODAY) is not None
    assert checks.citizen_number(citizen("20240229"), today=TODAY) is None
    assert checks.citizen_number(citizen("20230229"), today=TODAY) is not None


def test_the_clock_is_asked_when_no_day_is_given():
    assert checks.citizen_number(citizen("29990101")) is not None


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999))
def test_every_number_with_its_check_digit_is_accepted(born, serial):
    body = f"623021{born:%Y%m%d}{serial:03d}"
    assert checks.citizen_number(body + ric.calc_check_digit(body + "0"), today=TODAY) is None


@pytest.mark.parametrize(("code", "is_right"), [
    ("61131000101001", True), ("00000000000000", True), ("6113100010100", False), ("611310001010011", False),
    ("6113100010100A", False), ("６１１３１０００１０１００１", False), ("", False),
])  # fmt: skip
def test_item_codes_have_14_digits(code, is_right):
    assert (checks.item_code(code) is None) == is_right


@pytest.mark.parametrize(("code", "is_right"), [
    ("91610131MA6TX0WX5A4", True),
    ("91610131MA6TX0WX5A1", True),
    ("91610131MA6TX0WX5A5", True),
    ("91610131MA6TX0WX5A0", False),
    ("91610131MA6TX0WX5A6", False),
    ("91610131MA6TX0WX5A", False),  # no level
    ("91610131MA6TX0WX5B4", False),  # wrong check digit of the department
    ("11610000016000001J2" + "6" * 45, True),  # 64 places
    ("11610000016000001J2" + "6" * 46, False),
    ("", False),
])  # fmt: skip
def test_list_codes_begin_with_department_and_level(code, is_right):
    assert (checks.list_code(code) is None) == is_right


@pytest.mark.parametrize(("code", "is_right"), [
    ("610113", True), ("610113001", True), ("61011", False), ("6101130", False), ("61011300", False),
    ("010113", False), ("61O113", False), ("6101130010", False),
])  # fmt: skip
def test_region_codes_have_6_or_9_digits(code, is_right):
    assert (checks.region_code(code) is None) == is_right


@pytest.mark.parametrize(("number", "is_right"), [
    ("13800000000", True), ("029-88888888", True), ("(029)88888888", True), ("（029）88888888", True),
    ("029-88888888-801", True),
    ("029-88888888转801", True), ("+8613800000000", True), ("12345678", True), ("400-000-0000", True),
    ("12345", False), ("不详", False), ("1380000000A", False), ("", False),
])  # fmt: skip
def test_phone_numbers_are_read_leniently(number, is_right):
    assert (checks.phone_number(number) is None) == is_right


def test_made_checks_say_what_they_were_told():
    message = N_("样式不对")
    check = checks.pattern(r"[A-T][0-9]{0,4}", message)
    assert check("H6210") is None
    assert check("H62100") == message
    assert checks.digits(3)("123") is None
    assert checks.digits(3)("1234") is not None
    assert checks.max_length(3)("三个字") is None
    assert str(checks.max_length(3)("四个字了")) == "不能超过 3 个字，现有 4 个字"
    assert checks.not_negative(Decimal("0")) is None
    assert checks.not_negative(Decimal("-0.01")) is not None
    assert checks.between(2000, 2100)(2000) is None
    assert checks.between(2000, 2100)(2100) is None
    assert checks.between(2000, 2100)(1999) is not None
    assert checks.between(2000, 2100)(2101) is not None
