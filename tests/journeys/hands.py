"""Hands that have no mouse: every action is a key sent to the element that has the focus.

Whoever works like that must always see where he is. So after every key the focus is looked at: it is visible, it lies
inside the window and nothing covers it, and it has not been lost to the page itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.conftest import PASSWORD
from tests.journeys.browser import until

#: How often Tab is pressed in search of something: more than any page has to offer.
PATIENCE = 250

#: What is wrong with the focus, or nothing. A picker shows it around the box that its input stands in.
_FOCUS = """
const here = document.activeElement;
if (!here || here === document.body) return "the focus is on nothing";
if (here === document.documentElement) return "the focus is on the whole page";
const marks = (box) => {
  const style = getComputedStyle(box);
  return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
};
const boxes = [here, here.closest(".ts-control, .ts-wrapper, .input-group, label")].filter(Boolean);
if (!boxes.some(marks)) return "the focus cannot be seen";
const area = boxes.at(-1).getBoundingClientRect();
const left = Math.max(area.left, 0), right = Math.min(area.right, innerWidth);
const top = Math.max(area.top, 0), bottom = Math.min(area.bottom, innerHeight);
if (right - left < 1 || bottom - top < 1) return "the focus is outside the window";
const points = [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]].map(([x, y]) => [left + (right - left) * x, top + (bottom - top) * y]);
const own = (found) => found && boxes.some((box) => box === found || box.contains(found) || found.contains(box));
return points.some(([x, y]) => own(document.elementFromPoint(x, y))) ? "" : "the focus is covered by " + document.elementFromPoint(...points[0])?.outerHTML.slice(0, 120);
"""

#: What Enter would choose in the list of a picker.
_OFFERED = """
return [...document.querySelectorAll("[role=option].active, [role=option][aria-selected=true]")]
  .filter((each) => each.checkVisibility()).map((each) => each.innerText);
"""


class Hands:
    """A person at the keyboard."""

    def __init__(self, chrome: Chrome, address: str) -> None:
        self.chrome, self.address = chrome, address
        still = [{"name": "prefers-reduced-motion", "value": "reduce"}]
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": still})
        self.pressed = 0

    # ---- keys ------------------------------------------------------------------------------------------------------

    def press(self, *keys: str, held: str | None = None) -> None:
        """The keys go to whatever has the focus; with `held`, while that key is down."""
        self.pressed += len(keys)
        chain = ActionChains(self.chrome, duration=0)
        if held:
            chain.key_down(held)
        chain.send_keys(*keys)
        if held:
            chain.key_up(held)
        chain.perform()

    def type(self, text: str) -> None:
        """The text is typed in place of what stands there."""
        self.press("a", held=Keys.CONTROL)
        self.press(text)

    @property
    def here(self) -> WebElement:
        """What has the focus."""
        return self.chrome.switch_to.active_element

    def name(self) -> str:
        """What a screen reader calls it."""
        try:
            return " ".join(self.here.accessible_name.split())
        except StaleElementReferenceException:
            return ""

    def must_be_seen(self) -> None:
        """Fails when somebody without a mouse would not know where he is."""
        for _ in range(10):  # what scrolls smoothly may still be on its way
            wrong = self.chrome.execute_script(_FOCUS)
            if not wrong:
                return
            time.sleep(0.1)
        assert not wrong, f"{wrong}: {self.where()}"

    def where(self) -> str:
        """The page and the element, for messages."""
        tag = self.chrome.execute_script("return document.activeElement?.outerHTML.slice(0, 200)")
        return f"{self.chrome.current_url} at {tag}"

    # ---- going about -----------------------------------------------------------------------------------------------

    def tab_to(self, name: str, role: str = "", back: bool = False) -> WebElement:
        """Tab until the element of that name (a regular expression) has the focus."""
        passed = []
        for _ in range(PATIENCE):
            if back:
                self.press(Keys.TAB, held=Keys.SHIFT)
            else:
                self.press(Keys.TAB)
            if self.chrome.execute_script("return document.activeElement === document.body"):
                continue  # the round through the page goes over the browser itself
            self.must_be_seen()
            found = self.name()
            passed.append(found)
            if re.search(name, found) and (not role or self.here.aria_role == role):
                return self.here
        raise AssertionError(f"Tab never came to {name!r} on {self.chrome.current_url}; it came by {passed[:120]}")

    def enter(self, name: str, role: str = "") -> None:
        """Tab there, press Enter, and wait for the page that it leads to."""
        self.tab_to(name, role)
        self.follow(Keys.ENTER)

    def follow(self, *keys: str, held: str | None = None) -> None:
        """The keys lead to another page, and that is shown."""
        before, url = self.chrome.find_element(By.TAG_NAME, "html"), self.where()
        self.press(*keys, held=held)
        self.until(lambda c: c.find_element(By.TAG_NAME, "html") != before, f"{keys} leads nowhere from {url}")

    def until(self, true: Callable[[Chrome], object], otherwise: str) -> None:
        """Wait until it is so, on a page that has arrived whole."""
        try:
            until(self.chrome, true)
        except TimeoutException:
            raise AssertionError(f"{otherwise} ({self.where()})") from None

    def sees(self, text: str) -> None:
        """The text stands on the page."""
        self.until(lambda c: text in c.find_element(By.TAG_NAME, "body").text, f"{text} is not on the page")

    # ---- controls --------------------------------------------------------------------------------------------------

    def fill(self, label: str, text: str) -> None:
        """A box of text holds the text."""
        self.tab_to(label)
        self.type(text)

    def pick(self, label: str, word: str, *more: str) -> None:
        """In a picker, what the server finds for the word is chosen; for a list of things, one after the other."""
        self.tab_to(label, "combobox")
        for each in (word, *more):
            self.press(each)
            try:
                self.until(lambda c, sought=each: self._offered(c, sought), f"{each} is not offered under {label}")
            except AssertionError:  # a person would type it again; seen once in four runs, its cause is not known yet
                self.press(Keys.BACKSPACE * len(each))
                self.press(each)
                self.until(lambda c, sought=each: self._offered(c, sought), f"{each} is not offered under {label}")
            self.press(Keys.ENTER)
            self.must_be_seen()

    def _offered(self, chrome: Chrome, word: str) -> bool:
        """Enter would choose an option with the word in it."""
        return any(word in text for text in chrome.execute_script(_OFFERED))

    def choose(self, label: str, option: str) -> None:
        """In a drop-down list or among radio buttons, the option is chosen with the arrow keys."""
        field = self.tab_to(label if label else option)
        if field.tag_name == "select":
            for _ in range(60):
                chosen = self.chrome.execute_script("return arguments[0].selectedOptions[0]?.text.trim()", field)
                if chosen == option:
                    return
                self.press(Keys.ARROW_DOWN)
            raise AssertionError(f"{label} has no option {option}")
        if field.get_attribute("type") == "radio":
            for _ in range(10):
                self.press(Keys.SPACE)
                if self.name() == option:
                    return
                self.press(Keys.ARROW_DOWN)
                self.must_be_seen()
                if self.name() == option:
                    return
            raise AssertionError(f"there is no radio button {option}")
        self.press(option)
        self.until(lambda c: self._offered(c, option), f"{option} is not offered under {label}")
        self.press(Keys.ENTER)

    def sign_in(self, user: str) -> None:
        """Name, password, Enter: the first box has the focus when the page opens."""
        self.chrome.get(f"{self.address}/login/")
        self.must_be_seen()
        assert re.search("用户名", self.name()), f"the sign-in page begins at {self.name()!r}"
        self.press(user)
        self.fill("密码", PASSWORD)
        self.follow(Keys.ENTER)
        assert "/login" not in self.chrome.current_url

    def open_by_menu(self, group: str, entry: str) -> None:
        """The list is opened from the menu."""
        self.tab_to(f"^{group}$")
        if self.here.tag_name == "summary" and not self.chrome.execute_script(
            "return document.activeElement.parentElement.open"
        ):
            self.press(Keys.ENTER)
            self.must_be_seen()
        self.enter(f"^{entry}$", "link")
