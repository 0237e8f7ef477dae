"""What becomes of single rows: kinds of problems, duplicates as chosen, rows corrected in the browser, rows the
database does not take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.table import TABLES
from app.transfer import headers, sighting, upload
from app.transfer.batch import Duplicates, ImportBatch
from app.transfer.merge import Outcome
from tests.every_table.sheets import workbook
from tests.every_table.values import fresh
from tests.every_table.world import World
from tests.transfer.imports import sheet, stage

ENTRY, TAG = TABLES["code_entry"], TABLES["subject_tag"]


def batch_of(session: Session, path: Path, table: Any, **values: Any) -> ImportBatch:
    with path.open("rb") as stream:
        batch = upload.receive(session, table, path.name, stream)
    for name, value in values.items():
        setattr(batch, name, value)
    seen = sighting.look(table, path, memory=headers.memory_of(session, table))
    upload.check(session, batch, seen, seen.match.fields)
    return batch


def counts(batch: ImportBatch) -> dict[str, int]:
    found = {name: getattr(batch, name) for name in ("inserted", "updated", "unchanged", "skipped", "failed")}
    return {name: number for name, number in found.items() if number}


def told(session: Session, batch: ImportBatch) -> dict[int, tuple[str, list[str]]]:
    t = upload.staging_of(batch).sql.c
    rows = session.execute(sa.select(t.row_no, t.state, t.problems).order_by(t.row_no))
    return {number: (state, [p["m"] for p in problems or ()]) for number, state, problems in rows}


def entries(tmp_path: Path, code: str, rows: list[dict[str, Any]], name: str = "rows.xlsx") -> Path:
    return sheet(tmp_path / name, ENTRY, [{"code_list": code} | row for row in rows])


def test_problems_of_one_kind_have_one_name(looking: Session, code: str, tmp_path: Path):
    rows = [{"code": each, "name": "长" * n} for each, n in (("A", 300), ("B", 400))]
    rows += [{"code": "C", "name": "甲"}, {"code": "C", "name": "乙"}, {"code": "c", "name": "丙"}]
    batch = batch_of(looking, entries(tmp_path, code, rows), ENTRY)
    t = upload.staging_of(batch).sql.c
    kinds = looking.execute(sa.select(t.row_no, t.problems).where(t.problems.is_not(None)).order_by(t.row_no)).all()
    (first,), (second,) = (problems for _, problems in kinds[:2])
    assert first["k"] == second["k"] and "{" in first["k"] and first["m"] != second["m"]
    assert [p[0]["k"] for _, p in kinds[2:]] == ["{names}与本文件第 {row} 行重复"] * 2
    assert [p[0]["m"] for _, p in kinds[2:]] == ["代码表编码、代码与本文件第 4 行重复"] * 2


MODES = {
    Duplicates.UPDATE: ({"inserted": 1, "updated": 1, "unchanged": 1}, {"A": "甲二", "B": "乙", "C": "丙"}),
    Duplicates.SKIP: ({"inserted": 1, "skipped": 1, "unchanged": 1}, {"A": "甲", "B": "乙", "C": "丙"}),
    Duplicates.ONLY_UPDATE: ({"failed": 1, "updated": 1, "unchanged": 1}, {"A": "甲二", "B": "乙"}),
}


@pytest.mark.parametrize("chosen", MODES, ids=lambda each: each.value)
def test_what_is_stored_already_is_dealt_with_as_chosen(
    chosen: Duplicates, looking: Session, code: str, tmp_path: Path
):
    first = [{"code": "A", "name": "甲"}, {"code": "B", "name": "乙"}]
    stage(looking, ENTRY, entries(tmp_path, code, first)).merge()
    given = [{"code": "A", "name": "甲二"}, {"code": "B", "name": "乙"}, {"code": "C", "name": "丙"}]
    batch = batch_of(looking, entries(tmp_path, code, given, "b.xlsx"), ENTRY, duplicates=chosen.value)
    expected, stored = MODES[chosen]
    assert counts(batch) == expected
    if chosen is Duplicates.ONLY_UPDATE:
        assert told(looking, batch)[4] == ("error", ["没有找到代码表编码、代码相同的记录，不能更新"])
    outcome = upload.commit(looking, batch)
    assert counts(batch) == expected and outcome.rows == 3
    lists = TABLES["code_list"]
    rows = sa.select(ENTRY.code, ENTRY.name).join(lists, lists.id == ENTRY.code_list_id).where(lists.code == code)
    assert dict(looking.execute(rows).all()) == stored


def test_a_skipped_row_may_be_taken_after_all(looking: Session, code: str, tmp_path: Path):
    stage(looking, ENTRY, entries(tmp_path, code, [{"code": "A", "name": "甲"}, {"code": "B", "name": "乙"}])).merge()
    given = [{"code": "A", "name": "甲二"}, {"code": "B", "name": "乙二"}]
    batch = batch_of(looking, entries(tmp_path, code, given, "b.xlsx"), ENTRY, duplicates="skip")
    upload.check_rows(looking, batch, [(2, {})], mode="upsert")
    assert counts(batch) == {"updated": 1, "skipped": 1}
    assert upload.commit(looking, batch) == Outcome(inserted=0, updated=1, unchanged=0, failed=0, skipped=1)


def test_a_corrected_cell_mends_its_row_and_those_that_repeated_it(looking: Session, code: str, tmp_path: Path):
    rows = [{"code": "A", "name": "甲"}, {"code": "A", "name": "乙"}, {"code": "B", "name": None}]
    rows += [{"code": "C", "name": "丁"}]
    batch = batch_of(looking, entries(tmp_path, code, rows), ENTRY)
    assert counts(batch) == {"inserted": 2, "failed": 2}
    place = {name: index for index, name in batch.columns.items()}
    upload.check_rows(looking, batch, [(4, {place["name"]: "丙"})])
    assert counts(batch) == {"inserted": 3, "failed": 1}
    upload.check_rows(looking, batch, [(2, {place["code"]: "D"})])
    assert counts(batch) == {"inserted": 4}, "row 3 is no longer a repetition"
    assert {state for state, _ in told(looking, batch).values()} == {"insert"}
    upload.check_rows(looking, batch, [(3, {place["code"]: "c"})])
    assert counts(batch) == {"inserted": 3, "failed": 1}
    assert told(looking, batch)[5] == ("error", ["代码表编码、代码与本文件第 3 行重复"]), "a later row is, now"
    after = upload.check_rows(looking, batch, [(2, [code, "E", ""][: len(place)])])
    assert after.rows == 1 and counts(batch) == {"inserted": 2, "failed": 2}
    outcome = upload.commit(looking, batch)
    assert outcome == Outcome(inserted=2, updated=0, unchanged=0, failed=2)


def test_what_was_hidden_and_what_was_spoilt_stay_as_typed(world: World, looking: Session, tmp_path: Path):
    table = TABLES["inspector"]
    good = world.given("inspector")[0] | {"cert_no": f"Z{fresh()}", "phone": "=A1", "name": None}
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(table, [good]))
    batch = batch_of(looking, path, table)
    before = told(looking, batch)
    assert len(before[min(before)][1]) == 2
    number, place = min(before), {name: index for index, name in batch.columns.items()}
    upload.check_rows(looking, batch, [(number, {place["name"]: "张三"})])
    state, messages = told(looking, batch)[number]
    assert state == "error" and len(messages) == 1
    upload.check_rows(looking, batch, [(number, {place["phone"]: "13912345678"})])
    assert told(looking, batch)[number][0] == "insert", told(looking, batch)
    assert upload.commit(looking, batch).inserted == 1


def test_rows_that_looked_alike_are_told_again(world: World, looking: Session, tmp_path: Path):
    given = world.given("inspection")[0]
    twins = [given | {"action_no": f"T{fresh()}"} for _ in range(3)]
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(TABLES["inspection"], twins))
    batch = batch_of(looking, path, TABLES["inspection"])
    numbers = sorted(told(looking, batch))
    flagged = [number for number in numbers if any("可能重复" in text for text in told(looking, batch)[number][1])]
    assert set(numbers[1:]) <= set(flagged)
    after = upload.check_rows(looking, batch, [(numbers[0], {})])
    assert after.rows == 3
    again = [number for number in numbers if any("可能重复" in text for text in told(looking, batch)[number][1])]
    assert again == flagged


def test_a_row_that_the_database_does_not_take_is_named_and_the_rest_is_stored(
    world: World, looking: Session, tmp_path: Path
):
    mark = fresh()
    rows = [{"username": f"u{mark}{n}", "real_name": "甲", "staff_number": f"S{mark}{n}"} for n in range(6)]
    assert stage(looking, "account", sheet(tmp_path / "a.xlsx", "account", rows)).merge().inserted == 6
    taken = [row | {"real_name": "乙"} for row in rows]
    taken[1] |= {"staff_number": f"S{mark}9"}
    taken[2] |= {"staff_number": rows[0]["staff_number"]}
    taken[5] |= {"staff_number": rows[4]["staff_number"]}
    done = stage(looking, "account", sheet(tmp_path / "b.xlsx", "account", taken))
    assert done.counts == {"rows": 6, "update": 6}
    assert done.merge() == Outcome(inserted=0, updated=4, unchanged=0, failed=2)
    assert set(done.messages) == {4, 7}
    assert all("已存在" in text for texts in done.messages.values() for text in texts)
    looking.rollback()
