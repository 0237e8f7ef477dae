"""Databases that may be spoilt: a small sealed one is made once, and every test that tampers gets a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from app import schema
from app.core import audit
from app.core.audit.places import Places, places
from app.core.audit.sealer import Sealer
from app.core.audit.verify import Finding, verify
from app.embedded import Urls, default_home, ensure, provision

BASE = "audit_base"


def superuser(database: str) -> str:
    """The superuser's address of a database of this run."""
    url = make_url(ensure(default_home())).set(database=database, drivername="postgresql")
    return url.render_as_string(hide_password=False)


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A cursor; every statement is its own transaction."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def ask(cursor: Any, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run a statement; its rows, if it has any."""
    cursor.execute(statement, values or None)
    return cursor.fetchall() if cursor.description else []


@dataclass
class World:
    """One database with its keys and its anchor."""

    name: str
    home: Path
    urls: Urls = field(init=False)

    def __post_init__(self) -> None:
        self.urls = provision(ensure(default_home()), self.name, secrets_dir=default_home())
        self.home.mkdir(parents=True, exist_ok=True)

    @property
    def places(self) -> Places:
        """Where keys and anchor lie; the environment has no say."""
        return places(self.home, {})

    @contextmanager
    def sealer(self) -> Iterator[Sealer]:
        """A sealer of this database."""
        made = Sealer(self.urls.sealer, self.places)
        try:
            yield made
        finally:
            made.close()

    def seal(self) -> None:
        """Everything that has ended is sealed and anchored."""
        with self.sealer() as sealer:
            done = sealer.once(quiet=0)
        assert done.problem is None, done.problem

    @contextmanager
    def superuser(self) -> Iterator[Any]:
        """A cursor of the one who may do anything, and is somebody."""
        with connected(superuser(self.name)) as cursor:
            ask(cursor, audit.AS_SYSTEM)
            yield cursor

    @contextmanager
    def app(self) -> Iterator[Any]:
        """A cursor of the console's role."""
        with connected(self.urls.app) as cursor:
            yield cursor

    def verify(self, **given: Any) -> list[Finding]:
        """Everything that the verifier finds."""
        engine = sa.create_engine(self.urls.app, poolclass=sa.pool.NullPool)
        return list(verify(engine, self.places, **given))

    def found(self, **given: Any) -> set[str]:
        """The same as signs."""
        return {f"{each.check}/{each.what}" for each in self.verify(**given)}


def make_base(home: Path) -> World:
    """A migrated database with some hundred rows, written in four steps, each under its seal."""
    with connected(superuser("postgres")) as cursor:
        ask(cursor, f"DROP DATABASE IF EXISTS {BASE} WITH (FORCE)")
    world = World(BASE, home)
    schema.upgrade(world.urls.owner)
    with connected(world.urls.owner) as cursor:
        ask(
            cursor,
            """SET app.who = '{"actor": 7, "name": "甲", "department": 5, "via": "web", "address": "10.0.0.7"}'""",
        )
        ask(
            cursor,
            "INSERT INTO setting (id, code, value) SELECT gen_random_uuid(), 'code' || g, g FROM generate_series(1, 200) g",
        )
        ask(
            cursor,
            "INSERT INTO region (code, name, level, is_functional_zone) VALUES ('610000', '陕西省', 'province', false), ('610100', '西安市', 'city', false)",
        )
        world.seal()
        ask(cursor, "UPDATE setting SET value = 'x' || value, version = version + 1 WHERE code LIKE 'code1%'")
        world.seal()
        ask(cursor, "DELETE FROM setting WHERE code LIKE 'code9%'")
        ask(cursor, "INSERT INTO ab_role (id, name) VALUES (77, 'tester')")
        world.seal()
        ask(cursor, "UPDATE region SET name = '西安' WHERE code = '610100'")
    world.seal()
    return world


def copy(base: World, name: str, home: Path) -> World:
    """A copy of the database with its keys and its anchor."""
    with connected(superuser("postgres")) as cursor:
        ask(cursor, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        ask(cursor, f"CREATE DATABASE {name} TEMPLATE {base.name} OWNER owner")
    shutil.copytree(base.home, home, dirs_exist_ok=True)
    with connected(superuser(name)) as cursor:  # else a base older than a minute is a silence, which is an alarm
        ask(cursor, "UPDATE audit.beat SET at = clock_timestamp()")
    return World(name, home)


def drop(name: str) -> None:
    """The database is gone."""
    with connected(superuser("postgres")) as cursor:
        ask(cursor, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def unlocked(cursor: Any, *statements: str) -> None:
    """Change the log, and put its triggers back as if nothing had happened."""
    parts = [
        name
        for (name,) in ask(
            cursor, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit.log'::regclass"
        )
    ]
    tables = ["audit.log", "audit.seal", "audit.leaves", *parts]
    for table in tables:
        ask(cursor, f"ALTER TABLE {table} DISABLE TRIGGER kept")
    for statement in statements:
        ask(cursor, statement)
    for table in tables:
        ask(cursor, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER kept")


def silenced(cursor: Any, table: str, *statements: str) -> None:
    """Change a table while its triggers are off."""
    ask(cursor, f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    for statement in statements:
        ask(cursor, statement)
    ask(cursor, f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    for name in ("audit_insert", "audit_update", "audit_delete", "audit_truncate"):
        ask(cursor, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


#: An entry about a row that was changed.
SOME = "(SELECT id FROM audit.log WHERE rel = 'setting' AND action = 'update' ORDER BY id LIMIT 1)"
