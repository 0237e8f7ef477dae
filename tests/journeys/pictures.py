"""Pictures of ten key pages, desktop and phone, light and dark: `python -m tests.journeys.pictures [--out DIR] [PAGE …]`.

They are made to be looked at by a person. A page that is not there is said so, and the others are made all the same.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from selenium.common.exceptions import NoSuchElementException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.conftest import PASSWORD
from tests.journeys.browser import driver, until
from tests.journeys.inspections import good_inspection, inspection_facts
from tests.journeys.look import HEIGHTS, NARROW, THEMES, WIDE, Eye
from tests.journeys.served import served

#: A picture is cut below this: nobody looks at more.
TALLEST = 2600


class Camera:
    """A browser in which somebody is signed in, and how each page is reached."""

    def __init__(self, chrome: Chrome, address: str, facts: dict[str, Any], folder: Path) -> None:
        self.chrome, self.facts, self.folder = chrome, facts, folder
        self.eye, self.who = Eye(chrome, address), ""

    def as_(self, who: str) -> None:
        """That person is signed in."""
        if who == self.who:
            return
        self.chrome.delete_all_cookies()
        self.eye.go("/login/")
        self.chrome.find_element(By.NAME, "username").send_keys(who)
        self.chrome.find_element(By.NAME, "password").send_keys(PASSWORD)
        self.chrome.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()
        until(self.chrome, lambda c: "/login" not in c.current_url, 20)
        self.who = who

    def first(self, selector: str) -> str:
        """The address of the first link like that on the page."""
        return str(self.chrome.find_element(By.CSS_SELECTOR, selector).get_attribute("href"))

    def home(self) -> None:
        self.as_("clerk_yanta")
        self.eye.go("/")

    def list(self) -> None:
        self.as_("clerk_yanta")
        self.eye.go("/inspection/list/")

    def list_search(self) -> None:
        self.as_("clerk_yanta")
        self.eye.go("/inspection/list/?q=店&f.checked_on.from=2025-01-01")
        for button in self.chrome.find_elements(By.CSS_SELECTOR, "[data-more]"):
            if button.is_displayed() and button.get_attribute("aria-expanded") != "true":
                button.click()

    def record(self) -> None:
        self.list()
        self.chrome.get(self.first("main a[href*='/inspection/show/']"))

    def form(self) -> None:
        self.as_("clerk_yanta")
        self.eye.go("/inspection/add")

    def form_errors(self) -> None:
        self.form()
        self.chrome.execute_script(
            "document.querySelector(\"main form[method=post][action$='/inspection/add']\").requestSubmit()"
        )
        until(self.chrome, lambda c: c.find_elements(By.CSS_SELECTOR, "main [role=alert]"), 10)

    def preview(self) -> None:
        self.as_("clerk_yanta")
        rows = [good_inspection(self.facts, "图片", number) for number in range(12)]
        rows[2] |= {"检查时间": "2024-02-30"}
        rows[5] |= {"检查结果": "还可以", "行政相对人编码": "91610131MA6TX0WX5B"}
        file = self.folder / "检查登记.csv"
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        self.eye.go("/inspection/import")
        self.chrome.find_element(By.NAME, "file").send_keys(str(file))
        self.chrome.find_element(By.CSS_SELECTOR, "form[enctype] button[type=submit]").click()
        until(self.chrome, lambda c: c.find_elements(By.CSS_SELECTOR, ".jg-sheet"), 30)

    def dossier(self) -> None:
        """The subject with the most behind it: that of a penalty."""
        self.as_("admin_yanta")
        self.eye.go("/penalty/list/")
        self.chrome.get(self.first("main a[href*='/penalty/show/']"))
        self.chrome.get(self.first("main a[href*='/subject/show/']").replace("/show/", "/dossier/"))

    def search(self) -> None:
        self.as_("clerk_yanta")
        self.eye.go("/search/?q=餐饮")

    def roles(self) -> None:
        self.as_("sysadmin")
        found = ("main a[href*='role']", "nav a[href*='role'], nav a[href*='matrix']")
        self.eye.go("/")
        self.chrome.get(self.first(", ".join(found)))

    PAGES: dict[str, Callable[[Any], None]] = {
        "1-home": home,
        "2-list": list,
        "3-list-search": list_search,
        "4-record": record,
        "5-form": form,
        "6-form-errors": form_errors,
        "7-import-preview": preview,
        "8-dossier": dossier,
        "9-search": search,
        "10-roles": roles,
    }

    def take(self, name: str, out: Path) -> None:
        """The page in both themes, at the width the window has."""
        self.PAGES[name](self)
        if self.chrome.find_elements(By.CSS_SELECTOR, ".jg-error"):
            raise LookupError(self.chrome.title)
        for theme in THEMES:
            self.eye.set_theme(theme)
            self.eye.rest()
            size = {"width": self.eye.width, "deviceScaleFactor": 1, "mobile": self.eye.width == NARROW}
            tall = self.chrome.execute_script("return document.documentElement.scrollHeight")
            full = size | {"height": min(max(int(tall), HEIGHTS[self.eye.width]), TALLEST)}
            self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", full)
            time.sleep(0.3)
            kind = "phone" if self.eye.width == NARROW else "desktop"
            self.chrome.save_screenshot(str(out / f"{name}-{kind}-{theme}.png"))
            self.eye.set_width(self.eye.width)
        self.eye.set_theme("light")


def take(app: Flask, address: str, out: Path, names: list[str]) -> list[str]:
    """The pictures are in the folder. Answers with what could not be taken."""
    facts, missing = inspection_facts(app), []
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for width in (WIDE, NARROW):
            with driver(mobile=width == NARROW) as chrome:
                camera = Camera(chrome, address, facts, Path(folder))
                camera.eye.set_width(width)
                if width == NARROW:
                    chrome.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
                for name in Camera.PAGES:
                    if names and name.partition("-")[2] not in names:
                        continue
                    try:
                        camera.take(name, out)
                    except (LookupError, NoSuchElementException) as error:
                        missing.append(f"{name} at {width} px: {str(error).splitlines()[0]}")
    return missing


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    parser.add_argument("page", nargs="*")
    asked = parser.parse_args()
    with served() as (app, address):
        missing = take(app, address, asked.out, asked.page)
    for line in missing:
        print("missing:", line)
    print(f"{len(list(asked.out.glob('*.png')))} pictures in {asked.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
