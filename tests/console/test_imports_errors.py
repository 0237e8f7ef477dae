"""The error workbook: the person's own sheet with exactly the failed rows, which passes when it is corrected."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app import jobs
from tests.conftest import Browser
from tests.console.uploads import batch, book, send, text
from tests.every_table.values import fresh
from tests.every_table.world import World

LONG = "长" * 60


def errors(who: Browser, address: str) -> Worksheet:
    answer = who.get(f"{address}/errors.xlsx")
    assert answer.status_code == 200
    return load_workbook(io.BytesIO(answer.get_data())).worksheets[0]


def values(sheet: Worksheet) -> list[list[Any]]:
    return [list(line) for line in sheet.iter_rows(values_only=True)]


def mapped(who: Browser, address: str, **mapping: str) -> str:
    """The upload after its columns were explained, where that was asked."""
    return str(who.post(address, **mapping).headers["Location"]) if address.endswith("/map") else address


def own_book(names: list[str]) -> bytes:
    """A sheet as an office keeps it: titles, a header of two rows, a column that is nobody's."""
    return book(
        [
            ["某区标签登记表（2026年）", "", "", ""],
            ["填报单位：某局", "", "", "填报人：张三"],
            ["标签", "", "内部", ""],
            ["标签名称", "说明", "经办人", "备注"],
            *([name, f"说明{at}", "李四", 3.5] for at, name in enumerate(names)),
        ],
        sheet="第三季度",
        merged=["A1:D1", "A3:B3", "C3:D3"],
    )


def test_it_is_the_persons_own_sheet(world: World, browser: Callable[[str], Browser]):
    who, mark = browser("t_own"), fresh()
    names = [f"标{mark}", LONG, f"标{mark}乙", "", LONG + "二"]
    address = send(who, "subject_tag", own_book(names))
    address = mapped(who, address, **{"map.0": "name", "map.1": "description"})
    sheet = errors(who, address)
    assert sheet.title == "第三季度"
    told = values(sheet)
    assert told[1][2] == "某区标签登记表（2026年）" and told[2][5] == "填报人：张三"
    assert told[4] == ["原行号", "错误原因", "标签名称", "说明", "经办人", "备注"]
    assert {str(area) for area in sheet.merged_cells.ranges} >= {"C2:F2", "C4:D4", "E4:F4"}
    assert [line[0] for line in told[5:]] == [6, 8, 9], "exactly the failed rows, by their own numbers"
    assert told[5][2:] == [LONG, "说明1", "李四", 3.5], "columns that nobody mapped are there too"
    assert told[6][1] == "标签/标签名称：标签名称必填"
    assert sheet.cell(6, 3).comment is not None and sheet.cell(6, 4).comment is None
    assert sheet.cell(6, 3).fill.fgColor.rgb == "FFFFC7CE"


def test_corrected_it_passes(world: World, browser: Callable[[str], Browser]):
    who, mark = browser("t_own"), fresh()
    names = [f"标{mark}", LONG, "", f"标{mark}丁"]
    address = mapped(who, send(who, "subject_tag", own_book(names)), **{"map.0": "name", "map.1": "description"})
    answer = who.get(f"{address}/errors.xlsx")
    made: Workbook = load_workbook(io.BytesIO(answer.get_data()))
    sheet = made.worksheets[0]
    for line, name in ((6, f"标{mark}乙"), (7, f"标{mark}丙")):
        sheet.cell(line, 3).value = name
    stream = io.BytesIO()
    made.save(stream)
    assert who.post(f"{address}/commit").status_code == 302
    again = send(who, "subject_tag", stream.getvalue(), "改好.xlsx")
    assert not again.endswith("/map"), "its headers are known"
    found = batch(world, again)
    assert (found.row_count, found.inserted, found.failed) == (2, 2, 0)


def test_choices_are_offered_in_the_cells(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    address = send(who, "work_day", book([["日期", "名称", "是否工作日"], ["2024-02-30", "某节", "也许"]]))
    sheet = errors(who, mapped(who, address, **{"map.0": "day", "map.1": "name", "map.2": "is_workday"}))
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert [area.split(":")[0] for area in rules] == ["E3"]
    page = who.get(mapped(who, address, **{"map.0": "day", "map.1": "name", "map.2": "is_workday"}))
    assert "<option>是</option><option>否</option>" in page.get_data(as_text=True), "in the browser too"


def test_many_errors_are_written_by_a_job(
    world: World, browser: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
):
    from app.console.view.imports import errors_page, frame

    for module in (errors_page, frame):
        monkeypatch.setattr(module, "ERRORS_AT_ONCE", 3)
    who = browser("t_own")
    address = send(who, "subject_tag", book([["标签名称"], *([LONG + str(n)] for n in range(8))]))
    assert "后台生成错误工作簿" in text(who.get(address))
    assert who.get(f"{address}/errors.xlsx").status_code == 409
    assert who.post(f"{address}/errors").status_code == 302
    assert who.post(f"{address}/errors").status_code == 302, "asked again while it waits: the same job"
    jobs.run_waiting(world.app)
    page = who.get("/jobs/").get_data(as_text=True)
    files = re.findall(r'href="(/jobs/[^"]+/file)"', page)
    assert files, "the result is among his jobs"
    sheet = load_workbook(io.BytesIO(who.get(files[0]).get_data())).worksheets[0]
    assert [line[0] for line in values(sheet)[2:]] == list(range(2, 10))


def test_nobody_gets_it_who_may_not_see_the_upload(world: World, browser: Callable[[str], Browser]):
    address = send(browser("t_own"), "subject_tag", book([["标签名称"], [LONG]]))
    for step in ("errors.xlsx", "row"):
        assert browser("t_stranger").get(f"{address}/{step}").status_code == 404
    assert browser("t_stranger").post(f"{address}/errors").status_code == 404
