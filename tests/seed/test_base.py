from collections import Counter
from datetime import date

import pytest

from app.core import checks
from app.domains.catalogue.choices import SubjectKind
from app.domains.org.rules import STATUTE
from seed import base
from seed.base import codes, limits, regions, workdays


def test_every_upload_of_the_base_has_rows():
    assert [upload.table for upload in base.uploads()] == [
        *["region"] * 4,
        "work_day",
        "deadline_policy",
        "code_list",
        "code_entry",
        "code_pattern",
    ]
    assert all(upload.rows for upload in base.uploads())


def test_regions_have_right_codes_and_parents_on_an_earlier_level():
    known = {None, ""}
    for number, rows in enumerate(regions.by_level()):
        for row in rows:
            assert checks.region_code(row["code"]) is None
            assert number == 0 or row["parent"] in known, row
        known |= {row["code"] for row in rows}
    everything = [row["code"] for rows in regions.by_level() for row in rows]
    assert len(everything) == len(set(everything)) > 3000


@pytest.mark.parametrize(
    ("code", "name", "level", "parent"),
    [
        ("000000", "全国", "national", None),
        ("610000", "陕西省", "province", "000000"),
        ("610113", "雁塔区", "county", "610100"),
        ("623001", "合作市", "county", "623000"),
        ("110101", "东城区", "county", "110000"),  # a municipality has no cities
        ("441900", "东莞市", "city", "440000"),  # a city without counties
        ("710000", "台湾省", "province", "000000"),
    ],
)
def test_regions_that_packages_write_differently(code, name, level, parent):
    found = {row["code"]: row for rows in regions.by_level() for row in rows}[code]
    assert (found["name"], found["level"], found.get("parent")) == (name, level, parent)


def test_the_demo_counties_are_all_there():
    parents = Counter(row["parent"] for row in regions.by_level()[-1])
    assert (parents["610100"], parents["623000"]) == (13, 8)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 2, 13), date(2026, 2, 27)),
        (date(2026, 2, 14), date(2026, 2, 28)),
        (date(2026, 4, 30), date(2026, 5, 11)),
        (date(2026, 9, 18), date(2026, 9, 24)),
        (date(2026, 9, 30), date(2026, 10, 13)),
        (date(2021, 9, 30), date(2021, 10, 13)),
    ],
)
def test_five_working_days_by_the_announced_calendar(start, end):
    assert workdays.calendar().add_working_days(start, 5) == end


def test_days_after_the_last_announced_year_are_provisional():
    assert {row["is_provisional"] for row in workdays.rows() if row["day"].year > 2026} == {True}
    assert not any(row["is_provisional"] for row in workdays.rows() if row["day"].year <= 2026)
    assert not workdays.calendar().is_workday(date(2027, 10, 1))


def test_every_day_of_the_calendar_has_a_chinese_name():
    assert all(row["name"] and not row["name"].isascii() for row in workdays.rows())


def test_one_limit_is_in_force_at_a_time():
    rows = limits.rows()
    for row in rows:
        same = [other for other in rows if other["code"] == row["code"] and other is not row]
        for other in same:
            first, second = sorted((row, other), key=lambda each: each["effective_from"])
            assert first["effective_to"] <= second["effective_from"]


def test_limits_that_rules_ask_for_agree_with_the_statute():
    rows = {row["code"]: row.get("days") for row in limits.rows()}
    assert {code: rows[code] for code in STATUTE} == STATUTE


def test_the_complaint_rule_of_2026_is_marked_provisional():
    new = [row for row in limits.rows() if row["effective_from"] == date(2026, 4, 15)]
    assert len(new) == 6
    assert all(row["source_mark"].startswith("暂定") for row in new)


def test_code_lists_are_complete():
    counted = Counter(row["code_list"] for row in codes.entries())
    assert set(counted) == set(codes.LISTS)
    assert (counted["GB/T4754"], counted["GB/T3304"], counted["GB/T2261.1"]) == (20, 56, 4)
    assert len(SubjectKind) == 15
