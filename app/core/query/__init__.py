"""One grammar to ask for rows: the search form, the API, exports and the command line all speak it."""

from app.core.query.criteria import (
    LONGEST_WORD,
    MOST_VALUES,
    RANGE_KINDS,
    Condition,
    Criteria,
    given_filters,
    read_criteria,
    searchable,
    sortable,
)
from app.core.query.where import matching, ordering
from app.core.query.words import contains

__all__ = [
    "LONGEST_WORD",
    "MOST_VALUES",
    "RANGE_KINDS",
    "Condition",
    "Criteria",
    "contains",
    "given_filters",
    "matching",
    "ordering",
    "read_criteria",
    "searchable",
    "sortable",
]
