"""An account's row makes its sign-in: for a form, a request and a file alike, thousands at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.console.sign_in.models import UserSession
from app.core import clock, saving
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, person
from app.transfer.given import store
from tests.conftest import Browser
from tests.every_table.sheets import workbook
from tests.every_table.values import fresh
from tests.every_table.world import CITY, OWN, STRANGE, World

ACCOUNT = TABLES["account"]


@pytest.fixture
def system(world: World) -> Iterator[Session]:
    with world.session(THE_SYSTEM) as session:
        yield session


def made(session: Session, **more: Any) -> Any:
    given = {"username": f"p{fresh()}", "real_name": "某人", "department": OWN, "roles": ["clerk"]} | more
    row, _ = saving.save(session, ACCOUNT, given)
    return row


def sign_in(session: Session, username: str) -> Any:
    return session.execute(
        sa.text("SELECT u.id, u.active, u.password, u.first_name, array(SELECT r.name FROM ab_user_role x JOIN ab_role r "
                "ON r.id = x.role_id WHERE x.user_id = u.id ORDER BY 1)::text[] AS roles FROM ab_user u WHERE username = :name"),
        {"name": username},
    ).one_or_none()  # fmt: skip


def session_row(session: Session, account: int) -> Any:
    key, now = f"{fresh()}", clock.now()
    row = UserSession(
        digest=key,
        account_id=account,
        kind="browser",
        seen_at=now,
        ends_at=now + timedelta(hours=1),
        turn=0,
        reads_only=False,
    )
    session.add(row)
    session.flush()
    return lambda: session.execute(
        sa.text("SELECT ended_why FROM user_session WHERE digest = :key"), {"key": key}
    ).scalar_one()


def test_a_new_account_signs_in_as_soon_as_it_has_a_password(system: Session):
    row = made(system, roles=["clerk", "handler"])
    found = sign_in(system, row.username)
    assert (found.active, found.first_name, found.roles) == (True, "某人", ["clerk", "handler"])
    assert found.password is None
    assert person(system, found.id).roles == {"clerk", "handler"}


@pytest.mark.parametrize(
    ("change", "active", "why"),
    [
        ({"roles": ["inspector"]}, True, "role"),
        ({"roles": []}, True, "role"),
        ({"department": CITY}, True, "role"),
        ({"employment": "left"}, False, "deactivated"),
        ({"employment": "on_leave"}, False, "deactivated"),
        ({"access": "locked"}, False, "deactivated"),
        ({"valid_to": "2020-01-01"}, False, "deactivated"),
        ({"valid_to": "2099-01-01"}, True, "role"),
        ({"post": "新岗位", "phone": "029-00000001"}, True, None),
        ({"real_name": "改名"}, True, None),
    ],
    ids=lambda each: str(each),
)  # fmt: skip
def test_a_change_is_followed_at_once(change: dict[str, Any], active: bool, why: str | None, system: Session):
    row = made(system)
    ended = session_row(system, sign_in(system, row.username).id)
    saving.save(system, ACCOUNT, change, row=row)
    found = sign_in(system, row.username)
    assert (found.active, ended()) == (active, why)
    if "roles" in change:
        assert found.roles == sorted(change["roles"])
    if "real_name" in change:
        assert found.first_name == "改名"


def test_who_comes_back_signs_in_again(system: Session):
    row = made(system)
    for change, active in (({"employment": "left"}, False), ({"employment": "in_post"}, True)):
        saving.save(system, ACCOUNT, change, row=row)
        assert sign_in(system, row.username).active == active


def test_a_new_name_is_the_same_sign_in(system: Session):
    row = made(system)
    before, name = sign_in(system, row.username), f"q{fresh()}"
    saving.save(system, ACCOUNT, {"username": name}, row=row)
    assert sign_in(system, name).id == before.id


def test_a_deleted_account_opens_nothing_and_frees_its_name(system: Session):
    row = made(system)
    name, before = row.username, sign_in(system, row.username)
    saving.delete(system, row)
    left = system.execute(sa.text("SELECT username, active FROM ab_user WHERE id = :id"), {"id": before.id}).one()
    assert (left.active, sign_in(system, name)) == (False, None)
    assert sign_in(system, made(system, username=name).username).id != before.id


def test_3753_accounts_at_once(system: Session):
    """A prefecture's users in one file (users.md, §3): every one of them can be given a password afterwards."""
    mark = fresh()
    rows = [
        {"username": f"m{mark}_{n}", "real_name": "某人", "department": OWN, "roles": "数据录入员、任务承办人"}
        for n in range(3753)
    ]
    outcome, _ = store(system, ACCOUNT, rows)
    assert (outcome.inserted, outcome.failed) == (3753, 0)
    counted = system.execute(
        sa.text("SELECT count(*) AS users, count(*) FILTER (WHERE active) AS active, "
                "(SELECT count(*) FROM ab_user_role x JOIN ab_user u ON u.id = x.user_id WHERE u.username LIKE :like) AS roles "
                "FROM ab_user WHERE username LIKE :like"), {"like": f"m{mark}\\_%"},
    ).one()  # fmt: skip
    assert tuple(counted) == (3753, 3753, 2 * 3753)


def test_a_citizen_has_one_account_and_a_staff_number_one_holder(world: World, browser: Callable[[str], Browser]):
    number = world.given("account")[0].get("citizen_no") or "610104198802150010"
    writer = browser("t_own")
    first = {"username": f"p{fresh()}", "real_name": "某人", "citizen_no": number, "staff_number": f"S{fresh()}"}
    assert writer.send("POST", "/api/v1/account/", first).status_code == 201
    again = first | {"username": f"p{fresh()}", "staff_number": None}
    assert "身份证号" in writer.send("POST", "/api/v1/account/", again).get_data(as_text=True)
    again = first | {"username": f"p{fresh()}", "citizen_no": None}
    assert writer.send("POST", "/api/v1/account/", again).status_code in (409, 422)


def test_a_department_admin_imports_with_forbidden_rows(
    world: World, browser: Callable[[str], Browser], tmp_path: Path
):
    """The good row is stored; each of the others is told which unit and which role stands in its way."""
    import io

    name = f"i{fresh()}"
    rows = [
        {"username": f"{name}a", "real_name": "甲", "department": OWN, "roles": ["clerk"]},
        {"username": f"{name}b", "real_name": "乙", "department": STRANGE, "roles": ["clerk"]},
        {"username": f"{name}c", "real_name": "丙", "department": OWN, "roles": ["sec_admin"]},
        {"username": f"{name}d", "real_name": "丁", "department": OWN, "roles": ["dept_admin"]},
        {"username": "t_role_dept_admin", "real_name": "戊", "department": OWN, "roles": ["clerk"]},
    ]
    writer = browser("t_role_dept_admin")
    sent = writer.post("/account/import", file=(io.BytesIO(workbook(ACCOUNT, rows)), "accounts.xlsx"))
    page = writer.get(sent.headers["Location"]).get_data(as_text=True)
    for told in ("您不能为本单位及下级以外的部门录入或修改数据", "安全管理员", "部门管理员", "不能修改本人的"):
        assert told in page, told
    assert f"您无权在“{OWN}”授予或收回角色“安全管理员”" in page
    writer.post(f"{sent.headers['Location']}/commit")
    with world.session(THE_SYSTEM) as session:
        there = session.scalars(sa.text("SELECT username FROM account WHERE username LIKE :like"), {"like": f"{name}%"})
        assert list(there) == [f"{name}a"]
        assert sign_in(session, "t_role_dept_admin").roles == ["dept_admin"]


@pytest.mark.parametrize("role", ["sec_admin", "dept_admin"])
def test_requests_and_forms_give_the_same_answer(role: str, world: World, browser: Callable[[str], Browser]):
    writer = browser("t_role_dept_admin")
    given = {"username": f"r{fresh()}", "real_name": "某人", "roles": [role]}
    for answer in (
        writer.send("POST", "/api/v1/account/", given),
        writer.send("POST", "/api/v1/account/bulk", {"rows": [given], "all_or_nothing": True}),
        writer.post("/account/add", **given),
    ):
        assert answer.status_code == 422, answer.get_data(as_text=True)
        assert "您无权在" in answer.get_data(as_text=True)
    page = writer.get("/account/add").get_data(as_text=True)
    assert f'value="{role}"' in page
    assert page.count(" disabled>") >= 6  # shown, and not to be ticked


def test_housekeeping_closes_what_ran_out_and_what_nobody_used(system: Session, app: Flask):
    old, idle, used = made(system), made(system), made(system)
    long_ago = clock.now() - timedelta(days=91)
    system.execute(
        sa.text("UPDATE account SET created_at = :then, updated_at = :then WHERE username = ANY(:names)"),
        {"then": long_ago, "names": [idle.username, used.username]},
    )
    system.execute(
        sa.text("INSERT INTO credential (id, account_id, last_at, must_change, failures, failures_since) "
                "SELECT gen_random_uuid(), id, now(), false, 0, 0 FROM ab_user WHERE username = :name"),
        {"name": used.username},
    )  # fmt: skip
    ended = session_row(system, sign_in(system, idle.username).id)
    saving.save(system, ACCOUNT, {"valid_to": (clock.today() + timedelta(days=1)).isoformat()}, row=old)
    system.commit()
    try:
        done = app.test_cli_runner().invoke(args=["accounts", "settle"])
        assert done.exit_code == 0, done.output
        told = {each["username"]: each["why"] for each in json.loads(done.stdout)["deactivated"]}
        assert told.get(idle.username) == "unused"
        assert used.username not in told and old.username not in told
        assert not sign_in(system, idle.username).active
        assert sign_in(system, used.username).active
        assert ended() == "deactivated"
    finally:
        system.rollback()
        for row in (old, idle, used):
            saving.delete(system, saving.find(system, ACCOUNT, row.id))
        system.commit()
