"""A day without a mouse: everything a clerk and a department admin do, with the keyboard alone."""

from __future__ import annotations

import os
import re

import pytest
from flask import Flask
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from app.core import clock
from tests.journeys.browser import driver
from tests.journeys.hands import Hands
from tests.journeys.inspections import inspection_facts

pytestmark = pytest.mark.browser

#: A word that stands in the records of this journey and nowhere else.
WORD = f"键盘{os.getpid()}"
#: Where it is asked whether so many records are to go: a dialog, or a page of its own.
_QUESTION = "dialog[open], .jg-ask"
SUBJECT = f"雁塔{WORD}小吃店"


def rows(hands: Hands) -> int:
    """How many records the list shows."""
    return len(hands.chrome.find_elements(By.CSS_SELECTOR, ".jg-result tbody tr"))


def search(hands: Hands, word: str) -> None:
    """The list shows what has the word in it."""
    hands.tab_to("^关键字")
    hands.type(word)
    hands.follow(Keys.ENTER)


def test_a_clerk_finds_corrects_and_adds_records(app: Flask, address: str) -> None:
    facts = inspection_facts(app)
    with driver() as chrome:
        hands = Hands(chrome, address)
        hands.sign_in("clerk_yanta")

        # The first Tab of every page offers a way past the menu.
        hands.press(Keys.TAB)
        assert hands.name() == "跳到主要内容"
        hands.must_be_seen()
        hands.open_by_menu("监管行为", "行政检查")

        search(hands, "超市")
        assert 0 < rows(hands) <= 50
        hands.enter("^西安市.*超市", "link")
        title = chrome.find_element(By.TAG_NAME, "h1").text

        hands.enter("^编辑$", "link")
        hands.fill("^经营地址", f"{WORD}路1号")
        hands.enter("^保存$", "button")
        hands.sees(f"{WORD}路1号")
        assert chrome.find_element(By.TAG_NAME, "h1").text == title

        hands.open_by_menu("监管行为", "行政检查")
        hands.enter("^新增$", "link")
        hands.enter("^保存$", "button")
        assert chrome.find_elements(By.CSS_SELECTOR, "main [role=alert]")
        begins = hands.here
        assert (
            "alert" in (begins.get_attribute("role"), begins.aria_role)
            or begins.get_attribute("aria-invalid") == "true"
        ), f"the page with errors begins at {hands.where()}"
        hands.must_be_seen()
        hands.tab_to("监管事项目录编码", "link")
        hands.press(Keys.ENTER)
        hands.until(lambda _: hands.here.aria_role == "combobox", "the message does not lead to its field")
        hands.press(Keys.ESCAPE)
        hands.press(Keys.TAB, held=Keys.SHIFT)
        add(hands, facts)
        save(hands)
        assert SUBJECT in chrome.find_element(By.TAG_NAME, "main").text

        hands.enter("复制新增", "link")
        hands.fill("^行政相对人$", f"{SUBJECT}分店")
        hands.fill("^检查时间", clock.today().isoformat())
        save(hands)

        hands.open_by_menu("监管行为", "行政检查")
        search(hands, SUBJECT)
        assert rows(hands) == 2
        change_columns(hands)
        hands.enter("^退出$", "button")

        hands.sign_in("admin_yanta")
        hands.open_by_menu("监管行为", "行政检查")
        search(hands, SUBJECT)
        delete_all(hands)


def save(hands: Hands) -> None:
    """The record is saved; where one like it is known already, only after it was said that this is another."""
    hands.enter("^保存$", "button")
    if hands.chrome.find_elements(By.CSS_SELECTOR, "input[name=_no_twin]"):
        hands.tab_to("不是重复|仍要保存|确认", "checkbox")
        hands.press(Keys.SPACE)
        hands.enter("^保存$", "button")
    hands.sees("已保存")


def add(hands: Hands, facts: dict[str, str]) -> None:
    """Every field that an inspection must have, in the order of the form."""
    hands.pick("^行政区划代码", facts["region"])
    hands.fill("^监管对象$", SUBJECT)
    hands.fill("^行政相对人$", SUBJECT)
    hands.choose("^(公民|法人|其他组织)$", "法人")
    hands.choose("^行政相对人证件类型", "统一社会信用代码")
    hands.fill("^行政相对人编码", "91610131MA6TX0WX5A")
    hands.pick("^监管事项目录编码", facts["item"])
    hands.pick("^监管事项检查实施清单编码", facts["list"])
    hands.choose("^(日常检查|专项检查)$", "日常检查")
    hands.choose("^检查类别", "日常巡查")
    hands.choose("^检查结果", "未发现问题")
    hands.fill("^检查时间", clock.today().strftime("%Y.%-m.%-d"))
    hands.pick("^检查人员执法证号", *facts["inspectors"].split("；"))


def change_columns(hands: Hands) -> None:
    """A column is taken away and the list remembers it; then everything is as it was."""
    hands.tab_to("^列设置")
    hands.press(Keys.ENTER)
    hands.must_be_seen()
    hands.tab_to("^检查类别$", "checkbox")
    hands.press(Keys.SPACE)
    hands.enter("^应用", "button")
    assert "检查类别" not in headers(hands)
    hands.tab_to("^列设置")
    hands.press(Keys.ENTER)
    hands.enter("^恢复默认$", "button")
    assert "检查类别" in headers(hands)


def headers(hands: Hands) -> str:
    """The columns of the list."""
    return hands.chrome.find_element(By.CSS_SELECTOR, ".jg-result thead").text


def delete_all(hands: Hands) -> None:
    """Choose everything that is shown and delete it: asked once, with the number, and answered with a key."""
    chrome = hands.chrome
    hands.tab_to("选择本页全部|全选", "checkbox")
    hands.press(Keys.SPACE)
    hands.must_be_seen()
    hands.tab_to("^删除", "button", back=True)
    hands.press(Keys.ENTER)
    hands.until(lambda c: c.find_elements(By.CSS_SELECTOR, _QUESTION), "nobody asks before deleting")
    question = chrome.find_element(By.CSS_SELECTOR, _QUESTION)
    assert re.search(r"\b2\b", question.text), f"the question does not say how many: {question.text}"
    if question.tag_name == "dialog":
        hands.must_be_seen()
        hands.follow(Keys.ENTER)
    else:
        hands.enter("^(确定|确认|删除)", "button")
    hands.sees("已删除 2 条")
    search(hands, SUBJECT)
    assert rows(hands) == 0
