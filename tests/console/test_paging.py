"""Pages by keyset: forwards and backwards, every row once, whatever is sorted by and however much of it is empty."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.console import paging
from app.console.tally import Question, at_least
from app.core import query, saving
from app.core.errors import Refused
from app.core.table import TABLES
from tests.every_table.values import fresh
from tests.every_table.world import World

ENTRY = TABLES["code_entry"]
ROWS = 23
ORDERS = ["code", "-code", "seq", "-seq", "name,seq", "-name,seq", "seq,-name", "-valid_from,code", "name,-code"]


@pytest.fixture(scope="module")
def mark(world: World) -> str:
    """Rows that repeat their names, and of which many have no number and no day."""
    found, code = f"页{fresh()}", f"P{fresh()}"
    with world.session("own") as session:
        saving.save(session, TABLES["code_list"], {"code": code, "name": found})
        for number in range(ROWS):
            row = {"code_list": code, "code": f"{number:02d}", "name": f"{found} {'甲乙丙'[number % 3]}"}
            row |= {"seq": str(number % 4)} if number % 2 else {}
            row |= {"valid_from": f"2024-01-0{1 + number % 5}"} if number % 3 else {}
            saving.save(session, ENTRY, row)
        session.commit()
    return found


def pages(session: Session, world: World, mark: str, order: str) -> tuple[sa.Select[Any], list[tuple[Any, bool]]]:
    criteria = query.read_criteria(ENTRY, [("f.name", mark), ("order", order)])
    return query.matching(ENTRY, criteria, world.viewers["own"]), query.ordering(ENTRY, criteria.order)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 4, 7, 23, 24])
def test_every_row_stands_on_one_page(order: str, size: int, looking: Session, world: World, mark: str):
    found, columns = pages(looking, world, mark, order)
    forwards, after, turns = [], "", 0
    while True:
        page = paging.page(looking, found, columns, size, after, "")
        assert page.first == (turns == 0)
        assert (page.previous is None) == (turns == 0)
        forwards += [row.code for row in page.rows]
        turns += 1
        if page.next is None:
            break
        after = page.next
    assert sorted(forwards) == [f"{number:02d}" for number in range(ROWS)]
    assert turns == -(-ROWS // size)
    backwards, before = [], "end"
    while True:
        page = paging.page(looking, found, columns, size, "", before)
        backwards = [row.code for row in page.rows] + backwards
        if page.previous is None:
            break
        before = page.previous
    assert backwards == forwards


@pytest.mark.parametrize("order", ORDERS)
def test_a_page_back_is_the_page_before(order: str, looking: Session, world: World, mark: str):
    found, columns = pages(looking, world, mark, order)
    first = paging.page(looking, found, columns, 5, "", "")
    second = paging.page(looking, found, columns, 5, first.next or "", "")
    back = paging.page(looking, found, columns, 5, "", second.previous or "")
    assert [row.code for row in back.rows] == [row.code for row in first.rows]
    assert back.next is not None


def test_empty_values_stand_last_in_either_direction(looking: Session, world: World, mark: str):
    for order in ("seq", "-seq"):
        found, columns = pages(looking, world, mark, order)
        rows = paging.page(looking, found, columns, ROWS, "", "").rows
        filled = [row.seq for row in rows if row.seq is not None]
        assert [row.seq for row in rows[: len(filled)]] == filled == sorted(filled, reverse=order[0] == "-")


def test_no_rows_are_one_empty_page(looking: Session, world: World):
    found, columns = pages(looking, world, f"没有{fresh()}", "code")
    for before in ("", "end"):
        page = paging.page(looking, found, columns, 5, "", before)
        assert (page.rows, page.first, page.previous, page.next) == ([], True, None, None)


def packed(values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "=",
        "\u00e9",
        packed(None),
        packed({}),
        packed([]),
        packed([1]),
        packed([1, 2, 3]),
        packed(["a", "not a uuid"]),
        packed([{"a": 1}, "00000000-0000-7000-8000-000000000000"]),
        packed(["1e400", "00000000-0000-7000-8000-000000000000"]),
        packed(["9" * 30, "00000000-0000-7000-8000-000000000000"]),
        packed([[1], "00000000-0000-7000-8000-000000000000"]),
        "A" * 20_000,
    ],
)
def test_tokens_that_are_none_are_refused(token: str, looking: Session, world: World, mark: str):
    found, columns = pages(looking, world, mark, "seq")
    with pytest.raises(Refused) as refused:
        paging.page(looking, found, columns, 5, token, "")
    assert refused.value.status == 400


def test_a_token_of_the_right_shape_finds_its_place_though_its_row_is_gone(looking: Session, world: World, mark: str):
    found, columns = pages(looking, world, mark, "code")
    token = packed(["10", "00000000-0000-0000-0000-000000000000"])
    assert [row.code for row in paging.page(looking, found, columns, 3, token, "").rows] == ["10", "11", "12"]


def test_counting_stops_at_the_cap(looking: Session, world: World, mark: str):
    found, _ = pages(looking, world, mark, "code")
    assert at_least(looking, Question(found)) == (ROWS, False)
    assert at_least(looking, Question(found), cap=ROWS) == (ROWS, False)
    assert at_least(looking, Question(found), cap=ROWS - 1) == (ROWS - 1, True)


@given(
    st.integers(0, 400), st.integers(1, 60), st.integers(-3, 500).map(str) | st.sampled_from(["", "x", "１", "9" * 12])
)
def test_numbered_pages_hold_every_row_once(total: int, size: int, asked: str):
    def page(number: int | str) -> paging.Numbered:
        return paging.numbered(str(number), total, size, lambda at: f"?page={at}")

    rows, number = list(range(total)), 1
    seen = rows[page(1).part]
    while (after := page(number)).pager and (url := after.pager["next"]):
        number += 1
        assert url == f"?page={number}"
        seen += rows[page(number).part]
    assert seen == rows
    last, one = max(1, -(-total // size)), page(asked)
    assert number == last
    wanted = int(asked) if asked.isdecimal() and asked.isascii() and len(asked) < 10 and int(asked) else 1
    assert (one.number, one.offset) == (min(wanted, last), (min(wanted, last) - 1) * size)
    assert (one.pager is None) is (last == 1)
    if one.pager:
        at = one.number
        expected = (1 if at > 1 else 0, at - 1, at + 1 if at < last else 0, last if at < last else 0)
        assert one.pager == {
            name: f"?page={to}" if to else None
            for name, to in zip(("first", "prev", "next", "last"), expected, strict=True)
        }
