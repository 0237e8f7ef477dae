"""Each of the two walls stands alone: PostgreSQL's policies under raw SQL, and the application's filter without them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.core import query, saving
from app.core.errors import NotVisible, Refused
from app.core.query import Criteria
from app.core.rows import LINE, REGION, SYSTEM
from app.core.table import LINKS, TABLES
from app.core.viewer import THE_SYSTEM, Viewer
from tests.every_table.tables import NAMES
from tests.every_table.world import World, owned, private

PRIVATE = [name for name in NAMES if private(TABLES[name])]
OWNED = [name for name in NAMES if owned(TABLES[name])]
SEES = {"own": True, "parent": True, "office": True, "stranger": False}


def count(session: Session, name: str, key: Any) -> int:
    statement = sa.text(f'SELECT count(*) FROM "{name}" WHERE id = :key')
    return session.execute(statement, {"key": key}).scalar_one()


@pytest.mark.parametrize("name", PRIVATE)
def test_policies_alone_hide_rows_from_raw_sql(name: str, world: World):
    row = world.row(name)
    for who, sees in SEES.items():
        with world.session(who) as session:
            assert count(session, name, row.id) == int(sees), who
            for link in (link for link in LINKS.values() if link.owner == name):
                statement = sa.text(f'SELECT count(*) FROM "{link.table.name}" WHERE "{link.owner_column}" = :key')
                found = session.execute(statement, {"key": row.id}).scalar_one()
                assert found == 0 or sees or link.rows.is_open, link.table.name  # which tell nothing but identifiers


@pytest.mark.parametrize("name", OWNED)
def test_policies_alone_refuse_raw_writes(name: str, world: World):
    row = world.row(name)
    others = [f'"{each.key}"' for each in TABLES[name].__table__.c if each.key not in ("id",) and each.computed is None]
    with world.session("stranger") as session:
        for statement in (
            f'UPDATE "{name}" SET version = version + 1 WHERE id = :key',
            f'DELETE FROM "{name}" WHERE id = :key',
        ):
            assert session.execute(sa.text(statement), {"key": row.id}).rowcount == 0
    with world.session(THE_SYSTEM) as session:
        values = session.execute(
            sa.text(f'SELECT {", ".join(others)} FROM "{name}" WHERE id = :key'), {"key": row.id}
        ).one()
    names, places = ", ".join(others), ", ".join(f":v{at}" for at in range(len(values)))
    given = {f"v{at}": value for at, value in enumerate(values)}
    with world.session("stranger") as session, pytest.raises(ProgrammingError, match="row-level security"):
        session.execute(sa.text(f'INSERT INTO "{name}" (id, {names}) VALUES (gen_random_uuid(), {places})'), given)
    mine = world.another(name, "stranger")
    own, office = world.viewers["own"], world.viewers["office"]
    with world.session("stranger") as session, pytest.raises(DBAPIError):
        statement = f'UPDATE "{name}" SET department_id = :department, scope_region = :region WHERE id = :key'
        session.execute(sa.text(statement), {"department": own.department_id, "region": office.low, "key": mine.id})


@pytest.mark.parametrize("name", sorted(link for link in LINKS if private(TABLES[LINKS[link].owner])))
def test_policies_alone_keep_links(name: str, world: World):
    link = LINKS[name]
    row = world.row(link.owner)
    target = next(iter(link.table.c[link.target_column].foreign_keys)).column.table.name
    world.another(target)
    linked = f'SELECT "{link.target_column}" FROM "{name}" WHERE "{link.owner_column}" = :key'
    with world.session(THE_SYSTEM) as session:
        free = sa.text(f'SELECT id FROM "{target}" WHERE id NOT IN ({linked}) LIMIT 1')
        other = session.execute(free, {"key": row.id}).scalar_one()
        statement = sa.text(f'SELECT department_id, scope_region FROM "{link.owner}" WHERE id = :key')
        department, region = session.execute(statement, {"key": row.id}).one()
    insert = f'INSERT INTO "{name}" VALUES (:key, :other, :department, :region)'
    given = {"key": row.id, "other": other, "department": department, "region": region}
    with world.session("stranger") as session:
        assert session.execute(sa.text(f'DELETE FROM "{name}" WHERE "{link.owner_column}" = :key'), given).rowcount == 0
    with world.session("stranger") as session, pytest.raises(ProgrammingError, match="row-level security"):
        session.execute(sa.text(insert), given)
    # Numbers of his own would pass the policy, but the key ties them to the row's.
    stranger = world.viewers["stranger"]
    with world.session("stranger") as session, pytest.raises(IntegrityError, match="foreign key"):
        session.execute(sa.text(insert), given | {"department": stranger.department_id})


@pytest.mark.parametrize("name", PRIVATE)
def test_the_application_alone_filters_what_the_system_role_could_read(name: str, world: World):
    table, row = TABLES[name], world.row(name)
    for who, sees in SEES.items():
        with world.session(THE_SYSTEM) as session:
            assert count(session, name, row.id) == 1  # the policies let everything pass
            person = world.viewers[who]
            for found in (
                saving.visible(table, person).where(table.id == row.id),
                query.matching(table, Criteria(words=row.mark), person) if row.field and row.field.search else None,
            ):
                if found is not None:
                    assert (session.scalars(found).first() is not None) == sees, who


@pytest.mark.parametrize("name", NAMES)
def test_nobody_sees_and_writes_nothing(name: str, world: World):
    table, row = TABLES[name], world.row(name)
    with world.session(None) as session:
        assert count(session, name, row.id) == 0
        assert session.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar_one() == 0
        assert session.execute(sa.text(f'DELETE FROM "{name}"')).rowcount == 0
        assert session.execute(sa.text(f'UPDATE "{name}" SET version = 9')).rowcount == 0
        with pytest.raises(Refused):
            saving.save(session, table, row.given)
        with pytest.raises(Refused):
            saving.find(session, table, row.id)


@pytest.mark.parametrize("name", PRIVATE)
def test_a_role_without_its_settings_sees_nothing(name: str, world: World):
    row = world.row(name)
    for role in (LINE, REGION):
        for settings in ("", "; SET LOCAL app.low = ''; SET LOCAL app.high = ''", "; SET LOCAL app.low = '1'"):
            with world.session(None) as session:
                session.connection().exec_driver_sql(f"SET LOCAL ROLE {role}{settings}")
                assert count(session, name, row.id) == 0
        with world.session(Viewer(role)) as session:  # a viewer made without an interval
            assert count(session, name, row.id) == 0
    with world.session(Viewer(SYSTEM)) as session:
        assert count(session, name, row.id) == 1


@pytest.mark.parametrize("name", PRIVATE)
def test_what_is_not_visible_is_not_there(name: str, world: World):
    with world.session("stranger") as session, pytest.raises(NotVisible):
        saving.find(session, TABLES[name], world.row(name).id)


def test_settings_end_with_their_transaction(world: World):
    with world.session("own") as session:
        shown = sa.text("SELECT current_setting('app.low', true), current_role")
        low, role = session.execute(shown).one()
        assert (int(low), role) == (world.viewers["own"].low, LINE)
        session.commit()
        session.info.clear()  # the same connection serves somebody else
        low, role = session.execute(shown).one()
        assert (low or "", role) == ("", "app")
