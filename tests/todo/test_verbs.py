"""What can be done with many to-dos at once: every wait of every workflow, told in full."""

from __future__ import annotations

import pytest

from app import domains
from app.console.todo import verbs
from app.core.table import TABLES

domains.load()
#: (table, step, permission) -> the verbs with the moves they stand for.
EXPECTED = {
    ("item_claim", "submitted", "review"): {"agree": ["approve"], "return": ["return"]},
    ("item_claim", "returned", "edit"): {"submit": ["submit"]},
    ("item_claim", "approved", "publish"): {"publish": ["publish"]},
    ("item_claim", "excusing", "review"): {"agree": ["accept"], "return": ["refuse"]},
    ("item_claim", "pending", "edit"): {"claim": ["claim"]},
    ("item_claim", "claimed", "edit"): {"submit": ["submit"]},
    ("supervision_sub_item", "submitted", "review"): {"agree": ["approve", "approve_on"], "return": ["return"]},
    ("supervision_sub_item", "second_review", "review"): {"agree": ["concur"], "return": ["object"]},
    ("implementation_list", "submitted", "review"): {"agree": ["approve"], "return": ["return"]},
    ("approval_reform_case", "open", "edit"): {"confirm": ["confirm"]},
    ("approval_reform_case", "gap", "edit"): {"close": ["close"]},
    ("inspection", None, "edit"): {},
    ("no_such_table", "submitted", "review"): {},
    ("item_claim", "no_such_state", "review"): {},
}


@pytest.mark.parametrize("place", EXPECTED, ids=str)
def test_a_verb_stands_for_these_moves(place):
    names = [verb.name for verb in verbs.verbs([place])]
    assert {name: sorted(verbs.candidates(name, *place)) for name in names} == EXPECTED[place]


def test_every_wait_of_every_workflow_can_be_dealt_with_in_bulk_or_says_why_not():
    """A wait whose to-do has no verb sends its people to each record: that is meant for none of ours so far."""
    without = [
        (name, state)
        for name, table in TABLES.items()
        if table.__flow__ is not None
        for state, wait in table.__flow__.waits.items()
        if not verbs.verbs([(name, state, wait.may)])
    ]
    assert without == []


def test_sending_back_wants_a_reason_and_stands_last():
    mixed = [("item_claim", "submitted", "review"), ("item_claim", "approved", "publish")]
    found = verbs.verbs(mixed)
    assert [(verb.name, verb.reason) for verb in found] == [("agree", False), ("publish", False), ("return", True)]


@pytest.mark.parametrize(
    ("table", "step", "names"),
    [
        ("item_claim", "submitted", ["recall", "recall_change"]),
        ("item_claim", "excusing", ["recall_excuse"]),
        ("item_claim", "approved", []),
        ("inspection", "x", []),
        ("item_claim", None, []),
    ],
)
def test_who_sent_it_takes_it_back(table: str, step: str | None, names: list[str]):
    assert sorted(verbs.recall(table, step)) == names
