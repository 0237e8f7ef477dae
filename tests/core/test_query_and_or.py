"""AND, OR, NOT, empty and related fields: what the grammar finds is what plain Python finds in the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.core import query, saving
from app.core.errors import Refused
from app.core.query import read_criteria
from app.core.table import TABLES
from app.core.viewer import Viewer
from tests.every_table.values import fresh
from tests.every_table.world import World

LIST, ENTRY = TABLES["code_list"], TABLES["code_entry"]
MARK = f"或{fresh()}"
WORDS = ("甲", "乙", "甲乙", "丙%", "_")
DAYS = ("2024-01-01", "2024-02-29", "2025-12-31")


@dataclass(frozen=True)
class Row:
    """A stored row as Python sees it; ``source`` stands in the row it refers to."""

    code: str
    name: str
    seq: int | None
    valid_from: date | None
    national_code: str | None
    list_source: str | None
    list_note: str | None


@pytest.fixture(scope="module")
def rows(world: World) -> list[Row]:
    """Rows with every mixture of filled and empty values, under two lists that differ."""
    made = []
    with world.session("own") as session:
        lists = []
        for number, (source, note) in enumerate((("甲标准", None), (None, "乙说明"))):
            code = f"O{number}{fresh()}"
            saving.save(session, LIST, {"code": code, "name": f"{MARK}{number}", "source": source, "note": note})
            lists.append((code, source, note))
        for number in range(40):
            code, source, note = lists[number % 2]
            row = Row(
                code=f"{number:02d}",
                name=f"{MARK} {WORDS[number % len(WORDS)]}",
                seq=number % 7 - 2 if number % 3 else None,
                valid_from=date.fromisoformat(DAYS[number % 3]) if number % 4 else None,
                national_code=WORDS[number % 4] if number % 5 else None,
                list_source=source,
                list_note=note,
            )
            given = {
                "code_list": code,
                "code": row.code,
                "name": row.name,
                "seq": row.seq,
                "valid_from": row.valid_from,
                "national_code": row.national_code,
            }
            saving.save(session, ENTRY, given)
            made.append(row)
        session.commit()
    return made


@pytest.fixture(scope="module")
def looking(world: World) -> Iterator[Session]:
    with world.session("own") as session:
        yield session


PATHS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: row.name.removeprefix(MARK),
    "national_code": lambda row: row.national_code,
    "seq": lambda row: row.seq,
    "valid_from": lambda row: row.valid_from,
    "code_list.source": lambda row: row.list_source,
    "code_list.note": lambda row: row.list_note,
}
NUMBERS, WHENS = ("seq",), ("valid_from",)


def conditions() -> st.SearchStrategy[tuple[str, str, tuple[str, ...]]]:
    def of(path: str) -> st.SearchStrategy[tuple[str, str, tuple[str, ...]]]:
        if path in NUMBERS:
            values, operations = st.integers(-3, 5).map(str), ("is", "not", "from", "to", "empty", "filled")
        elif path in WHENS:
            values, operations = st.sampled_from(DAYS), ("is", "not", "from", "to", "empty", "filled")
        else:
            values, operations = (
                st.sampled_from((*WORDS, "标准", "说")),
                ("is", "not", "eq", "starts", "empty", "filled"),
            )
        several = st.lists(values, min_size=1, max_size=3, unique=True).map(tuple)
        return st.tuples(st.just(path), st.sampled_from(operations), several)

    return st.sampled_from(sorted(PATHS)).flatmap(of)


def holds(row: Row, path: str, operation: str, values: tuple[str, ...]) -> bool:
    """The condition, evaluated by hand."""
    value = PATHS[path](row)
    if operation == "empty":
        return value is None
    if operation == "filled":
        return value is not None
    if operation == "not":
        return not holds(row, path, "is", values)
    if value is None:
        return False
    if path in NUMBERS or path in WHENS:
        read = int if path in NUMBERS else date.fromisoformat
        wanted = [read(each) for each in values]
        return {"is": value in wanted, "from": value >= wanted[0], "to": value <= wanted[0]}[operation]
    text = value
    if path == "name":  # the mark stands in front of every name
        text = MARK + value
        values = tuple(f"{MARK} {each}" if operation in ("eq", "starts") else each for each in values)
    tests = {"is": str.__contains__, "eq": str.__eq__, "starts": str.startswith}
    return any(tests[operation](text, each) for each in values)


def parameters(path: str, operation: str, values: tuple[str, ...], prefix: str) -> list[tuple[str, str]]:
    if path == "name" and operation in ("eq", "starts"):
        values = tuple(f"{MARK} {each}" for each in values)
    suffix = "" if operation == "is" else f".{operation}"
    return [(f"{prefix}f.{path}{suffix}", value) for value in values]


def distinct(found: list[tuple[str, str, tuple[str, ...]]]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Values of one parameter are one condition: two conditions on the same field and operation would be read so."""
    return list({(path, operation): (path, operation, values) for path, operation, values in found}.values())


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(every=st.lists(conditions(), max_size=3).map(distinct), either=st.lists(conditions(), max_size=3).map(distinct))
def test_the_grammar_finds_what_python_finds(rows, looking, world, every, either):
    asked = [("q", MARK)]
    for each in every:
        asked += parameters(*each, "")
    for each in either:
        asked += parameters(*each, "any.")
    criteria = read_criteria(ENTRY, asked)
    found = query.matching(ENTRY, criteria, world.viewers["own"])
    expected = {
        row.code
        for row in rows
        if all(holds(row, *each) for each in every) and (not either or any(holds(row, *each) for each in either))
    }
    assert {row.code for row in looking.scalars(found)} == expected, asked
    assert sorted(criteria.parameters()) == sorted(asked)


def test_rows_of_a_many_field_are_asked_for(world: World):
    inspection = TABLES["inspection"]
    row = world.another("inspection")
    with world.session("own") as session:
        stored = session.get(inspection, row.id)
        cert = stored.inspectors[0].cert_no

        def found(*asked: tuple[str, str]) -> int:
            criteria = read_criteria(inspection, [("q", row.mark), *asked])
            return len(session.scalars(query.matching(inspection, criteria, world.viewers["own"])).all())

        assert found(("f.inspectors.cert_no", cert)) == 1
        assert found(("f.inspectors.cert_no.not", cert)) == 0
        assert found(("f.inspectors.cert_no.filled", "1")) == 1
        assert found(("f.inspectors.cert_no.empty", "1")) == 0
        assert found(("f.inspectors.cert_no", "没有这个")) == 0
        assert found(("any.f.inspectors.cert_no", "没有"), ("any.f.checked_on.filled", "1")) == 1


def test_rows_that_are_not_to_be_seen_answer_no_question(world: World):
    """A reference to a row of another county is asked about in vain: as if nothing stood there."""
    child, parent = TABLES["inspection_item_result"], world.another("inspection")
    stranger = world.viewers["stranger"]
    criteria = read_criteria(child, [("f.inspection.action_no.filled", "1")])
    with world.session("stranger") as session:
        inspected = query.matching(
            TABLES["inspection"], read_criteria(TABLES["inspection"], [("q", parent.mark)]), stranger
        )
        assert session.scalars(inspected).all() == []
        assert session.scalars(query.matching(child, criteria, stranger)).all() == []


@pytest.mark.parametrize(
    "name",
    [
        "f.inspectors.id_no",  # sensitive
        "f.inspectors.phone.filled",
        "f.inspectors.department.name",  # two steps
        "f.subject.nonsense",
        "f.name.code",  # no reference
        "f.quality_flags",
        "f.party_id_no.starts",  # may be masked: digit by digit is no search
        "f.party_id_no.eq",
        "f.subject.id_no.starts",
        "f.check_result.starts",
        "f.checked_on.starts",
        "f.name.to",
        "any.f.",
        "any.f.nonsense",
        "any.f.name.from",
        "f..name",
        "f.subject..name",
        "f.subject.name.not.not",
    ],
)
def test_what_must_not_be_asked_is_refused(name: str):
    with pytest.raises(Refused) as refused:
        read_criteria(TABLES["inspection"], [(name, "6")])
    assert refused.value.status == 400


def test_values_of_tables_one_may_not_read_are_not_asked_for(world: World):
    criteria = read_criteria(ENTRY, [("f.code_list.name", "x")])
    nobody = Viewer("viewer_line", 0, 10**15, user_id=0, department_id=1)
    with world.session(nobody), pytest.raises(Refused) as refused:
        query.matching(ENTRY, criteria, nobody)
    assert refused.value.status == 403


def test_too_many_columns_to_order_by_are_refused():
    with pytest.raises(Refused):
        read_criteria(ENTRY, [("order", ",".join(["name", "code", "seq"] * 3))])


def test_the_command_line_can_ask_for_any():
    assert query.given_filters([("any.name", "甲"), ("any.f.seq.from", "1"), ("code_list.name.not", "乙")]) == [
        ("any.f.name", "甲"),
        ("any.f.seq.from", "1"),
        ("f.code_list.name.not", "乙"),
    ]
