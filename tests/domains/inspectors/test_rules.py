"""Rules about inspectors and recusals."""

from datetime import date, timedelta

import pytest

from app.core.rules import Severity
from app.domains.inspectors import rules
from tests.domains.given import CITIZEN, IDENTITY, TODAY, changed, context, row

CTX = context()
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
INSPECTOR = row(
    id_no=CITIZEN, birth_date=date(1988, 2, 15), gender="male", state="valid", cert_valid_until=date(2028, 12, 31)
)
RECUSAL = row(
    id=IDENTITY,
    declaration_no="HB1",
    subject=None,
    subject_name="示例公司",
    valid_from=TODAY,
    valid_to=None,
    decision="pending",
    decided_by=None,
    decided_on=None,
)


@pytest.mark.parametrize(("state", "until", "may"), [
    ("valid", None, True), ("valid", TODAY, True), ("valid", TOMORROW, True), ("valid", YESTERDAY, False),
    ("invalid", TOMORROW, False), ("invalid", None, False),
])  # fmt: skip
def test_who_may_inspect_today(state, until, may):
    assert rules.may_inspect(row(state=state, cert_valid_until=until), TODAY) is may


def test_birth_date_and_sex_come_from_the_number():
    empty = changed(INSPECTOR, birth_date=None, gender=None)
    assert rules.facts_from_number(empty, CTX) == {"birth_date": date(1988, 2, 15), "gender": "male"}
    assert rules.facts_from_number(changed(empty, id_no="623021199001010026"), CTX)["gender"] == "female"
    assert rules.facts_from_number(changed(empty, id_no=None), CTX) == {}


def test_what_was_written_is_kept():
    written = changed(INSPECTOR, birth_date=date(1988, 2, 16), gender="female")
    assert rules.facts_from_number(written, CTX) == {"birth_date": date(1988, 2, 16), "gender": "female"}


@pytest.mark.parametrize(("number", "born", "is_right"), [
    (CITIZEN, date(1988, 2, 15), True), (CITIZEN, date(1988, 2, 16), False), (None, date(1988, 2, 16), True),
    (CITIZEN, None, True),
])  # fmt: skip
def test_i01_birth_date(number, born, is_right):
    found = rules.birth_date_agrees_with_the_number(changed(INSPECTOR, id_no=number, birth_date=born), CTX)
    assert (found is None) is is_right


@pytest.mark.parametrize(("born", "is_right"), [
    (date(2008, 9, 18), True), (date(2008, 9, 19), False), (date(2026, 1, 1), False), (None, True),
])  # fmt: skip
def test_i02_adult(born, is_right):
    assert (rules.inspector_is_an_adult(changed(INSPECTOR, birth_date=born), CTX) is None) is is_right


def test_i02_a_birthday_on_29_february():
    leap = changed(INSPECTOR, birth_date=date(2008, 2, 29))
    assert rules.inspector_is_an_adult(leap, context(date(2026, 2, 28))) is not None
    assert rules.inspector_is_an_adult(leap, context(date(2026, 3, 1))) is None


@pytest.mark.parametrize(("state", "until", "is_right"), [
    ("valid", TODAY, True), ("valid", YESTERDAY, False), ("invalid", YESTERDAY, True), ("valid", None, True),
])  # fmt: skip
def test_i03_certificate(state, until, is_right):
    rule = rules.valid_inspector_has_a_valid_certificate
    assert (rule(changed(INSPECTOR, state=state, cert_valid_until=until), CTX) is None) is is_right
    assert rule.severity is Severity.WARNING


@pytest.mark.parametrize(("subject", "name", "is_right"), [
    (None, "示例公司", True), (row(name="示例公司"), None, True), (None, None, False), (None, "", False),
])  # fmt: skip
def test_i04_recusal_names_somebody(subject, name, is_right):
    found = rules.recusal_names_a_subject(changed(RECUSAL, subject=subject, subject_name=name), CTX)
    assert (found is None) is is_right


@pytest.mark.parametrize(("end", "is_right"), [(None, True), (TODAY, True), (YESTERDAY, False)])
def test_i05_recusal_ends(end, is_right):
    assert (rules.recusal_ends_after_it_starts(changed(RECUSAL, valid_to=end), CTX) is None) is is_right


@pytest.mark.parametrize(("decision", "by", "on", "is_right"), [
    ("pending", None, None, True), (None, None, None, True), ("granted", "负责人", TODAY, True),
    ("granted", None, TODAY, False), ("refused", "负责人", None, False), ("refused", "负责人", TOMORROW, False),
])  # fmt: skip
def test_i06_decision(decision, by, on, is_right):
    decided = changed(RECUSAL, decision=decision, decided_by=by, decided_on=on)
    assert (rules.decision_has_an_author_and_a_day(decided, CTX) is None) is is_right


def test_a_declaration_gets_number_name_and_day():
    bare = changed(RECUSAL, declaration_no=None, subject=row(name="示例公司"), subject_name=None, valid_from=None)
    assert rules.declaration_number(bare, CTX) == {
        "declaration_no": "HB2026091823456789AB",
        "subject_name": "示例公司",
        "valid_from": TODAY,
    }
    assert rules.declaration_number(RECUSAL, CTX) == {
        "declaration_no": "HB1",
        "subject_name": "示例公司",
        "valid_from": TODAY,
    }
