"""Decisions about actions, pure: R01-R18 of domain.md §3.7 and the values that follow from others.

R15 (lengths, required) and R16 (duplicates) are the engine's, from the declarations; R18 is the clock in ``derived``.
"""

from app.domains.actions.rules.derived import coercion_text, collected, inspection_text, other_text, penalty_text
from app.domains.actions.rules.every_action import (
    comes_from_an_inspection,
    ends_after_it_starts,
    has_a_day,
    party_number_can_be_reported,
    party_number_is_right,
    region_exists,
    sub_item_allows,
    sub_item_is_in_force,
    subject_is_in_the_library,
)
from app.domains.actions.rules.of_coercion import seizure_ends_in_time
from app.domains.actions.rules.of_forms import (
    items_agree_with_the_result,
    nature_of,
    only_one,
    party_from_subject,
    result_from_items,
)
from app.domains.actions.rules.of_inspection import (
    check_item_was_published,
    checked_in_the_past,
    failed_item_says_why,
    inspectors_may_inspect,
    list_belongs_to_the_sub_item,
)
from app.domains.actions.rules.of_penalty import (
    dates_follow_each_other,
    decided_in_time,
    detention_is_for_police,
    fine_has_an_amount,
    serious_case_was_reviewed,
    summary_procedure_fits,
)

__all__ = [
    "check_item_was_published",
    "checked_in_the_past",
    "coercion_text",
    "collected",
    "comes_from_an_inspection",
    "dates_follow_each_other",
    "decided_in_time",
    "detention_is_for_police",
    "ends_after_it_starts",
    "failed_item_says_why",
    "fine_has_an_amount",
    "has_a_day",
    "inspection_text",
    "inspectors_may_inspect",
    "items_agree_with_the_result",
    "list_belongs_to_the_sub_item",
    "nature_of",
    "only_one",
    "other_text",
    "party_from_subject",
    "party_number_can_be_reported",
    "party_number_is_right",
    "penalty_text",
    "region_exists",
    "result_from_items",
    "seizure_ends_in_time",
    "serious_case_was_reviewed",
    "sub_item_allows",
    "sub_item_is_in_force",
    "subject_is_in_the_library",
    "summary_procedure_fits",
]
