"""An import from the first upload to the result, in a real browser: kinds, a cell mended in place, the error workbook.

Every page on the way is looked at as the crawl does it: in both widths, by axe and for what is too wide.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.conftest import PASSWORD
from tests.journeys.browser import driver, until
from tests.journeys.inspections import good_inspection, inspection_facts
from tests.journeys.look import NARROW, WIDE, Eye

pytestmark = pytest.mark.browser

#: A word that stands in the records of this journey and nowhere else.
WORD = f"分类核对{os.getpid()}"
#: The column of the office itself, which nobody has explained before.
OWN = f"内部备注{os.getpid()}"
#: What is wrong: row (counted from 0), header, what stands there.
WRONG = (
    (2, "检查结果", "还可以"),
    (4, "检查时间", "2024-02-30"),
    (5, "检查时间", "去年冬天"),
    (7, "检查时间", "2024-02-30"),
)
FIRST = 4
"""Excel's number of the first row: two titles and the header stand above it."""


def workbook(path: Path, facts: dict[str, Any]) -> Path:
    """An office's own sheet of ten inspections, four of them wrong, with a column that nobody imports."""
    rows = [good_inspection(facts, WORD, number) | {OWN: f"第{number}号"} for number in range(10)]
    for at, header, value in WRONG:
        rows[at][header] = value
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "三季度"
    sheet.append(["雁塔区检查登记表"])
    sheet.append(["填报单位：区局"])
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(rows[0]))
    book.save(path)
    return path


def send(page: Chrome, address: str, file: Path) -> None:
    """The file is sent by the page's own script, and the page it leads to is shown."""
    page.get(f"{address}/inspection/import")
    page.find_element(By.ID, "file").send_keys(str(file))
    page.find_element(By.CSS_SELECTOR, "form[data-upload] button[type=submit]").click()
    until(page, lambda p: "/inspection/import/" in p.current_url and p.find_elements(By.TAG_NAME, "h1"))


def text(page: Chrome) -> str:
    return str(page.find_element(By.TAG_NAME, "main").text)


def rows(page: Chrome) -> list[str]:
    """The numbers of the rows that are shown."""
    return [each.text for each in page.find_elements(By.CSS_SELECTOR, ".jg-sheet tbody .c-row")]


def looked_at(eye: Eye, page: str) -> None:
    """Nothing is wrong with the page, wide and narrow."""
    for width in (NARROW, WIDE):
        eye.set_width(width)
        wrong = [str(fault) for fault in eye.faults(page) if fault.is_grave]
        assert not wrong, wrong


def downloaded(folder: Path) -> Path:
    for _ in range(100):
        found = [each for each in folder.glob("*.xlsx") if not each.name.startswith(".")]
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("nothing was downloaded")


def test_an_import_from_upload_to_result(app: Flask, address: str, tmp_path: Path) -> None:
    facts, downloads = inspection_facts(app), tmp_path / "downloads"
    downloads.mkdir()
    file = workbook(tmp_path / "三季度检查.xlsx", facts)
    with driver(downloads) as page:
        eye = Eye(page, address)
        page.get(f"{address}/login/")
        page.find_element(By.NAME, "username").send_keys("clerk_yanta")
        page.find_element(By.NAME, "password").send_keys(PASSWORD + Keys.ENTER)
        until(page, lambda p: "/login" not in p.current_url)
        page.get(f"{address}/inspection/import")
        looked_at(eye, "upload")

        # The office's own column is asked about once.
        send(page, address, file)
        assert page.current_url.endswith("/map")
        looked_at(eye, "map")
        page.find_element(By.CSS_SELECTOR, "form[data-once] .jg-save .btn-primary").click()
        until(page, lambda p: p.find_elements(By.CSS_SELECTOR, ".jg-sheet"))
        assert "问题汇总" in text(page) and len(rows(page)) == 10
        looked_at(eye, "check")
        batch = page.current_url.split("?")[0]

        # Rows of one kind, and the way to a cell.
        page.find_element(By.PARTIAL_LINK_TEXT, "不是日历上有的日子").click()
        until(page, lambda p: "kind=" in p.current_url)
        wrong = [str(FIRST + at) for at, _, value in WRONG if value == "2024-02-30"]
        assert rows(page) == wrong
        looked_at(eye, "kind")
        page.find_element(By.ID, "at").send_keys(f"{FIRST + 5}" + Keys.ENTER)
        until(page, lambda p: "at=" in p.current_url)
        assert page.find_element(By.CSS_SELECTOR, "tr.is-marked .c-row").text == str(FIRST + 5)

        # One cell is mended where it stands: the list offers what is right, the keyboard is enough.
        page.get(f"{batch}?only=error")
        box = page.find_element(By.CSS_SELECTOR, f"select[name^='c.{FIRST + 2}.']")
        box.send_keys("未发现问题")
        assert "已改 1 处" in page.find_element(By.CSS_SELECTOR, "[data-fix-count]").text
        box.send_keys(Keys.CONTROL, Keys.ENTER)
        until(page, lambda p: "已重新核对 1 行" in text(p))
        assert rows(page) == [str(FIRST + at) for at, _, _ in WRONG[1:]]
        page.get(f"{batch}/row")
        assert f"第 {FIRST + 4} 行" in text(page)
        looked_at(eye, "row")

        # The rest in the error workbook; the good rows are stored meanwhile.
        page.get(batch)
        page.find_element(By.PARTIAL_LINK_TEXT, "下载错误工作簿").click()
        book = openpyxl.load_workbook(downloaded(downloads))
        sheet = book.worksheets[0]
        assert sheet.title == "三季度" and sheet["C2"].value == "雁塔区检查登记表"
        header = {str(cell.value): cell.column for cell in sheet[4]}
        assert [sheet.cell(line, 1).value for line in range(5, sheet.max_row + 1)] == [
            FIRST + at for at, _, _ in WRONG[1:]
        ]
        assert sheet.cell(5, header[OWN]).value == "第4号"
        for line in range(5, sheet.max_row + 1):
            assert sheet.cell(line, header["检查时间"]).comment is not None
            sheet.cell(line, header["检查时间"]).value = facts_day(facts)
        corrected = tmp_path / "改好.xlsx"
        book.save(corrected)
        page.find_element(By.CSS_SELECTOR, ".jg-save .btn-primary").click()
        until(page, lambda p: p.find_elements(By.CSS_SELECTOR, "dialog[open]"))
        page.find_element(By.CSS_SELECTOR, "dialog[open] button[value=ok]").click()
        until(page, lambda p: "已写入 7 行" in text(p))
        looked_at(eye, "result")

        # Corrected, it passes; the same file again is recognised.
        send(page, address, corrected)
        assert "提交正确的 3 行" in text(page)
        page.find_element(By.CSS_SELECTOR, ".jg-save .btn-primary").click()
        until(page, lambda p: "已写入 3 行" in text(p))
        page.find_element(By.PARTIAL_LINK_TEXT, "查看记录").click()
        until(page, lambda p: "/inspection/show/" in p.current_url)
        send(page, address, file)
        assert "已上传过同一个文件：已提交，新增 7" in text(page)
        assert not [str(fault) for fault in eye.said("import") if fault.is_grave]


def facts_day(facts: dict[str, Any]) -> str:
    """A day on which an inspection can have been."""
    return str(good_inspection(facts, WORD, 0)["检查时间"])
