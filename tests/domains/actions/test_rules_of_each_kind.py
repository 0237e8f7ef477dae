"""Rules of inspections, penalties and coercion."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.core.rules import Severity
from app.domains.actions import rules
from app.domains.actions.choices import PenaltyType
from tests.domains.given import TODAY, changed, context, moment, row

CTX = context()
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)

LI = row(cert_no="1", state="valid", cert_valid_until=TODAY)
WANG = row(cert_no="2", state="valid", cert_valid_until=None)
LISTED = row(list_code="L", sub_item_id=1, status="published", edition=1, valid_from=date(2021, 7, 1), valid_to=None)
INSPECTION = row(
    sub_item=row(id=1),
    implementation_list=LISTED,
    inspectors=[LI, WANG],
    checked_on=TODAY,
    submitted_at=moment(TODAY),
)
PENALTY = row(
    filed_on=date(2026, 8, 3),
    decided_on=date(2026, 9, 1),
    closed_on=date(2026, 9, 10),
    submitted_at=moment(TODAY),
    penalty_types=["warning", "fine"],
    fine_amount=Decimal(5000),
    procedure="ordinary",
    party_nature="legal_person",
    is_extended=None,
    is_hearing=False,
    is_major=None,
    is_legal_review=None,
    is_collective=None,
    department=row(duty_line="market"),
)
COERCION = row(measure_kind="seize", started_on=date(2026, 8, 19), extend_days=None, ended_on=None)


@pytest.mark.parametrize(("rule", "given"), [
    (rules.list_belongs_to_the_sub_item, INSPECTION), (rules.inspectors_may_inspect, INSPECTION),
    (rules.checked_in_the_past, INSPECTION), (rules.dates_follow_each_other, PENALTY),
    (rules.fine_has_an_amount, PENALTY),
    (rules.summary_procedure_fits, PENALTY), (rules.decided_in_time, PENALTY),
    (rules.serious_case_was_reviewed, PENALTY),
    (rules.detention_is_for_police, PENALTY), (rules.seizure_ends_in_time, COERCION),
])  # fmt: skip
def test_a_right_action_breaks_no_rule(rule, given):
    assert rule(given, CTX) is None


@pytest.mark.parametrize(("rule", "code", "severity"), [
    (rules.list_belongs_to_the_sub_item, "R03", "error"), (rules.inspectors_may_inspect, "R06", "error"),
    (rules.checked_in_the_past, "R07", "error"), (rules.dates_follow_each_other, "R08", "error"),
    (rules.fine_has_an_amount, "R09", "warning"), (rules.summary_procedure_fits, "R10", "error"),
    (rules.decided_in_time, "R11", "warning"), (rules.serious_case_was_reviewed, "R12", "warning"),
    (rules.seizure_ends_in_time, "R13", "warning"), (rules.detention_is_for_police, "P01", "error"),
    (rules.check_item_was_published, "R03", "error"), (rules.failed_item_says_why, "A02", "warning"),
])  # fmt: skip
def test_numbers_and_severities(rule, code, severity):
    assert (rule.code, rule.severity) == (code, Severity(severity))
    assert rule.text.startswith(code)


@pytest.mark.parametrize(("listed", "item", "is_right"), [
    (LISTED, row(id=1), True), (LISTED, row(id=2), False), (None, row(id=1), True), (LISTED, None, True),
])  # fmt: skip
def test_r03_list(listed, item, is_right):
    given = changed(INSPECTION, implementation_list=listed, sub_item=item)
    assert (rules.list_belongs_to_the_sub_item(given, CTX) is None) is is_right


@pytest.mark.parametrize(("inspectors", "is_right"), [
    ([LI, WANG], True), ([LI], False), ([], False), ([LI, changed(LI)], False),
    ([LI, WANG, row(cert_no="3", state="valid", cert_valid_until=TOMORROW)], True),
    ([LI, changed(WANG, cert_valid_until=YESTERDAY)], False), ([LI, changed(WANG, state="invalid")], False),
])  # fmt: skip
def test_r06_inspectors(inspectors, is_right):
    assert (rules.inspectors_may_inspect(changed(INSPECTION, inspectors=inspectors), CTX) is None) is is_right


def test_r06_a_certificate_is_held_against_the_day_of_the_inspection():
    ended = changed(INSPECTION, inspectors=[WANG, changed(LI, cert_valid_until=date(2026, 9, 10))])
    assert rules.inspectors_may_inspect(changed(ended, checked_on=date(2026, 9, 10)), CTX) is None
    message = rules.inspectors_may_inspect(changed(ended, checked_on=date(2026, 9, 11)), CTX)
    assert str(message) == "检查人员 1 的执法证已于 2026-09-10 到期"
    assert rules.inspectors_may_inspect(changed(ended, checked_on=None), CTX) is None


@pytest.mark.parametrize(("checked", "submitted", "is_right"), [
    (TODAY, moment(TODAY), True), (TODAY, None, True), (TOMORROW, None, False), (YESTERDAY, moment(TODAY), True),
    (TODAY, moment(YESTERDAY, 23), False), (TODAY, moment(TODAY, 0), True), (None, None, True),
    (TODAY, datetime(2026, 9, 17, 16, 0, tzinfo=UTC), True), (TODAY, datetime(2026, 9, 17, 15, 59, tzinfo=UTC), False),
])  # fmt: skip
def test_r07_checked(checked, submitted, is_right):
    given = changed(INSPECTION, checked_on=checked, submitted_at=submitted)
    assert (rules.checked_in_the_past(given, CTX) is None) is is_right


@pytest.mark.parametrize(("item", "is_right"), [
    (None, True), (row(item_no="1", edition=1), True), (row(item_no="1", edition=None), False),
])  # fmt: skip
def test_r03_check_item(item, is_right):
    assert (rules.check_item_was_published(row(check_item=item), CTX) is None) is is_right


@pytest.mark.parametrize(("result", "problem", "is_right"), [
    ("pass", None, True), ("fail", None, False), ("fail", "许可证过期", True), ("not_checked", None, True),
])  # fmt: skip
def test_a02_failed_item(result, problem, is_right):
    assert (rules.failed_item_says_why(row(result=result, problem=problem), CTX) is None) is is_right


@pytest.mark.parametrize(("filed", "decided", "closed", "submitted", "is_right"), [
    (TODAY, TODAY, TODAY, TODAY, True),
    (None, TODAY, None, None, True),
    (TODAY, YESTERDAY, None, None, False),
    (YESTERDAY, TODAY, YESTERDAY, None, False),
    (YESTERDAY, YESTERDAY, TODAY, YESTERDAY, False),
    (YESTERDAY, YESTERDAY, None, date(2026, 9, 16), False),
    (None, TOMORROW, None, None, False),
    (None, TODAY, TOMORROW, None, False),
    (TODAY, TODAY, None, TOMORROW, False),
    (TODAY, None, None, YESTERDAY, False),
])  # fmt: skip
def test_r08_dates(filed, decided, closed, submitted, is_right):
    given = changed(
        PENALTY, filed_on=filed, decided_on=decided, closed_on=closed, submitted_at=submitted and moment(submitted)
    )
    assert (rules.dates_follow_each_other(given, CTX) is None) is is_right


@pytest.mark.parametrize(("types", "amount", "is_right"), [
    (["fine"], Decimal("0.01"), True), (["fine"], Decimal(0), False), (["fine"], None, False),
    (["warning"], None, True), (["warning"], Decimal(0), True), (["warning"], Decimal(1), False),
])  # fmt: skip
def test_r09_fine(types, amount, is_right):
    found = rules.fine_has_an_amount(changed(PENALTY, penalty_types=types, fine_amount=amount), CTX)
    assert (found is None) is is_right


@pytest.mark.parametrize(("nature", "amount", "is_right"), [
    ("citizen", "200", True), ("citizen", "200.01", False), ("legal_person", "3000", True),
    ("legal_person", "3000.01", False),
    ("other_org", "3000", True), ("other_org", "3001", False), ("citizen", None, True),
])  # fmt: skip
def test_r10_amount(nature, amount, is_right):
    given = changed(
        PENALTY,
        procedure="summary",
        party_nature=nature,
        fine_amount=amount and Decimal(amount),
        penalty_types=["fine"],
    )
    assert (rules.summary_procedure_fits(given, CTX) is None) is is_right
    assert rules.summary_procedure_fits(changed(given, procedure="ordinary"), CTX) is None


@pytest.mark.parametrize("kind", list(PenaltyType))
def test_r10_only_warnings_and_fines(kind):
    given = changed(PENALTY, procedure="summary", fine_amount=None, penalty_types=[kind.value])
    assert (rules.summary_procedure_fits(given, CTX) is None) is (kind in ("warning", "fine"))


def test_r10_an_office_may_change_the_amount():
    given = changed(
        PENALTY, procedure="summary", party_nature="citizen", fine_amount=Decimal(300), penalty_types=["fine"]
    )
    assert rules.summary_procedure_fits(given, context(summary_fine_citizen=300)) is None
    assert rules.summary_procedure_fits(given, context(summary_fine_citizen=299)) is not None


@pytest.mark.parametrize(("days", "procedure", "extended", "is_right"), [
    (90, "ordinary", None, True), (91, "ordinary", None, False), (91, "ordinary", True, True),
    (91, "ordinary", False, False),
    (91, "summary", None, True),
])  # fmt: skip
def test_r11_ninety_days(days, procedure, extended, is_right):
    filed = date(2026, 3, 1)
    given = changed(
        PENALTY, filed_on=filed, decided_on=filed + timedelta(days=days), procedure=procedure, is_extended=extended
    )
    assert (rules.decided_in_time(given, CTX) is None) is is_right
    assert rules.decided_in_time(changed(given, filed_on=None), CTX) is None


@pytest.mark.parametrize(("hearing", "major", "review", "collective", "is_right"), [
    (False, None, None, None, True), (True, None, True, True, True), (True, None, True, None, False),
    (True, None, None, True, False), (False, True, True, True, True), (False, True, False, True, False),
    (False, True, True, False, False), (True, True, None, None, False), (False, False, None, None, True),
])  # fmt: skip
def test_r12_serious_case(hearing, major, review, collective, is_right):
    given = changed(PENALTY, is_hearing=hearing, is_major=major, is_legal_review=review, is_collective=collective)
    assert (rules.serious_case_was_reviewed(given, CTX) is None) is is_right


@pytest.mark.parametrize(("line", "types", "is_right"), [
    ("police", ["detention"], True), ("market", ["detention"], False), ("market", ["fine", "detention"], False),
    ("market", ["fine"], True),
])  # fmt: skip
def test_p01_detention(line, types, is_right):
    given = changed(PENALTY, penalty_types=types, department=row(duty_line=line))
    assert (rules.detention_is_for_police(given, CTX) is None) is is_right
    assert rules.detention_is_for_police(changed(given, department=None), CTX) is None


@pytest.mark.parametrize(("kind", "days", "extended", "is_right"), [
    ("seal", 30, None, True), ("seal", 31, None, False), ("seize", 60, 30, True), ("seize", 61, 30, False),
    ("seize", 45, 15, True), ("seize", 46, 15, False), ("freeze", 30, 0, True), ("freeze", 31, 0, False),
    ("seal", 10, 31, False), ("seal", 0, None, True), ("restrict_liberty", 99, None, True), ("other", 99, None, True),
    (None, 99, None, True),
])  # fmt: skip
def test_r13_thirty_days_and_thirty_more(kind, days, extended, is_right):
    start = date(2026, 5, 1)
    ended = changed(
        COERCION, measure_kind=kind, started_on=start, ended_on=start + timedelta(days=days), extend_days=extended
    )
    assert (rules.seizure_ends_in_time(ended, CTX) is None) is is_right


def test_r13_counts_to_today_while_it_lasts():
    assert rules.seizure_ends_in_time(changed(COERCION, started_on=TODAY - timedelta(days=30)), CTX) is None
    assert rules.seizure_ends_in_time(changed(COERCION, started_on=TODAY - timedelta(days=31)), CTX) is not None
    assert rules.seizure_ends_in_time(changed(COERCION, started_on=None), CTX) is None


@pytest.mark.parametrize(("more", "is_right"), [
    ({"sub_item_id": 2}, False), ({"status": "drafting", "edition": None}, False), ({"status": "changing"}, True),
    ({"valid_from": TOMORROW}, False), ({"valid_to": YESTERDAY}, False),
    ({"status": "abolished", "valid_to": TODAY}, True), ({"status": "suspended"}, False),
])  # fmt: skip
def test_r03_the_list_is_published_on_that_day(more, is_right):
    listed = changed(INSPECTION.implementation_list, **more)
    found = rules.list_belongs_to_the_sub_item(changed(INSPECTION, implementation_list=listed), CTX)
    assert (found is None) is is_right
