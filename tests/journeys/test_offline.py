"""A new form begun without a line: filled in, saved, sent by itself; and what others at the same phone get of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from app.console.sign_in import sessions
from app.core.table import by_name
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from seed.demo import numbers
from tests.journeys.browser import until
from tests.journeys.line import Line
from tests.journeys.test_form import CLERK, sign_in
from tests.journeys.test_phone import cut, files, opened, phone, photo, state, thrown_away, touch

__all__ = ["phone", "photo"]
pytestmark = pytest.mark.browser

#: Rows of one place of the device's store; keys are told by what they are, sealed bytes as text.
ROWS = """
const [name, done] = arguments, asked = indexedDB.open("jg", 2);
asked.onupgradeneeded = () => { for (const each of ["kept", "keys", "blanks"]) asked.result.createObjectStore(each, {keyPath: "id"}); };
asked.onsuccess = () => {
  const found = asked.result.transaction(name).objectStore(name).getAll();
  found.onsuccess = () => { asked.result.close(); done(found.result.map((each) => ({
    ...each, iv: null, key: each.key ? [each.key.type, each.key.extractable] : null,
    sealed: each.sealed ? new TextDecoder("utf-8").decode(each.sealed) : null}))); };
};
"""
#: Every key that the device holds was last used, and ends, so many minutes later than it says; an empty form's does not
#: end earlier, because nobody has to be there for it.
SHIFT = """
const [minutes, done] = arguments, asked = indexedDB.open("jg", 2);
asked.onsuccess = () => {
  const work = asked.result.transaction("keys", "readwrite"), store = work.objectStore("keys"), found = store.getAll();
  found.onsuccess = () => { for (const each of found.result) if (minutes > 0 || !each.id.startsWith("blank/")) store.put({...each, seen: each.seen + minutes * 60000, until: each.until + minutes * 60000}); };
  work.oncomplete = () => { asked.result.close(); done(true); };
};
"""
#: Nothing more can be stored: the request is taken, and the whole is undone at its end.
FULL = """
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (...given) {
  const asked = put.apply(this, given);
  this.transaction.abort();
  return asked;
};
"""
#: Puts values into the open form as somebody who types and chooses does, rows of pickers by the first `n` that are offered.
FILL = """
const [values, rows, done] = arguments, form = document.querySelector("form[data-entry]");
import("jg/fields").then(async ({put}) => {
  for (const [name, n] of Object.entries(rows)) {
    const picker = form.elements[name].tomselect;
    picker.load("");
    for (let turn = 0; turn < 100 && Object.keys(picker.options).length < n; turn += 1) await new Promise((on) => setTimeout(on, 50));
    picker.setValue(Object.values(picker.options).slice(0, n).map((each) => each.value));
  }
  for (const [name, value] of Object.entries(values)) put(form, name, [[value, value]]);
  form.dispatchEvent(new Event("input", {bubbles: true}));
  done(true);
});
"""
#: What an inspection needs besides its subject's name and what pickers offer.
FACTS = {
    "party_nature": "legal_person",
    "party_id_type": "uscc",
    "check_form": "daily",
    "check_type": "patrol",
    "check_result": "no_problem",
}


def rows(page: Chrome, place: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.execute_async_script(ROWS, place)
    return found


def fill(page: Chrome, values: dict[str, str], pickers: dict[str, int] | None = None) -> None:
    page.execute_async_script(FILL, values, pickers or {})


def ready(page: Chrome, address: str) -> None:
    """Somebody has signed in and opened the form once: his phone keeps it."""
    opened(page, address)
    until(page, lambda p: rows(p, "blanks"))


def begin(page: Chrome, line: Line) -> None:
    """The form is opened without a line."""
    page.get(f"{line.address}/inspection/add")
    until(page, lambda p: p.find_elements(By.CSS_SELECTOR, "form[data-blank]"))
    until(page, lambda p: p.execute_script("return Boolean(document.querySelector('[name=sub_item]').tomselect)"))


def save(page: Chrome) -> None:
    touch(page, "[data-save]")
    until(page, lambda p: "恢复连接后自动提交" in state(p))


def told(page: Chrome, which: str) -> str:
    found = page.find_element(By.CSS_SELECTOR, f"[data-kept-{which}]")
    return found.text if found.is_displayed() else ""


def stored(app: Flask, name: str) -> list[Any]:
    """The inspections of that subject."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        table = by_name("inspection")
        return list(db.session.scalars(sa.select(table.id).where(table.subject_name == name)))


def attached(app: Flask, key: Any) -> int:
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        table = by_name("attachment")
        return int(db.session.scalar(sa.select(sa.func.count()).where(table.row_key == str(key))) or 0)


def complete(page: Chrome, name: str) -> None:
    """Everything an inspection needs, from what the phone keeps; what follows from the item comes from there too."""
    fill(page, {}, {"sub_item": 1})
    until(page, lambda p: p.execute_script("return document.querySelector('[name=implementation_list]').value"))
    until(page, lambda p: p.find_elements(By.CSS_SELECTOR, "[data-line]"))
    touch(page, "[data-lines-rest]")
    code = numbers.credit_code("91", "610113", 100_000 + time.time_ns() // 1000 % 100_000)  # no other row is like it
    fill(page, FACTS | {"subject_name": name, "party_name": name, "party_id_no": code}, {"inspectors": 2})


def test_two_forms_are_begun_without_a_line_and_stored_once_each(app: Flask, address: str, phone: Chrome, photo: Path):
    line, names = Line(address), [f"无网{n}店{time.time_ns()}" for n in "甲乙"]
    ready(phone, line.address)
    assert rows(phone, "keys")[0]["key"] == ["secret", False], "nothing takes the key out of the browser"
    assert "csrf" not in rows(phone, "blanks")[0]["sealed"], "sealed"
    line.cut()
    begin(phone, line)
    complete(phone, names[0])
    phone.find_element(By.CSS_SELECTOR, "[data-camera]").send_keys(str(photo))
    until(phone, lambda p: "已保存在本机" in files(p) and len(rows(p, "kept")) == 2)
    save(phone)
    assert "还有" not in state(phone), "nothing is missing that can be known here"
    touch(phone, "[data-draft-state] a:last-child")
    until(phone, lambda p: not p.find_element(By.NAME, "subject_name").get_attribute("value"))
    complete(phone, names[1])
    save(phone)
    assert not any(name in str(rows(phone, "kept")) for name in names), "sealed"
    phone.get(f"{line.address}/inspection/list/")
    until(phone, lambda p: p.find_element(By.TAG_NAME, "main").text.count("已保存，等待提交") == 2)
    assert not any(name in phone.page_source for name in names)
    line.mend()
    until(phone, lambda p: told(p, "done").count("无网") == 2)
    assert not rows(phone, "kept")
    found = [stored(app, name) for name in names]
    assert [len(each) for each in found] == [1, 1]
    assert [attached(app, each[0]) for each in found] == [1, 0]
    line.cut()


def test_what_the_server_refuses_is_shown_in_the_form(app: Flask, address: str, phone: Chrome, photo: Path):
    line, name = Line(address), f"无网缺项店{time.time_ns()}"
    ready(phone, line.address)
    line.cut()
    begin(phone, line)
    fill(phone, {"subject_name": name})
    phone.find_element(By.CSS_SELECTOR, "[data-camera]").send_keys(str(photo))
    until(phone, lambda p: len(rows(p, "kept")) == 2)
    save(phone)
    assert "必填项" in state(phone)
    phone.get(f"{line.address}/inspection/list/")
    line.mend()
    until(phone, lambda p: "没有通过核对" in told(p, "here"))
    assert len(rows(phone, "kept")) == 2, "it stays until somebody has mended it"
    touch(phone, "[data-kept-here] a")
    until(phone, lambda p: p.find_elements(By.CSS_SELECTOR, "[data-errors]"))
    assert phone.find_element(By.NAME, "subject_name").get_attribute("value") == name
    assert "必填" in phone.find_element(By.CSS_SELECTOR, "[data-errors]").text and "现场照片" in files(phone)
    until(phone, lambda p: "草稿已保存" in state(p) and not rows(p, "kept"))
    assert not stored(app, name)
    thrown_away(phone, line.address)
    line.cut()


def test_a_lost_answer_stores_nothing_twice(app: Flask, address: str, phone: Chrome):
    line, name = Line(address), f"无网一次店{time.time_ns()}"
    opened(phone, line.address)
    until(phone, lambda p: p.execute_script("return Boolean(document.querySelector('[name=sub_item]').tomselect)"))
    complete(phone, name)
    until(phone, lambda p: "草稿已保存" in state(p))
    status = phone.execute_async_script(
        "const form = document.querySelector('form[data-entry]');"
        "fetch(form.action, {method: 'POST', body: new FormData(form), headers: {Accept: 'application/json'}})"
        ".then((answer) => arguments[0](answer.status));"
    )
    assert status == 200 and len(stored(app, name)) == 1, "the server has it, and this page was not told"
    line.cut()
    save(phone)
    phone.get(f"{line.address}/inspection/list/")
    until(phone, lambda p: "现在没有网络" in p.find_element(By.TAG_NAME, "main").text)
    line.mend()
    until(phone, lambda p: name in told(p, "done"))
    assert len(stored(app, name)) == 1 and not rows(phone, "kept")
    line.cut()


def test_of_an_earlier_session_nothing_goes_without_a_word(app: Flask, address: str, phone: Chrome):
    """Whoever held the phone meanwhile may have typed it."""
    line, name = Line(address), f"无网隔次店{time.time_ns()}"
    ready(phone, line.address)
    line.cut()
    begin(phone, line)
    complete(phone, name)
    save(phone)
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        who = db.session.scalar(sa.select(User.id).where(User.username == CLERK))
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        held = sessions.stored
        newest = sa.select(held.c.id).where(held.c.account_id == who).order_by(held.c.id.desc()).limit(1)
        key = db.session.scalar(newest)  # his others, of other tests, go on
        assert sessions.end_one(db.session(), who, key, "idle")
        db.session.commit()
    phone.get(f"{line.address}/help/")
    line.mend()
    until(phone, lambda p: "/login/" in p.current_url)
    until(phone, lambda p: not rows(p, "keys") and not rows(p, "blanks"))
    assert len(rows(phone, "kept")) == 1
    sign_in(phone, line.address)
    until(phone, lambda p: "请确认是您填写的" in told(p, "here"))
    assert not stored(app, name)
    touch(phone, "[data-kept-here] button")
    until(phone, lambda p: name in told(p, "done"))
    assert len(stored(app, name)) == 1 and not rows(phone, "kept")
    line.cut()


def test_a_colleague_at_the_same_phone_begins_and_reads_nothing(address: str, phone: Chrome):
    line, name = Line(address), f"无网他人店{time.time_ns()}"
    ready(phone, line.address)
    line.cut()
    begin(phone, line)
    fill(phone, {"subject_name": name})
    save(phone)
    line.mend()
    phone.delete_cookie("session")
    phone.get(f"{line.address}/login/")
    until(phone, lambda p: not rows(p, "keys") and not rows(p, "blanks"))
    sign_in(phone, line.address, "handler_yanta")
    phone.get(f"{line.address}/help/")
    assert not told(phone, "here") and not told(phone, "done")
    line.cut()
    phone.get(f"{line.address}/inspection/add")
    until(phone, lambda p: "现在没有网络" in p.find_element(By.TAG_NAME, "main").text)
    assert not phone.find_elements(By.CSS_SELECTOR, "[data-kept-list] a, [data-blank-list] a")
    assert name not in phone.page_source and name not in str(rows(phone, "kept"))
    phone.get(f"{line.address}/inspection/add?box={rows(phone, 'kept')[0]['box']}")
    until(phone, lambda p: "现在没有网络" in p.find_element(By.TAG_NAME, "main").text)
    line.mend()
    box = rows(phone, "kept")[0]
    phone.get(f"{line.address}/help/")
    asked = phone.execute_async_script(
        "const [row, done] = arguments, data = new FormData();"
        "for (const name of ['session', 'box', 'point']) data.set(name, row[name]);"
        "data.set('csrf_token', document.querySelector('input[name=csrf_token]').value);"
        "fetch('/kept/open', {method: 'POST', body: data}).then((answer) => done(answer.status));",
        box,
    )
    assert asked == 404
    line.cut()


@pytest.mark.parametrize("minutes", [-1440, 60], ids=["idle", "clock put back"])
def test_a_phone_left_alone_shows_without_a_line_no_more_than_with_one(address: str, phone: Chrome, minutes: int):
    line, name = Line(address), f"无网搁置店{time.time_ns()}"
    ready(phone, line.address)
    line.cut()
    begin(phone, line)
    fill(phone, {"subject_name": name})
    save(phone)
    box = rows(phone, "kept")[0]["box"]
    phone.get(f"{line.address}/inspection/add?box={box}")
    until(phone, lambda p: p.find_element(By.NAME, "subject_name").get_attribute("value") == name)
    until(phone, lambda p: "自动提交" in state(p))
    assert rows(phone, "kept")[0]["once"], "looking at it takes nothing back"
    phone.execute_async_script(SHIFT, minutes)
    phone.get(f"{line.address}/inspection/add?box={box}")
    if minutes < 0:  # the empty form is there for the day, and what was typed opens after signing in
        until(phone, lambda p: "验证身份后打开" in state(p))
        assert not phone.find_element(By.NAME, "subject_name").get_attribute("value")
    else:
        until(phone, lambda p: "现在没有网络" in p.find_element(By.TAG_NAME, "main").text)
    assert name not in phone.page_source
    assert len(rows(phone, "kept")) == 1, "kept it is"
    line.cut()


def test_two_tabs_keep_a_form_each(address: str, phone: Chrome):
    line, names = Line(address), [f"无网{n}页{time.time_ns()}" for n in "一二"]
    ready(phone, line.address)
    line.cut()
    first = phone.current_window_handle
    begin(phone, line)
    fill(phone, {"subject_name": names[0]})
    until(phone, lambda p: len(rows(p, "kept")) == 1)
    phone.switch_to.new_window("tab")
    begin(phone, line)
    assert not phone.find_element(By.NAME, "subject_name").get_attribute("value")
    fill(phone, {"subject_name": names[1]})
    until(phone, lambda p: len({each["box"] for each in rows(p, "kept")}) == 2)
    phone.switch_to.window(first)
    assert phone.find_element(By.NAME, "subject_name").get_attribute("value") == names[0]


def test_a_full_phone_says_so(address: str, phone: Chrome):
    ready(phone, address)
    phone.execute_script(FULL)
    cut(phone, True)
    fill(phone, {"subject_name": f"无处可存店{time.time_ns()}"})
    touch(phone, "[data-save]")
    until(phone, lambda p: "请不要关闭本页" in state(p))
    assert phone.execute_script("return 'dirty' in document.querySelector('form[data-entry]').dataset"), "leaving asks"
    phone.execute_script("for (const form of document.forms) delete form.dataset.dirty")
    cut(phone, False)
