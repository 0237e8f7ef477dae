"""The table of decisions of an undo, exhaustively: every combination of facts, in Python and in PostgreSQL."""

from __future__ import annotations

import dataclasses
from itertools import product

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.transfer.undo.decide import BY_NAME, REASONS, Bucket, Facts, as_sql, bucket, reason

FACTS = [field.name for field in dataclasses.fields(Facts)]
ALL = [Facts(**dict(zip(FACTS, values, strict=True))) for values in product((True, False), repeat=len(FACTS))]


def test_a_row_as_the_import_left_it_is_taken_back():
    assert bucket(Facts(is_new=True)) is Bucket.REVERSED
    assert bucket(Facts(is_new=False)) is Bucket.REVERSED


@pytest.mark.parametrize(
    ("fact", "new", "old"),
    [
        ({"is_there": False}, "gone", "gone"),
        ({"is_ours": False}, "moved", "moved"),
        ({"is_corrected": True}, "corrected", "corrected"),
        ({"is_out": True}, "out", "out"),
        ({"is_published": True}, "published", "published"),
        ({"is_same": False}, "edited", "edited"),
        ({"is_renumbered": True}, "renumbered", "renumbered"),
        ({"is_lasting": True}, "lasting", None),
        ({"is_needed": True}, "needed", None),
        ({"is_from_others": True}, None, "from_others"),
        ({"is_bereft": True}, None, "bereft"),
        ({"is_taken": True}, None, "taken"),
    ],
)
def test_each_fact_by_itself(fact: dict[str, bool], new: str | None, old: str | None):
    for is_new, expected in ((True, new), (False, old)):
        found = reason(Facts(is_new=is_new, **fact))
        assert (found.name if found else None) == expected


def test_every_combination():
    """What must hold whatever else is true, said apart from the table."""
    for facts in ALL:
        found, is_seen = bucket(facts), facts.is_there and facts.is_ours
        is_out = facts.is_out or facts.is_corrected or facts.is_published
        if found is Bucket.REVERSED:
            assert is_seen and facts.is_same, f"nobody's later work is undone: {facts}"
            assert not is_out, f"what the public knows does not vanish: {facts}"
            assert not (facts.is_new and (facts.is_needed or facts.is_lasting)), f"nothing that is needed goes: {facts}"
            assert facts.is_new or not (facts.is_from_others or facts.is_bereft or facts.is_taken), facts
        if found is Bucket.REFUSED:
            assert facts.is_new and facts.is_needed, facts
        assert (found is Bucket.OUT) == (is_seen and is_out), facts
        if not (is_seen and facts.is_same):
            assert found in (Bucket.KEPT, Bucket.OUT), facts
        assert (reason(facts) is None) == (found is Bucket.REVERSED), facts


def test_every_reason_is_reached_and_told():
    assert {found.name for facts in ALL if (found := reason(facts))} == set(BY_NAME)
    assert len({str(each.text) for each in REASONS}) == len(REASONS)


def test_postgresql_decides_the_same(session: Session):
    rows = ", ".join("(" + ", ".join(str(value).lower() for value in dataclasses.astuple(facts)) + ")" for facts in ALL)
    asked = f"SELECT {as_sql()} FROM (VALUES {rows}) facts ({', '.join(FACTS)})"
    found = list(session.connection().execute(sa.text(asked)).scalars())
    assert found == [each.name if (each := reason(facts)) else None for facts in ALL]
