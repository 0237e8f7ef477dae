"""Rows from a workbook into a table: told apart, judged, stored, and never more written than has changed."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import sealing
from app.core.fields.write import masked
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from app.transfer import headers, sighting
from app.transfer.merge import Outcome
from tests.every_table.sheets import workbook
from tests.every_table.values import CITIZEN, fresh, varied
from tests.every_table.world import OWN, World
from tests.transfer.books import xlsx
from tests.transfer.imports import Staged, sheet, stage

DAY, ENTRY, INSPECTOR = (TABLES[name] for name in ("work_day", "code_entry", "inspector"))


def rows_of(session: Session, code: str) -> dict[str, Any]:
    lists = TABLES["code_list"]
    query = sa.select(ENTRY).join(lists, lists.id == ENTRY.code_list_id).where(lists.code == code)
    return {row.code: row for row in session.scalars(query.execution_options(populate_existing=True))}


def entries(tmp_path: Path, code: str, rows: list[dict[str, Any]], name: str = "rows.xlsx") -> Path:
    return sheet(tmp_path / name, ENTRY, [{"code_list": code} | row for row in rows])


def test_rows_are_new_changed_unchanged_or_wrong(looking: Session, code: str, tmp_path: Path):
    first = [{"code": "A", "name": "甲", "seq": 1}, {"code": "B", "name": "乙", "seq": 2}, {"code": "C", "name": "丙"}]
    done = stage(looking, ENTRY, entries(tmp_path, code, first))
    assert done.counts == {"rows": 3, "insert": 3}
    assert done.merge() == Outcome(inserted=3, updated=0, unchanged=0, failed=0)
    before = {key: (row.version, row.updated_at, row.id) for key, row in rows_of(looking, code).items()}
    again = [
        {"code": "A", "name": "甲"},
        {"code": "b", "name": "乙二"},
        {"code": "D", "name": None},
        {"code": "E", "name": "戊"},
    ]
    done = stage(looking, ENTRY, entries(tmp_path, code, again))
    assert done.counts == {"rows": 4, "insert": 1, "update": 1, "unchanged": 1, "error": 1}
    assert done.messages == {4: ["名称必填"]}
    assert done.merge() == Outcome(inserted=1, updated=1, unchanged=1, failed=1)
    after = rows_of(looking, code)
    assert {key: row.name for key, row in after.items()} == {"A": "甲", "B": "乙二", "C": "丙", "E": "戊"}
    assert (after["A"].version, after["A"].updated_at, after["A"].id) == before["A"], "what is unchanged is not written"
    assert (after["B"].version, after["B"].id) == (2, before["B"][2])
    assert (after["A"].seq, after["B"].seq) == (1, 2), "columns that the file lacks stay as they are"


def test_an_empty_cell_empties_the_field(looking: Session, code: str, tmp_path: Path):
    stage(looking, ENTRY, entries(tmp_path, code, [{"code": "A", "name": "甲", "seq": 1}])).merge()
    done = stage(looking, ENTRY, entries(tmp_path, code, [{"code": "A", "name": "甲", "seq": None}]))
    assert done.counts == {"rows": 1, "update": 1}
    done.merge()
    assert rows_of(looking, code)["A"].seq is None


def test_rows_that_repeat_one_another_are_refused_with_the_first_ones_number(
    looking: Session, code: str, tmp_path: Path
):
    rows = [{"code": f"R{number}", "name": "甲"} for number in range(4100)]  # more than two chunks
    rows += [{"code": "R7", "name": "乙"}, {"code": "r 7", "name": "丙"}]
    done = stage(looking, ENTRY, entries(tmp_path, code, rows))
    assert done.counts == {"rows": 4102, "insert": 4100, "error": 2}
    assert done.messages == {
        4102: ["代码表编码、代码与本文件第 9 行重复"],
        4103: ["代码表编码、代码与本文件第 9 行重复"],
    }
    assert done.merge() == Outcome(inserted=4100, updated=0, unchanged=0, failed=2)
    assert rows_of(looking, code)["R7"].name == "甲"


@pytest.mark.parametrize(
    "text",
    [
        "a\tb",
        "a\\tb",
        "\\N",
        "\\.",
        'a"b',
        "a\\",
        "{a,b}",
        "甲\n乙",
        "a'; DROP TABLE region; --",
        "=1+1",
        "%s %(a)s :a",
    ],
)
def test_signs_that_mean_something_elsewhere_mean_themselves(looking: Session, text: str, tmp_path: Path):
    given = {"name": f"标{fresh()}", "description": text}
    done = stage(looking, "subject_tag", sheet(tmp_path / "a.csv.xlsx", "subject_tag", [given]))
    stored = TABLES["subject_tag"]
    if text == "=1+1":  # openpyxl writes it as a formula
        assert done.counts == {"rows": 1, "error": 1}
        assert "公式" in done.messages[2][0]
        return
    done.merge()
    row = looking.scalar(sa.select(stored).where(stored.name == given["name"]))
    assert row is not None
    assert row.description == " ".join(text.split())
    again = stage(looking, "subject_tag", sheet(tmp_path / "b.xlsx", "subject_tag", [given]))
    assert again.counts == {"rows": 1, "unchanged": 1}


def test_what_excel_has_spoilt_is_refused_at_its_cell(looking: Session, world: World, tmp_path: Path):
    good = world.given("inspector")[0]
    rows = [good | {"cert_no": value} for value in (916101310123456789, 27010113001.5, "=A1", 12345)]
    rows += [
        good | {"cert_no": f"Z{fresh()}", "cert_valid_until": value} for value in (datetime(2030, 1, 5), 47488, "五月")
    ]
    done = stage(looking, INSPECTOR, sheet(tmp_path / "a.xlsx", INSPECTOR, rows))
    told = done.messages
    assert "15 位" in told[2][0] and "带小数" in told[3][0] and "公式" in told[4][0]
    assert 5 not in told and 6 not in told and 7 not in told
    assert "“五月”不是有效日期" in told[8][0]


def test_days_numbers_and_words_are_understood_as_typed(looking: Session, tmp_path: Path):
    start = date(1930, 1, 1)
    written = [
        start.isoformat(),
        "1930.1.2",
        "1930/1/3",
        "1930年1月4日",
        "１９３０－０１－０５",
        "19300106",
        datetime(1930, 1, 7),
    ]
    rows = [{"day": value, "is_workday": word} for value, word in zip(written, "是否√×YN1", strict=True)]
    done = stage(looking, DAY, sheet(tmp_path / "a.xlsx", DAY, rows))
    assert done.messages == {}
    done.merge()
    found = looking.execute(
        sa.select(DAY.day, DAY.is_workday).where(DAY.day.between(start, date(1930, 1, 7))).order_by(DAY.day)
    ).all()
    assert [day.day for day, _ in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [works for _, works in found] == [True, False, True, False, True, False, True]


def test_masked_values_come_back_as_they_were(looking: Session, world: World, tmp_path: Path):
    number = next(varied(CITIZEN, fresh()))
    given = world.given("inspector")[0] | {"id_no": number, "phone": "13912345678"}
    stage(looking, INSPECTOR, sheet(tmp_path / "a.xlsx", INSPECTOR, [given])).merge()
    hidden = given | {"id_no": masked(number), "phone": masked("13912345678")}
    assert stage(looking, INSPECTOR, sheet(tmp_path / "b.xlsx", INSPECTOR, [hidden])).counts == {
        "rows": 1,
        "unchanged": 1,
    }
    done = stage(looking, INSPECTOR, sheet(tmp_path / "c.xlsx", INSPECTOR, [hidden | {"name": "改"}]))
    assert done.counts == {"rows": 1, "update": 1}
    done.merge()
    row = looking.scalar(sa.select(INSPECTOR).where(INSPECTOR.cert_no == given["cert_no"]))
    fields = INSPECTOR.__fields__
    stored = [sealing.value_of(row, fields[name]) for name in ("id_no", "phone", "name")]
    assert stored == [number, "13912345678", "改"]
    fresh_one = hidden | {"cert_no": f"Z{fresh()}"}
    assert "error" in stage(looking, INSPECTOR, sheet(tmp_path / "d.xlsx", INSPECTOR, [fresh_one])).counts


def test_rows_that_look_alike_are_accepted_and_flagged(looking: Session, world: World, tmp_path: Path):
    given = world.given("inspection")[0]
    twins = [given | {"action_no": f"T{fresh()}"} for _ in range(3)]
    (tmp_path / "a.xlsx").write_bytes(workbook(TABLES["inspection"], twins))
    done = stage(looking, "inspection", tmp_path / "a.xlsx")
    assert done.counts["insert"] == 3 and done.counts["warning"] >= 2
    assert all(any("可能重复" in text for text in done.messages[number]) for number in (3, 4))
    done.merge()
    table = TABLES["inspection"]
    numbers = [twin["action_no"] for twin in twins]
    flags = looking.execute(sa.select(table.action_no, table.quality_flags).where(table.action_no.in_(numbers))).all()
    assert {number for number, codes in flags if "R16" in (codes or [])} >= set(numbers[1:])


def test_what_changed_meanwhile_is_refused_and_the_rest_is_stored(
    world: World, looking: Session, code: str, tmp_path: Path
):
    stage(looking, ENTRY, entries(tmp_path, code, [{"code": each, "name": "甲"} for each in "AB"])).merge()
    looking.commit()
    rows = [
        {"code": "A", "name": "乙"},
        {"code": "B", "name": "乙"},
        {"code": "C", "name": "丙"},
        {"code": "D", "name": "丁"},
    ]
    done = stage(looking, ENTRY, entries(tmp_path, code, rows))
    assert done.counts == {"rows": 4, "insert": 2, "update": 2}
    looking.commit()
    with world.session("stranger") as session:  # somebody else is quicker
        stage(
            session,
            ENTRY,
            entries(tmp_path, code, [{"code": "A", "name": "他"}, {"code": "C", "name": "他"}], "b.xlsx"),
        ).merge()
        session.commit()
    assert done.merge() == Outcome(inserted=1, updated=1, unchanged=0, failed=2)
    looking.commit()
    assert {key: row.name for key, row in rows_of(looking, code).items()} == {
        "A": "他",
        "B": "乙",
        "C": "他",
        "D": "丁",
    }
    assert "刚刚被他人修改" in done.messages[2][0] and "已存在" in done.messages[4][0]


def test_a_name_taken_in_a_hidden_department_refuses_its_row_alone(world: World, looking: Session, tmp_path: Path):
    hidden = world.another("account", "stranger").given["username"]
    rows = [{"username": name, "real_name": "甲"} for name in (f"u{fresh()}", hidden, f"u{fresh()}")]
    done = stage(looking, "account", sheet(tmp_path / "a.xlsx", "account", rows))
    assert done.merge() == Outcome(inserted=2, updated=0, unchanged=0, failed=1)
    assert "已存在" in done.messages[3][0]


def test_numbered_tables_tell_what_they_did_not_take(world: World, tmp_path: Path):
    name = f"测试编号局{fresh()}"
    row = {"name": name, "region": "610113", "level": "县级", "dept_kind": "gov_department", "duty_line": "other"}
    row |= {"is_lead_office": "否", "parent": OWN.replace("万事甲县测试局", "万事市测试局")}
    with world.session(THE_SYSTEM) as session:
        done = stage(
            session, "department", sheet(tmp_path / "a.xlsx", "department", [row, row | {"name": f"{name}二"}])
        )
        assert done.messages == {}
        with world.app.app_context():
            from app.core import saving
            from app.core.viewer import looking_as
            from app.extensions import db

            with looking_as(db.session(), THE_SYSTEM):
                saving.save(db.session(), TABLES["department"], row)
                db.session.commit()
        assert done.merge() == Outcome(inserted=1, updated=0, unchanged=0, failed=1)
        assert "已存在" in done.messages[2][0]


def test_the_sample_row_is_passed_over_unless_somebody_wrote_on_it(looking: Session, tmp_path: Path):
    from app.transfer.template import write_template

    path = tmp_path / "t.xlsx"
    with path.open("wb") as stream:
        write_template(DAY, stream)
    assert stage(looking, DAY, path).counts == {}
    import openpyxl

    book = openpyxl.load_workbook(path)
    book.worksheets[0].cell(4, 2, datetime(1931, 5, 5))
    book.save(path)
    assert stage(looking, DAY, path).counts == {"rows": 1, "insert": 1}


def test_nothing_of_a_dry_run_is_left(world: World, app: Flask, code: str, tmp_path: Path):
    path = entries(tmp_path, code, [{"code": "A", "name": "甲"}, {"code": "B", "name": None}])
    args = [
        "data",
        "import",
        "code_entry",
        str(path),
        "--as",
        "t_own",
        "--dry-run",
        "--errors",
        str(tmp_path / "e.xlsx"),
    ]
    done = app.test_cli_runner().invoke(args=args)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["inserted"], told["failed"]) == (1, 1, 1)
    assert (tmp_path / "e.xlsx").exists()
    with world.session("own") as session:
        assert rows_of(session, code) == {}
        tables = session.execute(sa.text("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'")).scalar_one()
    app.test_cli_runner().invoke(args=args)
    with world.session("own") as session:
        now = session.execute(sa.text("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'")).scalar_one()
    assert now == tables


@pytest.mark.parametrize(
    ("args", "status", "reason"),
    [
        (["--as", "t_role_auditor"], 2, "不能进行这项操作"),
        (["--as", "nobody"], 2, "没有可用的账号"),
        (["--as", "t_own", "--map", "nonsense"], 2, "表头=字段"),
        (["--as", "t_own", "--map", "甲=nonsense"], 2, "表头=字段"),
        (["--as", "t_own", "--sheet", "没有"], 2, ""),
        ([], 2, ""),
    ],
)
def test_the_command_line_refuses_in_one_line(
    args: list[str], status: int, reason: str, world: World, app: Flask, code: str, tmp_path: Path
):
    path = entries(tmp_path, code, [{"code": "A", "name": "甲"}])
    done = app.test_cli_runner().invoke(args=["data", "import", "code_entry", str(path), *args])
    assert done.exit_code == status
    assert done.stdout == ""
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_a_person_says_once_what_a_header_means(world: World, app: Flask, code: str, tmp_path: Path):
    word = f"本局叫法{fresh()}"
    path = xlsx(tmp_path / "a.xlsx", [["代码表编码", "代码", word, "多余"], [code, "A", "甲", "x"]])
    plain = app.test_cli_runner().invoke(args=["data", "import", "code_entry", str(path), "--as", "t_own"])
    told = json.loads(plain.stdout)
    assert (told["failed"], told["unread"], told["missing"]) == (1, [word, "多余"], ["名称"])
    mapped = ["data", "import", "code_entry", str(path), "--as", "t_own", "--map", f"{word}=name", "--map", "多余="]
    done = app.test_cli_runner().invoke(args=mapped)
    assert (done.exit_code, json.loads(done.stdout)["inserted"]) == (0, 1), done.stderr
    again = xlsx(tmp_path / "b.xlsx", [["代码表编码", "代码", word, "多余"], [code, "B", "乙", "y"]])
    told = json.loads(
        app.test_cli_runner().invoke(args=["data", "import", "code_entry", str(again), "--as", "t_own"]).stdout
    )
    assert (told["inserted"], told["unread"], told["missing"]) == (1, [], []), "it is remembered"
    with world.session("stranger") as session:
        seen = sighting.look(ENTRY, again, memory=headers.memory_of(session, ENTRY))
        assert word in seen.match.unknown, "by his own department"


def test_staged_is_what_the_sheet_shows(looking: Session, code: str, tmp_path: Path):
    done: Staged = stage(looking, ENTRY, entries(tmp_path, code, [{"code": "A", "name": "甲"}, {}, {"code": "B"}]))
    assert done.counts["rows"] == 3 and done.seen.header.row_number == 1
    assert set(done.messages) == {3, 4}
