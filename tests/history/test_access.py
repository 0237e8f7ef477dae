"""What the page says about somebody's access is what the guard and PostgreSQL do: for everybody, every table, every row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User

from app.console import guard, role_matrix
from app.console.history.access import facts, words
from app.console.history.access.decision import Decision, Person, Record, decide
from app.core import clock, viewer
from app.core.roles import ACTIONS, Role
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from seed.demo.accounts import USERS
from tests.conftest import Browser
from tests.every_table.factory import NoSuchRow
from tests.every_table.tables import NAMES
from tests.every_table.world import World

PEOPLE = [user.username for user in USERS]


@pytest.fixture(scope="module")
def known(app: Flask) -> dict[str, facts.Known]:
    """What the page knows of each demo person."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        account = TABLES["account"]
        rows = {row.username: row for row in session.scalars(sa.select(account))}
        found = {name: facts.known(session, rows[name]) for name in PEOPLE}
        session.rollback()
    return found


def rows_of(session: Any, table: type[Table], about: list[int | None]) -> list[Table]:
    """A row of each department or owner that matters, as many as there are."""
    wanted = sa.select(table).limit(2)
    found = list(session.scalars(wanted))
    if table.__rows__.is_scoped:
        for department in about:
            found += session.scalars(sa.select(table).where(table.department_id == department).limit(1))
    return list({row.id: row for row in found}.values())


@pytest.mark.parametrize("name", [*NAMES, "draft"])
def test_the_explanation_is_what_happens(name: str, app: Flask, known: dict[str, facts.Known], world: World):
    table, checked = TABLES[name], 0
    with suppress(NoSuchRow):
        if table.__pages__:
            world.row(name)
    with app.app_context():
        session = db.session()
        with looking_as(session, THE_SYSTEM):
            grants = facts.grants(session, table)
            about = [
                user.department_id for user in session.scalars(sa.select(TABLES["account"])) if user.username in PEOPLE
            ]
            rows = [(row.id, facts.record(row)) for row in rows_of(session, table, sorted(set(about)))]
        for username, (key, record) in product(PEOPLE, rows):
            person = known[username].person
            decision = decide(person, table.__rows__, grants, record, clock.today())
            really = happens(session, username, table, key)
            said = (decision.is_seen, decision.is_written, allowed(decision))
            assert said == (*really, expected(session, username, name, really)), (username, name, key)
            checked += 1
        session.rollback()
    assert checked or not rows


def allowed(decision: Decision) -> frozenset[str]:
    return frozenset(action for action, verdict in decision.verdicts.items() if verdict.allowed)


def happens(session: Any, username: str, table: type[Table], key: Any) -> tuple[bool, bool]:
    """Whether PostgreSQL shows the row to that person, and whether it lets him change it. Nothing stays changed."""
    user_id = session.scalar(sa.select(User.id).where(User.username == username))
    person = viewer.person(session, user_id)
    with looking_as(session, person):
        seen = session.scalar(sa.text(f'SELECT count(*) FROM "{table.__tablename__}" WHERE id = :key'), {"key": key})
        written = 0
        if table.__rows__.kind != "hidden":
            with session.begin_nested() as point:
                change = sa.text(f'UPDATE "{table.__tablename__}" SET version = version WHERE id = :key')
                try:
                    written = session.execute(change, {"key": key}).rowcount
                except sa.exc.DBAPIError:
                    written = 0
                point.rollback()
    return bool(seen), bool(written)


def expected(session: Any, username: str, name: str, really: tuple[bool, bool]) -> frozenset[str]:
    """What the guard's permissions and the database's rows allow together."""
    user_id = session.scalar(sa.select(User.id).where(User.username == username))
    from flask import current_app

    with current_app.test_request_context():
        has = {action for action in ACTIONS if (f"can_{action}", name) in guard.permissions_of(user_id)}
    seen, written = really
    rows = {"read": seen, "export": seen, "unmask": seen, "edit": written, "delete": written}
    return frozenset(action for action in has if rows.get(action, True))


@pytest.mark.parametrize("name", ["inspection", "subject", "department", "account", "import_batch", "supervision_item"])
def test_the_pages_answer_as_explained(
    name: str, app: Flask, known: dict[str, facts.Known], world: World, browser: Callable[[str], Browser]
):
    table = TABLES[name]
    world.row(name)
    with app.app_context():
        session = db.session()
        with looking_as(session, THE_SYSTEM):
            grants = facts.grants(session, table)
            rows = [(row.id, facts.record(row)) for row in rows_of(session, table, [])]
        session.rollback()
    for username, (key, record) in product(PEOPLE, rows):
        verdict = decide(known[username].person, table.__rows__, grants, record, clock.today()).verdicts["read"]
        status = browser(username).get(f"/{name}/show/{key}").status_code
        wanted = {"free": 200, "permission": 403, "unseen": 404}[verdict.decided_by]
        assert status == wanted, (username, name, key)
        assert browser(username).get(f"/{name}/history/{key}").status_code == wanted, (username, name, key)


CASES = {
    "unknown": Person(None, False, True, None, frozenset({"clerk"})),
    "inactive": Person(1, False, True, None, frozenset({"clerk"})),
    "not_in_post": Person(1, True, False, None, frozenset({"clerk"})),
    "expired": Person(1, True, True, clock.today().replace(year=2020), frozenset({"clerk"})),
}


@pytest.mark.parametrize("problem", CASES)
def test_an_account_that_cannot_work_may_do_nothing(problem: str):
    grants = {"clerk": frozenset(ACTIONS)}
    for rule in {TABLES[name].__rows__ for name in NAMES}:
        for record in (None, Record(1, 1, 1)):
            decision = decide(CASES[problem], rule, grants, record, clock.today())
            assert decision.account == problem
            assert not allowed(decision)


def test_every_answer_has_words(app: Flask, known: dict[str, facts.Known]):
    with app.test_request_context():
        for username, name, has_row in product(PEOPLE, NAMES, (False, True)):
            table = TABLES[name]
            record = Record(1, 1, 1) if has_row else None
            decision = decide(known[username].person, table.__rows__, {}, record, clock.today())
            told = words.steps(known[username], table, decision, "某局" if has_row else None)
            assert len(told) == 5
            assert all(step.title and step.text for step in told)
            assert len(words.results(decision, has_row)) == len(ACTIONS)


def ask(reader: Browser, **given: str) -> Any:
    return reader.post("/access/ask", **given)


def test_who_may_ask_and_about_whom(browser: Callable[[str], Browser]):
    for username in PEOPLE:
        user = next(each for each in USERS if each.username == username)
        may = user.role in (Role.DEPT_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN, Role.AUDITOR, Role.SUPERVISION_OFFICE)
        assert browser(username).get("/access/").status_code == (200 if may else 403), username
    own = ask(browser("admin_yanta"), person="clerk_yanta", table="inspection")
    assert own.status_code == 200
    assert "数据录入员" in own.get_data(as_text=True)
    for other in ("clerk_beilin", "zfb_xian", "nobody"):
        assert ask(browser("admin_yanta"), person=other, table="inspection").status_code == 404, other
    assert ask(browser("zfb_xian"), person="clerk_beilin", table="inspection").status_code == 200
    assert ask(browser("zfb_xian"), person="clerk_hezuo", table="inspection").status_code == 404


def test_a_record_that_the_asker_cannot_see_is_as_one_that_is_not_there(app: Flask, browser: Callable[[str], Browser]):
    inspection = TABLES["inspection"]
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        department = session.scalar(
            sa.select(TABLES["department"].id).where(TABLES["department"].name == "合作市市场监督管理局")
        )
        key = session.scalar(sa.select(inspection.id).where(inspection.department_id == department).limit(1))
        session.rollback()
    hidden = ask(browser("zfb_xian"), person="clerk_beilin", table="inspection", key=str(key)).get_data(as_text=True)
    missing = ask(
        browser("zfb_xian"), person="clerk_beilin", table="inspection", key="00000000-0000-7000-8000-000000000000"
    ).get_data(as_text=True)
    assert "您自己也无权查看" in hidden
    assert hidden.replace(str(key), "").count("看不到") == missing.count("看不到")


def test_stored_grants_are_read_by_table(app: Flask):
    with app.app_context():
        session = db.session()
        assert (
            facts.grants(session, TABLES["inspection"])["clerk"] == role_matrix.stored(session)[("clerk", "inspection")]
        )
        session.rollback()
