"""Hidden values in full: to whom, with which reason, and what the log says of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from app.core.roles import Role
from app.core.table import TABLES, tables_with_pages
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.world import World
from tests.secrecy.given import citizen_number, mobile

ADMIN, READER = "t_role_dept_admin", "t_role_evaluator"
REASON = "核对当事人证件（测试）"


def entries(app: Flask, key: Any, action: str = "unmask") -> list[Any]:
    """What the log says of the row, as it is stored."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        wanted = "SELECT actor, name, action, rel, pk, new FROM audit.log WHERE action = :action AND (pk = :key OR rel = :key) ORDER BY id"
        found = list(db.session.execute(sa.text(wanted), {"key": str(key), "action": action}))
        db.session.remove()
        return found


@pytest.fixture
def row(world: World) -> Any:
    return world.another("inspector", id_no=citizen_number(), phone=mobile())


def test_who_may_is_asked_why_and_sees_the_value_once(app: Flask, row: Any, browser: Callable[[str], Browser]):
    admin, key, number, phone = browser(ADMIN), row.id, row.given["id_no"], row.given["phone"]
    page = admin.get(f"/inspector/show/{key}").get_data(as_text=True)
    assert f"/inspector/unmask/{key}?field=id_no" in page and number not in page
    asked = admin.get(f"/inspector/unmask/{key}?field=id_no").get_data(as_text=True)
    assert "理由" in asked and number not in asked and phone not in asked
    answer = admin.post(f"/inspector/unmask/{key}", field="id_no", usual="identity", reason=REASON)
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 200 and number in shown and phone not in shown
    assert answer.headers["Cache-Control"] == "no-store" and number not in str(answer.request.url)
    assert number not in admin.get(f"/inspector/show/{key}").get_data(as_text=True), "the next page hides it again"
    (entry,) = entries(app, key)
    assert entry.rel == "inspector" and entry.name and entry.actor > 0
    assert entry.new["field"] == "id_no" and REASON in entry.new["reason"]
    assert number not in str(entry)


@pytest.mark.parametrize(
    "given", [{}, {"usual": ""}, {"reason": "  "}, {"reason": "看"}, {"usual": "nonsense"}, {"reason": "长" * 201}]
)
def test_without_a_reason_nothing_is_shown_or_noted(
    app: Flask, given: dict[str, str], row: Any, browser: Callable[[str], Browser]
):
    answer = browser(ADMIN).post(f"/inspector/unmask/{row.id}", field="id_no", **given)
    assert answer.status_code == 422 and row.given["id_no"] not in answer.get_data(as_text=True)
    body = {"fields": ["id_no"], "reason": given.get("reason", "")}
    assert browser(ADMIN).send("POST", f"/api/v1/inspector/{row.id}/unmask", body).status_code == 422
    assert entries(app, row.id) == []


def test_the_api_gives_it_with_a_reason(app: Flask, row: Any, browser: Callable[[str], Browser]):
    body = {"fields": ["id_no", "phone"], "reason": REASON}
    answer = browser(ADMIN).send("POST", f"/api/v1/inspector/{row.id}/unmask", body)
    assert answer.status_code == 200, answer.json
    assert answer.json["result"] == {"id_no": row.given["id_no"], "phone": row.given["phone"]}
    assert answer.headers["Cache-Control"] == "no-store"
    assert [each.new["field"] for each in entries(app, row.id)] == ["id_no", "phone"]
    for wrong, status in (
        ({"fields": ["name"], "reason": REASON}, 422), ({"fields": [], "reason": REASON}, 400),
        ({"fields": "id_no", "reason": REASON}, 400), ({"fields": ["id_no"], "reason": REASON, "x": 1}, 400),
        ({"fields": ["id_no"], "reason": 5}, 422),
    ):  # fmt: skip
        assert browser(ADMIN).send("POST", f"/api/v1/inspector/{row.id}/unmask", wrong).status_code == status, wrong


def test_who_may_not_learns_nothing(app: Flask, row: Any, world: World, browser: Callable[[str], Browser]):
    foreign = world.another("subject", "stranger", kind="natural_person", id_type="citizen_id", id_no=citizen_number())
    for user, name, made in (
        (READER, "inspector", row),
        ("t_own", "inspector", row),
        (ADMIN, "subject", foreign),
        ("t_role_clerk", "inspector", row),
    ):
        person, number = browser(user), made.given["id_no"]
        page = person.get(f"/{name}/show/{made.id}")
        assert page.status_code in (200, 302, 404) and "/unmask/" not in page.get_data(as_text=True)
        answers = [
            person.get(f"/{name}/unmask/{made.id}?field=id_no"),
            person.post(f"/{name}/unmask/{made.id}", field="id_no", usual="case", reason=REASON),
            person.send("POST", f"/api/v1/{name}/{made.id}/unmask", {"fields": ["id_no"], "reason": REASON}),
        ]
        for answer in answers:
            assert answer.status_code in (302, 403, 404), (user, answer.status_code)
            assert number not in answer.get_data(as_text=True)
        assert entries(app, made.id) == []


def test_a_form_never_shows_the_full_value(app: Flask, row: Any, browser: Callable[[str], Browser]):
    browser(ADMIN).post(f"/inspector/unmask/{row.id}", field="id_no", usual="identity")
    assert row.given["id_no"] not in browser(ADMIN).get(f"/inspector/edit/{row.id}").get_data(as_text=True)


def test_an_export_in_full_needs_a_reason_and_is_noted_with_its_rows(
    app: Flask, row: Any, world: World, browser: Callable[[str], Browser]
):
    admin, number = browser(ADMIN), row.given["id_no"]
    address = f"/inspector/export_full?q={row.mark}"
    asked = admin.get(address)
    if asked.status_code == 302:
        pytest.skip("the session has to be verified first (sessions' step-up), which its own tests do")
    assert asked.status_code == 200 and number not in asked.get_data(as_text=True)
    assert admin.post(address, usual="").status_code == 422
    before = len(entries(app, "inspector", "export"))
    answer = admin.post(address, usual="case", reason=REASON)
    cells = [
        str(c)
        for line in load_workbook(io.BytesIO(answer.get_data())).worksheets[0].iter_rows(values_only=True)
        for c in line
    ]
    assert number in cells and row.given["phone"] in cells
    entry = entries(app, "inspector", "export")[before]
    assert (entry.new["rows"], entry.new["full"]) == (1, True) and REASON in entry.new["reason"]
    assert browser("t_own").get(address).status_code in (302, 403), "a role without the permission"


def test_a_full_export_keeps_other_units_masked(world: World, browser: Callable[[str], Browser]):
    number = citizen_number()
    foreign = world.another("subject", "stranger", kind="natural_person", id_type="citizen_id", id_no=number)
    answer = browser(ADMIN).post(f"/subject/export_full?q={foreign.mark}", usual="case", reason=REASON)
    if answer.status_code == 302:
        pytest.skip("the session has to be verified first")
    cells = [
        str(c)
        for line in load_workbook(io.BytesIO(answer.get_data())).worksheets[0].iter_rows(values_only=True)
        for c in line
    ]
    assert foreign.mark in " ".join(cells) and number not in " ".join(cells)


def test_administrators_and_overseers_unmask_nothing_by_default():
    overseers = (
        Role.SYS_ADMIN,
        Role.SEC_ADMIN,
        Role.AUDIT_ADMIN,
        Role.SUPERVISION_OFFICE,
        Role.AUDITOR,
        Role.EVALUATOR,
    )
    for name, table in tables_with_pages().items():
        for role in overseers:
            assert "unmask" not in table.__may__.get(role.value, ()), (name, role)
        if any("unmask" in actions for actions in table.__may__.values()):
            assert any(each.is_secret for each in TABLES[name].__fields__.values()), f"{name} hides nothing"
