"""Where the benches stand: a cache folder, a PostgreSQL of their own, and databases copied from one template."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from sqlalchemy.engine import URL, make_url

from app import domains
from app.core import audit
from app.embedded import Urls, ensure, provision

domains.load()  # whatever is imported from now on may ask for all tables

ROOT = Path(__file__).resolve().parent.parent
WORLD = "bench_world"
#: The CPU of a statement is that of its own backend, and of no helper that works when it pleases.
SETTINGS = {"autovacuum": "off", "max_parallel_workers_per_gather": "0", "max_parallel_maintenance_workers": "0"}


def cache() -> Path:
    """The folder for everything that is made once: JIANGUAN_BENCH, or one outside of the repository."""
    usual = Path("/var/lib/jianguan-bench") if os.geteuid() == 0 else Path.home() / ".cache" / "jianguan-bench"
    folder = Path(os.environ.get("JIANGUAN_BENCH") or usual)
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    return folder


def superuser() -> URL:
    """The superuser's address of the benches' own server, which then runs until this process has ended."""
    os.environ["JIANGUAN_HOME"] = str(cache())
    return make_url(ensure(cache(), SETTINGS))


TRIGGERS = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"


@contextmanager
def connected(database: str = "postgres") -> Iterator[Connection]:
    """The superuser's connection to a database; every statement is its own transaction."""
    url = superuser().set(drivername="postgresql", database=database)
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    connection.autocommit = True
    ask(connection, audit.AS_SYSTEM)
    try:
        yield connection
    finally:
        connection.close()


def ask(connection: Connection, question: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run a statement; its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(question, values or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def uncaptured(database: str, *tables: str) -> Iterator[None]:
    """Inside the block changes of these tables are not captured: for what is filled by millions, and to compare."""
    switch_capture(database, tables, on=False)
    try:
        yield
    finally:
        switch_capture(database, tables, on=True)


def switch_capture(database: str, tables: Iterable[str], *, on: bool) -> None:
    """Changes of these tables are captured, or not."""
    with connected(database) as connection:
        for table in tables:
            ask(connection, f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for (name,) in ask(connection, TRIGGERS, table) if on else ():
                how = "ALWAYS TRIGGER" if name.startswith("audit_") else "TRIGGER"
                ask(connection, f"ALTER TABLE {table} ENABLE {how} {name}")


def urls(database: str) -> Urls:
    """The addresses of the owner and of the app; the database and the roles are there."""
    return provision(superuser().render_as_string(hide_password=False), database, secrets_dir=cache())


def fresh(name: str, template: str = WORLD) -> str:
    """Make the database anew as a copy of the template, settled: nothing is left to vacuum, analyse or write."""
    with connected() as connection:
        ask(connection, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        ask(connection, f"CREATE DATABASE {name} TEMPLATE {template} OWNER owner")
        ask(connection, "CHECKPOINT")
    return name


def exists(name: str, stamp: str | None = None) -> bool:
    """True when there is such a database, made by the same code."""
    question = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with connected() as connection:
        found = ask(connection, question, name)
    return bool(found) and (stamp is None or found[0][0] == stamp)


def mark(name: str, stamp: str) -> None:
    """Note which code has made the database."""
    with connected() as connection:
        ask(connection, f"COMMENT ON DATABASE {name} IS %s", stamp)


def settle(name: str) -> None:
    """Do what autovacuum would have done by now."""
    with connected(name) as connection:
        ask(connection, "VACUUM ANALYZE")


def stamp_of(*files: Path) -> str:
    """A short name for the content of files."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()[:10]


def application(database: str) -> Any:
    """The console on that database."""
    domains.load()  # before the factory is imported: FAB maps all tables that are declared by then
    from app.factory import create_app

    return create_app(
        {"SQLALCHEMY_DATABASE_URI": urls(database).app, "SECRET_KEY": "signs the cookies of a bench and nothing else"}
    )


def run(module: str, *arguments: str) -> Any:
    """What a module of ours says, as JSON in its last line, when it runs in a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])
