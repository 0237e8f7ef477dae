"""Passwords as they are kept, given out and changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.security import generate_password_hash

from app.console.sign_in import passwords, pepper
from app.console.sign_in.passwords import hashing, policy
from app.console.sign_in.steps import Step, next_step
from app.core.errors import Invalid
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import appbuilder, db
from tests.sign_in.visitors import GOOD, Visitor, account, at_home, events, here, move, setting, stored


@at_home
def change(number: int, plain: str, **more: Any) -> None:
    with looking_as(db.session(), THE_SYSTEM):
        try:
            passwords.set_password(db.session(), number, plain, **more)
        except Invalid:
            db.session.rollback()
            raise
        db.session.commit()


@at_home
def step_for(name: str, plain: str) -> Step:
    return next_step(passwords.check(name, plain).standing)


# ---- as they are kept ------------------------------------------------------------------------------------------------
def test_nothing_is_in_the_table_of_users(context: Flask) -> None:
    assert db.session.scalar(sa.text("SELECT count(*) FROM ab_user")) > 0
    assert db.session.scalar(sa.text("SELECT count(password) FROM ab_user")) == 0
    with pytest.raises(sa.exc.IntegrityError), looking_as(db.session(), THE_SYSTEM):
        db.session.execute(sa.text("UPDATE ab_user SET password = 'scrypt:x'"))


@pytest.mark.parametrize("role", ["viewer_line", "viewer_region", "app"])
def test_no_person_reads_a_hash(context: Flask, role: str) -> None:
    db.session.execute(sa.text("SET LOCAL ROLE NONE" if role == "app" else f"SET LOCAL ROLE {role}"))
    try:
        assert db.session.scalar(sa.text("SELECT count(*) FROM credential")) == 0
    except sa.exc.ProgrammingError as refused:
        assert "permission denied" in str(refused)


def test_without_the_key_the_database_tells_nothing(context: Flask, tmp_path: Path) -> None:
    _, number = account()
    kept = stored(number).password
    assert hashing.verify(number, GOOD, kept) and not hashing.verify(number, GOOD + "x", kept)
    assert GOOD not in kept and kept.startswith("jg1$47104,2$p")
    before = context.config.get("KEYS_DIR")
    context.config["KEYS_DIR"] = tmp_path / "other keys"
    try:
        assert not hashing.verify(number, GOOD, kept), "the dump alone must not verify a known password"
    finally:
        context.config["KEYS_DIR"] = before
    assert oct(sorted(pepper.folder().glob("password-*.key"))[0].stat().st_mode)[-3:] == "600"


def test_a_hash_copied_to_another_account_opens_nothing(context: Flask) -> None:
    (_, mine), (_, other) = account(), account()
    assert hashing.verify(mine, GOOD, stored(mine).password)
    assert not hashing.verify(other, GOOD, stored(mine).password)


def test_an_old_hash_opens_once_and_is_replaced(context: Flask) -> None:
    name, number = account()
    old = generate_password_hash("Old.way#9lives", method="scrypt")
    move(number, password=f"'{old}'")
    assert step_for(name, "wrong") is Step.REFUSED
    assert stored(number).password == old
    assert step_for(name, "Old.way#9lives") is Step.IN
    assert stored(number).password.startswith("jg1$")
    assert step_for(name, "Old.way#9lives") is Step.IN


def test_other_costs_and_another_key_renew_the_hash(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    name, number = account()
    first = stored(number).password
    assert step_for(name, GOOD) is Step.IN and stored(number).password == first
    monkeypatch.setattr(hashing, "COST", (19456, 2))
    assert step_for(name, GOOD) is Step.IN
    second = stored(number).password
    assert second.startswith("jg1$19456,2$")
    key = pepper.add()
    assert key not in second and step_for(name, GOOD) is Step.IN
    third = stored(number).password
    assert key in third and step_for(name, GOOD) is Step.IN and stored(number).password == third


def test_it_costs_what_a_guesser_should_pay(context: Flask) -> None:
    memory, rounds = hashing.COST
    assert memory >= 46 * 1024 and rounds >= 1, "OWASP asks for 46 MiB and one round of argon2id at the least"
    assert hashing.make(1, GOOD).startswith(f"jg1${memory},{rounds}$")


# ---- changed ---------------------------------------------------------------------------------------------------------
def test_the_last_eight_are_refused_and_the_ninth_is_taken(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "COST", (1024, 1))  # many of them, and their cost is tested above
    _, number = account(None)
    used = [f"Kx{n}m-Qp4v-9TfH{n}" for n in range(1, 10)]
    for plain in used[:8]:
        change(number, plain)
    for plain in used[:8]:
        with pytest.raises(Invalid) as refused:
            change(number, plain)
        assert [each.code for each in refused.value.problems] == ["password_history"]
    change(number, used[8])
    change(number, used[0])
    assert hashing.verify(number, used[0], stored(number).password)
    assert len(stored(number).history) == 7
    with setting("password_history", 0):
        change(number, used[0])


def test_a_bad_password_changes_nothing(context: Flask) -> None:
    _, number = account()
    before = stored(number)
    with pytest.raises(Invalid) as refused:
        change(number, "abc")
    assert {each.code for each in refused.value.problems} >= {"password_length", "password_classes"}
    assert stored(number) == before


def test_settings_decide(context: Flask) -> None:
    _, number = account()
    with setting("password_length", 20), pytest.raises(Invalid):
        change(number, "Ty7#kLm2vQ9x")
    change(number, "Ty7#kLm2vQ9x")


def test_a_change_ends_what_was_open_and_is_on_the_log(app: Flask, inside: Flask) -> None:
    name, number = account()
    visitor = Visitor(app)
    visitor.sign_in(name)
    assert visitor.is_in
    before = len(events("password_changed", number))
    change(number, "Ty7#kLm2vQ9x")
    assert not visitor.is_in
    found = events("password_changed", number)
    assert len(found) == before + 1
    assert "Ty7#" not in str(found[-1])


def test_the_change_at_the_own_page_keeps_its_owner_and_no_copy_of_his_cookie(app: Flask, inside: Flask) -> None:
    name, _ = account()
    visitor, elsewhere = Visitor(app), Visitor(app)
    visitor.sign_in(name)
    elsewhere.sign_in(name)
    assert visitor.is_in and elsewhere.is_in  # the tests allow several
    stolen = visitor.client.get_cookie("session")
    assert stolen is not None
    wrong = visitor.post("/password/", present="Wrong#7times", password="Ty7#kLm2vQ9x", again="Ty7#kLm2vQ9x")
    assert wrong.status_code == 422 and "当前密码不正确" in wrong.get_data(as_text=True)
    differs = visitor.post("/password/", present=GOOD, password="Ty7#kLm2vQ9x", again="Ty7#kLm2vQ9y")
    assert differs.status_code == 422 and "不一致" in differs.get_data(as_text=True)
    same = visitor.post("/password/", present=GOOD, password=GOOD, again=GOOD)
    assert same.status_code == 422 and "最近 8 次" in same.get_data(as_text=True)
    done = visitor.post("/password/", present=GOOD, password="Ty7#kLm2vQ9x", again="Ty7#kLm2vQ9x")
    assert done.status_code == 302 and done.headers["Location"] == "/"
    assert visitor.is_in and not elsewhere.is_in
    thief = Visitor(app)
    thief.client.set_cookie("session", stolen.value)
    assert not thief.is_in, "the cookie of before the change opens nothing"


def test_the_page_tells_what_is_not_met_while_somebody_types(app: Flask, inside: Flask) -> None:
    name, number = account()
    visitor = Visitor(app)
    visitor.sign_in(name)
    page = visitor.get("/password/").get_data(as_text=True)
    assert [code in page for code in ('data-demand="length"', 'data-demand="common"', "onpaste")] == [True, True, False]
    for plain in ("", "abc", "Password123!", f"{name}#77Kq!z", "Ty7#kLm2vQ9x"):
        told = visitor.post("/password/check", page="/password/", password=plain).get_json()["faults"]
        with here():
            owner = passwords.owner_of(db.session(), number)
        assert told == (policy.faults(plain, policy.Demands(), owner) if plain else None)


# ---- given out -------------------------------------------------------------------------------------------------------
@at_home
def issue(number: int) -> str:
    with looking_as(db.session(), THE_SYSTEM):
        made = passwords.issue(db.session(), number)
        db.session.commit()
    return made


def test_an_initial_password_opens_once(app: Flask, inside: Flask) -> None:
    name, number = account()
    first = issue(number)
    assert policy.faults(first, policy.Demands(), policy.Owner(name)) == []
    assert first not in str(events("password_issued", number)) and len(events("password_issued", number)) == 1
    assert step_for(name, GOOD) is Step.REFUSED, "the password of before is none any more"
    visitor = Visitor(app)
    answer = visitor.sign_in(name, first)
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/password/")
    assert not visitor.is_in
    again = Visitor(app).sign_in(name, first)
    assert again.status_code == 422 and "初始密码已用过或已过期" in again.get_data(as_text=True)
    done = visitor.post("/password/", present=first, password="Ty7#kLm2vQ9x", again="Ty7#kLm2vQ9x")
    assert done.status_code == 302 and visitor.is_in
    assert step_for(name, "Ty7#kLm2vQ9x") is Step.IN


def test_an_initial_password_ends_after_its_hours(context: Flask) -> None:
    name, number = account()
    first = issue(number)
    left = stored(number).initial_until - stored(number).password_at
    assert round(left.total_seconds() / 3600) == 72
    move(number, initial_until="now() - interval '1 second'")
    assert step_for(name, first) is Step.SPENT
    assert step_for(name, "Ty7#kLm2vQ9x") is Step.REFUSED


def test_a_new_initial_password_lifts_a_lock(context: Flask) -> None:
    name, number = account()
    move(number, failures="5", locked_until="now() + interval '10 minutes'")
    assert step_for(name, GOOD) is Step.REFUSED
    assert step_for(name, issue(number)) is Step.CHANGE


def test_passwords_of_the_frameworks_own_ways_have_to_be_changed(context: Flask) -> None:
    clerk = appbuilder.sm.find_role("clerk")
    made = appbuilder.sm.add_user("made_by_fab", "甲", "乙", "made_by_fab@example.invalid", clerk, GOOD)
    assert step_for("made_by_fab", GOOD) is Step.CHANGE
    appbuilder.sm.reset_password(made.id, "Ty7#kLm2vQ9x")
    assert step_for("made_by_fab", "Ty7#kLm2vQ9x") is Step.CHANGE
    assert appbuilder.sm.auth_user_db("made_by_fab", "Ty7#kLm2vQ9x") is None
    assert not appbuilder.sm.add_user("made_weak", "甲", "乙", "made_weak@example.invalid", clerk, "1")
    assert appbuilder.sm.find_user("made_weak") is None


def test_no_password_is_shipped_with_an_empty_installation() -> None:
    from seed import base

    assert {upload.table for upload in base.uploads()}.isdisjoint({"account", "credential", "ab_user"})
    for path in (Path(base.__file__).parent).rglob("*"):
        if path.is_file() and path.suffix in (".py", ".csv"):
            assert "password" not in path.read_text("utf-8").lower(), path


def test_the_demo_password_is_nobody_elses() -> None:
    from tests.conftest import PASSWORD

    assert "common" in policy.faults(PASSWORD, policy.Demands(), policy.Owner())


# ---- the operator's commands -------------------------------------------------------------------------------------------
def test_commands(app: Flask, inside: Flask) -> None:
    name, number = account()
    run = app.test_cli_runner()
    asked = run.invoke(args=["accounts", "set-password", name], input="Ty7#kLm2vQ9x\nTy7#kLm2vQ9x\n")
    assert asked.exit_code == 0 and "Ty7#" not in asked.output
    assert step_for(name, "Ty7#kLm2vQ9x") is Step.CHANGE
    weak = run.invoke(args=["accounts", "set-password", name, "--password", "1"])
    assert weak.exit_code != 0 and "密码" in weak.output
    move(number, failures="5", locked_until="now() + interval '10 minutes'")
    assert "is unlocked" in run.invoke(args=["accounts", "unlock", name]).output
    assert step_for(name, "Ty7#kLm2vQ9x") is Step.CHANGE
    assert "had no second factor" in run.invoke(args=["accounts", "reset-factor", name]).output
    made = run.invoke(args=["accounts", "issue", name]).output.strip()
    assert step_for(name, made) is Step.CHANGE
    assert run.invoke(args=["accounts", "unlock", "nobody-here"]).exit_code != 0
    told = [row.new["command"] for row in events("command", number)]
    assert told == ["accounts set-password", "accounts unlock", "accounts reset-factor", "accounts issue"]
