"""The catalogue lives: from the province that publishes to the clerk who enters what he did (issue 5, section 5).

The province publishes 30 items. A county claims 27 of them and says of three that they do not apply; the city above it
grants two of these and refuses one. The county completes, has reviewed and publishes its claims and writes an
implementation list. Its clerk enters an inspection against that, and cannot against an item that is not claimed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from app.console.view.form import fields
from app.core import clock, saving
from app.core.table import by_name
from app.core.viewer import THE_SYSTEM, looking_as, person
from app.extensions import db
from tests.journeys.browser import driver, until
from tests.journeys.inspections import inspection_facts
from tests.journeys.test_form import sign_in
from tests.sign_in.people import employ

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PROVINCE, CITY, COUNTY = "陕西省市场监督管理局", "西安市市场监督管理局", "西安市雁塔区市场监督管理局"
STAFF = {
    "items_sn": (PROVINCE, "catalog_editor"),
    "checks_sn": (PROVINCE, "catalog_reviewer"),
    "items_yanta": (COUNTY, "catalog_editor"),
    "checks_yanta": (COUNTY, "catalog_reviewer"),
}
PUBLISHED, CLAIMED, EXCUSED = 30, 27, 3
WORD = f"旅程{time.time_ns() % 10**8}"


@contextmanager
def as_(app: Flask, username: str) -> Iterator[Any]:
    """Work that is not looked at here is done by the very person whose work it is."""
    with app.app_context():
        key = db.session.scalar(sa.select(User.id).where(User.username == username))
        who = person(db.session(), key)
        assert who is not None
        with looking_as(db.session(), who) as session:
            yield session
            session.commit()


def drafts(app: Flask) -> list[str]:
    """Thirty drafts of the province, like an item that it has; their codes."""
    facts = inspection_facts(app)
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        table = by_name("supervision_sub_item")
        like = db.session.scalar(sa.select(table).where(table.sub_code == facts["item"]))
        given = fields.values_of(like, without={"status", "valid_from", "valid_to", "department"})
        taken = set(db.session.scalars(sa.select(table.sub_code)))
        free = (f"{like.sub_code[:11]}{number:03}" for number in range(100, 1000))
        codes = [code for code in free if code not in taken][:PUBLISHED]
    with as_(app, "items_sn") as session:
        for number, code in enumerate(codes, 1):
            own = {"sub_code": code, "sub_name": f"{WORD}第{number:02}项", "levels": ["city", "county"]}
            saving.save(session, table, given | own, by_id=True)
    return codes


def states(app: Flask, table: str, column: str, office: str) -> Counter[str]:
    """How many rows of the journey stand where, of that office."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        rows, unit = by_name(table), by_name("department")
        own = sa.select(unit.id).where(unit.name == office).scalar_subquery()
        wanted = sa.select(rows.status).where(getattr(rows, column).contains(WORD), rows.department_id == own)
        return Counter(db.session.scalars(wanted))


class Person:
    """One member of staff at his own browser."""

    def __init__(self, page: Chrome, address: str, username: str) -> None:
        self.page, self.address = page, address
        sign_in(page, address, username)

    def see(self, path: str, **asked: Any) -> None:
        self.page.get(f"{self.address}{path}" + (f"?{urlencode(asked, doseq=True)}" if asked else ""))

    def touch(self, selector: str, is_right: bool = True) -> None:
        """The button is pressed, and the page that it leads to is there; it says what is wrong, or nothing."""
        before = self.page.find_element(By.TAG_NAME, "html")
        self.page.execute_script("arguments[0].click()", self.page.find_element(By.CSS_SELECTOR, selector))
        until(self.page, lambda page: page.find_element(By.TAG_NAME, "html") != before)
        found = self.page.find_elements(By.CSS_SELECTOR, "main .jg-notice.jg-bad:not(#bell-bar)")
        wrong = [each.text for each in found if each.is_displayed()]
        assert bool(wrong) is not is_right, (self.page.current_url, selector, wrong)

    def all_of(self, table: str, move: str, **asked: Any) -> None:
        """Every row of the list makes the move."""
        self.see(f"/{table}/list/", **asked)
        self.page.execute_script("document.querySelector('[data-pick-all]').click()")
        self.page.execute_script(
            "const all = document.querySelector('#bulk [name=all]');"
            "if (all.closest('label').checkVisibility()) all.click();"
        )
        self.touch(f"#bulk button[name=_move][value={move}]")
        self.touch("main form[data-flow] .jg-dialog-foot button")

    def makes(self, table: str, key: Any, move: str) -> None:
        """One row makes the move, on its own page."""
        self.see(f"/{table}/show/{key}")
        self.touch(f"[data-flow] button[name=_move][value={move}]")

    @property
    def flashed(self) -> str:
        """What the page says of what was just done."""
        return " ".join(each.text for each in self.page.find_elements(By.CSS_SELECTOR, ".jg-flash"))

    @property
    def told(self) -> str:
        return self.page.find_element(By.TAG_NAME, "main").text


@contextmanager
def at_work(address: str, username: str) -> Iterator[Person]:
    with driver() as page:
        yield Person(page, address, username)


def entered(app: Flask, item: Any, listing: Any) -> dict[str, Any]:
    """An inspection of today as a form is opened with it."""
    facts = inspection_facts(app)
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        inspector, region = by_name("inspector"), by_name("region")
        certificates = facts["inspectors"].split("；")
        people = db.session.scalars(sa.select(inspector.id).where(inspector.cert_no.in_(certificates))).all()
        place = db.session.scalar(sa.select(region.id).where(region.code == facts["region"]))
    name = f"{WORD}食品店"
    return {
        "region": place, "subject_name": name, "party_name": name, "party_nature": "legal_person",
        "party_id_type": "uscc", "party_id_no": "91610131MA6TX0WX5A", "sub_item": item, "implementation_list": listing,
        "check_form": "daily", "check_type": "patrol", "check_result": "no_problem",
        "checked_on": clock.today().isoformat(), "inspectors": ",".join(str(each) for each in people),
    }  # fmt: skip


def test_from_the_province_to_the_clerk(app: Flask, address: str):
    for username, (office, role) in STAFF.items():
        employ(app, username, roles=role, department=office)
    codes = drafts(app)

    # The province publishes thirty items; nobody reviews what he wrote.
    with at_work(address, "items_sn") as editor:
        editor.all_of("supervision_sub_item", "submit", **{"f.sub_name": WORD})
        assert states(app, "supervision_sub_item", "sub_name", PROVINCE) == {"submitted": PUBLISHED}
    with at_work(address, "checks_sn") as reviewer:
        for move in ("approve", "publish"):
            reviewer.all_of("supervision_sub_item", move, **{"f.sub_name": WORD})
        assert states(app, "supervision_sub_item", "sub_name", PROVINCE) == {"published": PUBLISHED}
    assert states(app, "item_claim", "item_title", COUNTY) == {"pending": PUBLISHED}, "pushed in the same transaction"

    # The county claims 27 in one go, and says of three why they do not apply.
    with at_work(address, "items_yanta") as claimer:
        for number, verb in ((EXCUSED, "excuse"), (CLAIMED, "claim")):
            claimer.see("/claiming/", q=WORD)
            boxes = claimer.page.find_elements(By.CSS_SELECTOR, "[data-claim] input[name=item]")
            assert len(boxes) == (PUBLISHED if verb == "excuse" else CLAIMED)
            for box in boxes[:number]:
                claimer.page.execute_script("arguments[0].click()", box)
            if verb == "excuse":
                claimer.page.execute_script("document.getElementById('reason').value = '辖区内没有此类监管对象'")
            claimer.touch(f"[data-claim] button[name=verb][value={verb}]")
            assert f"{number} 项" in claimer.flashed, claimer.told[:600]
    assert states(app, "item_claim", "item_title", COUNTY) == {"claimed": CLAIMED, "excusing": EXCUSED}

    # The city above grants two and refuses one.
    with at_work(address, "reviewer_xian") as above:
        for verb, number in (("accept", 2), ("refuse", 1)):
            above.see("/excuses/")
            mine = f"//tr[contains(., '{WORD}')]//input[@name='ids']"
            for box in above.page.find_elements(By.XPATH, mine)[:number]:
                above.page.execute_script("arguments[0].click()", box)
            if verb == "refuse":
                above.page.execute_script("document.getElementById('opinion').value = '辖区内有此类对象，应当认领'")
            above.touch(f"button[name=verb][value={verb}]")
    assert states(app, "item_claim", "item_title", COUNTY) == {"claimed": CLAIMED, "excused": 2, "pending": 1}

    # It completes what it claimed, has it reviewed, and publishes it.
    with as_(app, "items_yanta") as session:
        claim = by_name("item_claim")
        mine = sa.select(claim).where(claim.item_title.contains(WORD), claim.status == "claimed")
        for row in session.scalars(mine).all():
            more = {"process_text": "制定计划、实施检查、结果公示", "result_text": "不合格的责令改正"}
            saving.save(session, claim, fields.values_of(row) | more, row=row, version=row.version, by_id=True)
    asked = {"f.item_title": WORD}
    with at_work(address, "items_yanta") as editor:
        editor.all_of("item_claim", "submit", **asked, **{"f.status": "claimed"})
    with at_work(address, "checks_yanta") as reviewer:
        reviewer.all_of("item_claim", "approve", **asked, **{"f.status": "submitted"})
        reviewer.all_of("item_claim", "publish", **asked, **{"f.status": "approved"})
    assert states(app, "item_claim", "item_title", COUNTY) == {"published": CLAIMED, "excused": 2, "pending": 1}

    # It writes an implementation list for one of them.
    good, bad, listing = a_list(app, codes)
    with at_work(address, "items_yanta") as editor:
        editor.makes("implementation_list", listing, "submit")
    with at_work(address, "checks_yanta") as reviewer:
        reviewer.makes("implementation_list", listing, "approve")
        reviewer.makes("implementation_list", listing, "publish")
        assert "已发布" in reviewer.told

    # The clerk enters an inspection against it, and cannot against what was not claimed.
    with at_work(address, "clerk_yanta") as clerk:
        for item, is_right in ((good, True), (bad, False)):
            clerk.see("/inspection/add", **entered(app, item, listing))
            clerk.touch("[data-save]", is_right)
            assert ("/inspection/show/" in clerk.page.current_url) is is_right, clerk.told
            if not is_right:
                assert "第八条" in clerk.told and "已保存" not in clerk.told
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        table = by_name("inspection")
        row = db.session.scalars(sa.select(table).where(table.party_name == f"{WORD}食品店")).one()
        assert (str(row.sub_item_id), str(row.implementation_list_id)) == (str(good), str(listing))


def a_list(app: Flask, codes: list[str]) -> tuple[Any, Any, Any]:
    """An item that the county has published, one that it was refused to leave out, and its list for the first."""
    facts = inspection_facts(app)
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        claim, lists = by_name("item_claim"), by_name("implementation_list")
        mine = sa.select(claim).where(claim.item_title.contains(WORD))
        unit = by_name("department")
        own = sa.select(unit.id).where(unit.name == COUNTY).scalar_subquery()
        found = {row.status: row for row in db.session.scalars(mine.where(claim.department_id == own))}
        good, bad = found["published"].sub_item, found["pending"].sub_item
        assert {good.sub_code, bad.sub_code} <= set(codes)
        like = db.session.scalar(sa.select(lists).where(lists.list_code == facts["list"]))
        given = fields.values_of(like, without={"status", "valid_from", "valid_to"})
        given |= {"list_code": f"{like.list_code[:19]}{good.sub_code}01", "sub_item": str(good.id)}
        keys = good.id, bad.id
    with as_(app, "items_yanta") as session:
        saved, _ = saving.save(session, lists, given, by_id=True)
        return *keys, saved.id
