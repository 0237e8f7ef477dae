"""The database says what the declarations say: row policies, grants, owners, and roles without special powers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import config
from app.core.rows import LINE, REGION, VIEWER_ROLES, RowRule
from app.core.table import LINKS, TABLES

RULES: dict[str, RowRule] = {}


@pytest.fixture(scope="module")
def owner(app: Flask) -> Iterator[sa.Connection]:
    """A connection of the role that owns the tables."""
    RULES.update(
        {name: table.__rows__ for name, table in TABLES.items()} | {name: link.rows for name, link in LINKS.items()}
    )
    engine = sa.create_engine(config.database_urls().owner)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def policies(connection: sa.Connection, table: str) -> set[tuple[Any, ...]]:
    rows = connection.execute(
        sa.text(
            "SELECT policyname, permissive, cmd, array_to_string(ARRAY(SELECT unnest(roles) ORDER BY 1), ','), qual, with_check "
            "FROM pg_policies WHERE tablename = :table"
        ),
        {"table": table},
    )
    return {tuple(row) for row in rows}


def test_policies_are_the_declared_ones(owner: sa.Connection):
    owner.execute(sa.text("CREATE TEMP TABLE model (id uuid, department_id bigint, scope_region integer)"))
    for name, rule in RULES.items():
        for policy in rule.policies():
            owner.execute(sa.text(policy.create("model").replace(":", "\\:")))
        declared = policies(owner, "model")
        assert policies(owner, name) == declared, name
        assert len(declared) >= 2
        for policy in rule.policies():
            owner.execute(sa.text(f'DROP POLICY {policy.name} ON "model"'))
    owner.rollback()


def test_a_child_of_an_open_table_is_open(owner: sa.Connection):
    for name, table in TABLES.items():
        if table.__rows__.kind == "follows":
            parent = TABLES[table.__table__.c[f"{table.__rows__.field}_id"].foreign_keys.copy().pop().column.table.name]
            assert table.__rows__.is_open == parent.__rows__.is_open, name


def test_every_table_of_the_house_is_under_row_security(owner: sa.Connection):
    found = owner.execute(
        sa.text(
            "SELECT relname, relrowsecurity AND relforcerowsecurity, pg_get_userbyid(relowner) FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f', 'm', 'v')"
        )
    ).all()
    assert {name for name, _, _ in found if not name.startswith("ab_")} - {"alembic_version"} == RULES.keys()
    assert {name for name, is_forced, _ in found if is_forced} == RULES.keys()
    assert {holder for _, _, holder in found} == {"owner"}


def test_scoped_rows_carry_their_two_numbers_and_cannot_lose_them(owner: sa.Connection):
    inspector = sa.inspect(owner)
    for name, rule in RULES.items():
        columns = {column["name"]: column for column in inspector.get_columns(name)}
        if not rule.is_scoped:
            continue
        assert not columns["department_id"]["nullable"], name
        assert not columns["scope_region"]["nullable"], name
        keys = [set(key["constrained_columns"]) for key in inspector.get_foreign_keys(name)]
        assert any({"department_id", "scope_region"} <= key for key in keys), name


def test_policies_ask_no_table_and_call_no_function_of_ours(owner: sa.Connection):
    quals = owner.execute(sa.text("SELECT coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies")).scalars()
    for text in quals:
        assert "SELECT" not in text.upper().replace("CURRENT_SETTING", "")
        assert text.count("(") == 0 or "current_setting" in text


def test_roles_have_no_special_powers(owner: sa.Connection):
    rows = owner.execute(
        sa.text(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin, rolinherit "
            "FROM pg_roles WHERE rolname = ANY(:names)"
        ),
        {"names": ["app", "owner", *VIEWER_ROLES]},
    ).all()
    assert len(rows) == 5
    for name, *powers, can_login, inherits in rows:
        assert not any(powers), name
        assert can_login == (name in ("app", "owner"))
        assert not inherits or name != "app", "without SET ROLE the application must see nothing"
    members = owner.execute(
        sa.text(
            "SELECT m.rolname, r.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member "
            "JOIN pg_roles r ON r.oid = a.roleid WHERE m.rolname = ANY(:names)"
        ),
        {"names": ["app", "owner", *VIEWER_ROLES]},
    ).all()
    assert {(member, role) for member, role in members} == {("app", role) for role in VIEWER_ROLES}


def test_the_application_connects_as_app(app: Flask):
    from app.extensions import db

    with app.app_context():
        assert db.session.execute(sa.text("SELECT session_user, current_user")).one() == ("app", "app")
        owned = (
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relowner = 'app'::regrole"
        )
        assert db.session.scalar(sa.text(owned)) == 0
        db.session.rollback()
    assert app.config["SQLALCHEMY_DATABASE_URI"] == config.database_urls().app != config.database_urls().owner


def test_viewers_may_read_and_write_rows_and_nothing_more(owner: sa.Connection):
    for role in (*VIEWER_ROLES, "app"):
        for name in RULES:
            for right, expected in {
                **dict.fromkeys(("SELECT", "INSERT", "UPDATE", "DELETE"), True),
                **dict.fromkeys(("TRUNCATE", "TRIGGER", "REFERENCES"), False),
            }.items():
                asked = owner.execute(
                    sa.text("SELECT has_table_privilege(:role, :name, :right)"),
                    {"role": role, "name": name, "right": right},
                )
                assert asked.scalar_one() == expected, (role, name, right)
        create = owner.execute(sa.text("SELECT has_schema_privilege(:role, 'public', 'CREATE')"), {"role": role})
        assert not create.scalar_one(), role


def test_functions_that_run_as_their_owner_fix_their_path(owner: sa.Connection):
    rows = owner.execute(
        sa.text(
            "SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc "
            "WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
    ).all()
    assert {name for name, _, _ in rows} == {"viewer_scope"}
    for name, settings, for_all in rows:
        assert any(setting.startswith("search_path=") for setting in settings or ()), name
        assert not for_all, name


def test_both_kinds_of_people_have_a_policy_on_every_table(owner: sa.Connection):
    for name in RULES:
        roles = {role for *_, told, _, _ in policies(owner, name) for role in told.split(",")}
        assert roles == {LINE, REGION, "viewer_system", "owner"}, name
