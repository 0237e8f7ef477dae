"""Several tables in one workbook: rows refer to rows of the same file, stand or fall with them, are stored as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import stored
from app.core.errors import Refused
from app.core.table import TABLES
from app.core.viewer import looking_as
from app.transfer import upload
from app.transfer.batch import ImportBatch
from app.transfer.books import book
from tests.every_table.world import World
from tests.transfer.sheets import Rows, checked, counts, entries, lists, messages, received, several

LIST, ENTRY = TABLES["code_list"], TABLES["code_entry"]


def workbook(parents: Rows, children: Rows) -> bytes:
    """The child stands before its parent: the order of the sheets does not matter."""
    return several([("代码项", ENTRY, children), ("代码表", LIST, parents)])


def stored_entries(session: Session, mark: str) -> dict[str, str]:
    query = sa.select(ENTRY.code, LIST.code).join(LIST, LIST.id == ENTRY.code_list_id).where(LIST.code.like(f"{mark}%"))
    return dict(session.execute(query).all())


def test_children_refer_to_parents_of_the_same_file_in_any_order_of_sheets(looking: Session, mark: str, tmp_path: Path):
    content = workbook(lists(f"{mark}A", f"{mark}B"), entries((f"{mark}B", "1"), (f"{mark}A", "2"), ("无此表", "3")))
    parent, child = checked(looking, tmp_path / "a.xlsx", content, "code_list")
    assert [each.table_name for each in (parent, child)] == ["code_list", "code_entry"]
    assert (counts(parent), counts(child)) == ((2, 0, 0, 0), (2, 0, 0, 1))
    assert messages(looking, child) == {4: ["没有找到代码表“无此表”"]}
    assert stored_entries(looking, mark) == {}, "nothing is stored before the commit"
    outcomes = book.commit(looking, child)
    assert [outcome.inserted for _, outcome in outcomes] == [2, 2]
    assert stored_entries(looking, mark) == {"1": f"{mark}B", "2": f"{mark}A"}
    assert {parent.state, child.state} == {"committed"}
    again = checked(looking, tmp_path / "b.xlsx", content, "code_entry")
    assert [counts(each) for each in again] == [(0, 0, 2, 0), (0, 0, 2, 1)], "the same file again changes nothing"


def test_a_wrong_parent_makes_its_children_wrong_by_sheet_and_row(looking: Session, mark: str, tmp_path: Path):
    parents = [*lists(f"{mark}A"), {"code": f"{mark}B", "name": None}, *lists(f"{mark}A")]
    content = workbook(parents, entries((f"{mark}A", "1"), (f"{mark}B", "2"), (f"{mark}B", "3")))
    parent, child = checked(looking, tmp_path / "a.xlsx", content, "code_list")
    assert (counts(parent), counts(child)) == ((1, 0, 0, 2), (1, 0, 0, 2))
    assert messages(looking, child) == {
        3: ["所引用的“代码表”第 3 行有错误"],
        4: ["所引用的“代码表”第 3 行有错误"],
    }
    book.commit(looking, parent)
    assert stored_entries(looking, mark) == {"1": f"{mark}A"}


def test_a_stored_parent_that_is_wrong_in_the_file_stops_its_children_too(looking: Session, mark: str, tmp_path: Path):
    book.commit(looking, checked(looking, tmp_path / "a.xlsx", workbook(lists(mark), []), "code_list")[0])
    content = workbook([{"code": mark, "name": "长" * 300}], entries((mark, "1")))
    _, child = checked(looking, tmp_path / "b.xlsx", content, "code_list")
    assert messages(looking, child) == {2: ["所引用的“代码表”第 2 行有错误"]}


def test_children_follow_when_a_parent_is_mended_or_spoilt(looking: Session, mark: str, tmp_path: Path):
    parents = [*lists(f"{mark}A"), {"code": f"{mark}B", "name": None}]
    content = workbook(parents, entries((f"{mark}A", "1"), (f"{mark}B", "2"), (f"{mark}C", "3")))
    parent, child = checked(looking, tmp_path / "a.xlsx", content, "code_list")
    place = {name: index for index, name in parent.columns.items()}
    assert sorted(messages(looking, child)) == [3, 4]
    upload.check_rows(looking, parent, [(3, {place["name"]: "好了"})])
    assert (counts(parent), sorted(messages(looking, child))) == ((2, 0, 0, 0), [4])
    upload.check_rows(looking, parent, [(3, {place["code"]: f"{mark}C"})])
    assert counts(child) == (2, 0, 0, 1)
    assert messages(looking, child) == {3: [f"没有找到代码表“{mark}B”"]}
    upload.check_rows(looking, parent, [(2, {place["name"]: ""})])
    assert sorted(messages(looking, child)) == [2, 3]
    upload.check_rows(looking, parent, [(2, {place["name"]: "又好了"})])
    book.commit(looking, parent)
    assert stored_entries(looking, mark) == {"1": f"{mark}A", "3": f"{mark}C"}


def test_nothing_is_stored_when_the_database_fails_at_the_child(looking: Session, mark: str, tmp_path: Path):
    content = workbook(lists(mark), entries((mark, "1")))
    parent, child = checked(looking, tmp_path / "a.xlsx", content, "code_list")
    staged = upload.staging_of(child).full_name
    looking.commit()
    with looking_as(looking, None):
        looking.execute(sa.text(f"ALTER TABLE {staged} DROP COLUMN v_name"))
    looking.commit()
    with pytest.raises((Refused, sa.exc.DBAPIError)):
        book.commit(looking, parent)
    looking.rollback()
    assert looking.scalar(sa.select(sa.func.count()).select_from(LIST).where(LIST.code == mark)) == 0
    assert {each.state for each in book.members(looking, parent)} == {"checked"}


def test_a_parent_that_the_database_refuses_takes_its_children_along(looking: Session, mark: str, tmp_path: Path):
    content = workbook(lists(f"{mark}A", f"{mark}B"), entries((f"{mark}A", "1"), (f"{mark}B", "2")))
    parent, child = checked(looking, tmp_path / "a.xlsx", content, "code_list")
    same = checked(looking, tmp_path / "b.xlsx", workbook(lists(f"{mark}A"), []), "code_list")
    book.commit(looking, same[0])  # somebody else was faster
    (_, first), (_, second) = book.commit(looking, parent)
    assert (first.inserted, first.failed, second.inserted, second.failed) == (1, 1, 1, 1)
    assert messages(looking, child) == {2: ["所引用的“代码表”第 2 行有错误"]}
    assert stored_entries(looking, mark) == {"2": f"{mark}B"}


def test_the_file_is_kept_as_long_as_a_sheet_needs_it(looking: Session, mark: str, tmp_path: Path):
    parent, child = checked(looking, tmp_path / "a.xlsx", workbook(lists(mark), entries((mark, "1"))), "code_list")
    file = parent.file_id
    assert file == child.file_id and file is not None
    begun = book.leave_out(looking, parent)
    assert begun == [child] and child.state == "checking"
    assert book.check_on(looking, child).error == 1, "what it refers to is not imported any more"
    assert stored.facts(looking, file).id == file
    book.discard(looking, child)
    assert {each.state for each in (parent, child)} == {"discarded"}
    with pytest.raises(Refused):
        stored.facts(looking, file)


def test_a_sheet_whose_headers_are_not_understood_holds_up_the_check(looking: Session, mark: str, tmp_path: Path):
    content = several([("代码项", ENTRY, entries((mark, "1"))), ("代码表", LIST, lists(mark))])
    content = _with_header(content, "代码项", 1, "叫法")
    batch, found = received(looking, tmp_path / "a.xlsx", content, "code_list")
    batches = book.make(looking, batch, found)
    assert [each.mapping is None for each in batches] == [False, True]
    assert book.begin(looking, batch) == []
    with pytest.raises(Refused):
        book.commit(looking, batch)


def _with_header(content: bytes, sheet: str, column: int, text: str) -> bytes:
    import io

    import openpyxl

    made = openpyxl.load_workbook(io.BytesIO(content))
    made[sheet].cell(1, column, text)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def test_what_sheets_are_is_told(looking: Session, mark: str, tmp_path: Path):
    content = several(
        [
            ("填写说明", TABLES["work_day"], []),
            ("一月", LIST, lists(mark)),
            ("code_entry", ENTRY, entries((mark, "1"))),
            ("代码表", LIST, lists(mark)),
            ("随手记", TABLES["work_day"], [{"day": "2024-01-01"}]),
        ]
    )
    _, found = received(looking, tmp_path / "a.xlsx", content, "code_list")
    assert {table.__tablename__: sheet for table, sheet in found.sheets.items()} == {
        "code_list": "代码表",
        "code_entry": "code_entry",
    }
    assert [(each.sheet, each.why.value) for each in found.left_out] == [("随手记", "unknown"), ("一月", "twice")]
    assert all(each.told() for each in found.left_out)


# -- rows under a department -------------------------------------------------------------------------------------------


def inspections(world: World, who: str, mark: str, number: int) -> list[dict[str, Any]]:
    given = world.given("inspection", who)[0]
    return [dict(given) | {"action_no": f"{mark}{at}", "document_no": f"{mark}文{at}"} for at in range(number)]


def results(mark: str, number: int, each: int = 2) -> Rows:
    return [
        {"inspection": f"{mark}{at}", "item_name": f"检查项{item}", "result": "合格"}
        for at in range(number)
        for item in range(each)
    ]


def test_results_have_the_department_of_their_inspection(world: World, mark: str, tmp_path: Path):
    parents, children = inspections(world, "own", mark, 3), results(mark, 3)
    sheets = [("检查项结果", "inspection_item_result", children), ("行政检查", "inspection", parents)]
    with world.session("own") as session:
        batches = checked(session, tmp_path / "a.xlsx", several(sheets), "inspection")
        assert [messages(session, each) for each in batches if each.failed] == []
        assert [counts(each)[0] for each in batches] == [3, 6]
        book.commit(session, batches[0])
        session.commit()
    result, inspection = TABLES["inspection_item_result"], TABLES["inspection"]
    same = (
        sa.select(sa.func.count())
        .select_from(result)
        .join(inspection, inspection.id == result.inspection_id)
        .where(inspection.action_no.like(f"{mark}%"), result.department_id == inspection.department_id)
    )
    for who, number in (("own", 6), ("parent", 6), ("stranger", 0)):
        with world.session(who) as session:
            assert session.scalar(same) == number, who


def test_a_stranger_does_not_reach_the_rows_of_others_by_a_workbook(world: World, mark: str, tmp_path: Path):
    parents = inspections(world, "own", mark, 1)
    with world.session("own") as session:
        sheets = [("行政检查", "inspection", parents), ("检查项结果", "inspection_item_result", results(mark, 1))]
        batches = checked(session, tmp_path / "a.xlsx", several(sheets), "inspection")
        book.commit(session, batches[0])
        session.commit()
        key = batches[0].id
    with world.session("stranger") as session:
        assert session.get(ImportBatch, key) is None
        sheets = [("行政检查", "inspection", []), ("检查项结果", "inspection_item_result", results(mark, 1))]
        sheets[0] = ("行政检查", "inspection", inspections(world, "stranger", f"X{mark}", 1))
    with world.session("stranger") as session:
        _, child = checked(session, tmp_path / "b.xlsx", several(sheets), "inspection")
        assert child.failed == 2, "they refer to an inspection that this person does not see"
