"""Each of the four kinds of action entered by keyboard alone in under a minute, with its keys counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from app.core import clock
from app.core.table import by_name
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.journeys.browser import driver
from tests.journeys.hands import Hands
from tests.journeys.inspections import inspection_facts

pytestmark = pytest.mark.browser
CLERK = "clerk_yanta"
#: A minute is the promise; at three keys a second that is 180 of them, and a clerk needs time to read as well.
SECONDS, MOST_KEYS = 60, 90


class Clerk(Hands):
    """Hands whose every stroke counts: a letter is one, and so is a key that is held while another is pressed."""

    strokes = 0

    def press(self, *keys: str, held: str | None = None) -> None:
        self.strokes += sum(len(each) for each in keys) + bool(held)
        super().press(*keys, held=held)

    def next(self, field: str) -> None:
        """Alt+Enter leads to that field: the next one that must be filled in."""
        self.press(Keys.ENTER, held=Keys.ALT)
        self.until(lambda _: self.stands_in() == field, f"Alt+Enter does not lead to {field} but {self.stands_in()}")
        self.must_be_seen()

    def stands_in(self) -> str:
        return str(
            self.chrome.execute_script(
                "const here = document.activeElement, box = here.closest('[data-field]');"
                "return box?.dataset.field ?? (here.closest('[data-line]') ? 'line' : here.matches('[data-save]') ? 'save' : '')"
            )
        )

    def value(self, field: str) -> str:
        return str(self.chrome.execute_script(f"return document.forms.form.elements['{field}'].value"))

    def pick_first(self, word: str, told: str) -> None:
        """What is typed offers the row that is told, and Enter takes it."""
        self.press(word)
        self.until(lambda c: self._offered(c, told), f"{word} does not offer {told}")
        self.press(Keys.ENTER)

    def filled(self, field: str, value: str = "") -> None:
        """The system has filled in the field by itself."""
        self.until(lambda _: self.value(field) == value if value else self.value(field), f"{field} is not filled in")

    def save(self) -> None:
        self.follow(Keys.ENTER, held=Keys.CONTROL)
        assert "/show/" in self.chrome.current_url, self.chrome.find_element(By.TAG_NAME, "main").text[:600]


@dataclass
class Facts:
    """A firm of 雁塔 and its initials, and published sub-items by kind of action with theirs."""

    firms: list[tuple[str, str, str]]
    items: dict[str, tuple[str, str]]


def initials(spelling: str, name: str) -> str:
    """The initials in a spelling."""
    return next(word for word in spelling.split() if len(word) == len(name))


@pytest.fixture(scope="module")
def facts(app: Flask) -> Facts:
    place = by_name("account")
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        own = session.scalar(sa.select(place.department_id).where(place.username == CLERK))
        subject, item, inspection = by_name("subject"), by_name("supervision_sub_item"), by_name("inspection")
        known = sa.select(inspection.party_id_no_mark).where(inspection.department_id == own)
        wanted = sa.select(subject.name, subject.spelling, subject.uscc).where(
            subject.department_id == own,
            subject.kind == "market_entity",
            subject.id_type == "uscc",
            subject.entity_category == "enterprise",
            subject.id_no_mark.not_in(known),
        )
        firms = [
            (name, initials(spelling, name)[6:], code) for name, spelling, code in session.execute(wanted.limit(40))
        ]
        only = [firm for firm in firms if sum(firm[1] in other[1] for other in firms) == 1]
        found: dict[str, tuple[str, str]] = {}
        usable = sa.select(item.sub_code, item.sub_name, item.measure_type)
        line = session.get(by_name("department"), own)
        for code, name, kind in session.execute(
            usable.where(item.status == "published", item.department_id.in_(above(session, line)))
        ):
            found.setdefault(kind, (code, name))
        sample = inspection_facts_of(app)
        name = session.scalar(sa.select(item.sub_name).where(item.sub_code == sample))
        found["inspection"] = (sample, str(name))
        return Facts(only, found)


def above(session: Any, office: Any) -> list[int]:
    """The department and those it stands under."""
    department, found = by_name("department"), []
    while office is not None:
        found.append(office.id)
        office = session.get(department, office.parent_id) if office.parent_id else None
    return found


def inspection_facts_of(app: Flask) -> str:
    """A published sub-item of inspection that 雁塔 has a list for."""
    return str(inspection_facts(app)["item"])


@pytest.fixture(scope="module")
def clerk(app: Flask, address: str) -> Iterator[Clerk]:
    with driver() as chrome:
        chrome.set_window_size(1440, 900)
        hands = Clerk(chrome, address)
        hands.sign_in(CLERK)
        yield hands


@pytest.fixture
def timed(clerk: Clerk, request: pytest.FixtureRequest) -> Iterator[Clerk]:
    """From the opened form to the saved record."""
    clerk.chrome.get(f"{clerk.address}/{request.param}/add")
    clerk.until(lambda _: clerk.stands_in() in ("subject_name", "party_name"), "the form does not begin with the firm")
    clerk.strokes, began = 0, time.monotonic()
    yield clerk
    seconds = time.monotonic() - began
    print(f"{request.param}: {clerk.strokes} keys, {seconds:.1f} s")
    assert clerk.strokes <= MOST_KEYS
    assert seconds < SECONDS


@pytest.mark.parametrize("timed", ["inspection"], indirect=True)
def test_an_inspection_with_its_check_items(app: Flask, timed: Clerk, facts: Facts) -> None:
    (name, letters, code), (sub_code, item) = facts.firms[0], facts.items["inspection"]
    timed.pick_first(letters, name)
    timed.filled("party_id_no", code)
    assert timed.value("party_name") == name
    assert timed.value("party_nature") == "legal_person"
    assert timed.value("checked_on") == clock.today().isoformat()
    timed.next("sub_item")
    timed.pick_first(sub_code, item)
    timed.filled("implementation_list")
    timed.until(lambda c: c.find_elements(By.CSS_SELECTOR, "[data-line]"), "no check items appear")
    timed.next("check_form")
    timed.press("1")
    timed.next("check_type")
    timed.press(Keys.ARROW_DOWN * 8)
    timed.next("check_result")
    timed.press(Keys.ARROW_DOWN)
    timed.next("inspectors")
    timed.until(lambda c: timed._offered(c, "、"), "the inspectors of last time are not offered")
    timed.press(Keys.ENTER)
    timed.until(lambda _: timed.value("inspectors").count(",") >= 1, "the pair is not chosen")
    lines = len(timed.chrome.find_elements(By.CSS_SELECTOR, "[data-line]"))
    timed.next("line")
    for _ in range(lines):
        timed.press("1")
    assert timed.stands_in() == "save"
    timed.save()
    shown = timed.chrome.find_element(By.TAG_NAME, "main").text
    assert name in shown and "合格" in shown
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        inspection, result = by_name("inspection"), by_name("inspection_item_result")
        row = session.scalar(sa.select(inspection).where(inspection.party_name == name).order_by(inspection.id.desc()))
        assert row.subject_id is not None, "the record belongs to the registered subject"
        found = list(session.scalars(sa.select(result).where(result.inspection_id == row.id)))
        assert [each.result for each in found] == ["pass"] * lines
        assert all(each.check_item_id for each in found)


@pytest.mark.parametrize("timed", ["penalty"], indirect=True)
def test_a_penalty(timed: Clerk, facts: Facts) -> None:
    (name, letters, code), (sub_code, item) = facts.firms[1], facts.items["penalty"]
    timed.pick_first(letters, name)
    timed.filled("party_id_no", code)
    timed.next("sub_item")
    timed.pick_first(sub_code, item)
    timed.next("case_source")
    timed.press(Keys.ARROW_DOWN * 2)
    timed.next("illegal_fact")
    timed.press("未明码标价")
    timed.filled("legal_basis")
    timed.next("procedure")
    timed.press("1")
    timed.next("document_no")
    timed.press(f"雁罚{time.time_ns() % 10**6}")
    timed.next("penalty_types")
    timed.press("警告")
    timed.until(lambda c: timed._offered(c, "警告"), "警告 is not offered")
    timed.press(Keys.ENTER, Keys.ESCAPE)
    timed.next("result_text")
    timed.press("警告")
    timed.save()


@pytest.mark.parametrize("timed", ["coercion"], indirect=True)
def test_a_coercion(timed: Clerk, facts: Facts) -> None:
    (name, letters, code), (sub_code, item) = facts.firms[2], facts.items["coercion"]
    timed.pick_first(letters, name)
    timed.filled("party_id_no", code)
    timed.next("sub_item")
    timed.pick_first(sub_code, item)
    timed.next("illegal_fact")
    timed.press("未经检验")
    timed.filled("legal_basis")
    timed.next("decision_no")
    timed.press(f"雁强{time.time_ns() % 10**6}")
    timed.next("coercion_kind")
    timed.press("1")
    timed.save()


@pytest.mark.parametrize("timed", ["other_action"], indirect=True)
def test_another_action(timed: Clerk, facts: Facts) -> None:
    (name, letters, code), (sub_code, item) = facts.firms[3], facts.items["other"]
    timed.pick_first(letters, name)
    timed.filled("party_id_no", code)
    timed.next("sub_item")
    timed.pick_first(sub_code, item)
    timed.save()


def test_what_repeats_stays_for_the_next_record(clerk: Clerk, facts: Facts) -> None:
    (name, letters, code), (sub_code, item) = facts.firms[4], facts.items["other"]
    clerk.chrome.get(f"{clerk.address}/other_action/add")
    clerk.until(lambda _: clerk.stands_in() == "subject_name", "the form does not begin with the subject")
    clerk.pick_first(letters, name)
    clerk.filled("party_id_no", code)
    clerk.next("sub_item")
    clerk.pick_first(sub_code, item)
    chosen = clerk.value("sub_item")
    before = clerk.chrome.find_element(By.TAG_NAME, "html")
    clerk.chrome.execute_script("document.activeElement.blur()")
    from selenium.webdriver.common.action_chains import ActionChains

    keys = ActionChains(clerk.chrome, duration=0)
    keys.key_down(Keys.CONTROL).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).key_up(Keys.CONTROL)
    keys.perform()
    clerk.until(lambda c: c.find_element(By.TAG_NAME, "html") != before and "after=" in c.current_url, "not saved")
    clerk.until(lambda _: clerk.stands_in() == "subject_name", "the next form does not begin with the subject")
    assert (clerk.value("subject_name"), clerk.value("party_id_no")) == ("", "")
    assert clerk.value("sub_item") == chosen
    assert clerk.value("started_on") == clock.today().isoformat()
    clerk.press("c", held=Keys.ALT)
    clerk.until(lambda c: "copy=last" in c.current_url and clerk.value("subject_name") == name, "nothing is copied")
