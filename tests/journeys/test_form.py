"""An entry clerk's form in a real browser: by keyboard alone, through a lost session, and against a colleague."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from app.core import clock
from app.core.table import by_name
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.conftest import PASSWORD
from tests.every_table.values import fresh, varied
from tests.journeys.browser import driver, until
from tests.journeys.inspections import inspection_facts

pytestmark = pytest.mark.browser
CLERK = "clerk_yanta"


def sign_in(page: Chrome, address: str, user: str = CLERK) -> None:
    if "/login/" not in page.current_url:
        page.get(f"{address}/login/")
    page.find_element(By.NAME, "username").send_keys(user)
    page.find_element(By.NAME, "password").send_keys(PASSWORD + Keys.ENTER)
    until(page, lambda _: "/login/" not in page.current_url)


def keys(page: Chrome, *pressed: str) -> None:
    ActionChains(page).send_keys(*pressed).perform()


def chord(page: Chrome, holding: str, pressed: str) -> None:
    ActionChains(page).key_down(holding).send_keys(pressed).key_up(holding).perform()


def here(page: Chrome) -> str:
    """The field that has the focus."""
    return str(
        page.execute_script(
            "return document.activeElement.closest('[data-field]')?.dataset.field || document.activeElement.name"
        )
    )


def tab_to(page: Chrome, field: str) -> None:
    for _ in range(120):
        if here(page) == field and not page.execute_script("return document.activeElement.matches('button')"):
            return
        keys(page, Keys.TAB)
    raise AssertionError(f"the keyboard does not reach {field}; it stands at {here(page)}")


def pick(page: Chrome, field: str, text: str) -> None:
    """Choose from a picker by typing; the form may have chosen it by itself meanwhile, where there is no other."""
    tab_to(page, field)
    place, before = f"[data-field='{field}']", chosen(page, field)
    keys(page, text)
    until(page, lambda _: page.find_elements(By.CSS_SELECTOR, f"{place} .ts-dropdown [data-selectable].active"))
    until(page, lambda _: text in page.find_element(By.CSS_SELECTOR, f"{place} .ts-dropdown").text)
    keys(page, Keys.ENTER)
    until(
        page,
        lambda _: (
            chosen(page, field) != before or text in page.find_element(By.CSS_SELECTOR, f"{place} .ts-control").text
        ),
    )


def chosen(page: Chrome, field: str) -> str:
    return str(page.execute_script(f"return document.querySelector('[name={field}]').value"))


def value(page: Chrome, field: str) -> str:
    return str(page.find_element(By.NAME, field).get_attribute("value"))


def draft_is_kept(page: Chrome) -> None:
    until(page, lambda _: "草稿已保存" in page.find_element(By.CSS_SELECTOR, "[data-draft-state]").text)


def test_an_inspection_is_entered_by_keyboard_alone(app: Flask, address: str):
    facts, name = inspection_facts(app), f"键盘检查店{time.time_ns()}"
    code = next(varied("91610131MA6TX0WX5A", fresh()))  # no twin of what other tests enter
    wrong = "0" if code[-1] != "0" else "1"
    with driver() as page:
        sign_in(page, address)
        page.get(f"{address}/inspection/add")
        until(page, lambda _: here(page) == "subject_name")
        keys(page, name)
        assert chosen(page, "region") == f"{facts['region']}000", "it begins with the unit's own region"
        tab_to(page, "party_name")
        keys(page, name)
        tab_to(page, "party_nature")
        keys(page, Keys.ARROW_RIGHT)  # 公民 -> 法人
        assert (
            page.execute_script("return document.querySelector('[name=party_nature]:checked').value") == "legal_person"
        )
        tab_to(page, "party_id_type")
        keys(page, "统一社会信用代码")
        until(page, lambda _: page.find_elements(By.CSS_SELECTOR, "[data-field=party_id_type] .active"))
        keys(page, Keys.ENTER)
        tab_to(page, "party_id_no")
        keys(page, f"{code[:3]}{chr(ord(code[3]) + 0xFEE0)}{code[4:-1]}{wrong}", Keys.TAB)  # one digit wide
        until(page, lambda _: "校验" in page.find_element(By.ID, "f-party_id_no-err").text)
        chord(page, Keys.SHIFT, Keys.TAB)
        keys(page, Keys.END, Keys.BACKSPACE, code[-1], Keys.TAB)
        until(page, lambda _: not page.find_element(By.ID, "f-party_id_no-err").is_displayed())
        chord(page, Keys.ALT, Keys.ARROW_DOWN)
        tab_to(page, "action_no")
        pick(page, "sub_item", facts["item"])
        pick(page, "implementation_list", facts["list"])
        chord(page, Keys.ALT, Keys.ARROW_DOWN)
        tab_to(page, "check_form")
        keys(page, Keys.SPACE)
        tab_to(page, "check_type")
        keys(page, "跟踪复查")
        tab_to(page, "check_result")
        keys(page, "未发现问题")
        tab_to(page, "checked_on")
        today = clock.today()
        keys(page, f"{today.year}.{today.month}.{today.day}")
        for certificate in facts["inspectors"].split("；"):
            pick(page, "inspectors", certificate)
        chord(page, Keys.CONTROL, "s")
        until(page, lambda _: "/inspection/show/" in page.current_url)
        assert "已保存" in page.find_element(By.CSS_SELECTOR, ".jg-flash").text
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        table = by_name("inspection")
        row = db.session.scalar(sa.select(table).where(table.party_name == name))
        assert (row.checked_on, row.party_id_no) == (today, code)


def test_errors_take_the_focus(address: str):
    with driver() as page:
        sign_in(page, address)
        page.get(f"{address}/subject/add")
        chord(page, Keys.CONTROL, "s")
        until(page, lambda _: page.find_elements(By.CSS_SELECTOR, "[data-errors] a"))
        first = page.find_element(By.CSS_SELECTOR, "[data-errors] a").get_attribute("hash")
        until(page, lambda _: f"#f-{here(page)}" == first)
        assert page.title.startswith("有错误")


def test_what_was_typed_survives_the_end_of_the_session(address: str):
    name = f"掉线的店{time.time_ns()}"
    with driver() as page:
        sign_in(page, address)
        page.get(f"{address}/inspection/add")
        page.find_element(By.NAME, "subject_name").send_keys(name)
        page.delete_cookie("session")
        chord(page, Keys.CONTROL, "s")
        until(page, lambda _: "/login/" in page.current_url)
        assert "自动恢复" in page.find_element(By.TAG_NAME, "main").text
        sign_in(page, address)
        until(page, lambda _: "draft=1" in page.current_url)
        assert value(page, "subject_name") == name
        assert "已恢复" in page.find_element(By.CSS_SELECTOR, "[data-draft-offer]").text
        page.find_element(By.CSS_SELECTOR, "[data-draft-discard]").click()
        until(page, lambda _: "draft=1" not in page.current_url and value(page, "subject_name") == "")
        assert not page.execute_async_script(
            "const done = arguments[0], asked = indexedDB.open('jg', 2); asked.onsuccess = () => {"
            "const found = asked.result.transaction('kept').objectStore('kept').count();"
            "found.onsuccess = () => done(found.result); };"
        )


def test_a_lost_line_keeps_everything(address: str):
    name = f"断网的店{time.time_ns()}"
    with driver() as page:
        sign_in(page, address)
        page.get(f"{address}/subject/add")
        page.execute_cdp_cmd("Network.enable", {})
        line = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        page.execute_cdp_cmd("Network.emulateNetworkConditions", line | {"offline": True})
        page.find_element(By.NAME, "name").send_keys(name)
        page.find_element(By.NAME, "contact_phone").send_keys("13912345678" + Keys.TAB)
        until(page, lambda _: "已保存在本机" in page.find_element(By.CSS_SELECTOR, "[data-draft-state]").text)
        page.execute_cdp_cmd("Network.emulateNetworkConditions", line | {"offline": False})
        draft_is_kept(page)
        page.get(f"{address}/subject/add")
        page.find_element(By.CSS_SELECTOR, "[data-draft-restore]").click()
        until(page, lambda _: value(page, "name") == name)
        assert value(page, "contact_phone") == "13912345678", "the server has kept it"
        page.find_element(By.CSS_SELECTOR, "[data-draft-discard]").click()
        until(page, lambda _: value(page, "name") == "")


def test_the_second_of_two_editors_sees_both_versions(app: Flask, address: str):
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        table, place = by_name("inspection"), by_name("account")
        own = db.session.scalar(sa.select(place.department_id).where(place.username == CLERK))
        key = db.session.scalar(sa.select(table.id).where(table.department_id == own).order_by(table.id).limit(1))
    form, first, second = f"{address}/inspection/edit/{key}", f"先改{time.time_ns()}", f"后改{time.time_ns()}"
    with driver() as one, driver() as other:
        for page in (one, other):
            sign_in(page, address)
            page.get(form)
        for page, text in ((one, first), (other, second)):
            box = page.find_element(By.NAME, "address_operating")
            box.clear()
            box.send_keys(text)
        plan = one.find_element(By.NAME, "plan_id")
        plan.clear()
        plan.send_keys(first[:40])
        chord(one, Keys.CONTROL, "s")
        until(one, lambda _: "/inspection/show/" in one.current_url)
        chord(other, Keys.CONTROL, "s")
        until(other, lambda _: other.find_elements(By.CSS_SELECTOR, "[data-conflict]"))
        told = other.find_element(By.CSS_SELECTOR, "[data-conflict]").text
        assert first in told and second in told
        assert value(other, "address_operating") == second, "what he changed stays his"
        assert value(other, "plan_id") == first[:40], "what he did not touch is what is stored"
        row = other.find_element(By.CSS_SELECTOR, "[data-conflict-field=address_operating]")
        row.find_element(By.CSS_SELECTOR, "input[value=stored]").click()
        assert value(other, "address_operating") == first
        row.find_element(By.CSS_SELECTOR, "input[value=mine]").click()
        assert value(other, "address_operating") == second
        chord(other, Keys.CONTROL, "s")
        until(other, lambda _: "/inspection/show/" in other.current_url)
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        row = db.session.get(by_name("inspection"), key)
        assert (row.address_operating, row.plan_id) == (second, first[:40])


def test_a_region_is_chosen_from_its_tree_by_keyboard(app: Flask, address: str):
    with driver() as page:
        sign_in(page, address)
        page.get(f"{address}/inspection/add")
        button = page.find_element(By.CSS_SELECTOR, "[data-field=region] .jg-tree-open")
        button.send_keys(Keys.ENTER)
        until(page, lambda _: focused(page).get_attribute("role") == "treeitem")
        assert "雁塔区" in focused(page).text, "it starts at one's own place"
        first = focused(page).get_attribute("data-value")
        keys(page, Keys.ARROW_DOWN)
        assert focused(page).get_attribute("data-value") != first
        keys(page, Keys.HOME, Keys.ENTER)
        until(page, lambda _: chosen(page, "region") == first)
        assert not page.find_elements(By.CSS_SELECTOR, "dialog[open]")
        assert "jg-tree-open" in focused(page).get_attribute("class"), "the focus goes back to where it came from"
        keys(page, Keys.ENTER)
        until(page, lambda _: focused(page).get_attribute("aria-selected") == "true")
        chord(page, Keys.SHIFT, Keys.TAB)
        keys(page, "碑林")
        until(page, lambda _: len(page.find_elements(By.CSS_SELECTOR, "#tree [role=treeitem]")) in range(1, 10))
        until(page, lambda _: "碑林区" in page.find_element(By.CSS_SELECTOR, "#tree [role=treeitem]").text)
        keys(page, Keys.ENTER, Keys.ENTER)
        until(page, lambda _: chosen(page, "region") not in ("", first))


def focused(page: Chrome) -> Any:
    return page.switch_to.active_element


def test_pinned_fields_stay_for_the_next_row(address: str):
    with driver() as page:
        sign_in(page, address, "sysadmin")
        page.get(f"{address}/work_day/add")
        assert not page.find_elements(By.CSS_SELECTOR, "[data-pin][aria-pressed=true]")
        page.find_element(By.CSS_SELECTOR, "[data-pin=name]").click()
        page.find_element(By.NAME, "day").send_keys("20990101")
        page.find_element(By.NAME, "name").send_keys("保留的节日")
        page.execute_script("document.querySelector('[name=is_workday]').value = 'false'")
        again = ActionChains(page).key_down(Keys.CONTROL).key_down(Keys.SHIFT).send_keys(Keys.ENTER)
        again.key_up(Keys.SHIFT).key_up(Keys.CONTROL).perform()
        until(page, lambda _: "已保存" in page.find_element(By.CSS_SELECTOR, ".jg-flash").text)
        assert re.search("/work_day/add$", page.current_url)
        assert (value(page, "day"), value(page, "name")) == ("", "保留的节日")
        assert page.find_element(By.CSS_SELECTOR, "[data-pin=name]").get_attribute("aria-pressed") == "true"


def test_files_are_chosen_sent_and_removed(address: str, tmp_path: Any):
    good, bad = tmp_path / "现场照片.png", tmp_path / "页面.png"
    good.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 2000)
    bad.write_bytes(b"<html><script>alert(1)</script>")
    with driver() as page:
        sign_in(page, address)
        page.get(f"{address}/inspection/add")
        page.find_element(By.ID, "f-_files").send_keys(f"{good}\n{bad}")
        until(page, lambda _: len(page.find_elements(By.CSS_SELECTOR, "[data-files] input[name=_file]")) == 1)
        until(
            page,
            lambda _: (
                "“页面.png”的内容与扩展名" in page.find_element(By.CSS_SELECTOR, "[data-files] [data-error]").text
            ),
        )
        draft_is_kept(page)
        page.get(f"{address}/inspection/add?draft=1")
        assert "现场照片.png" in page.find_element(By.CSS_SELECTOR, "[data-files] [data-list]").text
        page.find_element(By.CSS_SELECTOR, "[data-draft-discard]").click()
        until(page, lambda _: "现场照片.png" not in page.find_element(By.CSS_SELECTOR, "[data-files]").text)
