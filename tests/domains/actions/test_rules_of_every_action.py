"""Rules that hold for every kind of action, and the clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.rules import Limit, Severity
from app.domains.actions import rules
from app.domains.actions.choices import CaseSource
from app.domains.catalogue.choices import MeasureType
from app.domains.subjects.choices import IdType
from tests.domains.given import CITIZEN, FIRM, IDENTITY, TODAY, changed, context, moment, row

CTX = context()
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
ITEM = row(
    id=1,
    sub_code="61131000101001",
    sub_name="对保健食品经营者的行政检查",
    status="published",
    edition=1,
    department_id=7,
    measure_type="inspection",
    valid_from=date(2020, 1, 1),
    valid_to=None,
)
ACTION = row(
    id=IDENTITY,
    produced_on=TODAY,
    department=row(id=7),
    sub_item=ITEM,
    region=row(code="610113", valid_from=None, valid_to=None),
    party_nature="legal_person",
    party_id_type="uscc",
    party_id_no=FIRM,
    party_name="示例公司",
    subject_name=None,
    subject=row(id=1),
    inspection_no="JC1",
    inspection=row(id=1),
    started_on=TODAY,
    ended_on=None,
    accepted_at=None,
    record_uid=None,
    action_no=None,
    name=None,
)
RULES = (
    rules.sub_item_is_in_force,
    rules.sub_item_allows(MeasureType.INSPECTION),
    rules.party_number_is_right,
    rules.party_number_can_be_reported,
    rules.region_exists,
    rules.comes_from_an_inspection,
    rules.subject_is_in_the_library,
    rules.has_a_day,
    rules.ends_after_it_starts,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_right_action_breaks_no_rule(rule):
    assert rule(ACTION, CTX) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule_codes_fit_their_column(rule):
    assert len(rule.code) <= 8
    assert rule.text.startswith(rule.code.rstrip("W"))


@pytest.mark.parametrize(
    "rule", [rules.sub_item_is_in_force, rules.sub_item_allows(MeasureType.INSPECTION), rules.region_exists]
)
def test_what_is_missing_is_left_to_the_engine(rule):
    assert rule(changed(ACTION, sub_item=None, region=None), CTX) is None


def test_r01_asks_for_the_department_that_acts():
    found = rules.sub_item_is_in_force(changed(ACTION, department=row(id=8)), CTX)
    assert found is not None
    assert "认领" in str(found)
    assert rules.sub_item_is_in_force(changed(ACTION, department=None), CTX) is None


@pytest.mark.parametrize(("start", "end", "is_right"), [
    (TODAY, TODAY, True), (TOMORROW, None, False), (None, YESTERDAY, False), (None, None, True),
    (YESTERDAY, TOMORROW, True),
])  # fmt: skip
def test_r01_on_the_day_of_the_action(start, end, is_right):
    found = rules.sub_item_is_in_force(changed(ACTION, sub_item=changed(ITEM, valid_from=start, valid_to=end)), CTX)
    assert (found is None) is is_right


def test_r01_holds_the_item_against_the_day_of_the_action_not_today():
    old = changed(ACTION, produced_on=date(2019, 12, 31))
    assert rules.sub_item_is_in_force(old, CTX) is not None
    assert rules.sub_item_is_in_force(changed(old, produced_on=date(2020, 1, 1)), CTX) is None
    assert rules.sub_item_is_in_force(changed(old, produced_on=None), CTX) is None


@pytest.mark.parametrize("kind", list(MeasureType))
@pytest.mark.parametrize("found", list(MeasureType))
def test_r02_the_item_is_of_the_kind_of_the_table(kind, found):
    action = changed(ACTION, sub_item=changed(ITEM, measure_type=found.value))
    assert (rules.sub_item_allows(kind)(action, CTX) is None) is (kind == found)


def party(nature, id_type, number):
    return changed(ACTION, party_nature=nature, party_id_type=id_type, party_id_no=number)


@pytest.mark.parametrize(("nature", "id_type", "number", "is_right", "can_be_reported"), [
    ("legal_person", "uscc", FIRM, True, True),
    ("legal_person", "uscc", "91610131MA6TX0WX5B", False, True),
    ("legal_person", "citizen_id", CITIZEN, False, False),
    ("legal_person", "passport", "E1", False, False),
    ("legal_person", "reg_no", "610100100012345", True, False),
    ("legal_person", "other_org_cert", FIRM, True, False),
    ("citizen", "citizen_id", CITIZEN, True, True),
    ("citizen", "temp_citizen_id", CITIZEN, True, True),
    ("citizen", "citizen_id", "610104198802150011", False, True),
    ("citizen", "uscc", FIRM, False, False),
    ("citizen", "other_org_cert", "1", False, False),
    ("citizen", "passport", "E12345678", True, False),
    ("other_org", "uscc", FIRM, True, True),
    ("other_org", "uscc", "1", False, True),
    ("other_org", "other_org_cert", "A1", True, False),
    ("other_org", "other_org_cert", FIRM, True, True),
    ("other_org", "licence_no", "JY1", True, False),
    ("other_org", "citizen_id", CITIZEN, False, True),
])  # fmt: skip
def test_r04_party(nature, id_type, number, is_right, can_be_reported):
    action = party(nature, id_type, number)
    assert (rules.party_number_is_right(action, CTX) is None) is is_right
    assert (rules.party_number_can_be_reported(action, CTX) is None) is can_be_reported


@pytest.mark.parametrize("id_type", list(IdType))
@pytest.mark.parametrize("nature", ["citizen", "legal_person", "other_org"])
def test_r04_answers_for_every_nature_and_document(nature, id_type):
    for rule in (rules.party_number_is_right, rules.party_number_can_be_reported):
        message = rule(party(nature, id_type.value, "X1"), CTX)
        assert message is None or str(message)


def test_r04_severities():
    assert rules.party_number_is_right.severity is Severity.ERROR
    assert rules.party_number_can_be_reported.severity is Severity.WARNING


@pytest.mark.parametrize(("start", "end", "is_right"), [
    (None, None, True), (TODAY, None, True), (TOMORROW, None, False), (None, TODAY, True), (None, YESTERDAY, False),
])  # fmt: skip
def test_r05_region(start, end, is_right):
    region = row(code="610113", valid_from=start, valid_to=end)
    assert (rules.region_exists(changed(ACTION, region=region), CTX) is None) is is_right


def test_r14_an_action_comes_from_an_inspection():
    rule = rules.comes_from_an_inspection
    assert rule.severity is Severity.WARNING
    assert "JC1" in str(rule(changed(ACTION, inspection=None), CTX))
    assert rule(changed(ACTION, inspection=None, inspection_no=None), CTX) is not None


@pytest.mark.parametrize("source", [None, *(source.value for source in CaseSource)])
def test_r14_a_penalty_may_come_from_elsewhere(source):
    penalty = row(inspection=None, inspection_no=None, case_source=source)
    found = rules.comes_from_an_inspection(penalty, CTX)
    assert (found is None) is (source not in (None, "inspection"))


def test_r17_the_party_is_a_subject():
    assert rules.subject_is_in_the_library.severity is Severity.WARNING
    assert FIRM in str(rules.subject_is_in_the_library(changed(ACTION, subject=None), CTX))


def test_r18_no_day_no_clock():
    assert rules.has_a_day.severity is Severity.WARNING
    assert rules.has_a_day(changed(ACTION, produced_on=None), CTX) is not None


@pytest.mark.parametrize(("start", "end", "is_right"), [
    (TODAY, TODAY, True), (TODAY, YESTERDAY, False), (TODAY, TOMORROW, True), (None, YESTERDAY, True),
])  # fmt: skip
def test_a01_end(start, end, is_right):
    assert (rules.ends_after_it_starts(changed(ACTION, started_on=start, ended_on=end), CTX) is None) is is_right


# The clock

CLOCK = rules.collected("started_on")


def test_the_clock_stops_at_the_first_acceptance():
    clock = CLOCK(ACTION, CTX)
    assert clock == {"produced_on": TODAY, "accepted_at": CTX.now, "due_on": date(2026, 9, 25), "is_late": False}
    later = context(date(2026, 11, 1))
    assert CLOCK(changed(ACTION, accepted_at=CTX.now), later) == clock


@pytest.mark.parametrize(("accepted", "is_late"), [
    (date(2026, 9, 18), False), (date(2026, 9, 24), False), (date(2026, 9, 25), False), (date(2026, 9, 26), True),
    (date(2026, 12, 1), True),
])  # fmt: skip
def test_late_is_after_the_due_day(accepted, is_late):
    assert CLOCK(ACTION, context(accepted))["is_late"] is is_late


def test_lateness_is_counted_in_legal_time():
    last_moment = datetime(2026, 9, 25, 15, 59, tzinfo=UTC)
    assert CLOCK(changed(ACTION, accepted_at=last_moment), CTX)["is_late"] is False
    assert CLOCK(changed(ACTION, accepted_at=last_moment + timedelta(minutes=1)), CTX)["is_late"] is True


def test_a_corrected_day_moves_the_due_day_only():
    first = CLOCK(ACTION, CTX)
    corrected = CLOCK(changed(ACTION, started_on=date(2026, 9, 1), accepted_at=first["accepted_at"]), CTX)
    assert corrected == {
        "produced_on": date(2026, 9, 1),
        "accepted_at": first["accepted_at"],
        "due_on": date(2026, 9, 8),
        "is_late": True,
    }


def test_an_action_without_a_day_is_not_due():
    clock = CLOCK(changed(ACTION, started_on=None), CTX)
    assert (clock["produced_on"], clock["due_on"], clock["is_late"]) == (None, None, None)


def test_the_office_sets_the_limit_and_before_its_first_row_there_was_none():
    ctx = context(collect=(Limit(3, date(2021, 7, 1)),))
    assert CLOCK(ACTION, ctx)["due_on"] == date(2026, 9, 23)
    before = CLOCK(changed(ACTION, started_on=date(2021, 6, 30)), ctx)
    assert (before["due_on"], before["is_late"]) == (None, None)


@given(st.dates(date(2021, 7, 1), date(2026, 9, 18)), st.integers(0, 60))
def test_late_exactly_when_five_working_days_had_passed_before(day, wait):
    accepted = day + timedelta(days=wait)
    ctx = context(accepted)
    passed = ctx.calendar.working_days_between(day, accepted - timedelta(days=1)) if wait else 0
    assert CLOCK(changed(ACTION, started_on=day), ctx)["is_late"] is (passed >= 5)


# Numbers and names


@pytest.mark.parametrize(("derive", "prefix", "day_field"), [
    (rules.inspection_text, "JC", "checked_on"), (rules.penalty_text, "CF", "decided_on"),
    (rules.coercion_text, "QZ", "started_on"), (rules.other_text, "QT", "started_on"),
])  # fmt: skip
def test_an_action_gets_number_name_and_identity(derive, prefix, day_field):
    action = row(**(vars(ACTION) | {day_field: date(2026, 9, 1)}))
    made = derive(action, CTX)
    assert made["action_no"] == f"{prefix}2026090123456789AB"
    assert made["record_uid"] == str(IDENTITY)
    assert made["name"].startswith("对示例公司")
    assert derive(row(**(vars(action) | {day_field: None})), CTX)["action_no"] == f"{prefix}2026091823456789AB"


def test_what_the_department_gave_is_kept():
    own = row(**(vars(ACTION) | {"checked_on": TODAY, "action_no": "A1", "name": "检查", "record_uid": "U1"}))
    assert rules.inspection_text(own, CTX) == {"action_no": "A1", "name": "检查", "record_uid": "U1"}


@pytest.mark.parametrize(("matter", "name"), [
    ("对保健食品经营者的行政检查", "对示例公司进行保健食品经营者的检查"),
    ("特种设备使用登记", "对示例公司进行特种设备使用登记的检查"),
    ("学校食堂食品安全情况的检查", "对示例公司进行学校食堂食品安全情况的检查"),
    ("广告监督检查", "对示例公司进行广告的检查"),
])  # fmt: skip
def test_the_name_of_an_inspection(matter, name):
    action = row(**(vars(ACTION) | {"checked_on": TODAY, "sub_item": changed(ITEM, sub_name=matter)}))
    assert rules.inspection_text(action, CTX)["name"] == name


def test_a_made_name_fits_its_column():
    action = row(**(vars(ACTION) | {"checked_on": TODAY, "sub_item": changed(ITEM, sub_name="长" * 500)}))
    assert len(rules.inspection_text(action, CTX)["name"]) == 500


def test_moments_come_with_a_zone():
    assert moment(TODAY).tzinfo is not None
