"""One grammar to ask for rows: the search form, the API, exports and the command line all speak it."""

from app.core.query.criteria import (
    LONGEST_WORD,
    MOST_VALUES,
    OPERATIONS,
    RANGE_KINDS,
    TEXT_KINDS,
    VALUELESS,
    Condition,
    Criteria,
    find_field,
    given_filters,
    is_grammar,
    operations,
    read_criteria,
    searchable,
    sortable,
)
from app.core.query.where import in_order, matching, ordering
from app.core.query.words import contains

__all__ = [
    "LONGEST_WORD",
    "MOST_VALUES",
    "OPERATIONS",
    "RANGE_KINDS",
    "TEXT_KINDS",
    "VALUELESS",
    "Condition",
    "Criteria",
    "contains",
    "find_field",
    "given_filters",
    "in_order",
    "is_grammar",
    "matching",
    "operations",
    "ordering",
    "read_criteria",
    "searchable",
    "sortable",
]
