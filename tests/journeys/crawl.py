"""A browser walks through every page of the console: `python -m tests.journeys.crawl [TABLE …]`.

Every page is loaded once, at one width and in one theme, looked at, then given the other theme and the other width and
looked at again; the next page is loaded as the last one was left, so that both widths and both themes are loaded.
Measured: 451 pages, each judged twice by axe-core, cost 115 s of CPU of browser and console together.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from selenium.common.exceptions import TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from app.core.table import TABLES
from tests.conftest import PASSWORD
from tests.journeys.browser import until
from tests.journeys.look import NARROW, WIDE, Eye, Fault
from tests.journeys.site import Page, Site

#: A form is sent as it is, without the browser's own questions; anything else is clicked.
_PRESS = """
const found = document.querySelector(arguments[0]);
if (found.tagName === "FORM") { found.noValidate = true; found.requestSubmit(); } else found.click();
"""

_KEY = re.compile(r"[0-9a-f-]{36}")
_LINKS = """
const here = location.pathname + location.search;
return [...document.querySelectorAll("a[href]")].filter((link) => link.origin === location.origin
  && link.pathname + link.search !== here).map((link) => link.href);
"""
_STATUS = "return performance.getEntriesByType('navigation')[0].responseStatus"


class Walker:
    """Walks from page to page and keeps count."""

    def __init__(self, chrome: Chrome, address: str, site: Site) -> None:
        self.eye, self.site = Eye(chrome, address), site
        self.who: str | None = None
        self.looked = 0
        self.followed: set[str] = set()

    def table(self, name: str) -> Iterator[Fault]:
        """What is wrong with the pages of a table."""
        for page in self.site.pages(name):
            yield from self.page(page)

    def places(self) -> Iterator[Fault]:
        """What is wrong with the pages that belong to no table."""
        for page in self.site.places():
            yield from self.page(page)

    def page(self, page: Page) -> Iterator[Fault]:
        """What is wrong with a page, in both themes and at both widths."""
        self._be(page.who)
        eye, label = self.eye, str(page)
        list(eye.said(label))
        eye.go(page.url)
        if page.press:
            yield from self._press(page)
        if (status := eye.chrome.execute_script(_STATUS)) != page.status:
            yield Fault(label, eye.width, eye.theme, "status", str(status), f"{page.status} was expected")
        yield from eye.faults(label)
        yield from self._dead_links(page)
        eye.set_theme("light" if eye.theme == "dark" else "dark")
        eye.set_width(WIDE if eye.width == NARROW else NARROW)
        yield from eye.faults(label)
        yield from eye.said(label, page.status)
        self.looked += 1

    def _dead_links(self, page: Page) -> Iterator[Fault]:
        """Links of the page that lead nowhere; of links that differ in a key or a query alone, one is followed."""
        for href in self.eye.chrome.execute_script(_LINKS):
            address = urlsplit(href)
            kind = _KEY.sub("*", address.path) + "?" + " ".join(sorted(dict(parse_qsl(address.query))))
            if kind in self.followed:
                continue
            self.followed.add(kind)
            answer = self.site.sign_in(page.who or None).client.get(address._replace(scheme="", netloc="").geturl())
            if answer.status_code >= 400 and answer.status_code != page.status:
                yield Fault(str(page), self.eye.width, self.eye.theme, "dead link", href, str(answer.status_code))
            answer.close()

    def _press(self, page: Page) -> Iterator[Fault]:
        """The form is sent and its answer shown, or the dialog of the button is open."""
        chrome, before = self.eye.chrome, self.eye.chrome.find_element(By.TAG_NAME, "html")
        chrome.execute_script(_PRESS, page.press)
        try:
            until(
                chrome,
                lambda c: (
                    c.find_element(By.TAG_NAME, "html") != before or c.find_elements(By.CSS_SELECTOR, "dialog[open]")
                ),
            )
        except TimeoutException:
            yield Fault(str(page), self.eye.width, self.eye.theme, "press", page.press, "nothing happened")

    def _be(self, who: str) -> None:
        """That person is signed in, or nobody."""
        if who == self.who:
            return
        chrome, address = self.eye.chrome, self.eye.address
        chrome.delete_all_cookies()
        self.who = who
        if who:
            chrome.get(f"{address}/login/")
            chrome.find_element(By.NAME, "username").send_keys(who)
            chrome.find_element(By.NAME, "password").send_keys(PASSWORD)
            chrome.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()
            until(chrome, lambda c: "/login" not in c.current_url)


def main(names: list[str]) -> int:
    """Walk through a console of our own and print what is wrong."""
    from tests.conftest import Browser
    from tests.every_table.world import World
    from tests.journeys.browser import driver
    from tests.journeys.served import served

    kept: dict[str | None, Browser] = {}
    grave, began = 0, time.monotonic()
    with served() as (app, address), driver() as chrome:

        def sign_in(user: str | None) -> Browser:
            if user not in kept:
                kept[user] = Browser(app, user)
            return kept[user]

        site = Site(app, sign_in, World(app))
        walker = Walker(chrome, address, site)
        for name in names or ["", *sorted(TABLES)]:
            for fault in walker.table(name) if name else walker.places():
                print(fault, flush=True)
                grave += fault.is_grave
    for rule in site.unfilled:
        print(f"nothing fills {rule}")
    print(f"{walker.looked} pages in {time.monotonic() - began:.0f} s: {grave} grave faults")
    return min(grave + len(site.unfilled), 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
