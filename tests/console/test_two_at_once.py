"""Two people at one row through the pages and the API, and one person who clicks fifty times: real requests."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.every_table.test_unseen_references import form_of
from tests.every_table.values import fresh
from tests.every_table.world import World

SCHEDULES, RACES, CLICKS = 200, 30, 50
NAME = "work_day"
TABLE = TABLES[NAME].__table__


class Person:
    """An editor with a browser of his own; he reads the row by its form or by the API, and saves what he read."""

    def __init__(self, app: Flask, user: str, browser: Browser) -> None:
        self.client = app.test_client()
        cookie = browser.client.get_cookie("session")
        assert cookie is not None
        self.client.set_cookie("session", cookie.value)
        self.token, self.user = browser.token, user
        self.form: dict[str, Any] = {}
        self.tag, self.seen, self.by_form = "", "", False

    def read(self, key: Any, *, by_form: bool) -> None:
        self.by_form = by_form
        if by_form:
            self.form = form_of(self.client.get(f"/{NAME}/edit/{key}").get_data(as_text=True), NAME)
            self.seen = self.form["name"][0]
        else:
            answer = self.client.get(f"/api/v1/{NAME}/{key}")
            self.tag, self.seen = answer.headers["ETag"], answer.json["result"]["name"]

    def save(self, key: Any, text: str) -> TestResponse:
        if self.by_form:
            return self.client.post(f"/{NAME}/edit/{key}", data=self.form | {"name": text, "csrf_token": self.token})
        headers = {"X-CSRFToken": self.token, "If-Match": self.tag}
        return self.client.put(f"/api/v1/{NAME}/{key}", json={"name": text}, headers=headers)

    def add(self, given: dict[str, Any], key: str) -> TestResponse:
        headers = {"X-CSRFToken": self.token, "Idempotency-Key": key}
        return self.client.post("/api/v1/subject_tag/", json=given, headers=headers)


@pytest.fixture
def people(app: Flask, world: World, browser: Callable[[str], Browser]) -> tuple[Person, Person]:
    return Person(app, "t_own", browser("t_own")), Person(app, "t_parent", browser("t_parent"))


def stored(world: World, key: Any) -> tuple[str, int]:
    with world.session(THE_SYSTEM) as session:
        row = session.execute(sa.select(TABLE.c.name, TABLE.c.version).where(TABLE.c.id == key)).one()
        return row.name, row.version


def was_saved(answer: TestResponse) -> bool:
    """True for an accepted save; False for one that was told it came late, with the words for it."""
    assert answer.status_code in (200, 302, 409, 412), answer.get_data(as_text=True)[:500]
    if answer.status_code in (409, 412):
        assert "修改" in answer.get_data(as_text=True)
    return answer.status_code in (200, 302)


def test_two_editors_by_form_and_api(people: tuple[Person, Person], world: World):
    """200 random schedules: each reads and saves, in any order, each by the form or by the API."""
    chance, key = random.Random(300), world.another(NAME).id
    saved = refused = 0
    for turn in range(SCHEDULES):
        plans = {person.user: ["read", "save"] for person in people}
        while any(plans.values()):
            person = chance.choice([each for each in people if plans[each.user]])
            if plans[person.user].pop(0) == "read":
                person.read(key, by_form=chance.random() < 0.5)
                continue
            before, text = stored(world, key), f"{person.user} {turn}"
            if was_saved(person.save(key, text)):
                assert person.seen == before[0], "overwritten unseen"
                assert stored(world, key) == (text, before[1] + 1)
                saved += 1
            else:
                assert person.seen != before[0]
                assert stored(world, key) == before
                refused += 1
    assert saved + refused == 2 * SCHEDULES
    assert refused > SCHEDULES / 4


@pytest.mark.parametrize("by_form", [True, False])
def test_of_two_at_the_same_moment_one_is_told(people: tuple[Person, Person], world: World, by_form: bool):
    """30 races: both have read the same version and save at once, in two threads."""
    key = world.another(NAME).id
    for turn in range(RACES):
        for person in people:
            person.read(key, by_form=by_form)
        version, start = stored(world, key)[1], threading.Barrier(2)

        def save(person: Person, start: threading.Barrier = start, turn: int = turn) -> bool:
            start.wait(20)
            return was_saved(person.save(key, f"{person.user} {turn}"))

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(save, people))
        assert sorted(done) == [False, True]
        winner = people[done.index(True)]
        assert stored(world, key) == (f"{winner.user} {turn}", version + 1)


def _clicks(app: Flask, browser: Browser, do: Callable[[Person], TestResponse]) -> list[TestResponse]:
    """What fifty identical submits at once are answered."""
    people = [Person(app, "t_own", browser) for _ in range(CLICKS)]
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(do, people))


def _count(world: World, name: str) -> int:
    table = TABLES["subject_tag"].__table__
    with world.session(THE_SYSTEM) as session:
        return session.scalar(sa.select(sa.func.count()).where(table.c.name == name)) or 0


def test_fifty_requests_with_one_key_have_one_effect(app: Flask, world: World, browser: Callable[[str], Browser]):
    given, key = world.given("subject_tag")[0], f"fifty-{fresh()}"
    answers = _clicks(app, browser("t_own"), lambda person: person.add(given, key))
    assert {(answer.status_code, answer.get_data()) for answer in answers} == {(201, answers[0].get_data())}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert _count(world, given["name"]) == 1


def test_fifty_bulk_requests_with_one_key_have_one_effect(app: Flask, world: World, browser: Callable[[str], Browser]):
    rows, key = world.given("inspector", count=3), f"fifty-{fresh()}"

    def send(person: Person) -> TestResponse:
        headers = {"X-CSRFToken": person.token, "Idempotency-Key": key}
        return person.client.post("/api/v1/inspector/bulk", json={"rows": rows}, headers=headers)

    answers = _clicks(app, browser("t_own"), send)
    assert {answer.get_data() for answer in answers} == {answers[0].get_data()}
    assert answers[0].json["inserted"] == 3


def test_fifty_clicks_on_save_add_one_row(app: Flask, world: World, browser: Callable[[str], Browser]):
    given = world.given("subject_tag")[0]
    page = browser("t_own").get("/subject_tag/add").get_data(as_text=True)
    assert re.search(r'name="_once"[^>]*value="[^"]+"', page), "the form carries no key"
    form = form_of(page, "subject_tag") | {name: str(value) for name, value in given.items()}

    def click(person: Person) -> TestResponse:
        return person.client.post("/subject_tag/add", data=form | {"csrf_token": person.token})

    answers = _clicks(app, browser("t_own"), click)
    assert {(answer.status_code, answer.headers.get("Location")) for answer in answers} == {
        (302, answers[0].headers["Location"])
    }
    assert _count(world, given["name"]) == 1


def test_fifty_clicks_on_save_change_once(app: Flask, world: World, browser: Callable[[str], Browser]):
    row = world.another(NAME)
    form = form_of(browser("t_own").get(f"/{NAME}/edit/{row.id}").get_data(as_text=True), NAME)

    def click(person: Person) -> TestResponse:
        sent = form | {"name": "五十次", "csrf_token": person.token}
        return person.client.post(f"/{NAME}/edit/{row.id}", data=sent)

    answers = _clicks(app, browser("t_own"), click)
    assert {answer.status_code for answer in answers} == {302}
    assert stored(world, row.id) == ("五十次", 2)
