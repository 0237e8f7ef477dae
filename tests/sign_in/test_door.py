"""The door: what comes next for whom, and that nobody gets past it."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.console.sign_in import passwords, steps
from app.console.sign_in.steps import Account, Age, Factor, Standing, Step, next_step
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import appbuilder, db
from tests.sign_in.visitors import GOOD, Visitor, account, at_home, here, move, number_of, setting, stored

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ALL = [Standing(*each) for each in itertools.product((False, True), Account, (False, True), Age, Factor)]


# ---- the table of decisions ------------------------------------------------------------------------------------------
def test_every_standing_has_one_step() -> None:
    assert len(ALL) == 2 * 5 * 2 * 4 * 4
    assert Counter(next_step(each).value for each in ALL) == {
        "braked": 160, "refused": 128, "dormant": 16, "spent": 4, "code": 3, "enrol": 3, "change": 4, "in": 2,
    }  # fmt: skip


@pytest.mark.parametrize("standing", ALL, ids=str)
def test_the_laws_of_the_door(standing: Standing) -> None:
    step = next_step(standing)
    may_know = standing.is_right and not standing.is_braked and standing.account in (Account.ACTIVE, Account.DORMANT)
    assert (step in (Step.REFUSED, Step.BRAKED)) is not may_know, "nothing is told before the password was right"
    if step in (Step.IN, Step.CHANGE):
        assert standing.account is Account.ACTIVE and standing.is_right and not standing.is_braked
        assert standing.factor in (Factor.NONE, Factor.PROVED), "nobody is in before the second factor"
        assert standing.age is not Age.SPENT
    assert (step is Step.IN) <= (standing.age is Age.FRESH)
    assert (step is Step.CODE) <= (standing.factor is Factor.SET)
    assert (step is Step.ENROL) <= (standing.factor is Factor.WANTED)
    if standing.is_braked:
        assert step is Step.BRAKED


@pytest.mark.parametrize(
    ("password_at", "must_change", "initial", "days", "age"),
    [
        (timedelta(0), False, None, 90, Age.FRESH),
        (timedelta(days=-89, hours=-23), False, None, 90, Age.FRESH),
        (timedelta(days=-90), False, None, 90, Age.EXPIRED),
        (timedelta(days=-91), False, None, 0, Age.FRESH),
        (timedelta(days=-1), True, None, 90, Age.EXPIRED),
        (timedelta(days=-1), True, None, 0, Age.EXPIRED),
        (None, False, None, 0, Age.EXPIRED),
        (timedelta(0), True, timedelta(hours=72), 90, Age.INITIAL),
        (timedelta(0), True, timedelta(seconds=1), 90, Age.INITIAL),
        (timedelta(0), True, timedelta(0), 90, Age.SPENT),
        (timedelta(hours=-73), True, timedelta(hours=-1), 0, Age.SPENT),
    ],
)
def test_how_old_a_password_is(password_at: Any, must_change: bool, initial: Any, days: int, age: Age) -> None:
    at = None if password_at is None else NOW + password_at
    until = None if initial is None else NOW + initial
    assert steps.age_of(at, must_change, until, days, NOW) is age


@pytest.mark.parametrize(
    ("last", "password", "days", "is_dormant"),
    [
        (-91, -200, 90, True),
        (-91, -3, 90, False),
        (-3, -200, 90, False),
        (None, -91, 90, True),
        (None, None, 90, False),
        (-999, -999, 0, False),
    ],
)
def test_who_was_away_for_too_long(last: int | None, password: int | None, days: int, is_dormant: bool) -> None:
    def moment(ago: int | None) -> datetime | None:
        return None if ago is None else NOW + timedelta(days=ago)

    assert steps.is_dormant(moment(last), moment(password), days, NOW) is is_dormant


# ---- an expired password -----------------------------------------------------------------------------------------------
def test_after_ninety_days_every_address_leads_to_the_page_that_changes_it(app: Flask, inside: Flask) -> None:
    name, number = account()
    move(number, password_at="now() - interval '91 days'", last_at="now()")
    visitor = Visitor(app)
    assert (
        visitor.sign_in(name, url="/login/?next=/region/list/").headers["Location"] == "/password/?next=/region/list/"
    )
    tried = 0
    for rule in app.url_map.iter_rules():
        address = str(rule).replace("<pk>", "00000000-0000-7000-8000-000000000000").replace("<version>", "v1")
        if (
            "GET" not in rule.methods
            or "<" in address
            or address.startswith(("/static", "/password", "/logout", "/healthz"))
        ):
            continue
        answer = visitor.get(address)
        tried += 1
        if address.startswith("/api/"):
            assert answer.status_code in (401, 403), (address, answer.status_code)
        elif not address.startswith("/lang"):
            assert answer.status_code == 302, (address, answer.status_code)
            assert answer.headers["Location"].startswith("/password/"), (address, answer.headers["Location"])
    assert tried > 100
    assert visitor.get("/nowhere").headers["Location"].startswith("/password/")
    page = visitor.get("/password/").get_data(as_text=True)
    assert "已到期" in page
    done = visitor.post("/password/?next=/region/list/", present=GOOD, password="Ty7#kLm2vQ9x", again="Ty7#kLm2vQ9x")
    assert done.headers["Location"] == "/region/list/" and visitor.is_in
    assert stored(number).must_change is False


def test_no_token_for_an_expired_password(app: Flask, inside: Flask) -> None:
    name, number = account()
    move(number, password_at="now() - interval '91 days'", last_at="now()")
    given = {"username": name, "password": GOOD, "provider": "db"}
    answer = app.test_client().post("/api/v1/security/login", json=given)
    assert answer.status_code == 403 and "修改" in answer.get_json()["message"]
    with setting("password_days", 0):
        assert app.test_client().post("/api/v1/security/login", json=given).status_code == 200


def test_a_session_that_is_open_when_it_ends_is_led_there_too(
    app: Flask, inside: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.core import clock

    name, number = account()
    move(number, password_at="now() - interval '89 days 23 hours'", last_at="now()")
    visitor = Visitor(app)
    visitor.sign_in(name)
    assert visitor.is_in
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert visitor.get("/help/").headers["Location"].startswith("/password/")


def test_the_home_page_warns_a_week_before(app: Flask, inside: Flask) -> None:
    for days, is_warned in ((82, False), (84, True), (89, True)):
        move(
            number_of("clerk_hezuo"),
            password_at=f"now() - interval '{days} days'",
            last_at="now()",
        )
        visitor = Visitor(app)
        visitor.sign_in("clerk_hezuo", "Jianguan@2026")
        assert ("天后到期" in visitor.get("/").get_data(as_text=True)) is is_warned, days
    move(number_of("clerk_hezuo"), password_at="now()")


def test_who_was_away_for_too_long_is_told_only_with_the_right_password(app: Flask, inside: Flask) -> None:
    name, number = account()
    move(number, password_at="now() - interval '100 days'", last_at="now() - interval '91 days'")
    assert "长期未登录" in Visitor(app).sign_in(name).get_data(as_text=True)
    assert "长期未登录" not in Visitor(app).sign_in(name, "Wrong#7times").get_data(as_text=True)


# ---- in and out ----------------------------------------------------------------------------------------------------------
def test_names_are_read_whatever_their_capitals(app: Flask, inside: Flask) -> None:
    name, _ = account()
    assert Visitor(app).sign_in(f" {name.upper()} ").status_code == 302


def test_the_last_time_is_told(app: Flask, inside: Flask) -> None:
    name, _ = account()
    Visitor(app, "10.99.1.1").sign_in(name)
    Visitor(app, "10.99.1.2").sign_in(name, "Wrong#7times")
    visitor = Visitor(app, "10.99.1.3")
    visitor.sign_in(name)
    page = visitor.get("/help/").get_data(as_text=True)
    assert "来自 10.99.1.1" in page and "此后有 1 次失败" in page
    again = Visitor(app, "10.99.1.4")
    again.sign_in(name)
    page = again.get("/help/").get_data(as_text=True)
    assert "来自 10.99.1.3" in page and "次失败" not in page


@pytest.mark.parametrize(
    ("given", "leads_to"),
    [
        ("/region/list/?f.name=x", "/region/list/?f.name=x"), ("", "/"), ("https://evil.example/", "/"), ("//evil.example/", "/"),
        ("/\\evil.example", "/"), ("javascript:alert(1)", "/"), ("/login/", "/"), ("/logout/", "/"), ("\thttps://evil.example", "/"),
    ],
)  # fmt: skip
def test_it_leads_to_where_somebody_wanted_to_go(app: Flask, inside: Flask, given: str, leads_to: str) -> None:
    from urllib.parse import quote

    name, _ = account()
    assert Visitor(app).sign_in(name, url=f"/login/?next={quote(given)}").headers["Location"] == leads_to


def test_a_signed_in_visitor_is_led_on_and_an_empty_form_is_told_so(app: Flask, inside: Flask) -> None:
    name, _ = account()
    visitor = Visitor(app)
    for empty in ({"username": "", "password": ""}, {"username": name, "password": ""}):
        answer = visitor.post("/login/", **empty)
        assert answer.status_code == 422 and "请输入用户名和密码" in answer.get_data(as_text=True)
    assert stored_failures(name) == 0
    visitor.sign_in(name)
    assert visitor.get("/login/?next=/help/").headers["Location"] == "/help/"


@at_home
def stored_failures(name: str) -> int:
    return int(stored(number_of(name)).failures)


@pytest.mark.parametrize("typed", ["\x00", "a" * 5000, "' OR 1=1 --", "%", "\ud800", "管理员", "🙂" * 40])
def test_whatever_is_typed_is_refused_calmly(app: Flask, inside: Flask, typed: str) -> None:
    visitor = Visitor(app)
    token = visitor.token()
    for name, plain in ((typed, GOOD), ("clerk_yanta", typed)):
        body = "&".join(
            f"{k}={v}" for k, v in {"csrf_token": token, "username": enc(name), "password": enc(plain)}.items()
        )
        answer = visitor.client.post(
            "/login/",
            data=body,
            content_type="application/x-www-form-urlencoded",
            environ_overrides={"REMOTE_ADDR": visitor.address},
        )
        assert answer.status_code in (400, 422), answer.status_code
    move(number_of("clerk_yanta"), failures="0", locked_until="NULL")


def enc(text: str) -> str:
    from urllib.parse import quote_from_bytes

    return quote_from_bytes(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("step", ["/login/code/", "/login/factor/"])
def test_the_later_steps_open_for_nobody_who_did_not_take_the_first(app: Flask, inside: Flask, step: str) -> None:
    visitor = Visitor(app)
    assert visitor.get(step).headers["Location"].startswith("/login/")
    name, _ = account()
    visitor.sign_in(name)
    fresh = Visitor(app)
    sent = {"csrf_token": fresh.token(), "code": "123456"}
    assert fresh.client.post(step, data=sent).headers["Location"].startswith("/login/")


def test_the_frameworks_own_forms_are_gone(app: Flask) -> None:
    rules = {str(rule) for rule in app.url_map.iter_rules()}
    gone = ("/resetmypassword", "/resetpassword", "/userinfoeditview", "/users/", "/register", "/roles/add")
    assert not [rule for rule in rules if rule.startswith(gone)]
    assert {"/login/", "/login/code/", "/login/factor/", "/password/", "/factor/"} <= rules


def test_no_password_and_no_code_is_ever_logged(app: Flask, inside: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    name, _number = account()
    secret = "Never.In#Any7Log"
    visitor = Visitor(app)
    visitor.sign_in(name, secret)
    visitor.sign_in(secret, secret)  # typed into the wrong field
    visitor.sign_in(name)
    visitor.post("/password/", present=GOOD, password=secret, again=secret)
    app.test_client().post("/api/v1/security/login", json={"username": secret, "password": secret, "provider": "db"})
    assert secret not in caplog.text and GOOD not in caplog.text
    with here(), looking_as(db.session(), THE_SYSTEM):
        found = sa.text("SELECT count(*) FROM audit.log l WHERE strpos(l::text, :a) > 0 OR strpos(l::text, :b) > 0")
        assert db.session.scalar(found, {"a": secret, "b": "jg1$"}) == 0
    with here():
        assert passwords.check(name, secret).standing.is_right


def test_a_directory_vouches_and_the_second_factor_still_stands(
    app: Flask, inside: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flask_appbuilder.const import AUTH_LDAP

    name, _number = account(None)
    manager = appbuilder.sm
    monkeypatch.setattr(type(manager), "auth_type", AUTH_LDAP)
    monkeypatch.setattr(
        type(manager), "auth_user_ldap", lambda self, who, plain: manager.find_user(who) if plain == "ldap" else None
    )
    assert Visitor(app).sign_in(name, "wrong").status_code == 422
    visitor = Visitor(app)
    assert visitor.sign_in(name, "ldap").headers["Location"] == "/" and visitor.is_in
    with setting("factor_for_all", 1):
        assert Visitor(app).sign_in(name, "ldap").headers["Location"] == "/login/factor/"
