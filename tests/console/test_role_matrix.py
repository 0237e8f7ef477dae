"""The role matrix shows what is stored, and marks what somebody changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.console import role_matrix
from app.core.roles import Role
from app.core.table import tables_with_pages
from app.core.viewer import answered
from app.extensions import db
from tests.conftest import Browser

OPEN_TO = {"sys_admin", "supervision_office", "dept_admin", "auditor"}


def grant(role: str, permission: str, view: str, *, give: bool) -> None:
    keys = (
        "SELECT r.id AS role_id, pv.id AS pv_id FROM ab_role r, ab_permission_view pv"
        " JOIN ab_permission p ON p.id = pv.permission_id JOIN ab_view_menu v ON v.id = pv.view_menu_id"
        " WHERE r.name = :role AND p.name = :permission AND v.name = :view"
    )
    found = db.session().execute(sa.text(keys), {"role": role, "permission": permission, "view": view}).one()
    change = (
        "INSERT INTO ab_permission_view_role (id, role_id, permission_view_id)"
        " VALUES (nextval('ab_permission_view_role_id_seq'), :r, :p)"
        if give
        else "DELETE FROM ab_permission_view_role WHERE role_id = :r AND permission_view_id = :p"
    )
    with answered(db.session()) as session:
        session.execute(sa.text(change), {"r": found.role_id, "p": found.pv_id})
        session.commit()


@pytest.fixture
def changed(app: Flask) -> Iterator[None]:
    """Inspectors may delete penalties, clerks may no longer export inspections."""
    with app.app_context():
        grant("inspector", "can_delete", "penalty", give=True)
        grant("clerk", "can_export", "inspection", give=False)
        db.session.remove()
    yield
    with app.app_context():
        grant("inspector", "can_delete", "penalty", give=False)
        grant("clerk", "can_export", "inspection", give=True)
        db.session.remove()


def test_every_cell_is_what_is_stored(app: Flask):
    with app.app_context():
        stored = role_matrix.stored(db.session())
        rows = (
            db.session()
            .execute(
                sa.text(
                    "SELECT r.name, v.name, p.name FROM ab_permission_view_role x JOIN ab_role r ON r.id = x.role_id"
                    " JOIN ab_permission_view pv ON pv.id = x.permission_view_id JOIN ab_permission p ON p.id = pv.permission_id"
                    " JOIN ab_view_menu v ON v.id = pv.view_menu_id"
                )
            )
            .all()
        )
    plain = {tuple(row) for row in rows}
    for name, table in tables_with_pages().items():
        for role in Role:
            cell = role_matrix.cell(stored, role, table)
            assert cell.granted == {a for a in table.actions() if (role.value, name, f"can_{a}") in plain}


@pytest.mark.usefixtures("changed")
def test_what_differs_from_the_declaration_is_marked(app: Flask, browser: Callable[[str], Browser]):
    with app.app_context():
        stored = role_matrix.stored(db.session())
        db.session.remove()
    tables = tables_with_pages()
    assert role_matrix.cell(stored, Role.INSPECTOR, tables["penalty"]).added == {"delete"}
    assert role_matrix.cell(stored, Role.CLERK, tables["inspection"]).removed == {"export"}
    page = browser("sysadmin").get("/roles/").get_data(as_text=True)
    assert "有 2 处与系统初始设置不同" in page
    assert page.count('class="is-different"') == 2
    one = browser("sysadmin").get("/roles/", role="inspector").get_data(as_text=True)
    assert len(re.findall(r"jg-badge jg-warn\">后来增加", one)) == 1


def test_unchanged_it_says_so(browser: Callable[[str], Browser]):
    page = browser("sysadmin").get("/roles/").get_data(as_text=True)
    assert "与系统初始设置一致" in page and "is-different" not in page
    for name in tables_with_pages():
        assert f"?table={name}" in page


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_those_who_look_after_people_may_read_it(role: str, world: object, browser: Callable[[str], Browser]):
    reader = browser(f"t_role_{role}")
    assert reader.get("/roles/").status_code == (200 if role in OPEN_TO else 403)
    assert ('href="/roles/"' in reader.get("/").get_data(as_text=True)) == (role in OPEN_TO)
    assert reader.get("/dictionary/").status_code == reader.get("/help/").status_code == 200
