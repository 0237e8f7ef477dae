"""What the roles of the database may do beside the policies: grants, memberships, functions that run as their owner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

import config
from app.core.rows import VIEWER_ROLES
from app.core.table import LINKS, TABLES
from app.core.table.columns import target_table

ROLES = ("app", *VIEWER_ROLES)
#: What keeps sign-ins in step with accounts, and tells lead offices who is answerable.
KEEPING = {
    *(f"account_{part}_{kind}" for part in ("guard", "keep") for kind in ("insert", "update", "delete")),
    "department_report",
    "settle_accounts",
}
GRANTED, KEPT = ("SELECT", "INSERT", "UPDATE", "DELETE"), ("TRUNCATE", "TRIGGER", "REFERENCES")


@pytest.fixture(scope="module")
def owner(app: Flask) -> Iterator[sa.Connection]:
    """A connection of the role that owns the tables."""
    engine = sa.create_engine(config.database_urls().owner)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_a_child_of_an_open_table_is_open():
    for name, table in TABLES.items():
        if table.__rows__.kind == "follows":
            parent = TABLES[target_table(table.__fields__[str(table.__rows__.field)])]
            assert table.__rows__.is_open == parent.__rows__.is_open, name


def test_scoped_rows_carry_their_two_numbers_and_cannot_lose_them(owner: sa.Connection):
    inspector = sa.inspect(owner)
    rules = {name: table.__rows__ for name, table in TABLES.items()} | {name: link.rows for name, link in LINKS.items()}
    for name, rule in rules.items():
        if not rule.is_scoped:
            continue
        columns = {column["name"]: column for column in inspector.get_columns(name)}
        assert not columns["department_id"]["nullable"], name
        assert not columns["scope_region"]["nullable"], name
        keys = [set(key["constrained_columns"]) for key in inspector.get_foreign_keys(name)]
        assert any({"department_id", "scope_region"} <= key for key in keys), name


def test_only_the_application_becomes_a_viewer(owner: sa.Connection):
    members = owner.execute(
        sa.text(
            "SELECT m.rolname, r.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member "
            "JOIN pg_roles r ON r.oid = a.roleid WHERE m.rolname = ANY(:names) OR r.rolname = ANY(:names)"
        ),
        {"names": ["owner", *ROLES]},
    )
    assert {(member, role) for member, role in members if member != "postgres"} == {("app", v) for v in VIEWER_ROLES}


@pytest.mark.parametrize("role", ROLES)
def test_viewers_may_read_and_write_rows_and_nothing_more(role: str, owner: sa.Connection):
    asked = sa.text("SELECT has_table_privilege(:role, :name, :right)")
    for name in (*TABLES, *LINKS):
        is_hidden = name in TABLES and TABLES[name].__rows__.kind == "hidden"
        if is_hidden and role in ("viewer_line", "viewer_region"):
            assert not any(
                owner.execute(asked, {"role": role, "name": name, "right": each}).scalar() for each in GRANTED
            )
            continue
        for right in (*GRANTED, *KEPT):
            has = owner.execute(asked, {"role": role, "name": name, "right": right}).scalar_one()
            assert has == (right in GRANTED), (name, right)
    may = owner.execute(sa.text("SELECT has_schema_privilege(:role, 'public', 'CREATE')"), {"role": role})
    assert not may.scalar_one()


def test_functions_that_run_as_their_owner_fix_their_path(owner: sa.Connection):
    found = owner.execute(
        sa.text(
            "SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc "
            "WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
    ).all()
    own = {"viewer_scope", "settle_words", "session_scope", "setting_of"}
    assert {name for name, _, _ in found} == {*own, *KEEPING}
    for name, settings, for_all in found:
        assert any(setting.startswith("search_path=") for setting in settings or ()), name
        assert not for_all, name


def test_the_application_owns_no_table(app: Flask):
    from app.extensions import db

    with app.app_context():
        assert tuple(db.session.execute(sa.text("SELECT session_user, current_user")).one()) == ("app", "app")
        owned = (
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relowner = 'app'::regrole"
        )
        assert db.session.scalar(sa.text(owned)) == 0
        db.session.rollback()
