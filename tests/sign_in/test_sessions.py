"""The twelve ways in which a session ends, each for a browser, a token and a key: what was copied opens nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.console.sign_in import device, keys, sessions
from app.console.sign_in.models import SessionEnd
from app.core import clock
from app.core.errors import Invalid
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.conftest import PASSWORD, Browser
from tests.sign_in import people
from tests.sign_in.people import Program

NAME = "sess_clerk"
PAGE = "/inspection/list/"


@dataclass
class Signed:
    """One person signed in by browser, token and key, and copies of all three in other hands."""

    app: Flask
    id: int
    browser: Browser
    token: Program
    refresh: Program
    key: Program

    def works(self) -> dict[str, bool]:
        copied = people.copy_of(self.browser.client, self.app).get(PAGE)
        refreshed = self.refresh.client.post(
            "/api/v1/security/refresh", headers={"Authorization": f"Bearer {self.refresh.token}"}
        )
        if refreshed.status_code == 200:
            self.refresh.token = refreshed.json["refresh_token"]
        answers = {"browser": copied, "token": self.token.get(), "refresh": refreshed, "key": self.key.get()}
        for name, answer in answers.items():
            assert answer.status_code in ((200, 302) if name == "browser" else (200, 401)), (name, answer.status_code)
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/login/")
        return {name: answer.status_code == 200 for name, answer in answers.items()}


@pytest.fixture
def signed(app: Flask) -> Signed:
    account_id = people.employ(app, NAME)
    _clear(app, account_id)
    browser = Browser(app, NAME)
    made = browser.post(
        "/sessions/key", name="夜间报送", until=(clock.today() + timedelta(days=30)).isoformat(), reads_only="1"
    )
    found = re.search(r"jg_[\w-]{43}", made.get_data(as_text=True))
    assert found, made.status_code
    told = people.tokens(app, NAME)
    programs = [Program(app, each) for each in (told["access_token"], told["refresh_token"], found[0])]
    one = Signed(app, account_id, browser, *programs)
    assert one.works() == dict.fromkeys(("browser", "token", "refresh", "key"), True)
    return one


def _clear(app: Flask, account_id: int) -> None:
    with app.app_context():
        sessions.end(db.session(), account_id, "killed")
        db.session.commit()


ALL_DEAD = dict.fromkeys(("browser", "token", "refresh", "key"), False)


def test_1_a_cookie_replayed_after_signing_out(signed: Signed):
    copied = people.copy_of(signed.browser.client, signed.app)
    assert copied.get(PAGE).status_code == 200
    assert signed.browser.post("/logout/").status_code == 302
    assert copied.get(PAGE).status_code == 302
    assert signed.token.get().status_code == 200, "another sign-in goes on"
    assert signed.token.post("/api/v1/security/logout").status_code == 200
    assert signed.token.get().status_code == 401
    assert {row.ended_why for row in people.rows(signed.app, signed.id) if row.kind == "token"} >= {"signed_out"}


def test_2_idle_for_31_minutes(signed: Signed):
    with people.setting(signed.app, session_idle_minutes=30):
        people.change(signed.app, signed.id, seen_at="-29 minutes")
        assert signed.works() == dict.fromkeys(ALL_DEAD, True)
        people.change(signed.app, signed.id, seen_at="-31 minutes")
        assert signed.works() == ALL_DEAD | {"key": True}, "a key has no desk to be left alone"
    assert {row.ended_why for row in people.rows(signed.app, signed.id) if row.ended_at} >= {"idle"}


def test_3_twelve_hours_after_signing_in(signed: Signed):
    began = [row for row in people.live(signed.app, signed.id) if row.kind != "key"]
    assert {round((row.ends_at - row.created_at).total_seconds() / 3600, 1) for row in began} == {12.0}
    people.change(signed.app, signed.id, ends_at="-1 second")
    assert signed.works() == ALL_DEAD


def test_4_the_password_was_changed(signed: Signed):
    from app.console.sign_in import passwords

    with signed.app.app_context(), looking_as(db.session(), THE_SYSTEM):
        passwords.set_password(db.session(), signed.id, "Another#Day-2026")
        db.session.commit()
    try:
        assert signed.works() == ALL_DEAD
    finally:
        with signed.app.app_context(), looking_as(db.session(), THE_SYSTEM):
            passwords.place(db.session(), signed.id, PASSWORD)
            db.session.commit()


@pytest.mark.parametrize(
    ("changed", "back", "why"),
    [
        ({"roles": "inspector"}, {"roles": "clerk"}, "role"),
        ({"department": "西安市碑林区市场监督管理局"}, {"department": people.OFFICE}, "role"),
        ({"employment": "left"}, {"employment": "in_post"}, "deactivated"),
        ({"valid_to": (clock.today() - timedelta(days=1)).isoformat()}, {"valid_to": ""}, "deactivated"),
    ],
    ids=["5 role", "6 department", "7 deactivated", "8 validity over"],
)
def test_5_to_8_the_account_was_changed(signed: Signed, changed: dict[str, str], back: dict[str, str], why: str):
    people.account(signed.app, NAME, **changed)
    try:
        assert signed.works() == ALL_DEAD
        assert {row.ended_why for row in people.rows(signed.app, signed.id)[-3:]} == {why}
        told = signed.token.get().json
        assert told["reason"] == why and len(told["message"]) > 8
    finally:
        people.account(signed.app, NAME, **back)


def test_8_validity_runs_out_while_nobody_does_anything(signed: Signed):
    """No row of the account changes at midnight; the day after the last one simply comes."""
    yesterday = clock.today() - timedelta(days=1)
    with signed.app.app_context(), looking_as(db.session(), THE_SYSTEM):
        query = "UPDATE account SET valid_to = :day WHERE username = :name"
        db.session.execute(sa.text(query), {"day": yesterday, "name": NAME})
        db.session.execute(
            sa.text(
                "UPDATE user_session SET ended_at = NULL, ended_why = NULL WHERE account_id = :id AND ended_why = 'deactivated'"
            ),
            {"id": signed.id},
        )
        db.session.commit()
    try:
        assert signed.works() == ALL_DEAD
    finally:
        people.account(signed.app, NAME, valid_to="")


def test_9_signed_in_elsewhere(signed: Signed):
    with people.setting(signed.app, sessions_per_account=1):
        second = Browser(signed.app, NAME)
        assert signed.works() == {"browser": False, "token": True, "refresh": True, "key": True}
        page = signed.browser.get("/login/").get_data(as_text=True)
        assert "在别处登录" in page
        third = Browser(signed.app, None)
        form = {"csrf_token": third.token, "username": NAME, "password": PASSWORD}
        assert third.client.post("/login/", data=form).status_code == 302
        assert "在别处的登录已结束" in third.get("/").get_data(as_text=True), "both are told"
        second = third
        assert second.get(PAGE).status_code == 200
        people.tokens(signed.app, NAME)
        assert signed.works() == {"browser": False, "token": False, "refresh": False, "key": True}


def test_9_two_may_be_signed_in_where_the_setting_says_two(signed: Signed):
    with people.setting(signed.app, sessions_per_account=2):
        second = Browser(signed.app, NAME)
        assert signed.browser.get(PAGE).status_code == second.get(PAGE).status_code == 200
        people.change(signed.app, signed.id, seen_at="-2 minutes")
        assert second.get(PAGE).status_code == 200, "the one used last stays"
        third = Browser(signed.app, NAME)
        states = [each.get(PAGE).status_code for each in (signed.browser, second, third)]
        assert states == [302, 200, 200]


def test_9_two_sign_ins_at_once_leave_one(app: Flask):
    account_id = people.employ(app, NAME)
    with people.setting(app, sessions_per_account=1), ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: Browser(app, NAME), range(4)))
        states = [each.get(PAGE).status_code for each in together]
    assert sorted(states) == [200, 302, 302, 302]
    assert len([row for row in people.live(app, account_id) if row.kind == "browser"]) == 1


def test_10_ended_by_oneself(signed: Signed):
    other = Browser(signed.app, NAME)
    page = other.get("/sessions/").get_data(as_text=True)
    assert page.count("本次登录</span>") == 1
    mine = [row for row in people.live(signed.app, signed.id) if row.kind == "browser"]
    assert other.post("/sessions/end", id=str(mine[0].id)).status_code == 302
    assert signed.works() == {"browser": False, "token": True, "refresh": True, "key": True}
    assert other.post("/sessions/end", all="1").status_code == 302
    assert signed.works() == {"browser": False, "token": False, "refresh": False, "key": True}
    assert other.get(PAGE).status_code == 200, "this one stays"
    key = next(row for row in people.live(signed.app, signed.id) if row.kind == "key")
    assert other.post("/sessions/end", id=str(key.id)).status_code == 302
    assert signed.works() == ALL_DEAD


def test_10_nobody_ends_what_is_not_his(signed: Signed, browser: Callable[[str], Browser]):
    row = people.live(signed.app, signed.id)[0]
    stranger = browser("clerk_beilin")
    stranger.post("/sessions/end", id=str(row.id))
    assert signed.works() == dict.fromkeys(ALL_DEAD, True)
    assert stranger.get(f"/sessions/of/{NAME}").status_code == 403
    assert stranger.post(f"/sessions/of/{NAME}/end", all="1").status_code == 403
    assert stranger.post("/sessions/end", id="nonsense").status_code == 400


def test_11_ended_by_an_administrator(signed: Signed, browser: Callable[[str], Browser]):
    people.employ(signed.app, "sess_admin_beilin", roles="dept_admin", department="西安市碑林区市场监督管理局")
    foreign = browser("sess_admin_beilin")
    assert foreign.get(f"/sessions/of/{NAME}").status_code == 404
    assert foreign.post(f"/sessions/of/{NAME}/end", all="1").status_code == 404
    assert signed.works() == dict.fromkeys(ALL_DEAD, True)
    for admin in ("secadmin", "admin_yanta"):
        page = browser(admin).get(f"/sessions/of/{NAME}")
        assert page.status_code == 200 and "127.0.0.1" in page.get_data(as_text=True)
    assert browser("admin_yanta").post(f"/sessions/of/{NAME}/end", all="1").status_code == 302
    assert signed.works() == ALL_DEAD
    assert "管理员" in signed.browser.get("/login/").get_data(as_text=True)


def test_11_nobody_throws_out_whose_roles_he_could_not_grant(app: Flask, browser: Callable[[str], Browser]):
    """A security administrator stands in the tree of a department's admin, who sees his sessions and ends none."""
    account_id = people.employ(app, "sess_above", roles="sec_admin")
    above, admin = Browser(app, "sess_above"), browser("admin_yanta")
    page = admin.get("/sessions/of/sess_above")
    assert page.status_code == 200 and "/sessions/of/sess_above/end" not in page.get_data(as_text=True)
    one = str(people.live(app, account_id)[0].id)
    assert admin.post("/sessions/of/sess_above/end", all="1").status_code == 403
    assert admin.post("/sessions/of/sess_above/end", id=one).status_code == 403
    assert above.get("/sessions/").status_code == 200
    assert browser("secadmin").post("/sessions/of/sess_above/end", all="1").status_code == 302
    assert above.get("/sessions/").status_code == 302


def test_12_the_old_value_of_a_rotated_session(signed: Signed):
    copied = people.copy_of(signed.browser.client, signed.app)
    people.change(signed.app, signed.id, verified_at="-1 day")
    answer = signed.browser.post("/verify/?next=/sessions/", _proof=PASSWORD)
    assert answer.status_code == 302 and answer.headers["Location"] == "/sessions/"
    assert signed.browser.get(PAGE).status_code == 200
    assert copied.get(PAGE).status_code == 302


def test_12_signing_in_makes_a_new_value_and_a_new_token_of_forms(app: Flask):
    people.employ(app, NAME)
    person = Browser(app, None)
    planted = people.copy_of(person.client, app)
    before = person.token
    person.post("/login/", username=NAME, password=PASSWORD)
    assert planted.get(PAGE).status_code == 302
    with person.client.session_transaction() as cookie:
        assert set(cookie) <= {"_user_id", "_fresh", "_id", "sid", "csrf_token", "locale", "_flashes", "password_due"}
    old = person.client.post("/sessions/end", data={"csrf_token": before, "all": "1"})
    assert old.status_code == 400


def test_12_a_refresh_token_is_good_for_once(signed: Signed):
    first = signed.refresh.token
    again = signed.refresh.post("/api/v1/security/refresh")
    assert again.status_code == 200
    newer = Program(signed.app, again.json["access_token"])
    assert newer.get().status_code == 200
    stolen = Program(signed.app, first).post("/api/v1/security/refresh")
    assert stolen.status_code == 401
    assert newer.get().status_code == 401, "the whole family has ended"
    assert newer.get().json["reason"] == "reused"


# ---- what is stored and told -----------------------------------------------------------------------------------------
def test_only_hashes_are_stored(signed: Signed):
    with signed.browser.client.session_transaction() as cookie:
        secrets = [cookie["sid"], signed.key.token]
    assert all(len(each) >= 43 for each in secrets)
    told = str(people.rows(signed.app, signed.id))
    assert not any(each in told for each in secrets)
    assert {sessions.digest(each) for each in secrets} <= {row.digest for row in people.rows(signed.app, signed.id)}


def test_use_is_noted_once_a_minute_and_stays_when_the_work_fails(signed: Signed):
    people.change(signed.app, signed.id, seen_at="-30 seconds")
    before = people.live(signed.app, signed.id)[0].seen_at
    signed.browser.get(PAGE)
    assert people.live(signed.app, signed.id)[0].seen_at == before
    people.change(signed.app, signed.id, seen_at="-61 seconds")
    before = people.live(signed.app, signed.id)[0].seen_at
    assert signed.browser.get("/inspection/show/nonsense").status_code == 404
    assert people.live(signed.app, signed.id)[0].seen_at > before


@pytest.mark.parametrize("why", [each.value for each in SessionEnd])
def test_the_sign_in_page_and_the_api_tell_why(signed: Signed, why: str):
    with signed.app.app_context():
        sessions.end(db.session(), signed.id, why)
        db.session.commit()
    answer = signed.browser.get(PAGE)
    assert answer.status_code == 302 and answer.headers["Location"] == f"/login/?next={PAGE}"
    from app.console.sign_in import reasons

    with signed.app.test_request_context():
        words = str(reasons.told(sessions.Current(signed.browser, signed.id, "browser", why)))[:6]  # type: ignore[arg-type]
    page = signed.browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert words in page
    told = signed.token.get()
    assert told.status_code == 401 and told.json["reason"] == why and told.json["message"].startswith(words)
    assert signed.key.get().json["reason"] == why


def test_one_comes_back_to_the_page_with_what_was_typed(signed: Signed):
    form = signed.browser.get("/inspection/add")
    assert form.status_code == 200
    _clear(signed.app, signed.id)
    answer = signed.browser.post("/inspection/add", party_name="甲公司")
    assert answer.status_code == 302 and answer.headers["Location"] == "/login/?next=/inspection/add"
    back = signed.browser.post(answer.headers["Location"], username=NAME, password=PASSWORD)
    assert back.headers["Location"] == "/inspection/add"


def test_an_ended_session_is_told_to_every_tab(signed: Signed):
    """A script that asks in the background does not use up the reason."""
    _clear(signed.app, signed.id)
    for _ in range(3):
        assert (
            signed.browser.client.post("/inspection/draft", data={"csrf_token": signed.browser.token}).status_code
            == 302
        )
    assert "结束" in signed.browser.get("/login/").get_data(as_text=True)


# ---- keys ------------------------------------------------------------------------------------------------------------
def test_a_key_opens_the_api_and_no_page(signed: Signed):
    headers = {"Authorization": f"Bearer {signed.key.token}"}
    assert signed.key.client.get(PAGE, headers=headers).status_code == 302
    assert signed.key.get().status_code == 200
    assert signed.key.post("/api/v1/inspection/", {}).status_code == 403, "it only reads"


def test_a_key_works_from_its_addresses_until_its_day(app: Flask):
    account_id = people.employ(app, NAME)
    with app.test_request_context():
        day = clock.today() + timedelta(days=1)
        key = keys.make(account_id, "网段", day, "10.1.0.0/16，192.168.7.9", reads_only=False)
    program = Program(app, key)
    for address, status in (("10.1.9.9", 200), ("192.168.7.9", 200), ("10.2.0.1", 401), ("::ffff:10.1.2.3", 200)):
        assert program.get(environ_base={"REMOTE_ADDR": address}).status_code == status, address
    written = program.post("/api/v1/inspection/", {}, environ_base={"REMOTE_ADDR": "10.1.1.1"})
    assert written.status_code == 422, "this one may write, and the row is judged"
    people.change(app, account_id, ends_at="-1 second")
    assert program.get(environ_base={"REMOTE_ADDR": "10.1.9.9"}).status_code == 401


@pytest.mark.parametrize("bad", ["jg_", "jg_" + "a" * 43, "jg_\x7f", "nonsense", "a.b.c", "jg_" + "a" * 5000])
def test_no_other_text_is_a_key(app: Flask, bad: str):
    answer = Program(app, bad).get()
    assert answer.status_code == 401 and answer.is_json


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "长" * 101}, "name"),
        ({"last_day": None}, "until"),
        ({"last_day": clock.today() - timedelta(days=1)}, "until"),
        ({"last_day": clock.today() + timedelta(days=366)}, "until"),
        ({"addresses": "10.1.2"}, "addresses"),
        ({"addresses": " ".join(f"10.0.0.{n}" for n in range(21))}, "addresses"),
    ],
)
def test_keys_that_are_not_made(app: Flask, given: dict, field: str):
    account_id = people.employ(app, NAME)
    wanted = {"name": "试", "last_day": clock.today(), "addresses": ""} | given
    with app.test_request_context(), pytest.raises(Invalid) as found:
        keys.make(account_id, reads_only=True, **wanted)
    assert found.value.problems[0].fields == (field,)


# ---- small decisions ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
            "Edge 120 · Windows",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128 · Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1",
            "Safari 17 · iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("", "未知设备"),
        (None, "未知设备"),
    ],
)
def test_devices_have_names(agent: str | None, told: str):
    assert device.told(agent) == told


@pytest.mark.parametrize(
    ("address", "networks", "is_inside"),
    [
        ("10.1.2.3", ("10.1.0.0/16",), True),
        ("10.2.2.3", ("10.1.0.0/16", "10.2.2.3/32"), True),
        ("10.2.2.4", ("10.1.0.0/16", "10.2.2.3/32"), False),
        ("::ffff:10.1.2.3", ("10.1.0.0/16",), True),
        ("2001:db8::1", ("10.1.0.0/16", "2001:db8::/32"), True),
        ("", ("10.1.0.0/16",), False),
        ("unix:", ("0.0.0.0/0",), False),
    ],
)
def test_addresses_of_keys(address: str, networks: tuple[str, ...], is_inside: bool):
    assert keys.is_inside(address, networks) is is_inside
