"""Rules about subjects."""

from datetime import date, timedelta

import pytest

from app.core.rules import Severity
from app.domains.catalogue.choices import SubjectKind
from app.domains.subjects import rules
from app.domains.subjects.choices import IdType
from tests.domains.given import CITIZEN, FIRM, TODAY, changed, context, row

CTX = context()
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
SHOP = row(
    kind="market_entity",
    id_type="uscc",
    id_no=FIRM,
    uscc=FIRM,
    reg_no=None,
    entity_category="enterprise",
    established_on=TODAY,
    started_on=None,
    completed_on=None,
    next_inspection_on=None,
    is_valid=True,
)
PERSON = changed(SHOP, kind="natural_person", id_type="citizen_id", id_no=CITIZEN, uscc=None, entity_category=None)
RULES = (
    rules.number_fits_its_type,
    rules.market_entity_has_a_registration,
    rules.market_entity_has_a_category,
    rules.person_has_a_personal_number,
    rules.credit_code_is_the_number,
    rules.established_before_today,
    rules.works_end_after_they_start,
    rules.equipment_is_inspected_in_time,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
@pytest.mark.parametrize("subject", [SHOP, PERSON], ids=["shop", "person"])
def test_a_right_subject_breaks_no_rule(rule, subject):
    assert rule(subject, CTX) is None


@pytest.mark.parametrize(("id_type", "id_no", "is_right"), [
    ("uscc", FIRM, True), ("uscc", "91610131MA6TX0WX5B", False), ("uscc", CITIZEN, False),
    ("citizen_id", CITIZEN, True), ("citizen_id", "610104198802150011", False), ("temp_citizen_id", CITIZEN, True),
    ("temp_citizen_id", "1", False), ("passport", "E1", True), ("licence_no", "TS1", True), ("reg_no", "1", True),
    (None, "1", True), ("uscc", None, True),
])  # fmt: skip
def test_s01_number(id_type, id_no, is_right):
    assert (rules.number_fits_its_type(changed(SHOP, id_type=id_type, id_no=id_no), CTX) is None) is is_right


@pytest.mark.parametrize(("uscc", "reg_no", "is_right"), [
    (FIRM, None, True), (None, "610100100012345", True), (None, None, False),
])  # fmt: skip
def test_s02_registration(uscc, reg_no, is_right):
    assert (rules.market_entity_has_a_registration(changed(SHOP, uscc=uscc, reg_no=reg_no), CTX) is None) is is_right


@pytest.mark.parametrize("kind", [kind.value for kind in SubjectKind])
def test_s02_s03_hold_for_market_entities_alone(kind):
    bare = changed(SHOP, kind=kind, uscc=None, reg_no=None, entity_category=None)
    is_entity = kind == "market_entity"
    assert (rules.market_entity_has_a_registration(bare, CTX) is not None) is is_entity
    assert (rules.market_entity_has_a_category(bare, CTX) is not None) is is_entity


@pytest.mark.parametrize("id_type", [kind.value for kind in IdType])
def test_s04_personal_documents_are_for_persons(id_type):
    is_personal = id_type in rules.PERSONAL_IDS
    assert (rules.person_has_a_personal_number(changed(PERSON, id_type=id_type), CTX) is None) is is_personal
    assert (rules.person_has_a_personal_number(changed(SHOP, id_type=id_type), CTX) is None) is not is_personal


@pytest.mark.parametrize(("id_type", "uscc", "is_right"), [
    ("uscc", FIRM, True), ("uscc", None, True), ("uscc", "92610104MA6UWX1Q78", False),
    ("licence_no", "92610104MA6UWX1Q78", True),
])  # fmt: skip
def test_s05_one_credit_code(id_type, uscc, is_right):
    assert (rules.credit_code_is_the_number(changed(SHOP, id_type=id_type, uscc=uscc), CTX) is None) is is_right


@pytest.mark.parametrize(
    ("day", "is_right"), [(TODAY, True), (TOMORROW, False), (None, True), (date(1949, 10, 1), True)]
)
def test_s06_established(day, is_right):
    assert (rules.established_before_today(changed(SHOP, established_on=day), CTX) is None) is is_right


@pytest.mark.parametrize(("start", "end", "is_right"), [
    (TODAY, TODAY, True), (TODAY, TOMORROW, True), (TODAY, YESTERDAY, False), (None, TODAY, True), (TODAY, None, True),
])  # fmt: skip
def test_s07_works(start, end, is_right):
    assert (
        rules.works_end_after_they_start(changed(SHOP, started_on=start, completed_on=end), CTX) is None
    ) is is_right


@pytest.mark.parametrize(("day", "is_valid", "is_right"), [
    (TODAY, True, True), (YESTERDAY, True, False), (YESTERDAY, False, True), (None, True, True),
])  # fmt: skip
def test_s08_next_inspection(day, is_valid, is_right):
    found = rules.equipment_is_inspected_in_time(changed(SHOP, next_inspection_on=day, is_valid=is_valid), CTX)
    assert (found is None) is is_right
    assert rules.equipment_is_inspected_in_time.severity is Severity.WARNING


@pytest.mark.parametrize(("granted", "until", "ends_right", "starts_right"), [
    (TODAY, TODAY, True, True), (TODAY, YESTERDAY, False, True), (TOMORROW, TOMORROW, True, False),
    (None, YESTERDAY, True, True), (TODAY, None, True, True), (None, None, True, True),
])  # fmt: skip
def test_s09_s10_permit(granted, until, ends_right, starts_right):
    permit = row(approved_on=granted, valid_until=until)
    assert (rules.permit_ends_after_it_is_granted(permit, CTX) is None) is ends_right
    assert (rules.permit_was_granted_before_today(permit, CTX) is None) is starts_right


def test_a_credit_code_is_taken_from_the_number():
    assert rules.credit_code_from_number(changed(SHOP, uscc=None), CTX) == {"uscc": FIRM}
    assert rules.credit_code_from_number(PERSON, CTX) == {"uscc": None}
    other = changed(SHOP, id_type="licence_no", id_no="TS1", uscc="92610104MA6UWX1Q78")
    assert rules.credit_code_from_number(other, CTX) == {"uscc": "92610104MA6UWX1Q78"}
