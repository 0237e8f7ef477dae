"""What is sensitive asks who is there; the work that waited goes on, and programs are told in JSON."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from app.console.sign_in import step_up
from app.core.table import TABLES
from tests.conftest import PASSWORD, Browser
from tests.sign_in import people
from tests.sign_in.people import Program

NAME, ADMIN = "step_clerk", "step_admin"


@pytest.fixture
def admin(app: Flask) -> Browser:
    account_id = people.employ(app, ADMIN, roles="dept_admin")
    person = Browser(app, ADMIN)
    people.change(app, account_id, verified_at="-1 day")
    return person


def test_fresh_after_signing_in_and_stale_after_the_setting(app: Flask):
    account_id = people.employ(app, NAME)
    person = Browser(app, NAME)
    assert person.get("/verify/?next=/sessions/").headers["Location"] == "/sessions/", "nothing to prove yet"
    with people.setting(app, step_up_minutes=10):
        people.change(app, account_id, verified_at="-9 minutes")
        assert person.get("/verify/").status_code == 302
        people.change(app, account_id, verified_at="-11 minutes")
        assert person.get("/verify/").status_code == 200


def test_a_typed_form_survives_the_detour(app: Flask):
    account_id = people.employ(app, NAME)
    person = Browser(app, NAME)
    people.change(app, account_id, verified_at="-1 day")
    typed = {"name": "夜间<b>报送", "until": "2027-01-05", "addresses": "10.0.0.0/8", "reads_only": "1"}
    asked = person.post("/sessions/key", **typed)
    assert asked.status_code == 401
    page = asked.get_data(as_text=True)
    waiting = {n: unescape(v) for n, v in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)}
    assert typed.items() <= waiting.items()
    wrong = person.post("/verify/?next=/sessions/key", **typed, _proof="wrong")
    assert wrong.status_code == 422
    again = wrong.get_data(as_text=True)
    assert "不正确" in again and unescape(again).count("夜间<b>报送") == 1
    right = person.post("/verify/?next=/sessions/key", **typed, _proof=PASSWORD)
    assert right.status_code == 307 and right.headers["Location"] == "/sessions/key"
    made = person.post("/sessions/key", **typed, _proof=PASSWORD)  # what the browser does with a 307
    assert made.status_code == 200 and "jg_" in made.get_data(as_text=True)


def test_a_table_that_asks_does_so_before_one_types(admin: Browser, app: Flask):
    answer = admin.get("/account/add")
    assert answer.status_code == 302 and answer.headers["Location"] == "/verify/?next=/account/add"
    assert admin.get("/account/list/").status_code == 200, "reading is not asked about"
    assert admin.post("/account/check", username="x").status_code != 401, "nor is what is sent while one types"
    for url in ("/account/add", "/account/action", "/account/import"):
        assert admin.post(url, real_name="甲").status_code == 401, url
    assert admin.send("POST", "/api/v1/account/", {}).json["step_up"] is True
    assert admin.send("POST", "/api/v1/security/verify", {"proof": PASSWORD}).status_code == 200
    admin.renew("/sessions/")
    assert admin.get("/account/add").status_code == 200
    assert admin.send("POST", "/api/v1/account/", {}).status_code == 422


def test_a_program_proves_itself_and_a_key_cannot(app: Flask):
    account_id = people.employ(app, ADMIN, roles="dept_admin")
    token = Program(app, people.tokens(app, ADMIN)["access_token"])
    people.change(app, account_id, verified_at="-1 day")
    told = token.post("/api/v1/account/", {})
    assert told.status_code == 401 and told.json["step_up"] is True and told.json["can_step_up"] is True
    for proof, status in ((None, 400), (7, 400), ("", 400), ("wrong", 401), ("a" * 2000, 401), (PASSWORD, 200)):
        assert token.post("/api/v1/security/verify", {"proof": proof}).status_code == status, proof
    assert token.post("/api/v1/account/", {}).status_code == 422
    person = Browser(app, ADMIN)
    page = person.post("/sessions/key", name="写", until="2027-01-05").get_data(as_text=True)
    found = re.search(r"jg_[\w-]{43}", page)
    assert found
    key = Program(app, found[0])
    told = key.post("/api/v1/account/", {})
    assert told.status_code == 401 and told.json["step_up"] is True and told.json["can_step_up"] is False
    assert key.post("/api/v1/security/verify", {"proof": PASSWORD}).status_code == 403


def test_strangers_are_not_asked_but_turned_away(app: Flask):
    stranger = Browser(app, None)
    for url in ("/verify/", "/account/add", "/sessions/"):
        assert stranger.get(url).headers["Location"].startswith("/login/")
    assert stranger.send("POST", "/api/v1/account/", {}).status_code == 401
    assert stranger.send("POST", "/api/v1/security/verify", {"proof": "x"}).status_code == 401


def test_wrong_proofs_lock_as_at_the_door(app: Flask):
    account_id = people.employ(app, "step_locked")
    person = Browser(app, "step_locked")
    people.change(app, account_id, verified_at="-1 day")
    for _ in range(5):
        assert person.post("/verify/", _proof="wrong").status_code == 422
    assert person.post("/verify/", _proof=PASSWORD).status_code == 422


@pytest.mark.parametrize(
    ("page", "method", "by_api", "asked"),
    [
        ("add", "GET", False, True),
        ("edit", "GET", False, True),
        ("upload", "GET", False, True),
        ("index", "GET", False, False),
        ("show", "GET", False, False),
        ("edit", "POST", False, True),
        ("delete", "POST", False, True),
        ("action", "POST", False, True),
        ("commit", "POST", False, True),
        ("upload", "POST", False, True),
        ("a_page_made_tomorrow", "POST", False, True),
        ("check_typed", "POST", False, False),
        ("draft_row", "POST", False, False),
        ("save_view", "POST", False, False),
        ("get_list", "GET", True, False),
        ("get", "HEAD", True, False),
        ("post", "POST", True, True),
        ("put", "PUT", True, True),
        ("delete", "DELETE", True, True),
        ("bulk", "POST", True, True),
    ],
)
def test_which_pages_ask(page: str, method: str, by_api: bool, asked: bool):
    assert step_up.asks(page, method, by_api=by_api) is asked


def test_accounts_and_settings_ask():
    assert {name for name, table in TABLES.items() if table.__fresh__} >= {"account", "setting"}
