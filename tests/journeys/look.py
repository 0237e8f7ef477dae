"""What is wrong with a page in a real browser: console, foreign requests, width, accessibility.

A `Fault` names the page, the width, the theme, the rule and the element, so that it can be mended without a search.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe-core" / "axe.min.js"
#: A clerk's screen and a phone.
WIDE, NARROW = 1440, 390
HEIGHTS = {WIDE: 900, NARROW: 844}
THEMES = ("light", "dark")
#: What axe-core calls bad enough to fail.
GRAVE = frozenset({"serious", "critical"})
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

_AXE = """
const done = arguments[arguments.length - 1];
scrollTo(0, 0);  // what is half under the top bar only because the page has scrolled is nobody's fault
axe.run(document, {runOnly: {type: "tag", values: arguments[0]}, resultTypes: ["violations"], preload: false})
  .then((found) => done(found.violations.map((v) => ({
    rule: v.id, impact: v.impact, help: v.help, count: v.nodes.length,
    nodes: v.nodes.slice(0, 4).map((n) => ({where: n.target.join(" "), why: (n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ""})),
  }))), (error) => done([{rule: "axe", impact: "critical", help: String(error), count: 0, nodes: []}]));
"""

_CHOOSE = """
const button = document.querySelector("[data-theme-toggle]");
if (button) { button.click(); return; }
localStorage.setItem("jg.theme", JSON.stringify(arguments[0]));
dispatchEvent(new StorageEvent("storage", {key: "jg.theme"}));
"""

#: Elements that reach beyond the window, unless something around them scrolls or cuts them; and the page that scrolls.
_WIDE = """
const root = document.documentElement, width = root.clientWidth, found = [];
if (Math.max(root.scrollWidth, document.body.scrollWidth) > innerWidth) {
  found.push(["page scrolls sideways", `${root.scrollWidth} > ${innerWidth}`]);
}
const holds = (box) => ["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(box).overflowX);
const name = (box) => box.tagName.toLowerCase() + (box.id ? "#" + box.id : "")
  + [...box.classList].slice(0, 3).map((c) => "." + c).join("");
for (const box of document.body.querySelectorAll("*")) {
  const area = box.getBoundingClientRect();
  if (!area.width || !area.height || (area.right <= width + 1 && area.left >= -1)) continue;
  if (!box.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
  let around = box.parentElement, held = false;
  for (; around && around !== document.body; around = around.parentElement) {
    if (holds(around)) { held = true; break; }
    const place = getComputedStyle(around).position;
    if (place === "fixed" && around.getBoundingClientRect().left < 0) { held = true; break; }
  }
  if (held || (around === null)) continue;
  const clipped = getComputedStyle(box).clipPath !== "none" || getComputedStyle(box).clip !== "auto";
  if (clipped || area.width <= 1 || area.right <= 0) continue;   // for screen readers, or waiting outside on the left
  found.push([name(box), `${Math.round(area.left)}…${Math.round(area.right)} of ${width}`]);
  if (found.length > 5) break;
}
return found;
"""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with one page."""

    page: str
    width: int
    theme: str
    rule: str
    where: str
    why: str
    impact: str = "critical"

    @property
    def is_grave(self) -> bool:
        """It must be mended; anything else is only told."""
        return self.impact in GRAVE

    def __str__(self) -> str:
        return f"{self.page} [{self.width} px, {self.theme}] {self.impact} {self.rule}: {self.where} - {self.why}"


@cache
def _axe() -> str:
    return AXE.read_text()


class Eye:
    """A browser window that looks at pages. Its width and theme stay as they are until they are changed."""

    def __init__(self, chrome: Chrome, address: str) -> None:
        self.chrome, self.address = chrome, address
        self.host = urlsplit(address).netloc
        self.width, self.theme = WIDE, "light"
        # Colours that are still fading are no colours to judge.
        still = [{"name": "prefers-reduced-motion", "value": "reduce"}]
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": still})
        self.set_width(WIDE)

    def set_width(self, width: int) -> None:
        """The window is that wide, on this page and every later one."""
        self.width = width
        size = {"width": width, "height": HEIGHTS[width], "deviceScaleFactor": 1, "mobile": width == NARROW}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def set_theme(self, theme: str) -> None:
        """The page has that theme, by its own button (which may offer a third choice, that of the system).

        A page without a button follows what was chosen on another one, as soon as it is chosen there.
        """
        for _ in range(3):
            if self.current_theme() == theme:
                break
            self.chrome.execute_script(_CHOOSE, theme)
        self.theme = self.current_theme()
        assert self.theme == theme, f"the page has no {theme} theme"

    def current_theme(self) -> str:
        """What the page shows now."""
        return str(self.chrome.execute_script("return document.documentElement.dataset.bsTheme || 'light'"))

    def go(self, path: str) -> None:
        """The page is loaded and at rest."""
        self.chrome.get(self.address + path)
        self.rest()

    def rest(self) -> None:
        """What the page draws after loading is drawn."""
        if self.chrome.execute_script("return !!document.querySelector('[data-chart]')"):
            time.sleep(0.5)

    def faults(self, page: str) -> Iterator[Fault]:
        """What is wrong with the page that is shown now, in the width and theme it has now."""
        for where, why in self.chrome.execute_script(_WIDE):
            yield Fault(page, self.width, self.theme, "overflow", where, why)
        if not self.chrome.execute_script("return 'axe' in window"):
            self.chrome.execute_script(_axe())
        for found in self.chrome.execute_async_script(_AXE, RULES):
            nodes = found["nodes"] or [{"where": "", "why": ""}]
            where = " | ".join(node["where"] for node in nodes) + (
                f" ({found['count']}x)" if found["count"] > 1 else ""
            )
            why = f"{found['help']}. {nodes[0]['why']}"
            yield Fault(page, self.width, self.theme, found["rule"], where, why, found["impact"] or "minor")

    def said(self, page: str, expected: int = 200) -> Iterator[Fault]:
        """What the console said and what was asked of other hosts since the last time we asked."""
        for line in self.chrome.get_log("browser"):  # type: ignore[no-untyped-call]
            if line["level"] in ("SEVERE", "WARNING") and not _is_answer(line["message"], expected):
                yield Fault(page, self.width, self.theme, "console", line["level"], line["message"][:300])
        for url in self.requests():
            if urlsplit(url).scheme not in ("data", "blob", "about") and urlsplit(url).netloc != self.host:
                yield Fault(page, self.width, self.theme, "foreign request", url[:200], "")

    def requests(self) -> list[str]:
        """Every address that was asked for since the last time we asked."""
        return list(_requested(self.chrome.get_log("performance")))  # type: ignore[no-untyped-call]


def _is_answer(message: str, expected: int) -> bool:
    """The browser writes a line when the page answers with the error we asked for, or when we leave it half filled in."""
    return (expected >= 400 and f"status of {expected}" in message) or "'beforeunload' confirmation panel" in message


def _requested(log: list[dict[str, Any]]) -> Iterator[str]:
    for entry in log:
        message = json.loads(entry["message"])["message"]
        if message["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
            params = message["params"]
            url = params["request"]["url"] if "request" in params else params["url"]
            # The browser's own pages (new tab) are not ours.
            if urlsplit(params.get("documentURL", url)).scheme not in ("chrome", "chrome-extension"):
                yield url
