"""Rules of the catalogue."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.core.rules import Severity
from app.domains.catalogue import rules
from app.domains.catalogue.choices import ItemState, MeasureType
from tests.domains.given import changed, context, row

CTX = context()
DAY = date(2026, 9, 18)

SUB_ITEM = row(
    main_item=row(supervision_dept_name="市场监管部门"),
    sub_name="对保健食品经营者的行政检查",
    supervision_modes=["double_random"],
    measure_type="inspection",
    subject_text="保健食品经营者",
    legal_basis="《食品安全法》",
    process_text="检查、公示",
    result_text="责令改正",
    levels=["county"],
    is_joint_suitable=True,
    check_class="general",
    status="published",
    valid_from=DAY,
    valid_to=None,
)
RULES_OF_A_SUB_ITEM = (
    rules.item_ends_after_it_starts,
    rules.published_item_says_since_when,
    rules.inspection_says_how,
    rules.inspection_is_general_or_key,
    rules.random_item_says_if_joint,
)


@pytest.mark.parametrize("rule", RULES_OF_A_SUB_ITEM, ids=lambda rule: rule.code)
def test_a_complete_sub_item_breaks_no_rule(rule):
    assert rule(SUB_ITEM, CTX) is None


def test_ten_elements_are_counted():
    assert rules.elements_filled(SUB_ITEM, CTX) == {"element_count": 10}
    assert rules.elements_filled(changed(SUB_ITEM, process_text=None, supervision_modes=[]), CTX) == {
        "element_count": 8
    }
    assert rules.elements_filled(changed(SUB_ITEM, main_item=row(supervision_dept_name=None)), CTX) == {
        "element_count": 9
    }
    assert rules.elements_filled(changed(SUB_ITEM, main_item=None), CTX) == {"element_count": 8}


@pytest.mark.parametrize(("end", "is_right"), [(DAY, True), (DAY - timedelta(days=1), False), (None, True)])
def test_c01_end(end, is_right):
    assert (rules.item_ends_after_it_starts(changed(SUB_ITEM, valid_to=end), CTX) is None) is is_right


@pytest.mark.parametrize("status", [state.value for state in ItemState])
def test_c02_only_a_published_item_needs_its_first_day(status):
    found = rules.published_item_says_since_when(changed(SUB_ITEM, status=status, valid_from=None), CTX)
    assert (found is not None) is (status == "published")


@pytest.mark.parametrize("kind", [kind.value for kind in MeasureType])
def test_c03_c04_only_inspections_need_modes_and_class(kind):
    bare = changed(SUB_ITEM, measure_type=kind, supervision_modes=[], check_class=None)
    assert (rules.inspection_says_how(bare, CTX) is not None) is (kind == "inspection")
    assert (rules.inspection_is_general_or_key(bare, CTX) is not None) is (kind == "inspection")
    assert rules.inspection_says_how(changed(bare, supervision_modes=None), CTX) == rules.inspection_says_how(bare, CTX)


@pytest.mark.parametrize(("modes", "answer", "is_right"), [
    (["double_random"], True, True), (["double_random"], False, True), (["double_random"], None, False),
    (["key", "double_random"], None, False), (["key"], None, True), ([], None, True), (None, None, True),
])  # fmt: skip
def test_c05_joint(modes, answer, is_right):
    found = rules.random_item_says_if_joint(changed(SUB_ITEM, supervision_modes=modes, is_joint_suitable=answer), CTX)
    assert (found is None) is is_right


@pytest.mark.parametrize("kind", [kind.value for kind in MeasureType])
def test_c06_only_inspections_have_lists(kind):
    found = rules.list_belongs_to_an_inspection(row(sub_item=row(measure_type=kind)), CTX)
    assert (found is None) is (kind == "inspection")


@pytest.mark.parametrize(("level", "digit", "is_right"), [
    ("national", "1", True), ("province", "2", True), ("city", "3", True), ("county", "4", True), ("town", "5", True),
    ("county", "3", False), ("city", "4", False),
])  # fmt: skip
def test_c07_level_digit(level, digit, is_right):
    found = rules.list_code_shows_the_level(row(use_level=level, list_code=f"91610131MA6TX0WX5A{digit}6113"), CTX)
    assert (found is None) is is_right
    assert rules.list_code_shows_the_level.severity is Severity.WARNING


@pytest.mark.parametrize(("modes", "ratio", "frequency", "is_right"), [
    (["double_random"], Decimal(5), 1, True), (["double_random"], None, 1, False),
    (["double_random"], Decimal(5), None, False),
    (["daily"], None, None, True), (None, None, None, True), (["daily"], Decimal(0), 1, False),
    (["daily"], Decimal("0.01"), 1, True),
    (["daily"], Decimal(100), 1, True), (["daily"], Decimal("100.01"), 1, False), (["daily"], None, 0, False),
])  # fmt: skip
def test_c08_ratio_and_frequency(modes, ratio, frequency, is_right):
    given = row(sub_item=row(supervision_modes=modes), ratio=ratio, frequency=frequency)
    assert (rules.random_list_says_how_much(given, CTX) is None) is is_right


@pytest.mark.parametrize(("days", "unit", "is_right"), [
    (None, None, True), (20, "working_day", True), (20, None, False), (0, "working_day", False), (1, "month", True),
])  # fmt: skip
def test_c09_deadline(days, unit, is_right):
    assert (rules.deadline_has_a_unit(row(deadline_days=days, deadline_unit=unit), CTX) is None) is is_right
