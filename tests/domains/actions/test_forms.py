"""What follows for the form of an action from what was chosen in it."""

from __future__ import annotations

from typing import Any

import pytest

from app.domains.actions import rules
from app.domains.actions.choices import CheckResult, ItemResult, PartyNature
from app.domains.catalogue.choices import SubjectKind
from app.domains.subjects.choices import EntityCategory, IdType
from app.domains.subjects.rules import PERSONAL_IDS

FIRM: dict[str, Any] = {
    "kind": "market_entity",
    "entity_category": "enterprise",
    "id_type": "uscc",
    "id_no": "91610131MA6TX0WX5A",
    "uscc": "91610131MA6TX0WX5A",
    "name": "示例食品店",
    "address_registered": "示例路1号",
    "address_operating": None,
    "region": "610113000",
}


@pytest.mark.parametrize("kind", list(SubjectKind))
@pytest.mark.parametrize("category", [None, *EntityCategory])
@pytest.mark.parametrize("id_type", list(IdType))
def test_the_nature_of_a_party(kind: SubjectKind, category: EntityCategory | None, id_type: IdType):
    found = rules.nature_of(kind, category, id_type)
    if kind not in ("market_entity", "social_org", "natural_person"):
        assert found is None
    elif kind == "natural_person" or id_type in PERSONAL_IDS:
        assert found == PartyNature.CITIZEN
    elif category in ("individual_business", "foreign_rep_office"):
        assert found == PartyNature.OTHER_ORG
    else:
        assert found == PartyNature.LEGAL_PERSON


def test_a_firm_is_the_party():
    found = rules.party_from_subject(FIRM)
    assert (found["party_name"], found["party_nature"], found["party_id_type"], found["party_id_no"]) == (
        "示例食品店", "legal_person", "uscc", "91610131MA6TX0WX5A",
    )  # fmt: skip
    assert (found["address_registered"], found["region"]) == ("示例路1号", "610113000")


def test_a_firm_known_by_an_old_number_is_named_by_its_credit_code():
    found = rules.party_from_subject(FIRM | {"id_type": "reg_no", "id_no": "610100123456789"})
    assert (found["party_id_type"], found["party_id_no"]) == ("uscc", "91610131MA6TX0WX5A")


def test_the_hidden_number_of_a_person_is_left_to_be_typed():
    person = FIRM | {"kind": "natural_person", "id_type": "citizen_id", "id_no": None, "uscc": None}
    found = rules.party_from_subject(person)
    assert (found["party_nature"], found["party_id_type"], found["party_id_no"]) == ("citizen", "citizen_id", None)


def test_a_lift_is_no_party():
    found = rules.party_from_subject(FIRM | {"kind": "special_equipment", "id_type": "licence_no"})
    assert found["subject_name"] == "示例食品店"
    assert "party_name" not in found


@pytest.mark.parametrize(("values", "only"), [(None, ""), ([], ""), (["daily"], "daily"), (["daily", "special"], "")])
def test_a_list_that_leaves_no_choice(values: list[str] | None, only: str):
    assert rules.only_one(values) == only


@pytest.mark.parametrize(
    ("results", "found"),
    [
        ([], ""),
        (["pass"], "no_problem"),
        (["pass", "not_applicable"], "no_problem"),
        (["not_applicable"], ""),
        (["pass", "not_checked"], ""),
        (["pass", "fail"], ""),
        (["pass", ""], ""),
    ],
)
def test_the_result_that_leaves_no_doubt(results: list[str], found: str):
    assert rules.result_from_items(results) == found


@pytest.mark.parametrize("result", list(CheckResult))
@pytest.mark.parametrize("item", list(ItemResult))
def test_a_failed_item_disagrees_only_with_no_problem(result: CheckResult, item: ItemResult):
    found = rules.items_agree_with_the_result(result, ["pass", item])
    assert bool(found) == (result == CheckResult.NO_PROBLEM and item == ItemResult.FAIL)
    assert all(each.is_warning for each in found)
