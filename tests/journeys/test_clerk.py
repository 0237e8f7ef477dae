"""A clerk's afternoon: 200 inspections from the template, seven of them wrong, and nobody else's business."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.conftest import PASSWORD
from tests.journeys.browser import driver, until
from tests.journeys.inspections import good_inspection, inspection_facts

pytestmark = pytest.mark.browser

#: A word that stands in every row of this journey and nowhere else.
CANARY = "金丝雀"
ROWS = 200

#: What is wrong with seven of the rows: row (counted from 0), header, bad value, good value (None: as the others).
WRONG: tuple[tuple[int, str, Any, Any], ...] = (
    (3, "监管事项目录编码", "99999999999999", None),
    (17, "检查时间", "2024-02-30", None),
    (42, "检查结果", "还可以", None),
    (77, "行政相对人编码", "91610131MA6TX0WX5B", None),
    (105, "检查人员执法证号", "0000000", None),
    (150, "行政相对人", "", None),
    (199, "行政相对人编码", 916101310123456789, None),
)


def _header_row(sheet: Any) -> tuple[int, dict[str, int]]:
    """The row of the headers, and the column of each header without its star."""
    for row in sheet.iter_rows(min_row=1, max_row=5):
        names = {str(cell.value or "").rstrip("*").strip(): cell.column for cell in row}
        if "监管事项目录编码" in names:
            return row[0].row, names
    raise AssertionError("the workbook has no header row")


def _fill(template: Path, facts: dict[str, Any]) -> Path:
    book = openpyxl.load_workbook(template)
    sheet = book.worksheets[0]
    header, columns = _header_row(sheet)
    for number in range(ROWS):
        row = good_inspection(facts, CANARY, number)
        row |= {name: bad for at, name, bad, _ in WRONG if at == number}
        for name, value in row.items():
            sheet.cell(header + 2 + number, columns[name]).value = value
    filled = template.with_name("filled.xlsx")
    book.save(filled)
    return filled


def _correct(errors: Path, facts: dict[str, Any]) -> Path:
    """Every failed row made right, in the error workbook itself."""
    book = openpyxl.load_workbook(errors)
    sheet = book.worksheets[0]
    header, columns = _header_row(sheet)
    numbers = []
    for cells in sheet.iter_rows(min_row=header + 1):
        subject = str(cells[columns["监管对象"] - 1].value)
        number = int(re.sub(r"\D", "", subject))
        numbers.append(number)
        for name, value in good_inspection(facts, CANARY, number).items():
            sheet.cell(cells[0].row, columns[name]).value = value
    assert sorted(numbers) == [at for at, *_ in WRONG], "the error workbook holds exactly the failed rows"
    corrected = errors.with_name("corrected.xlsx")
    book.save(corrected)
    return corrected


def _sign_in(chrome: Chrome, address: str, user: str) -> None:
    chrome.get(f"{address}/login/")
    chrome.find_element(By.NAME, "username").send_keys(user)
    chrome.find_element(By.NAME, "password").send_keys(PASSWORD)
    chrome.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    until(chrome, lambda c: "/login" not in c.current_url, 20)


def _downloaded(folder: Path, known: set[Path]) -> Path:
    for _ in range(200):
        fresh = [path for path in folder.glob("*.xlsx") if path not in known]
        if fresh:
            return fresh[0]
        time.sleep(0.1)
    raise AssertionError("nothing was downloaded")


def _upload(chrome: Chrome, address: str, file: Path) -> None:
    chrome.get(f"{address}/inspection/import")
    chrome.find_element(By.NAME, "file").send_keys(str(file))
    chrome.find_element(By.CSS_SELECTOR, "form[enctype] button[type=submit]").click()
    until(chrome, lambda c: re.search(r"/import/[0-9a-f-]{36}$", c.current_url), 60)


def _totals(chrome: Chrome) -> list[int]:
    """Rows, new, updated, unchanged, wrong, warned: the figures on the page."""
    return [int(each.text) for each in chrome.find_elements(By.CSS_SELECTOR, ".jg-stat strong")]


def _commit(chrome: Chrome) -> None:
    chrome.find_element(By.CSS_SELECTOR, ".jg-save .btn-primary").click()
    confirm = chrome.find_elements(By.CSS_SELECTOR, "dialog[open] .btn-primary, dialog[open] .btn-danger")
    if confirm:
        confirm[0].click()
    until(chrome, lambda c: "已写入" in c.page_source, 60)


def _found(chrome: Chrome, address: str, word: str) -> str:
    chrome.get(f"{address}/inspection/list/?q={word}")
    return chrome.find_element(By.CSS_SELECTOR, ".jg-count").text


def test_a_clerk_imports_200_rows_and_a_stranger_sees_none(app: Flask, address: str, tmp_path: Path) -> None:
    facts = inspection_facts(app)
    with driver(downloads=tmp_path) as chrome:
        _sign_in(chrome, address, "clerk_yanta")
        chrome.get(f"{address}/inspection/import")
        chrome.find_element(By.CSS_SELECTOR, "a[href$='/inspection/template']").click()
        template = _downloaded(tmp_path, set())
        filled = _fill(template, facts)

        _upload(chrome, address, filled)
        assert _totals(chrome)[:5] == [200, 193, 0, 0, 7]
        chrome.find_element(By.PARTIAL_LINK_TEXT, "只看错误").click()
        told = chrome.find_elements(By.CSS_SELECTOR, "tr.is-error")
        assert len(told) == 7
        header, _ = _header_row(openpyxl.load_workbook(filled).worksheets[0])
        numbers = [int(row.find_element(By.CSS_SELECTOR, "th.c-row").text) for row in told]
        assert numbers == [header + 2 + at for at, *_ in WRONG], "Excel's own row numbers"
        for row in told:
            assert len(row.find_elements(By.CSS_SELECTOR, "td.is-bad .jg-cell-msg")) == 1, "the message is in its cell"

        known = set(tmp_path.glob("*.xlsx"))
        chrome.find_element(By.PARTIAL_LINK_TEXT, "下载错误工作簿").click()
        errors = _downloaded(tmp_path, known)
        _commit(chrome)
        assert "193" in _found(chrome, address, CANARY)

        _upload(chrome, address, _correct(errors, facts))
        assert _totals(chrome)[:5] == [7, 7, 0, 0, 0]
        _commit(chrome)
        assert "200" in _found(chrome, address, CANARY)
        assert not [line for line in chrome.get_log("browser") if line["level"] == "SEVERE"]

    with driver() as stranger:
        _sign_in(stranger, address, "clerk_beilin")
        assert "共 0 条" in _found(stranger, address, CANARY)
        assert CANARY not in stranger.find_element(By.CSS_SELECTOR, ".jg-result").text
