"""Which tables belong together and which comes first: for every declared table, and for circles."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import TABLES, tables_with_pages
from app.transfer.books import order
from tests.every_table import tables

_ = tables


class Fake:
    """What is declared of a table, or of a field."""

    def __init__(self, **declared: Any) -> None:
        self.__dict__.update(declared)


def names(found: list[Any]) -> list[str]:
    return [each.__tablename__ for each in found]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("inspection_item_result", "inspection"), ["inspection", "inspection_item_result"]),
        (("subject_permit", "subject"), ["subject", "subject_permit"]),
        (("check_content", "check_item", "supervision_sub_item"), ["supervision_sub_item", "check_item", "check_content"]),
        (("inspection_item_result", "subject_permit", "inspection", "subject"),
         ["subject", "subject_permit", "inspection", "inspection_item_result"]),
    ],
)  # fmt: skip
def test_parents_stand_before_children_whatever_the_order_of_the_sheets(given: tuple[str, ...], expected: list[str]):
    for each in itertools.permutations(given):
        found = names(order.ordered(TABLES[name] for name in each))
        assert sorted(found) == sorted(expected)
        for child, parent in itertools.combinations(reversed(expected), 2):
            if any(True for _ in order.references(TABLES[child], [TABLES[parent]])):
                assert found.index(parent) < found.index(child), found


def test_every_table_of_the_house_has_its_place():
    every = list(tables_with_pages().values())
    found = order.ordered(every)
    assert sorted(names(found)) == sorted(names(every))
    for table in every:
        for field, target in order.references(table, every):
            if field.required:
                assert found.index(target) < found.index(table), (table, field.name)


def test_families_are_told_by_what_rows_follow():
    assert names(order.family(TABLES["inspection"])) == ["inspection", "inspection_item_result"]
    assert names(order.family(TABLES["check_content"])) == ["check_content", "check_item", "supervision_sub_item"]
    assert names(order.followers(TABLES["subject"]))[:1] == ["subject_permit"]
    assert names(order.followers(TABLES["subject_permit"])) == []


def _tables(monkeypatch: pytest.MonkeyPatch, **references: dict[str, bool]) -> list[Any]:
    """Tables that refer to one another: name -> {target: required}."""
    made = {
        name: Fake(
            __tablename__=name,
            __label__=N_("表"),
            __fields__={
                other: Fake(is_reference=True, target=other, required=required) for other, required in others.items()
            },
        )
        for name, others in references.items()
    }
    monkeypatch.setattr(order, "by_class", made.__getitem__)
    return list(made.values())


def test_a_circle_is_cut_where_a_reference_may_be_empty(monkeypatch: pytest.MonkeyPatch):
    given = _tables(monkeypatch, a={"b": True}, b={"c": True}, c={"a": False})
    assert names(order.ordered(given)) == ["c", "b", "a"]
    given = _tables(monkeypatch, a={"b": False}, b={"a": False, "b": True}, c={"b": True})
    assert names(order.ordered(given)) == ["a", "b", "c"], "a table may refer to itself"


def test_a_circle_of_required_references_is_refused(monkeypatch: pytest.MonkeyPatch):
    given = _tables(monkeypatch, a={"b": True}, b={"a": True}, c={})
    with pytest.raises(Refused, match="互相引用"):
        order.ordered(given)
