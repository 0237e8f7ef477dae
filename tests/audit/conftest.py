"""Worlds of the audit tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from app.core import audit
from app.core.audit.capture import Captured
from tests.audit import databases
from tests.audit.databases import World
from tests.audit.rows import WHO


@pytest.fixture(scope="session")
def base(home: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sealed database that copies are made of."""
    from app.embedded import ensure

    ensure(home, {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"})
    return databases.make_base(tmp_path_factory.mktemp("audit"))


@pytest.fixture
def spoilt(base: World, tmp_path: Path) -> Iterator[World]:
    """A copy to tamper with."""
    yield databases.copy(base, "audit_spoilt", tmp_path)
    databases.drop("audit_spoilt")


@pytest.fixture(scope="session")
def tables(base: World) -> dict[str, Captured]:
    """Every captured table, as the database has it."""
    engine = sa.create_engine(base.urls.owner, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return {each.table.name: each.table for each in audit.standing(connection)}


@pytest.fixture
def cursor(base: World) -> Iterator[Any]:
    """A superuser whose writes are rolled back; foreign keys and other triggers keep out of it, ours do not."""
    connection = psycopg2.connect(databases.superuser(base.name))
    made = connection.cursor()
    made.execute("SET session_replication_role = replica")
    made.execute(WHO)
    made.execute("SET TimeZone = 'Asia/Shanghai'")
    yield made
    connection.close()
