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
SUBJECT = f"雁塔{WORD}小吃店"


def rows(hands: Hands) -> int:
    """How many records the list shows."""
    return len(hands.chrome.find_elements(By.CSS_SELECTOR, ".jg-result tbody tr"))


def search(hands: Hands, word: str) -> None:
    """The list shows what has the word in it."""
    hands.tab_to("关键字|名称、编码")
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
        hands.enter("超市", "link")
        title = chrome.find_element(By.TAG_NAME, "h1").text

        hands.enter("^编辑$", "link")
        hands.fill("^经营地址", f"{WORD}路1号")
        hands.enter("^保存$", "button")
        hands.sees(f"{WORD}路1号")
        assert title == chrome.find_element(By.TAG_NAME, "h1").text

        hands.open_by_menu("监管行为", "行政检查")
        hands.enter("^新增$", "link")
        hands.enter("^保存$", "button")
        assert chrome.find_elements(By.CSS_SELECTOR, "main [role=alert]")
        assert hands.here.get_attribute("role") == "alert", "the list of what is wrong has the focus"
        hands.must_be_seen()
        hands.tab_to("行政区划代码", "link")
        hands.press(Keys.ENTER)
        hands.until(lambda _: hands.here.aria_role == "combobox", "the message does not lead to its field")
        hands.press(Keys.ESCAPE)
        hands.press(Keys.TAB, held=Keys.SHIFT)
        add(hands, facts)
        hands.enter("^保存$", "button")
        hands.sees("已保存")
        assert SUBJECT in chrome.find_element(By.TAG_NAME, "main").text

        hands.enter("复制新增", "link")
        hands.fill("^行政相对人$", f"{SUBJECT}分店")
        hands.fill("^检查时间", clock.today().isoformat())
        hands.enter("^保存$", "button")
        hands.sees("已保存")

        hands.open_by_menu("监管行为", "行政检查")
        search(hands, SUBJECT)
        assert rows(hands) == 2
        hands.enter("^退出$", "link")

        hands.sign_in("admin_yanta")
        hands.open_by_menu("监管行为", "行政检查")
        search(hands, SUBJECT)
        delete_all(hands)


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


def delete_all(hands: Hands) -> None:
    """Choose everything that is shown and delete it: asked once, with the number, and answered with a key."""
    chrome = hands.chrome
    hands.tab_to("选择本页全部|全选", "checkbox")
    hands.press(Keys.SPACE)
    hands.must_be_seen()
    hands.tab_to("^删除", "button", back=True)
    hands.press(Keys.ENTER)
    hands.until(lambda c: c.find_elements(By.CSS_SELECTOR, "dialog[open]"), "nobody asks before deleting")
    hands.must_be_seen()
    assert re.search(r"\b2\b", chrome.find_element(By.CSS_SELECTOR, "dialog[open]").text)
    hands.press(Keys.ESCAPE)
    hands.until(lambda c: not c.find_elements(By.CSS_SELECTOR, "dialog[open]"), "Escape does not close the question")
    hands.must_be_seen()
    assert re.search("^删除", hands.name()), "the focus returns to the button"
    hands.press(Keys.ENTER)
    hands.until(lambda c: c.find_elements(By.CSS_SELECTOR, "dialog[open]"), "the button asks only once")
    hands.follow(Keys.ENTER)
    hands.sees("已删除 2 条")
    search(hands, SUBJECT)
    assert rows(hands) == 0
