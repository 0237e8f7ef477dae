"""A real Chromium for the journeys: find it, drive it, and never skip it in silence.

`python -m tests.journeys.browser` ends with 0 when there is a browser; the Makefile asks this before it installs one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = ROOT / ".browser-tests-skipped"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DRIVERS = ("chromedriver", "/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver")
# A quiet browser: no window, no first-run pages, and nothing that calls home or looks for a network. It jumps where a
# page would glide: what is clicked during a glide is missed.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--no-first-run",
    "--force-prefers-reduced-motion",
    "--no-default-browser-check",
    "--window-size=1366,900",
)


class Chromium(NamedTuple):
    """The two programs that belong together."""

    browser: str
    driver: str


def find_chromium() -> Chromium | None:
    """The machine's browser with its driver; CHROMIUM and CHROMEDRIVER in the environment name others."""
    browser = _first(os.environ.get("CHROMIUM"), *BROWSERS)
    driver = _first(os.environ.get("CHROMEDRIVER"), *DRIVERS)
    return Chromium(browser, driver) if browser and driver else None


def need_chromium() -> Chromium:
    """The browser; without one the test is skipped, which `make test` says in its last lines, and in CI it fails."""
    import pytest

    found = find_chromium()
    if found is None:
        reason = "no Chromium with chromedriver on this machine"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{reason}, and CI must not skip", pytrace=False)
        SKIPPED.write_text(reason)
        pytest.skip(reason)
    return found


@contextlib.contextmanager
def driver(downloads: Path | None = None, language: str = "zh-CN", mobile: bool = False) -> Iterator[Chrome]:
    """A browser with an empty profile that saves what it downloads in `downloads`; it has gone when the block ends."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    found = need_chromium()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = found.browser
        for flag in (*FLAGS, f"--lang={language}", f"--user-data-dir={profile}"):
            options.add_argument(flag)
        if mobile:
            options.add_argument("--window-size=390,844")
        options.add_experimental_option(
            "prefs",
            {
                "intl.accept_languages": language,
                "download.default_directory": str(downloads or profile),
                "download.prompt_for_download": False,
                "credentials_enable_service": False,
                "profile.password_manager_leak_detection": False,
            },
        )
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        chrome = Chrome(options=options, service=ChromeService(found.driver))
        chrome.set_page_load_timeout(60)
        try:
            yield chrome
        finally:
            chrome.quit()


def until(page: Chrome, true: Callable[[Chrome], object], seconds: float = 60) -> None:
    """Returns when it is true of a page that has arrived whole: half a page on its way is nothing to look at."""
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    def whole(chrome: Chrome) -> object:
        return chrome.execute_script("return document.readyState === 'complete'") and true(chrome)  # type: ignore[no-untyped-call]

    WebDriverWait(page, seconds, 0.05, [StaleElementReferenceException]).until(whole)


def _first(*names: str | None) -> str | None:
    return next((path for name in names if name and (path := shutil.which(name))), None)


if __name__ == "__main__":
    sys.exit(0 if find_chromium() else 1)
