"""Copies of the test database: the sweep spoils what it likes without a test of another folder noticing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import make_url


@contextlib.contextmanager
def superuser(home: Path, database: str = "postgres") -> Iterator[Any]:
    """A connection on which no policy holds, for making copies and for looking behind the application's back."""
    from app.embedded import ensure

    url = make_url(ensure(home)).set(drivername="postgresql", database=database)
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def copy(home: Path, source: str, target: str) -> None:
    """``target`` is ``source`` as it stands now; whoever is connected to either is sent away."""
    with superuser(home) as connection, connection.cursor() as cursor:
        away = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (%s, %s)"
        cursor.execute(away, (source, target))
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(target)))
        statement = "CREATE DATABASE {} TEMPLATE {} OWNER owner STRATEGY FILE_COPY"
        cursor.execute(sql.SQL(statement).format(sql.Identifier(target), sql.Identifier(source)))
        cursor.execute(sql.SQL("ALTER DATABASE {} SET random_page_cost = 1.1").format(sql.Identifier(target)))


def drop(home: Path, target: str) -> None:
    """There is no such copy any more."""
    with superuser(home) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(target)))


def without_policies(home: Path, database: str, tables: list[str] | None = None) -> int:
    """No row policy holds in that database any more (or for those tables): the application is on its own."""
    with superuser(home, database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT oid::regclass::text, relname FROM pg_class WHERE relrowsecurity")
        found = [name for name, bare in cursor.fetchall() if tables is None or bare in tables]
        for name in found:
            cursor.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
        return len(found)


def environment(home: Path, database: str) -> dict[str, str]:
    """What a process of its own needs to work on that copy as the console does."""
    import config

    urls = config.database_urls()
    return {
        **os.environ,
        "JIANGUAN_HOME": str(home),
        "DATABASE_URL": make_url(urls.app).set(database=database).render_as_string(hide_password=False),
        "OWNER_DATABASE_URL": make_url(urls.owner).set(database=database).render_as_string(hide_password=False),
    }
