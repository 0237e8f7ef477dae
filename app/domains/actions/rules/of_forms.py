"""What follows for the form of an action from what was chosen in it: plain values in, values of its fields out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.core.errors import Problem
from app.core.messages import N_
from app.domains.actions.choices import CheckResult, ItemResult, PartyNature
from app.domains.catalogue.choices import SubjectKind
from app.domains.subjects.choices import EntityCategory, IdType
from app.domains.subjects.rules import PERSONAL_IDS

#: Subjects that are parties themselves; of a lift or a reservoir somebody else is.
_PARTIES = frozenset({SubjectKind.MARKET_ENTITY, SubjectKind.SOCIAL_ORG, SubjectKind.NATURAL_PERSON})
#: Without a legal person of their own (民法典 arts 54, 96, 102).
_NO_LEGAL_PERSON = frozenset({EntityCategory.INDIVIDUAL_BUSINESS, EntityCategory.FOREIGN_REP_OFFICE})


def nature_of(kind: str, entity_category: str | None, id_type: str | None) -> PartyNature | None:
    """What a subject is as a party; None for things and places."""
    if kind not in _PARTIES:
        return None
    if kind == SubjectKind.NATURAL_PERSON or id_type in PERSONAL_IDS:
        return PartyNature.CITIZEN
    return PartyNature.OTHER_ORG if entity_category in _NO_LEGAL_PERSON else PartyNature.LEGAL_PERSON


def party_from_subject(subject: Mapping[str, Any]) -> dict[str, Any]:
    """The party fields of an action against a registered subject; a hidden number (None) is left to be typed."""
    nature = nature_of(subject["kind"], subject["entity_category"], subject["id_type"])
    found = {
        "subject_kind": subject["kind"],
        "subject_name": subject["name"],
        "address_registered": subject["address_registered"],
        "address_operating": subject["address_operating"],
        "region": subject["region"],
    }
    if nature is None:
        return found
    number = subject["id_no"] if subject["id_type"] in (*PERSONAL_IDS, IdType.USCC) else subject["uscc"]
    id_type = subject["id_type"] if number == subject["id_no"] else IdType.USCC
    return found | {
        "party_name": subject["name"],
        "party_nature": nature.value,
        "party_id_type": str(id_type or ""),
        "party_id_no": number,
    }


def only_one(values: Sequence[str] | None) -> str:
    """The value of a list that leaves no choice; otherwise nothing."""
    return values[0] if values and len(values) == 1 else ""


def result_from_items(results: Iterable[str]) -> str:
    """What an inspection found as a whole, where its items leave no doubt: everything that was looked at is right."""
    found = list(results)
    sound = {ItemResult.PASS, ItemResult.NOT_APPLICABLE}
    return CheckResult.NO_PROBLEM.value if ItemResult.PASS in found and sound.issuperset(found) else ""


def items_agree_with_the_result(check_result: str, results: Iterable[str]) -> list[Problem]:
    """A03: an inspection with a failed item found a problem (a warning: it may have been put right on the spot)."""
    if check_result != CheckResult.NO_PROBLEM or ItemResult.FAIL not in set(results):
        return []
    label = CheckResult.NO_PROBLEM.label
    told = N_("有不合格的检查项，检查结果却是“{result}”", result=label)
    return [Problem(told, ("check_result",), "A03", is_warning=True)]
