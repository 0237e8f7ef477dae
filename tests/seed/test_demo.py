"""What the demo promises, seen without a database."""

from collections import Counter, defaultdict
from datetime import datetime
from functools import cache

import pytest

from app.core import checks, clock
from app.core.roles import Role
from app.domains.catalogue.choices import SubjectKind
from seed import demo
from seed.base import regions, workdays
from seed.demo import accounts, matters, offices, timing

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=clock.ZONE)
DAYS = {"inspection": "checked_on", "penalty": "decided_on", "coercion": "started_on", "other_action": "started_on"}


@cache
def made():
    """The rows of each table, with the moment at which each is brought in."""
    found = defaultdict(list)
    for upload in demo.uploads(NOW):
        found[upload.table] += [(row, upload.at) for row in upload.rows]
    return dict(found)


def rows(table):
    return [row for row, _ in made()[table]]


def test_the_same_moment_makes_the_same_data():
    assert list(demo.uploads(NOW)) == list(demo.uploads(NOW))


@pytest.mark.parametrize(
    ("table", "count"),
    [
        ("department", 21),
        ("supervision_item", 300),
        ("supervision_sub_item", 900),
        ("subject", 3000),
        ("inspector", 400),
        ("inspection", 8400),
        ("penalty", 1800),
        ("coercion", 600),
        ("other_action", 1200),
        ("abnormal_listing", 60),
        ("account", 15),
    ],
)
def test_counts_are_as_promised(table, count):
    assert len(rows(table)) == count


def test_there_are_dozens_of_serious_listings():
    assert len(rows("serious_listing")) >= 20


def test_subjects_are_of_every_kind():
    assert {row["kind"] for row in rows("subject")} == {kind.value for kind in SubjectKind}


def test_numbers_are_right_and_given_once():
    numbers = [row["id_no"] for row in rows("subject")]
    assert len(numbers) == len(set(numbers))
    for row in rows("subject"):
        if row["id_type"] == "uscc":
            assert checks.credit_code(row["id_no"]) is None
        if row["id_type"] == "citizen_id":
            assert checks.citizen_number(row["id_no"], today=NOW.date()) is None
    persons = [row["id_no"] for row in rows("inspector")]
    assert len(persons) == len(set(persons))
    assert all(checks.citizen_number(number, today=NOW.date()) is None for number in persons)
    assert all(checks.credit_code(row["uscc"]) is None for row in rows("department") if row["uscc"])


def test_numbers_belong_to_nobody():
    citizens = [row["id_no"] for row in rows("inspector")]
    citizens += [row["id_no"] for row in rows("subject") if row["id_type"] == "citizen_id"]
    assert all(int(number[14:17]) >= 996 for number in citizens)
    firms = [row["id_no"] for row in rows("subject") if row["id_type"] == "uscc"]
    assert [number for number in firms if number[8:12] != "MAXD"] == ["91610131MA6TX0WX5A"]


def test_item_codes_have_fourteen_digits_and_name_line_and_measure():
    for row in rows("supervision_sub_item"):
        assert checks.item_code(row["sub_code"]) is None
        assert row["sub_code"][9:11] == matters.MEASURES[row["measure_type"]]
        assert row["status"] == "published"
    for row in rows("implementation_list"):
        assert checks.list_code(row["list_code"]) is None


def test_the_samples_of_the_templates_are_in_the_demo():
    assert {"61131000101001", "61131000102001", "61131000103001", "61131000109001"} <= {
        row["sub_code"] for row in rows("supervision_sub_item")
    }
    assert "11610113016000001J46113100010100101" in {row["list_code"] for row in rows("implementation_list")}
    assert {"27010113001", "27010113002"} <= {row["cert_no"] for row in rows("inspector")}
    assert "91610131MA6TX0WX5A" in {row["id_no"] for row in rows("subject")}


def test_superiors_come_before_those_below_them():
    known = {None}
    for upload in demo.uploads(NOW):
        if upload.table == "department":
            assert all(row["parent"] in known for row in upload.rows)
            known |= {row["name"] for row in upload.rows}


def test_every_acting_department_has_six_fit_inspectors():
    fit = Counter(
        row["department"]
        for row in rows("inspector")
        if row["state"] == "valid" and row["cert_valid_until"] > NOW.date()
    )
    assert all(fit[office.name] >= 6 for office in offices.ACTING)
    assert any(row["cert_valid_until"] < NOW.date() for row in rows("inspector"))


def test_inspections_have_two_inspectors_of_their_own_department():
    owner = {row["cert_no"]: row["department"] for row in rows("inspector")}
    for row in rows("inspection"):
        assert len(set(row["inspectors"])) >= 2
        assert {owner[number] for number in row["inspectors"]} == {row["department"]}


def test_actions_lie_in_the_last_eleven_months_and_come_in_afterwards():
    for table, field in DAYS.items():
        for row, moment in made()[table]:
            assert 0 <= (NOW.date() - row[field]).days <= 335
            assert row[field] <= moment.date()
            assert moment <= NOW


@pytest.mark.parametrize("table", DAYS)
def test_eight_in_a_hundred_come_too_late(table):
    calendar = workdays.calendar()
    late = [moment.date() > calendar.add_working_days(row[DAYS[table]], 5) for row, moment in made()[table]]
    assert 0.07 <= sum(late) / len(late) <= 0.09


@pytest.mark.parametrize("now", ["2027-01-04T00:05", "2026-02-24T09:00", "2026-10-05T12:00", "2028-06-01T23:59"])
def test_the_demo_can_end_on_any_day(now):
    moment = datetime.fromisoformat(now).replace(tzinfo=clock.ZONE)
    made_then = list(demo.uploads(moment))
    assert sum(len(each.rows) for each in made_then if each.table in DAYS) == 12_000
    assert all(each.at is None or each.at <= moment for each in made_then)


def test_uploads_of_a_table_are_in_the_order_of_time():
    moments = [upload.at for upload in demo.uploads(NOW) if upload.table == "inspection"]
    assert moments == sorted(moments)
    assert len(moments) == len(timing.times(workdays.calendar(), NOW).uploads)


def test_most_penalties_name_an_inspection_that_was_made_before():
    made_on = {row["action_no"]: row["checked_on"] for row in rows("inspection")}
    linked = [row for row in rows("penalty") if row["inspection_no"]]
    assert len(linked) / 1800 > 0.7
    assert all(made_on[row["inspection_no"]] <= row["decided_on"] for row in linked)


def test_persons_have_telephones_that_nobody_answers():
    for table in ("subject", "inspector", "department"):
        for row in rows(table):
            number = row.get("phone") or row.get("contact_phone")
            assert number.split("-")[1].startswith("0")


def test_demo_users_have_a_post_in_a_department_that_exists():
    departments = {row["name"] for row in rows("department")}
    assert {user.department for user in accounts.USERS} <= departments
    assert {user.role for user in accounts.USERS} >= {*Role}


def test_the_demo_password_is_long_and_mixed():
    word = accounts.PASSWORD
    classes = [str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum()]
    assert len(word) >= 10
    assert sum(any(kind(sign) for sign in word) for kind in classes) >= 3


def test_no_demo_row_names_an_unknown_region():
    known = set(regions.names())
    for table in ("department", "subject", "inspector", *DAYS):
        assert {row["region"] for row in rows(table)} <= known
