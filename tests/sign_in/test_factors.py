"""The second factor: codes of the telephone and from paper, each once."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask

from app.console.sign_in import codes, credentials, door, factors, lockout
from app.console.sign_in.apart import apart
from app.console.sign_in.models import Credential
from app.core import clock, secrecy
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.sign_in.visitors import (
    GOOD,
    Visitor,
    account,
    at_home,
    events,
    here,
    move,
    number_of,
    setting,
    stored,
)

NOON = datetime(2026, 11, 22, 4, 0, 15, tzinfo=UTC)


@at_home
def with_factor(role: str = "clerk") -> tuple[str, int, str, list[str]]:
    """An account that has set up its factor: name, number, secret, codes on paper. The step that did it is past."""
    name, number = account(role=role)
    sealed, secret = factors.offer(number)
    made = factors.confirm(number, sealed, codes.code_at(secret, codes.step_of(clock.now())))
    assert made is not None
    move(number, factor_step="0")
    return name, number, secret, made


def now_code(secret: str, steps: int = 0) -> str:
    return codes.code_at(secret, codes.step_of(clock.now()) + steps)


# ---- codes, pure -----------------------------------------------------------------------------------------------------
def test_codes_are_those_of_the_standard() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B, last six digits
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (2000000000, "279037")):
        assert codes.code_at(secret, seconds // 30) == code


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_one_step(steps: int, is_taken: bool) -> None:
    secret = codes.new_secret()
    code = codes.code_at(secret, codes.step_of(NOON) + steps)
    assert (codes.matching_step(secret, code, NOON, None) is not None) is is_taken
    assert codes.matching_step(secret, f"{code[:3]} {code[3:]}", NOON, None) == codes.matching_step(
        secret, code, NOON, None
    )


def test_no_step_is_taken_again_nor_one_before_it() -> None:
    secret, here = codes.new_secret(), codes.step_of(NOON)
    for last, taken in (
        (here, [here + 1]),
        (here - 1, [here, here + 1]),
        (here + 1, []),
        (here - 5, [here - 1, here, here + 1]),
    ):
        found = [
            codes.matching_step(secret, codes.code_at(secret, step), NOON, last) for step in range(here - 3, here + 4)
        ]
        assert [step for step in found if step is not None] == taken


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "000000\x00", "-12345"])
def test_what_is_no_code(typed: str) -> None:
    assert codes.matching_step(codes.new_secret(), typed, NOON, None) is None


def test_codes_on_paper_are_read_as_people_write_them() -> None:
    made = codes.new_recovery_codes()
    assert len(set(made)) == 10 and all(
        re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", each) for each in made
    )
    assert codes.recovery_signs("7k2mq x9d4t") == "7K2MQX9D4T" == codes.recovery_signs(" 7K2MQ-X9D4T ")
    assert codes.recovery_signs("OIL10-ABCDE") == "01110ABCDE"
    assert [codes.recovery_signs(each) for each in ("", "7K2MQ", "7K2MQ-X9D4U", "123456")] == [None] * 4


def test_the_picture_says_the_secret_to_the_app() -> None:
    secret = codes.new_secret()
    said = pyotp.parse_uri(codes.address(secret, "clerk_yanta", "监管一张网"))
    assert isinstance(said, pyotp.TOTP) and said.secret == secret and said.name == "clerk_yanta"
    drawn = factors.picture(secret, "clerk_yanta", "监管一张网")
    assert drawn.startswith("<svg") and "style=" not in drawn and "script" not in drawn


# ---- once only -------------------------------------------------------------------------------------------------------
def test_of_a_thousand_replays_none_is_taken(app: Flask, context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, taken, again = codes.new_secret(), 0, 0
    credential = Credential(account_id=1, factor_secret=secrecy.seal_text("factor.1", secret))
    for count in range(1000):
        moment = NOON + timedelta(seconds=30 * count)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        code = codes.code_at(secret, codes.step_of(moment))
        taken += factors.takes(credential, code)
        again += factors.takes(credential, code)
    assert (taken, again) == (1000, 0)


def test_of_twenty_at_once_one_is_taken(app: Flask, context: Flask) -> None:
    _, number, secret, _ = with_factor()
    code, answers, start = now_code(secret), [], threading.Barrier(20)

    def one() -> None:
        with app.test_request_context("/", environ_overrides={"REMOTE_ADDR": "10.76.2.2"}):
            start.wait()
            with apart() as work:
                credential = credentials.locked(work, number)
                assert credential is not None
                answers.append(
                    not lockout.is_locked(credential, clock.now()) and factors.is_code_of(work, credential, code)
                )
            db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 19 + [True]


def test_each_code_on_paper_is_good_once(context: Flask) -> None:
    _, number, _, made = with_factor()
    for each in made:
        with setting("lock_after_failures", 100):
            assert door.proves(number, each.lower().replace("-", " "))
            assert not door.proves(number, each)
    assert stored(number).recovery["left"] == []


def test_nothing_of_it_is_readable_in_the_database(context: Flask) -> None:
    _, number, secret, made = with_factor()
    kept = str(stored(number))
    assert secret not in kept and not any(each.replace("-", "") in kept for each in made)
    assert stored(number).factor_secret.startswith(f"~factor.{number}|")
    assert secret not in str(events("factor_set", number))


def test_a_secret_copied_to_another_account_is_none(context: Flask) -> None:
    (_, mine, secret, _), (_, other, _, _) = with_factor(), with_factor()
    move(other, factor_secret=f"'{stored(mine).factor_secret}'")
    assert not door.proves(other, now_code(secret))
    assert door.proves(mine, now_code(secret))


# ---- at the door -----------------------------------------------------------------------------------------------------
def test_before_the_code_there_is_no_session(app: Flask, inside: Flask) -> None:
    name, number, secret, _ = with_factor()
    visitor = Visitor(app)
    answer = visitor.sign_in(name)
    assert answer.headers["Location"] == "/login/code/"
    assert not visitor.is_in
    assert visitor.get("/").headers["Location"].startswith("/login/")
    assert visitor.client.get("/api/v1/region/").status_code == 401
    wrong = visitor.post("/login/code/", code="000000")
    assert wrong.status_code == 422 and not visitor.is_in
    code = now_code(secret)
    done = visitor.post("/login/code/", code=code)
    assert done.status_code == 302 and visitor.is_in
    other = Visitor(app)
    other.sign_in(name)
    assert other.post("/login/code/", code=code).status_code == 422 and not other.is_in
    assert code not in str(events("sign_in_failed", number))


def test_codes_are_not_to_be_guessed(app: Flask, inside: Flask) -> None:
    """The password in between does not begin the count anew, and a lock shuts both doors."""
    name, number, _secret, _ = with_factor()
    for _ in range(4):
        visitor = Visitor(app)
        visitor.sign_in(name)
        visitor.post("/login/code/", code="000000")
    assert stored(number).failures == 4
    last = Visitor(app)
    last.sign_in(name)
    assert last.post("/login/code/", code="000000").headers["Location"].startswith("/login/")
    assert stored(number).locked_until is not None
    assert Visitor(app).sign_in(name).status_code == 422


def test_a_lock_shuts_the_second_door_too(app: Flask, inside: Flask) -> None:
    name, number, secret, _ = with_factor()
    visitor = Visitor(app)
    visitor.sign_in(name)
    move(number, failures="5", locked_until="now() + interval '10 minutes'")
    assert visitor.post("/login/code/", code=now_code(secret)).headers["Location"].startswith("/login/")
    assert not visitor.is_in


def test_what_was_proved_does_not_outlive_the_password(app: Flask, inside: Flask) -> None:
    from app.console.sign_in import passwords

    name, number, secret, _ = with_factor()
    visitor = Visitor(app)
    visitor.sign_in(name)
    kept = visitor.client.get_cookie("session")
    with here(), looking_as(db.session(), THE_SYSTEM):
        passwords.set_password(db.session(), number, "Ty7#kLm2vQ9x")
        db.session.commit()
    assert visitor.post("/login/code/", code=now_code(secret)).headers["Location"].startswith("/login/")
    assert not visitor.is_in and kept is not None


def test_what_was_proved_does_not_last(app: Flask, inside: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _, secret, _ = with_factor()
    visitor = Visitor(app)
    visitor.sign_in(name)
    token, later = visitor.token("/login/code/"), clock.now() + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    late = visitor.client.post("/login/code/", data={"csrf_token": token, "code": now_code(secret)})
    assert late.headers["Location"].startswith("/login/") and not visitor.is_in


def test_a_code_from_paper_opens_the_door(app: Flask, inside: Flask) -> None:
    name, number, _, made = with_factor()
    visitor = Visitor(app)
    visitor.sign_in(name)
    assert visitor.post("/login/code/", code=made[3]).status_code == 302 and visitor.is_in
    assert len(stored(number).recovery["left"]) == 9


def test_whoever_has_to_have_one_sets_it_up_before_he_is_in(app: Flask, inside: Flask) -> None:
    name, number = account(role="dept_admin")
    clerk, _ = account()
    with setting("factor_for_admins", 1):
        assert Visitor(app).sign_in(clerk).headers["Location"] == "/"
        visitor = Visitor(app)
        assert visitor.sign_in(name).headers["Location"] == "/login/factor/"
        page = visitor.get("/login/factor/").get_data(as_text=True)
        secret = re.sub(r"\s", "", re.search(r'jg-letters">([^<]+)<', page)[1])  # type: ignore[index]
        assert not visitor.is_in
        assert visitor.post("/login/factor/", code="000000").status_code == 422
        done = visitor.post("/login/factor/", code=now_code(secret))
        found = re.findall(r"<code>([0-9A-Z]{5}-[0-9A-Z]{5})</code>", done.get_data(as_text=True))
        assert done.status_code == 200 and len(found) == 10 and visitor.is_in
        assert visitor.post("/factor/", act="remove", proof=GOOD).status_code == 409
        assert len(events("factor_set", number)) == 1
    with setting("factor_for_all", 1):
        assert Visitor(app).sign_in(clerk).headers["Location"] == "/login/factor/"


@pytest.mark.parametrize("for_admins", [False, True])
@pytest.mark.parametrize("for_all", [False, True])
@pytest.mark.parametrize("role", ["clerk", "sys_admin", "sec_admin", "audit_admin", "dept_admin", "Admin", "evaluator"])
def test_who_has_to_have_one(role: str, for_all: bool, for_admins: bool) -> None:
    from app.console.sign_in.steps import wants_factor

    is_admin = role in ("sys_admin", "sec_admin", "audit_admin", "dept_admin", "Admin")
    wanted = wants_factor(frozenset({role}), factors.ADMINS, for_admins=for_admins, for_all=for_all)
    assert wanted is (for_all or (for_admins and is_admin))


# ---- one's own, and others' --------------------------------------------------------------------------------------------
def test_somebody_sets_it_up_and_removes_it_himself(app: Flask, inside: Flask) -> None:
    name, number = account()
    visitor = Visitor(app)
    visitor.sign_in(name)
    page = visitor.get("/factor/").get_data(as_text=True)
    secret = re.sub(r"\s", "", re.search(r'jg-letters">([^<]+)<', page)[1])  # type: ignore[index]
    assert re.search(r'jg-letters">([^<]+)<', page)[0] in visitor.get("/factor/").get_data(as_text=True)  # type: ignore[index]
    assert stored(number).factor_secret is None, "looking at it sets up nothing"
    done = visitor.post("/factor/", act="confirm", code=now_code(secret))
    assert done.status_code == 200 and stored(number).factor_secret
    assert visitor.post("/factor/", act="codes", proof="wrong").status_code == 422
    again = visitor.post("/factor/", act="codes", proof=GOOD)
    assert len(re.findall(r"<li><code>", again.get_data(as_text=True))) == 10
    assert visitor.post("/factor/", act="remove", proof="wrong").status_code == 422
    assert stored(number).factor_secret
    assert visitor.post("/factor/", act="remove", proof=GOOD).status_code == 302
    assert stored(number).factor_secret is None and stored(number).recovery is None
    assert len(events("factor_removed", number)) == 1
    assert Visitor(app).sign_in(name).headers["Location"] == "/"


def test_the_security_admin_resets_it_with_a_reason(app: Flask, browser: Any, inside: Flask) -> None:
    number = number_of("clerk_hezuo")
    with here():
        sealed, secret = factors.offer(number)
        assert factors.confirm(number, sealed, now_code(secret))
    admin = browser("secadmin")
    admin.renew("/nowhere")
    url = "/credentials/of/clerk_hezuo/reset-factor"
    assert admin.post(url, reason=" ").status_code == 422 and stored(number).factor_secret
    assert admin.post(url, reason="手机丢失，已当面核实").status_code == 302
    assert stored(number).factor_secret is None
    found = events("factor_removed", number)[-1]
    assert found.new["why"] == "手机丢失，已当面核实" and found.name == "安全管理员"


def test_a_token_needs_the_code_too(app: Flask, inside: Flask) -> None:
    name, _, secret, _ = with_factor()

    def ask(**more: str) -> Any:
        given = {"username": name, "password": GOOD, "provider": "db", **more}
        return app.test_client().post("/api/v1/security/login", json=given)

    assert ask().status_code == 401 and "动态口令" in ask().get_json()["message"]
    assert ask(code="000000").status_code == 401
    code = now_code(secret)
    assert ask(code=code).status_code == 200
    assert ask(code=code).status_code == 401


def test_step_up_takes_password_or_code(context: Flask) -> None:
    _, number, secret, made = with_factor()
    assert door.proves(number, GOOD) and door.proves(number, now_code(secret)) and door.proves(number, made[0])
    assert (
        not door.proves(number, now_code(secret)) and not door.proves(number, "") and not door.proves(number, made[0])
    )
