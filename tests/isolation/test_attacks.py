"""What an adversary tries who has an account: more rights, somebody else's session, fields that are not his to fill."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User

from app.core.roles import Role
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from app.extensions import appbuilder
from tests.conftest import PASSWORD, Browser
from tests.every_table import sheets
from tests.every_table.world import World

ADMIN, CLERK, SECURITY = "t_role_dept_admin", "t_role_clerk", "t_role_sec_admin"
#: Roles that a department admin must never be able to give.
HIGH = (Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN, Role.SUPERVISION_OFFICE, Role.DEPT_ADMIN)


def account(world: World, username: str) -> Any:
    """The stored account."""
    with world.session(THE_SYSTEM) as session:
        return session.execute(
            sa.select(TABLES["account"].__table__).where(TABLES["account"].username == username)
        ).one()


def roles_of(app: Flask, username: str) -> set[str]:
    """What the account may be when it signs in."""
    with app.app_context():
        found = appbuilder.sm.find_user(username=username)
        return {role.name for role in found.roles} if found else set()


@pytest.mark.parametrize("role", HIGH)
def test_a_department_admin_gives_no_role_above_a_clerks(
    role: Role, app: Flask, world: World, browser: Callable[[str], Browser]
):
    admin, victim = browser(ADMIN), account(world, CLERK)
    row = {
        "username": f"climber_{role.value}",
        "real_name": "攀升者",
        "employment": "in_post",
        "roles": str(role.label),
    }
    told = [
        admin.send("POST", "/api/v1/account/", row),
        admin.send("PUT", f"/api/v1/account/{victim.id}", {"roles": str(role.label)}),
        admin.send("PUT", f"/api/v1/account/{victim.id}", {"roles": [role.value]}),
    ]
    assert all(answer.status_code in (401, 403, 422) for answer in told), [(a.status_code, a.text[:200]) for a in told]
    for rows in ([row], [{"username": CLERK, "roles": str(role.label)}]):
        answer = admin.send("POST", "/api/v1/account/bulk", {"rows": rows})
        stored = answer.json or {}
        assert not stored.get("inserted") and not stored.get("updated"), answer.text[:300]
    sheet = sheets.workbook(TABLES["account"], [row | {"roles": [role.value]}])
    import io

    page = admin.post("/account/import", file=(io.BytesIO(sheet), "账号.xlsx"))
    if page.status_code == 302:
        address = page.headers["Location"].split("?")[0].removesuffix("/map")
        admin.post(f"{address}/commit")
    assert roles_of(app, row["username"]) == set()
    assert roles_of(app, CLERK) == {Role.CLERK.value}


def test_nobody_gives_himself_anything(app: Flask, world: World, browser: Callable[[str], Browser]):
    for name in (ADMIN, SECURITY):
        own, before = account(world, name), roles_of(app, name)
        person = browser(name)
        for given in (
            {"roles": "系统管理员、安全管理员"},
            {"department": "万事市测试局"},
            {"username": "t_role_sys_admin"},
        ):
            answer = person.send("PUT", f"/api/v1/account/{own.id}", given)
            assert answer.status_code in (401, 403, 409, 422), (name, given, answer.status_code, answer.text[:200])
        assert roles_of(app, name) == before
        assert account(world, name).department_id == own.department_id


@pytest.mark.parametrize("name", ["inspection", "subject", "account", "inspector"])
def test_columns_that_are_no_input_cannot_be_filled(name: str, world: World, browser: Callable[[str], Browser]):
    """Mass assignment: who wrote a row, whose it is and how it is compared are nobody's to say."""
    table, row = TABLES[name], world.row(name)
    inputs = {field.column for field in table.__fields__.values() if field.is_input} | set(table.__fields__)
    others = [column.name for column in table.__table__.c if column.name not in inputs]
    person = browser(SECURITY if name == "account" else CLERK if name == "inspection" else "t_role_sys_admin")
    for column in (*others, "roles_", "__class__", "is_admin", "password", "active"):
        answer = person.send("PUT", f"/api/v1/{name}/{row.id}", {column: "1"})
        assert answer.status_code in (403, 422), (column, answer.status_code)
        answer = person.send("POST", f"/api/v1/{name}/bulk", {"rows": [{**row.given, column: "1"}]})
        told = answer.json or {}
        assert answer.status_code in (403, 422) or not (told.get("inserted") or told.get("updated")), (column, told)


def test_a_session_that_was_there_before_is_not_the_one_after(app: Flask):
    visitor = app.test_client()
    page = visitor.get("/login/").get_data(as_text=True)
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    before = visitor.get_cookie("session") or visitor.get_cookie("__Host-session")
    visitor.post("/login/", data={"csrf_token": token, "username": CLERK, "password": PASSWORD})
    after = visitor.get_cookie("session") or visitor.get_cookie("__Host-session")
    assert before is not None and after is not None and before.value != after.value
    fixed = app.test_client()
    fixed.set_cookie("session", before.value)
    assert fixed.get("/inspection/list/").status_code == 302  # who planted the old cookie has nothing
    assert visitor.post("/inspection/add", data={"csrf_token": token}).status_code in (302, 400)  # nor the old token


def test_a_cookie_alone_writes_nothing_by_api(browser: Callable[[str], Browser], world: World):
    clerk, row = browser(CLERK), world.row("inspection")
    for method, url in (
        ("POST", "/api/v1/inspection/"),
        ("POST", "/api/v1/inspection/bulk"),
        ("PUT", f"/api/v1/inspection/{row.id}"),
        ("DELETE", f"/api/v1/inspection/{row.id}"),
    ):
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic x", "X-CSRFToken": "x"}):
            answer = clerk.client.open(url, method=method, json=dict(row.given), headers=headers)
            assert answer.status_code in (400, 401), (method, headers, answer.status_code)


@pytest.mark.parametrize("url", ["/", "/inspection/list/", "/api/v1/inspection/", "/inspection/export", "/audit/mine/"])
def test_nothing_private_is_kept_or_sent_on(url: str, browser: Callable[[str], Browser]):
    headers = browser(CLERK).get(url).headers
    assert "no-store" in headers["Cache-Control"], url
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer", "strict-origin")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_lines_of_the_log_cannot_be_forged(app: Flask, browser: Callable[[None], Browser]):
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record.getMessage())

    handler = Keep(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    try:
        nobody = browser(None)
        forged = "clerk\r\n2026-11-22 INFO signed in: sysadmin"
        nobody.post("/login/", username=forged, password="x")
        nobody.client.get("/inspection/list/", headers={"User-Agent": "a\tb", "X-Forwarded-For": "1.2.3.4, evil"})
        nobody.client.get("/nothing/%0d%0aSet-Cookie:%20a=b")
    finally:
        logging.getLogger().removeHandler(handler)
    assert not [line for line in kept if "\n" in line and "sysadmin" in line.split("\n", 1)[1]]
    assert not [line for line in kept if PASSWORD in line]


def test_names_of_files_carry_no_headers(browser: Callable[[str], Browser], world: World):
    import io

    admin = browser("t_role_clerk")
    row = world.row("inspection")
    name = 'a".png\r\nSet-Cookie: evil=1'
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
    told = admin.post(f"/inspection/stage/{row.id}", file=(io.BytesIO(png), name))
    if told.status_code == 200:
        key = told.json["id"]  # type: ignore[index]
        assert "evil" not in str(admin.get(f"/inspection/file/{key}").headers.getlist("Set-Cookie"))
    for answer in (
        admin.get("/inspection/list/", view="x\r\nSet-Cookie: evil=1"),
        admin.get("/login/?next=//evil.example/"),
    ):
        assert "evil" not in str(answer.headers), answer.headers


def test_staged_files_and_views_of_colleagues_are_not_ones_own(browser: Callable[[str], Browser], world: World):
    """Identifiers of a colleague's draft file and own view, guessed or seen over his shoulder, are worth nothing."""
    import io

    clerk, other = browser(CLERK), browser("t_role_sys_admin")
    row = world.row("inspection")
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
    told = other.post(f"/inspection/stage/{row.id}", file=(io.BytesIO(png), "机密.png"))
    if told.status_code == 200:
        key = told.json["id"]  # type: ignore[index]
        assert clerk.get(f"/inspection/file/{key}").status_code == 404
        assert clerk.post(f"/inspection/remove_file/{key}").status_code == 404
    kept = other.post("/inspection/views", name="他人的查询", audience="own", asked="q=1")
    if kept.status_code == 302:
        view = kept.headers["Location"].rpartition("view=")[2]
        assert clerk.get("/inspection/list/", view=view).status_code == 404
        assert clerk.post(f"/inspection/views/{view}", do="delete").status_code == 404


def test_numbers_of_users_open_nothing(app: Flask, browser: Callable[[str], Browser]):
    """Pages about accounts go by names inside the asker's tree; numbers and names of others are not there."""
    with app.app_context():
        from app.extensions import db

        stranger = db.session.scalar(sa.select(User.id).where(User.username == "t_stranger"))
    security = browser(SECURITY)
    for key in ("t_stranger", str(stranger), "nobody", "%27"):
        for url in (f"/sessions/of/{key}", f"/credentials/of/{key}"):
            assert security.get(url).status_code == 404, url
        for url in (f"/sessions/of/{key}/end", f"/credentials/of/{key}/unlock", f"/credentials/of/{key}/reset-factor"):
            assert security.post(url, all="1", reason="x").status_code == 404, url
