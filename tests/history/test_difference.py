"""What an entry tells of a change: in people's words, masked on both sides, harmless whatever was sent."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.history import difference
from app.console.history.as_it_was import fold
from app.console.history.difference import changes, clean, line, pieces, veiled
from app.console.history.log import Entry
from app.core import clock
from app.core.table import TABLES
from tests.every_table.tables import NAMES

_ = NAMES  # every table is declared from here on
SEALED = "610104********0010|k1|QUJDREVGR0hJSktMTU5PUFFSU1RVVg=="
OTHER = "610104********0010|k1|WFdWVVRTUlFQT05NTEtKSUhHRkVEQw=="
#: What a line on a page or in a file must not hold.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]")


def one(rel: str, old: dict, new: dict, titles: dict | None = None) -> difference.Change:
    found = changes(rel, old, new, titles or {})
    assert len(found) == 1, found
    return found[0]


def test_choices_days_booleans_amounts_and_references_are_told_as_pages_do():
    level = TABLES["department"].__fields__["level"]
    change = one("department", {"level": "city"}, {"level": "county"})
    assert (change.before, change.after) == (level.show("city"), level.show("county"))
    change = one("department", {"is_lead_office": False}, {"is_lead_office": True})
    assert (change.before, change.after) == ("否", "是")
    change = one("penalty", {"fine_amount": 1000}, {"fine_amount": Decimal("1500.5")})
    assert (change.before, change.after) == ("1000.00", "1500.50")
    change = one("region", {"valid_to": None}, {"valid_to": "2026-03-05"})
    assert (change.before, change.after) == ("", "2026-03-05")
    titles = {("department", "7"): "甲局", ("department", "8"): "乙局"}
    change = one("department", {"parent_id": 7}, {"parent_id": 8}, titles)
    assert (change.label, change.before, change.after) == ("上级主管部门", "甲局", "乙局")
    assert one("department", {"parent_id": 7}, {"parent_id": 9}, titles).after == str(difference.GONE)


def test_sensitive_values_are_masked_on_both_sides_and_still_differ():
    change = one("account", {"citizen_no": "610104198802150010"}, {"citizen_no": "623021199001010026"})
    assert change.is_masked
    assert (change.before, change.after) == ("610104********0010", "623021********0026")
    change = one("account", {"citizen_no": SEALED}, {"citizen_no": OTHER})
    assert change.is_masked
    assert change.before == change.after == "610104********0010"


def test_what_depends_on_another_value_is_masked_unless_that_is_known_to_be_harmless():
    field = next(each for each in TABLES["subject"].__fields__.values() if each.masked_when)
    other, hiding = field.masked_when
    value = {field.name: "610104198802150010"}

    def masks(around: dict[str, str], **more: str) -> bool:
        found = changes("subject", {}, value | more, {}, around)
        return next(each for each in found if each.field == field.name).is_masked

    assert masks({}), "nothing is known of the row"
    assert masks({}, **{other: str(hiding[0])})
    assert not masks({}, **{other: "market_entity"})
    assert masks({other: str(hiding[0])}), "the row as it is now says so"
    assert not masks({other: "market_entity"})


def test_system_columns_and_marks_are_no_changes():
    same = {"version": 1, "updated_at": "2026-01-01", "scope_region": 1, "citizen_no_mark": "x", "spelling": "y"}
    assert changes("account", same, dict.fromkeys(same, 0), {}) == []


def test_rows_that_nobody_reads_tell_that_something_changed_and_not_what():
    change = one("credential", {"factor_secret": "sha256:ab"}, {"factor_secret": "sha256:cd"})
    assert change.is_masked
    assert "sha256" not in change.before + change.after
    change = one("ab_user", {"password": "sha256:ab"}, {"password": "sha256:cd"})
    assert "sha256" not in change.before + change.after


@given(st.text(max_size=200))
def test_no_control_sign_leaves(text: str):
    assert not CONTROL.search(clean(text))
    told = line(text)
    assert not CONTROL.search(told)
    assert "\n" not in told
    assert "\t" not in told


@given(st.text(max_size=120))
def test_a_veiled_value_never_shows_a_sealed_cipher(text: str):
    assert "QUJDREVG" not in veiled(f"{text.replace('|', '')}|k1|QUJDREVGR0hJSktMTU5PUFFSU1RVVg==")


@given(st.text(alphabet="甲乙丙丁 ab1", max_size=40), st.text(alphabet="甲乙丙丁 ab1", max_size=40))
def test_pieces_put_together_are_the_texts(before: str, after: str):
    left, right = pieces(before, after)
    if left or right:
        assert "".join(text for text, _ in left) == before
        assert "".join(text for text, _ in right) == after
        assert [t for t, differs in left if not differs] == [t for t, differs in right if not differs]


def entry(
    number: int, action: str, old: dict | None = None, new: dict | None = None, rel: str = "region", pk: str = "1"
):
    return Entry(number, number, clock.now(), 1, "甲", None, "web", "", "", "", action, rel, pk, old or {}, new or {})


def test_a_row_as_it_was_is_everything_stored_up_to_then():
    told = [
        entry(1, "insert", new={"name": "甲", "code": "1"}),
        entry(2, "update", {"name": "甲"}, {"name": "乙"}),
        entry(3, "baseline", new={"level": "city"}),
        entry(4, "delete", {"name": "乙", "code": "1", "level": "city"}),
    ]
    table = TABLES["region"]
    assert fold(table, "1", told, 1).values == {"name": "甲", "code": "1"}
    assert fold(table, "1", told, 2).values["name"] == "乙"
    after = fold(table, "1", told, 3)
    assert (after.values["level"], after.is_whole, after.is_there) == ("city", True, True)
    gone = fold(table, "1", told, 4)
    assert (gone.is_there, gone.values["name"]) == (False, "乙")
    assert not fold(table, "1", told[1:2], 2).is_whole, "the log begins after the row did"


def test_links_come_and_go():
    link = next(name for name in ("inspection_inspectors", "penalty_inspectors") if name in difference.LINKS)
    owner = difference.LINKS[link].owner
    told = [
        entry(1, "insert", new={"id": "a"}, rel=owner, pk="a"),
        entry(2, "insert", rel=link, pk="a,x"),
        entry(3, "insert", rel=link, pk="a,y"),
        entry(4, "delete", rel=link, pk="a,x"),
    ]
    name = difference.LINKS[link].field.name
    assert fold(TABLES[owner], "a", told, 3).links == {name: frozenset("xy")}
    assert fold(TABLES[owner], "a", told, 4).links == {name: frozenset("y")}


@pytest.mark.parametrize("name", NAMES)
def test_every_field_of_every_table_can_be_told(name: str):
    table = TABLES[name]
    row = {field.column: None for field in table.__fields__.values()}
    assert changes(name, row, row, {}) == []
    strange = dict.fromkeys(row, "\x00strange\u202e")
    for change in changes(name, {}, strange, {}):
        assert not CONTROL.search(change.after)
