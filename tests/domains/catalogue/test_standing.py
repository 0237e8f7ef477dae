"""No item, no action: which sub-items a department may act upon, in every combination of states."""

from datetime import timedelta
from itertools import product

import pytest

from app.domains.catalogue import flows, rules
from app.domains.catalogue.choices import ClaimState, ItemState
from app.domains.catalogue.rules import Life, Standing
from tests.domains.given import TODAY, changed, row

TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
STATION, COUNTY, CITY, PROVINCE, STRANGER = 40, 30, 20, 10, 99
ITEM = row(
    id="item", sub_code="61131000101001", status="published", edition=1, valid_from=None, valid_to=None,
    department_id=PROVINCE,
)  # fmt: skip
KEPT_BY_A_STRANGER = changed(ITEM, department_id=STRANGER)
CLAIMED = Life("published", 1, None, None)
IN_FORCE = {"published", "changing", "submitted", "second_review", "returned", "approved"}


def standing(**claims):
    """The county's standing; claims by the name of the unit."""
    units = {"county": COUNTY, "city": CITY, "station": STATION}
    return Standing((COUNTY, CITY, PROVINCE), {(units[name], "item"): claim for name, claim in claims.items()})


def told(item, stands, day=TODAY):
    found = rules.why_not_usable(item, stands, day)
    return None if found is None else str(found)


@pytest.mark.parametrize(("status", "edition"), [*product([state.value for state in ItemState], (None, 1))])
def test_an_item_is_usable_when_it_has_an_edition_in_force(status, edition):
    item = changed(ITEM, status=status, edition=edition)
    assert rules.is_usable(item, TODAY) is (edition == 1 and status in IN_FORCE)
    ended = changed(item, valid_to=TODAY)
    assert rules.is_usable(ended, TODAY) is (edition == 1 and status in {*IN_FORCE, "abolished"})
    assert not rules.is_usable(ended, TOMORROW)


@pytest.mark.parametrize(("status", "edition"), [*product([state.value for state in ClaimState], (None, 1))])
def test_a_claim_of_ones_own_decides(status, edition):
    said = told(ITEM, standing(county=Life(status, edition, None, None), city=CLAIMED))
    assert (said is None) is (edition == 1 and status in IN_FORCE)
    assert said is None or ("第八条" in said and "61131000101001" in said)


def test_whoever_is_nearest_in_the_line_decides():
    waiting = Life("pending", None, None, None)
    assert told(KEPT_BY_A_STRANGER, standing()) is not None
    assert told(KEPT_BY_A_STRANGER, standing(city=CLAIMED)) is None
    assert told(KEPT_BY_A_STRANGER, standing(city=waiting)) is not None
    assert told(KEPT_BY_A_STRANGER, standing(county=CLAIMED, city=waiting)) is None
    assert told(KEPT_BY_A_STRANGER, standing(station=CLAIMED)) is not None
    assert told(ITEM, standing()) is None
    assert told(ITEM, standing(city=waiting)) is not None
    assert told(changed(ITEM, department_id=COUNTY), standing(county=waiting)) is None


@pytest.mark.parametrize(("start", "end", "is_right"), [
    (TODAY, TODAY, True), (TOMORROW, None, False), (None, YESTERDAY, False), (YESTERDAY, TOMORROW, True),
])  # fmt: skip
def test_item_and_claim_are_held_against_the_day(start, end, is_right):
    assert (told(changed(ITEM, valid_from=start, valid_to=end), standing()) is None) is is_right
    assert (told(ITEM, standing(county=Life("published", 2, start, end))) is None) is is_right


@pytest.mark.parametrize(("item", "claim", "word"), [
    (changed(ITEM, status="drafting", edition=None), CLAIMED, "未发布"),
    (changed(ITEM, status="suspended"), CLAIMED, "已暂停"),
    (changed(ITEM, status="abolished", valid_to=YESTERDAY), CLAIMED, "不在有效期内"),
    (ITEM, Life("excused", None, None, None), "核销"),
    (ITEM, Life("pending", None, None, None), "待认领"),
    (ITEM, Life("suspended", 1, None, None), "暂停"),
    (ITEM, Life("published", 1, TOMORROW, None), "不在有效期内"),
])  # fmt: skip
def test_the_refusal_says_what_is_the_matter(item, claim, word):
    assert word in str(told(item, standing(county=claim)))


def test_every_state_of_a_published_row_is_one_in_force_or_ended():
    for flow in (flows.ITEM, flows.CLAIM, flows.LIST):
        outside = {each.value for each in flow.states} - rules.IN_FORCE - {"suspended", "abolished"}
        assert not {move.target for move in flow.moves if move.sources == ("published",)} & outside
