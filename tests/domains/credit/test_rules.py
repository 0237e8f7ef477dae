"""Rules of the credit lists."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.rules import Severity
from app.domains.credit import rules
from app.domains.credit.choices import ListingCause, RemovalCause, SeriousCause, SeriousState
from app.domains.subjects.choices import EntityCategory
from tests.domains.given import TODAY, changed, context, row

CTX = context()
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
LISTED = row(
    subject=row(kind="market_entity", entity_category="enterprise"),
    listing_cause="unreachable",
    found_on=date(2026, 9, 1),
    listed_on=date(2026, 9, 10),
    year=None,
    exit_kind=None,
    removal_cause=None,
    removed_on=None,
    removal_decision_no=None,
)
REMOVED = changed(
    LISTED, exit_kind="removed", removal_cause="contact_restored", removed_on=TODAY, removal_decision_no="异出1号"
)
SERIOUS = row(
    cause="heavy_penalty",
    penalty_document_no="罚1号",
    state="approved",
    listed_on=date(2025, 9, 1),
    decision_no="列1号",
    published_on=None,
    removed_on=None,
    is_extended=False,
    extended_until=None,
)
RULES = (
    rules.removal_answers_the_listing,
    rules.exit_is_complete,
    rules.list_dates_follow_each_other,
    rules.listed_in_time,
    rules.missing_report_has_a_year,
    rules.only_firms_are_listed,
    rules.cause_is_for_this_firm,
    rules.removal_has_a_paper,
)
SERIOUS_RULES = (
    rules.heavy_penalty_is_named,
    rules.serious_dates_follow_each_other,
    rules.approved_listing_is_decided,
    rules.not_removed_too_early,
    rules.extension_is_later_than_the_term,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
@pytest.mark.parametrize("listing", [LISTED, REMOVED], ids=["listed", "removed"])
def test_a_right_abnormal_listing_breaks_no_rule(rule, listing):
    assert rule(listing, CTX) is None


@pytest.mark.parametrize("rule", SERIOUS_RULES, ids=lambda rule: rule.code)
def test_a_right_serious_listing_breaks_no_rule(rule):
    assert rule(SERIOUS, CTX) is None


ANSWERS = {
    ("no_annual_report", "report_filed"),
    ("no_disclosure_in_time", "disclosed"),
    ("false_disclosure", "corrected"),
    ("unreachable", "address_changed"),
    ("unreachable", "contact_restored"),
    ("parent_listed", "parent_removed"),
}


@pytest.mark.parametrize(("listing", "removal"), list(product(ListingCause, [None, *RemovalCause])))
def test_k01_every_pair_of_causes(listing, removal):
    found = rules.removal_answers_the_listing(changed(REMOVED, listing_cause=listing, removal_cause=removal), CTX)
    always = removal in (None, "expired_to_serious", "entity_ended")
    assert (found is None) is (always or (listing, removal) in ANSWERS)


@pytest.mark.parametrize(("exit_kind", "removed", "cause", "is_right"), [
    (None, None, None, True), (None, TODAY, None, False), (None, None, "disclosed", False),
    ("removed", TODAY, "contact_restored", True), ("removed", None, "contact_restored", False),
    ("removed", TODAY, None, False),
    ("revoked", TODAY, None, True), ("revoked", None, None, False), ("revoked", TODAY, "contact_restored", False),
])  # fmt: skip
def test_k02_exit(exit_kind, removed, cause, is_right):
    given = changed(LISTED, exit_kind=exit_kind, removed_on=removed, removal_cause=cause)
    assert (rules.exit_is_complete(given, CTX) is None) is is_right


@pytest.mark.parametrize(("found", "listed", "removed", "is_right"), [
    (TODAY, TODAY, TODAY, True), (None, TODAY, None, True), (TODAY, YESTERDAY, None, False),
    (None, TODAY, YESTERDAY, False),
    (None, TOMORROW, None, False), (None, TODAY, TOMORROW, False), (TODAY, TODAY, None, True),
])  # fmt: skip
def test_k03_dates(found, listed, removed, is_right):
    given = changed(LISTED, found_on=found, listed_on=listed, removed_on=removed)
    assert (rules.list_dates_follow_each_other(given, CTX) is None) is is_right


@pytest.mark.parametrize(("listed", "is_right"), [
    (date(2026, 9, 1), True), (date(2026, 9, 15), True), (date(2026, 9, 16), False), (None, True),
])  # fmt: skip
def test_k04_ten_working_days(listed, is_right):
    found = rules.listed_in_time(changed(LISTED, found_on=date(2026, 9, 1), listed_on=listed), CTX)
    assert (found is None) is is_right
    assert rules.listed_in_time.severity is Severity.WARNING
    assert rules.listed_in_time(changed(LISTED, found_on=None), CTX) is None


@pytest.mark.parametrize(("cause", "year", "is_right"), [
    ("no_annual_report", 2025, True), ("no_annual_report", 2026, False), ("no_annual_report", None, False),
    ("no_annual_report", 2019, True), ("unreachable", None, True), ("unreachable", 2026, True),
])  # fmt: skip
def test_k05_year(cause, year, is_right):
    assert (rules.missing_report_has_a_year(changed(LISTED, listing_cause=cause, year=year), CTX) is None) is is_right


ALLOWED = {
    "no_annual_report": {"enterprise", "farmer_coop", "individual_business"},
    "no_disclosure_in_time": {"enterprise"},
    "parent_listed": {"farmer_coop"},
}


@pytest.mark.parametrize(("cause", "category"), list(product(ListingCause, [None, *EntityCategory])))
def test_k06_every_cause_and_category(cause, category):
    subject = row(kind="market_entity", entity_category=category)
    found = rules.cause_is_for_this_firm(changed(LISTED, listing_cause=cause, subject=subject), CTX)
    allowed = ALLOWED.get(cause.value)
    assert (found is None) is (allowed is None or category is None or category in allowed)


def test_k09_only_market_entities():
    person = row(kind="natural_person", entity_category=None)
    assert rules.only_firms_are_listed(changed(LISTED, subject=person), CTX) is not None
    assert rules.cause_is_for_this_firm(changed(LISTED, subject=person), CTX) is None
    assert rules.only_firms_are_listed(LISTED, CTX) is None
    assert rules.only_firms_are_listed(changed(LISTED, subject=None), CTX) is None
    assert rules.cause_is_for_this_firm(changed(LISTED, subject=None), CTX) is None


@pytest.mark.parametrize(("exit_kind", "cause", "paper", "is_right"), [
    (None, None, None, True), ("removed", "contact_restored", "1号", True),
    ("removed", "contact_restored", None, False),
    ("removed", "expired_to_serious", None, True), ("removed", "entity_ended", "1号", False),
    ("revoked", None, None, False),
    ("revoked", None, "1号", True),
])  # fmt: skip
def test_k07_paper(exit_kind, cause, paper, is_right):
    given = changed(REMOVED, exit_kind=exit_kind, removal_cause=cause, removal_decision_no=paper)
    assert (rules.removal_has_a_paper(given, CTX) is None) is is_right


@pytest.mark.parametrize(("cause", "year", "exit_kind", "key"), [
    ("unreachable", None, None, "unreachable"), ("unreachable", 2025, None, "unreachable"),
    ("unreachable", None, "removed", None), ("unreachable", None, "revoked", None),
    ("no_annual_report", 2025, None, "no_annual_report:2025"),
    ("no_annual_report", 2025, "removed", "no_annual_report:2025"),
    ("no_annual_report", 2025, "revoked", None), ("no_annual_report", None, None, None),
    ("false_disclosure", 2025, None, None),
])  # fmt: skip
def test_k08_what_may_stand_only_once(cause, year, exit_kind, key):
    made = rules.abnormal_term(changed(LISTED, listing_cause=cause, year=year, exit_kind=exit_kind), CTX)
    assert made["once_key"] == key


def test_an_abnormal_listing_expires_after_its_term():
    assert rules.abnormal_term(LISTED, CTX)["expires_on"] == date(2029, 9, 10)
    assert rules.abnormal_term(LISTED, context(abnormal_term=5))["expires_on"] == date(2031, 9, 10)
    assert rules.abnormal_term(changed(LISTED, listed_on=None), CTX)["expires_on"] is None


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 9))
def test_years_later_is_the_same_day_but_for_29_february(day, years):
    later = rules.years_after(day, years)
    assert (later.year, later.month) == (day.year + years, day.month)
    assert later.day == day.day or (day.month, day.day, later.day) == (2, 29, 28)


@pytest.mark.parametrize("cause", list(SeriousCause))
def test_k11_penalty(cause):
    bare = changed(SERIOUS, cause=cause, penalty_document_no=None)
    needs = cause in ("heavy_penalty", "duty_refused")
    assert (rules.heavy_penalty_is_named(bare, CTX) is not None) is needs
    assert rules.heavy_penalty_is_named(changed(bare, penalty_document_no="罚1号"), CTX) is None


@pytest.mark.parametrize(("listed", "published", "removed", "is_right"), [
    (TODAY, TODAY, TODAY, True), (TOMORROW, None, None, False), (TODAY, YESTERDAY, None, False),
    (TODAY, None, YESTERDAY, False),
    (TODAY, TOMORROW, None, False), (TODAY, None, TOMORROW, False), (None, None, None, True), (None, TODAY, None, True),
])  # fmt: skip
def test_k12_dates(listed, published, removed, is_right):
    given = changed(SERIOUS, listed_on=listed, published_on=published, removed_on=removed)
    assert (rules.serious_dates_follow_each_other(given, CTX) is None) is is_right


@pytest.mark.parametrize("state", list(SeriousState))
def test_k13_what_an_approved_listing_has(state):
    is_decided = state in ("approved", "to_remove", "to_extend", "removed")
    for missing in ({"listed_on": None}, {"decision_no": None}):
        found = rules.approved_listing_is_decided(changed(SERIOUS, state=state, removed_on=TODAY, **missing), CTX)
        assert (found is not None) is is_decided
    found = rules.approved_listing_is_decided(changed(SERIOUS, state=state), CTX)
    assert (found is not None) is (state == "removed")


@pytest.mark.parametrize(("removed", "is_right"), [
    (date(2026, 9, 1), True), (date(2026, 8, 31), False), (None, True), (date(2025, 9, 1), False),
])  # fmt: skip
def test_k14_early_removal(removed, is_right):
    assert (rules.not_removed_too_early(changed(SERIOUS, removed_on=removed), CTX) is None) is is_right
    assert rules.not_removed_too_early.severity is Severity.WARNING


@pytest.mark.parametrize(("extended", "until", "is_right"), [
    (False, None, True), (False, date(2029, 1, 1), False), (True, None, False), (True, date(2028, 9, 1), False),
    (True, date(2028, 9, 2), True), (None, None, True),
])  # fmt: skip
def test_k15_extension(extended, until, is_right):
    given = changed(SERIOUS, is_extended=extended, extended_until=until)
    assert (rules.extension_is_later_than_the_term(given, CTX) is None) is is_right


def test_a_serious_listing_expires_after_its_term_or_its_extension():
    assert rules.serious_term(SERIOUS, CTX) == {"expires_on": date(2028, 9, 1)}
    extended = changed(SERIOUS, is_extended=True, extended_until=date(2029, 1, 1))
    assert rules.serious_term(extended, CTX) == {"expires_on": date(2029, 1, 1)}
    assert rules.serious_term(changed(SERIOUS, listed_on=None), CTX) == {"expires_on": None}
