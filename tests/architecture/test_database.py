"""The database is what the declarations say: policies, roles, grants; and every migration goes down and up again."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.orm import Session

import config
from app import schema
from app.core.rows import RowRule
from app.core.table import LINKS, TABLES
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.embedded import default_home, ensure, provision


def _plain(expression: str | None) -> str:
    """An expression without the brackets, casts of constants and blanks that PostgreSQL adds when it prints it."""
    return re.sub(r"[()\s]", "", expression or "").lower()


def _declared() -> dict[str, RowRule]:
    return {name: t.__rows__ for name, t in TABLES.items()} | {name: link.rows for name, link in LINKS.items()}


def test_policies_in_the_database_equal_the_declarations(session: Session) -> None:
    found: dict[str, set[tuple[str, str, frozenset[str], str, str]]] = {}
    query = "SELECT tablename, policyname, cmd, roles, qual, with_check FROM pg_policies WHERE schemaname = 'public'"
    for table, name, cmd, roles, qual, check in session.execute(sa.text(query)):
        names = roles if isinstance(roles, list) else roles.strip("{}").split(",")
        found.setdefault(table, set()).add((name, cmd, frozenset(names), _plain(qual), _plain(check)))
    wanted = {
        table: {
            (p.name, p.command, frozenset(p.roles), _plain(p.using), _plain(p.using) if p.command == "ALL" else "")
            for p in rule.policies()
        }
        for table, rule in _declared().items()
    }
    assert found == wanted


def test_every_business_table_is_under_forced_row_security(session: Session) -> None:
    query = """SELECT relname, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) FROM pg_class
               WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"""
    rows = {name: (on, forced, owner) for name, on, forced, owner in session.execute(sa.text(query))}
    without = {name for name, (on, forced, _) in rows.items() if not (on and forced)}
    assert {name for name in without if not name.startswith("ab_")} == {"alembic_version"}
    assert set(_declared()) <= rows.keys()
    assert {owner for *_, owner in rows.values()} == {"owner"}


def test_the_application_has_no_powers(session: Session) -> None:
    powers = "rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit"
    query = f"SELECT rolname, {powers} FROM pg_roles WHERE rolname = ANY(:n)"
    names = ["app", "owner", "viewer_line", "viewer_region", "viewer_system"]
    roles = {row[0]: row[1:] for row in session.execute(sa.text(query), {"n": names})}
    assert set(roles) == set(names)
    assert all(not any(has[:4]) for has in roles.values())
    assert not roles["app"][4], "the login role inherits no viewer's rows"
    assert session.scalar(sa.text("SELECT session_user")) == "app"


def test_nobody_looking_sees_nothing(session: Session) -> None:
    for name in _declared():
        assert session.scalar(sa.text(f'SELECT count(*) FROM "{name}"')) == 0, name


def test_a_policy_reads_no_other_table(session: Session) -> None:
    query = "SELECT tablename, qual FROM pg_policies WHERE schemaname = 'public' AND qual ~* 'select'"
    assert session.execute(sa.text(query)).all() == []


def test_numbers_of_a_department_nest(session: Session) -> None:
    with looking_as(session, THE_SYSTEM):
        query = """SELECT count(*) FROM department c JOIN department p ON p.id = c.parent_id
                   WHERE NOT (c.id > p.id AND c.high <= p.high)"""
        assert session.scalar(sa.text(query)) == 0
        overlap = """SELECT count(*) FROM department a
                     JOIN department b ON a.id < b.id AND b.id <= a.high AND b.high > a.high"""
        assert session.scalar(sa.text(overlap)) == 0


def test_a_moved_department_takes_its_tree_and_rows_along(session: Session) -> None:
    department = TABLES["department"]
    with looking_as(session, THE_SYSTEM):
        moved = session.scalar(sa.select(department).where(department.name == "西安市市场监督管理局"))
        other = session.scalar(sa.select(department).where(department.name == "陕西省生态环境厅"))
        assert moved is not None and other is not None
        count = "SELECT count(*) FROM inspection i WHERE i.department_id BETWEEN :low AND :high"
        before = session.scalar(sa.text(count), {"low": moved.id, "high": moved.high})
        assert before
        session.execute(
            sa.text("UPDATE department SET parent_id = :to WHERE id = :id"), {"to": other.id, "id": moved.id}
        )
        row = session.execute(sa.text("SELECT id, high FROM department WHERE name = '西安市市场监督管理局'")).one()
        assert other.id < row.id <= row.high <= other.high
        assert session.scalar(sa.text(count), {"low": row.id, "high": row.high}) == before
    session.rollback()


def test_a_line_and_a_region_cross_in_one_department(session: Session) -> None:
    """The city bureau sees its line, the city's lead office its region: both see the county bureau's rows."""
    with looking_as(session, THE_SYSTEM):
        bureau = session.execute(sa.text("SELECT id, high FROM department WHERE name = '西安市市场监督管理局'")).one()
        county = session.scalar(sa.text("SELECT id FROM department WHERE name = '西安市雁塔区市场监督管理局'"))
    count = sa.text("SELECT count(*), count(*) FILTER (WHERE department_id = :county) FROM inspection")
    with looking_as(session, Viewer("viewer_line", bureau.id, bureau.high)):
        line = session.execute(count, {"county": county}).one()
    with looking_as(session, Viewer("viewer_region", 610100000, 610199999)):
        region = session.execute(count, {"county": county}).one()
    assert line[1] == region[1] > 0
    assert line[0] < region[0], "the lead office sees every line of its region"


@pytest.fixture
def scratch(app: Flask) -> str:
    """The owner's address of an empty database."""
    urls = provision(ensure(default_home()), database="scratch", secrets_dir=default_home())
    return urls.owner


def test_each_migration_goes_down_and_up_again(scratch: str) -> None:
    settings = schema.alembic_config(scratch)
    command.downgrade(settings, "base")
    revisions = [each.revision for each in ScriptDirectory.from_config(settings).walk_revisions()][::-1]
    for revision in revisions:
        command.upgrade(settings, revision)
        command.downgrade(settings, "-1")
        command.upgrade(settings, revision)
    command.check(settings)
    engine = sa.create_engine(scratch)
    with engine.connect() as connection:
        assert schema.version(connection) == schema.head()
    command.downgrade(settings, "base")
    with engine.connect() as connection:
        left = sa.inspect(connection).get_table_names()
    engine.dispose()
    assert left == ["alembic_version"]


def test_the_owner_never_serves_the_application(app: Flask) -> None:
    assert config.database_urls().owner != app.config["SQLALCHEMY_DATABASE_URI"]
