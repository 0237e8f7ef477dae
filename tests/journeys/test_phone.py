"""An inspector's phone: 390 px, a camera, and a line that is lost. What was typed and taken is never lost.

The line is cut at the server for what a browser's worker does itself, and by the browser's own emulation otherwise.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from tests.journeys.browser import driver, until
from tests.journeys.line import Line
from tests.journeys.test_form import sign_in

pytestmark = pytest.mark.browser
LINE = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
#: Everything the device keeps, as somebody with its disk in his hands reads it.
KEPT = """
const done = arguments[arguments.length - 1], asked = indexedDB.open("jg", 2);
asked.onupgradeneeded = () => { for (const each of ["kept", "keys", "blanks"]) asked.result.createObjectStore(each, {keyPath: "id"}); };
asked.onsuccess = () => {
  const found = asked.result.transaction("kept").objectStore("kept").getAll();
  found.onsuccess = () => { asked.result.close(); done(found.result.map((each) => ({
    ...each, sealed: new TextDecoder("utf-8").decode(each.sealed)}))); };
};
"""


@pytest.fixture
def phone() -> Iterator[Chrome]:
    """A browser as narrow as a phone, with a thumb."""
    with driver(mobile=True) as page:
        size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
        page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        page.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
        page.execute_cdp_cmd("Network.enable", {})
        yield page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """What a camera gives: a small picture under the name that every camera gives."""

    def part(name: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")

    head = (64).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
    rows = b"".join(b"\0" + bytes((200, 80, 20)) * 64 for _ in range(64))
    found = tmp_path / "image.png"
    found.write_bytes(
        b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
    )
    return found


def cut(page: Chrome, is_cut: bool) -> None:
    page.execute_cdp_cmd("Network.emulateNetworkConditions", LINE | {"offline": is_cut})


def touch(page: Chrome, selector: str, within: Any = None) -> None:
    """Somebody scrolls there and touches it."""
    found = (within or page).find_element(By.CSS_SELECTOR, selector)
    page.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
    time.sleep(0.2)
    page.execute_script("arguments[0].click()", found)


def state(page: Chrome) -> str:
    return page.find_element(By.CSS_SELECTOR, "[data-draft-state]").text


def files(page: Chrome) -> str:
    return page.find_element(By.CSS_SELECTOR, "[data-files] [data-list]").text


def kept(page: Chrome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.execute_async_script(KEPT)
    return found


def opened(page: Chrome, address: str) -> None:
    """An empty form: what other tests left is thrown away."""
    sign_in(page, address)
    page.get(f"{address}/inspection/add")
    if page.find_element(By.CSS_SELECTOR, "[data-draft-offer]").is_displayed():
        touch(page, "[data-draft-discard]")
        until(page, lambda p: not p.find_element(By.CSS_SELECTOR, "[data-draft-offer]").is_displayed())


def thrown_away(page: Chrome, address: str) -> None:
    page.get(f"{address}/inspection/add?draft=1")
    touch(page, "[data-draft-discard]")
    until(page, lambda p: "draft=1" not in p.current_url)


def test_text_and_photo_wait_sealed_and_go_by_themselves(address: str, phone: Chrome, photo: Path):
    name, number = f"离线的店{time.time_ns()}", "61011319900101001X"
    opened(phone, address)
    cut(phone, True)
    phone.find_element(By.NAME, "subject_name").send_keys(name)
    phone.find_element(By.NAME, "party_id_no").send_keys(number)
    phone.find_element(By.CSS_SELECTOR, "[data-camera]").send_keys(str(photo))
    until(phone, lambda p: "离线，已保存在本机" in state(p) and "已保存在本机" in files(p))
    until(phone, lambda p: len(kept(p)) == 2)
    told = str(kept(phone))
    assert name not in told and number not in told, "sealed"
    assert name not in str(phone.execute_script("return JSON.stringify([localStorage, sessionStorage])"))
    touch(phone, "[data-save]")
    time.sleep(0.5)
    assert phone.find_element(By.NAME, "subject_name").get_attribute("value") == name, (
        "saving leads nowhere, so it waits"
    )
    cut(phone, False)
    until(phone, lambda p: "草稿已保存" in state(p) and "已上传" in files(p))
    until(phone, lambda p: not kept(p))
    phone.get(f"{address}/inspection/add?draft=1")
    assert phone.find_element(By.NAME, "subject_name").get_attribute("value") == name
    assert phone.find_element(By.NAME, "party_id_no").get_attribute("value") == number
    assert "现场照片" in files(phone), "a camera's image.png gets a name that tells it apart"
    thrown_away(phone, address)


def test_a_page_that_ends_without_a_line_comes_back_with_everything(address: str, phone: Chrome, photo: Path):
    """The browser closes the form while the camera is open, and there is no line to load it again."""
    name = f"被清理的店{time.time_ns()}"
    line = Line(address)
    opened(phone, line.address)
    until(phone, lambda p: p.execute_async_script("navigator.serviceWorker.ready.then(() => arguments[0](true))"))
    line.cut()
    phone.find_element(By.NAME, "subject_name").send_keys(name)
    phone.find_element(By.CSS_SELECTOR, "[data-camera]").send_keys(str(photo))
    until(phone, lambda p: len(kept(p)) == 2, 30)
    phone.execute_script("for (const form of document.forms) delete form.dataset.dirty")
    phone.get(f"{line.address}/inspection/add")
    until(phone, lambda p: "现在没有网络" in p.find_element(By.TAG_NAME, "main").text)
    assert "行政检查 新增" in phone.find_element(By.TAG_NAME, "main").text
    assert name not in phone.page_source
    line.mend()
    until(phone, lambda p: "draft=1" in p.current_url, 40)
    until(phone, lambda p: p.find_element(By.NAME, "subject_name").get_attribute("value") == name)
    until(phone, lambda p: "已上传" in files(p) and not kept(p), 30)
    thrown_away(phone, line.address)
    line.cut()


def test_the_next_person_at_the_device_finds_nothing(address: str, phone: Chrome):
    name = f"别人的店{time.time_ns()}"
    opened(phone, address)
    cut(phone, True)
    phone.find_element(By.NAME, "subject_name").send_keys(name)
    until(phone, lambda p: "离线，已保存在本机" in state(p) and len(kept(p)) == 1)
    phone.delete_cookie("session")  # nobody has signed out: the session has ended
    cut(phone, False)
    until(phone, lambda p: "登录已失效" in state(p))
    phone.execute_script("for (const form of document.forms) delete form.dataset.dirty")
    sign_in(phone, address, "handler_yanta")
    phone.get(f"{address}/")
    assert not phone.find_element(By.CSS_SELECTOR, "[data-kept-here]").is_displayed(), "what waits is another's"
    assert name not in str(kept(phone)), "and sealed for him"
    phone.get(f"{address}/logout/")
    touch(phone, "main form[action*='/logout'] button")
    until(phone, lambda p: "/login" in p.current_url)
    assert len(kept(phone)) == 1, "what a colleague has not sent yet is not his to throw away"
    sign_in(phone, address)
    phone.get(f"{address}/inspection/add")
    until(phone, lambda p: "draft=1" in p.current_url)
    assert phone.find_element(By.NAME, "subject_name").get_attribute("value") == name, "it survived for who typed it"
    thrown_away(phone, address)


def test_what_waits_is_told_on_every_page_and_signing_out_asks(address: str, phone: Chrome):
    name = f"等待的店{time.time_ns()}"
    opened(phone, address)
    cut(phone, True)
    phone.find_element(By.NAME, "subject_name").send_keys(name)
    until(phone, lambda p: len(kept(p)) == 1 and "离线" in state(p))
    phone.execute_script("for (const form of document.forms) delete form.dataset.dirty")
    phone.get("about:blank")  # before the line is back: the form would send it
    cut(phone, False)
    phone.get(f"{address}/help/")
    until(phone, lambda p: p.find_elements(By.CSS_SELECTOR, "[data-kept-here]:not([hidden]) a"))
    phone.get(f"{address}/logout/")
    touch(phone, "main form[action*='/logout'] button")
    asked = WebDriverWait(phone, 60).until(expected_conditions.alert_is_present())
    assert "没有发送" in asked.text
    asked.dismiss()
    phone.get(f"{address}/help/")
    until(phone, lambda p: p.find_elements(By.CSS_SELECTOR, "[data-kept-here]:not([hidden]) a"))
    touch(phone, "[data-kept-here] a")
    until(phone, lambda p: "draft=1" in p.current_url)
    assert phone.find_element(By.NAME, "subject_name").get_attribute("value") == name
    thrown_away(phone, address)
    assert not kept(phone)


def test_optional_fields_are_one_touch_away(address: str, phone: Chrome):
    opened(phone, address)
    box = phone.find_element(By.NAME, "address_registered")
    assert not box.is_displayed()
    group = box.find_element(By.XPATH, "ancestor::section")
    touch(phone, "[data-more-fields]", group)
    assert box.is_displayed()
    small = phone.execute_script(
        "return [...document.querySelectorAll('.jg-form :is(.form-control, .form-select, .ts-control, .jg-radios label, .btn)')]"
        ".filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44).map((each) => each.outerHTML.slice(0, 90))"
    )
    assert not small
    assert phone.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert phone.find_element(By.CSS_SELECTOR, "[data-camera]").get_attribute("capture") == "environment"
