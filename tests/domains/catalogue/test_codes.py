"""Patterns of codes: hard ones refuse new codes, soft ones advise, named parts agree with the row (domain.md §2.6)."""

import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from app.core.errors import Invalid
from app.core.rules import Severity
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, look_as
from app.domains.catalogue import rules
from app.domains.catalogue.models.reform import CodePattern
from app.domains.catalogue.operations.codes import next_list_code
from app.domains.catalogue.rules import MEASURE_DIGITS, Pattern
from app.domains.org.models import Department
from seed.base import codes
from seed.demo.matters import subs
from tests.domains import given

SPLIT = Pattern("统一结构", re.compile(r"[0-9]{9}(?P<measure>01|02|03|09)[0-9]{3}"), "应为省码、部门、主项", False)


def asked(*patterns, kind="sub_item", today=given.TODAY):
    kinds = {"sub_item": (), "implementation_list": ()} | {kind: patterns}
    return replace(given.context(today), ask=lambda question: {"code_patterns": kinds}[question])


def item(code="61131000101001", measure="inspection", was=None):
    return given.row(sub_code=code, measure_type=measure, was=was)


@pytest.mark.parametrize(
    ("code", "measure", "told"),
    [
        ("61131000101001", "inspection", None),
        ("61131000109001", "other", None),
        ("61131000102001", "inspection", "应为“01”"),
        ("61131000104001", "inspection", "应为省码、部门、主项"),
        ("6113100010100", "inspection", "应为省码、部门、主项"),
    ],
)
def test_soft_patterns_advise(code, measure, told):
    found = rules.item_code_is_usual(item(code, measure), asked(SPLIT))
    assert (found is None) == (told is None)
    assert told is None or told in str(found)
    assert rules.item_code_is_allowed(item(code, measure), asked(SPLIT)) is None
    assert rules.item_code_is_usual.severity is Severity.WARNING


def test_hard_patterns_refuse_new_codes_and_leave_those_that_are_there():
    hard, wrong = asked(replace(SPLIT, is_hard=True)), "61131000104001"
    assert rules.item_code_is_allowed.severity is Severity.ERROR
    assert rules.item_code_is_allowed(item(wrong), hard) is not None
    assert rules.item_code_is_allowed(item(wrong, was=item(wrong)), hard) is None
    assert rules.item_code_is_allowed(item(wrong, was=item("61131000101001")), hard) is not None
    assert rules.item_code_is_usual(item(wrong), hard) is None


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "holds"),
    [
        (None, None, True), (date(2026, 9, 19), None, False), (None, date(2026, 9, 17), False),
        (date(2026, 9, 18), date(2026, 9, 18), True),
    ],
)  # fmt: skip
def test_a_pattern_holds_on_its_days(valid_from, valid_to, holds):
    pattern = replace(SPLIT, valid_from=valid_from, valid_to=valid_to)
    assert (rules.item_code_is_usual(item("1" * 14), asked(pattern)) is not None) == holds


def test_the_code_of_a_list_names_its_office_and_its_item():
    office, number = "11610113016000001J", "61131000101001"
    pattern = Pattern("清单", re.compile(codes.patterns()[1]["pattern"]), "说明", False)
    row = given.row(
        list_code=f"{office}4{number}01", impl_dept_code=office, sub_item=SimpleNamespace(sub_code=number), was=None
    )
    ctx = asked(pattern, kind="implementation_list")
    assert rules.list_code_is_usual(row, ctx) is None
    other = given.changed(row, sub_item=SimpleNamespace(sub_code="61131000101002"))
    assert "61131000101002" in str(rules.list_code_is_usual(other, ctx))
    assert "91610131MA6TX0WX5A" in str(
        rules.list_code_is_usual(given.changed(row, impl_dept_code="91610131MA6TX0WX5A"), ctx)
    )
    assert rules.list_code_is_usual(given.changed(row, list_code=office), ctx) is not None


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [
        ("[0-9]{14}", True), (r"(?P<measure>01|02)[0-9]{3}", True), ("([0-9]{2})+", False), ("(a+)+", False),
        ("(a*)*b", False), ("[", False), ("(ab)+c", True),
    ],
)  # fmt: skip
def test_patterns_can_be_read_and_take_no_time(pattern, holds):
    assert (rules.pattern_can_be_read(given.row(pattern=pattern), given.context()) is None) == holds


def test_every_measure_has_its_digits_and_the_seeded_pattern_knows_them():
    form = re.compile(codes.patterns()[0]["pattern"])
    assert set(MEASURE_DIGITS) == {"inspection", "penalty", "coercion", "other"}
    for digits in MEASURE_DIGITS.values():
        assert form.fullmatch(f"611310001{digits}001")["measure"] == digits


def test_codes_of_the_demo_follow_the_seeded_pattern(session):
    look_as(session, THE_SYSTEM)
    seeded = (CodePattern.kind == "sub_item", CodePattern.created_by.is_(None))
    stored = session.scalars(sa.select(CodePattern.pattern).where(*seeded)).one()
    demo = [sub.code for sub in subs() if sub.code.startswith("61")]
    assert demo
    assert [code for code in demo if not re.fullmatch(stored, code)] == []


def test_a_stored_pattern_is_asked_by_every_way_in(session):
    from app.core import context, saving

    look_as(session, THE_SYSTEM)
    row = session.scalars(sa.select(TABLES["supervision_sub_item"]).limit(1)).one()
    given_values = {"kind": "sub_item", "name": "只许六二", "pattern": "62[0-9]{12}", "explanation": "应以 62 开头"}
    saving.save(session, CodePattern, given_values | {"is_hard": "true"})
    context.forget(session, "code_patterns")
    with pytest.raises(Invalid) as refused:
        saving.save(session, type(row), {"sub_code": "61999999901999"}, row=row)
    assert [p.code for p in refused.value.problems] == ["C12"]
    saving.save(session, type(row), {"subject_text": row.subject_text + "。"}, row=row)  # its own code stays


def test_lists_are_numbered_one_after_the_other(session):
    look_as(session, THE_SYSTEM)
    item_row = session.scalars(
        sa.select(TABLES["supervision_sub_item"]).where(TABLES["supervision_sub_item"].measure_type == "inspection")
    ).first()
    unit = session.scalars(
        sa.select(Department).where(Department.uscc.is_not(None), Department.level == "county")
    ).first()
    first = next_list_code(session, unit, item_row)
    assert first.startswith(f"{unit.uscc}4{item_row.sub_code}")
    assert len(first) == 35
    lists = TABLES["implementation_list"].__table__
    same = sa.select(sa.func.count()).select_from(lists).where(lists.c.list_code.startswith(first[:-2]))
    assert int(first[-2:]) == session.scalar(same) + 1
    none = SimpleNamespace(uscc=None, level="county")
    assert next_list_code(session, none, item_row) == ""


def test_the_form_of_a_list_proposes_its_code(app, browser):
    from app.core.viewer import looking_as
    from app.extensions import db

    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        items = TABLES["supervision_sub_item"]
        wanted = sa.select(items).where(items.measure_type == "inspection", items.status == "published").limit(1)
        chosen = session.scalars(wanted).one()
        unit = session.scalars(sa.select(Department).where(Department.name == "西安市市场监督管理局")).one()
        code, key, name = next_list_code(session, unit, chosen), chosen.id, unit.name
    page = browser("catalog_xian").get("/implementation_list/add", sub_item=str(key)).get_data(as_text=True)
    assert f'value="{code}"' in page
    assert f'value="{name}"' in page
    plain = browser("catalog_xian").get("/implementation_list/add").get_data(as_text=True)
    assert f'value="{name}"' in plain
    assert code not in plain


def test_a_code_that_is_typed_is_told_what_is_unusual_about_it(browser):
    answer = browser("catalog_xian").post(
        "/supervision_sub_item/check", sub_code="61131000104001", measure_type="inspection", _touched="sub_code"
    )
    assert "省级以下统一结构" in str(answer.get_json()["warnings"].get("sub_code"))
