"""Make the database and the roles of the console, on any PostgreSQL to which we have a superuser's address.

`owner` owns the tables and migrates them. `app` is what the console connects as: it owns nothing but the staging schema
and is subject to every row policy. Inside a transaction it takes on one of the three viewer roles, each with its own
policies; it inherits nothing from them, so that without such a step it sees what it is granted itself, and no more.
`sealer` reads the audit log and adds its seals, and can do nothing else.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812  (the driver names its class in lower case)
from psycopg2.extensions import encrypt_password
from sqlalchemy.engine import URL, make_url

from app.core import grams
from app.embedded.server import keep_secret

OWNER, APP, SEALER = "owner", "app", "sealer"
VIEWERS = ("viewer_line", "viewer_region", "viewer_system")
STAGING = "staging"
# LIKE reveals nothing of the rows it refuses, but PostgreSQL only knows it when told so, and without it a row policy
# keeps every trigram index from being used.
LIKE_FUNCTIONS = [
    "textlike",
    "texticlike",
    "textnlike",
    "texticnlike",
    "bpcharlike",
    "bpchariclike",
    "bpcharnlike",
    "bpcharicnlike",
]
LOCK = 0x4A69616E  # "Jian": whoever provisions holds it


class Urls(NamedTuple):
    """The addresses of one database: for the migrations, for the seals of the audit log, for everything else."""

    owner: str
    app: str
    sealer: str = ""


def provision(superuser_url: str, database: str = "jianguan", *, secrets_dir: Path) -> Urls:
    """The database, the roles and the grants are there, as often as this is called; passwords lie in `secrets_dir`."""
    superuser = make_url(alchemy_url(superuser_url))
    passwords = {name: keep_secret(secrets_dir / f"{name}.password") for name in (OWNER, APP, SEALER)}
    with _connected(superuser) as connection:
        _execute(connection, "SELECT pg_advisory_lock(%s)", LOCK)  # freed with the connection
        _make_roles(connection, passwords)
        _make_database(connection, database)
        with _connected(superuser.set(database=database)) as inside:
            _make_schemas(inside)
            _mark_like_leakproof(inside)
            _make_grams(inside)
    of = {name: superuser.set(username=name, password=passwords[name], database=database) for name in passwords}
    return Urls(*(of[name].render_as_string(hide_password=False) for name in (OWNER, APP, SEALER)))


def refuse_powerful(url: str) -> None:
    """The role behind `url` is held by the row policies; otherwise the program ends and says what to do."""
    question = """SELECT rolsuper OR rolbypassrls OR pg_has_role(current_user, datdba, 'usage')
                    FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"""
    with _connected(make_url(alchemy_url(url))) as connection:
        if _ask(connection, question)[0]:
            raise SystemExit(
                "DATABASE_URL names a superuser or the owner of the database: no row policy would hold for it. "
                "Run `python -m app.embedded provision SUPERUSER_URL` and set the two addresses that it prints."
            )


def alchemy_url(url: str) -> str:
    """`url` in the form in which SQLAlchemy uses our driver: postgres:// and postgresql:// are accepted too."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if separator and scheme in ("postgres", "postgresql") else url


@contextlib.contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    connection = psycopg2.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def _execute(connection: Connection, statement: str, *values: object, **names: str | Iterable[str]) -> None:
    """Run `statement`; `{name}` in it stands for an identifier or, given several, for a list of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(statement).format(**{key: _identifiers(name) for key, name in names.items()}), values or None
        )


def _identifiers(name: str | Iterable[str]) -> sql.Composable:
    if isinstance(name, str):
        return sql.Identifier(name)
    return sql.SQL(", ").join(map(sql.Identifier, name))


def _ask(connection: Connection, question: str, *values: object) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(question, values or None)
        return cursor.fetchone() or (None,)


def _make_roles(connection: Connection, passwords: dict[str, str]) -> None:
    """Three roles can log in and three cannot; none of them can do more than it is granted."""
    for name in (*passwords, *VIEWERS):
        if _ask(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name)[0] is None:
            _execute(connection, "CREATE ROLE {name}", name=name)
        _execute(connection, "ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE", name=name)
    for name, password in passwords.items():
        hashed = encrypt_password(password, name, connection, "scram-sha-256")
        _execute(connection, "ALTER ROLE {name} LOGIN PASSWORD %s", hashed, name=name)
    _execute(connection, "ALTER ROLE {app} NOINHERIT", app=APP)
    # Pages ask many small questions at a time: helpers would cost more than they bring, and take them from others.
    _execute(connection, "ALTER ROLE {app} SET max_parallel_workers_per_gather = 0", app=APP)
    # Before PostgreSQL 16 membership had no options, and the NOINHERIT of the member says the same.
    options = " WITH INHERIT FALSE, SET TRUE" if connection.server_version >= 160000 else ""
    for viewer in VIEWERS:
        _execute(connection, "GRANT {viewer} TO {app}" + options, viewer=viewer, app=APP)


def _make_database(connection: Connection, database: str) -> None:
    """The database exists and belongs to the owner."""
    if _ask(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database)[0] is None:
        statement = "CREATE DATABASE {database} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8'"
        _execute(connection, statement, database=database, owner=OWNER)
    _execute(connection, "ALTER DATABASE {database} OWNER TO {owner}", database=database, owner=OWNER)
    # No disk turns any more: with PostgreSQL's usual 4 it reads all rows of an office beside those that a word has.
    _execute(connection, "ALTER DATABASE {database} SET random_page_cost = 1.1", database=database)


def _make_schemas(connection: Connection) -> None:
    """The owner alone creates in `public`; the app and its viewers create in `staging`."""
    users = (APP, *VIEWERS)
    _execute(connection, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    _execute(connection, "GRANT USAGE, CREATE ON SCHEMA public TO {owner}", owner=OWNER)
    _execute(connection, "GRANT USAGE ON SCHEMA public TO {users}", users=users)
    _execute(connection, "CREATE SCHEMA IF NOT EXISTS {staging} AUTHORIZATION {app}", staging=STAGING, app=APP)
    _execute(connection, "GRANT USAGE, CREATE ON SCHEMA {staging} TO {users}", staging=STAGING, users=users)


def _mark_like_leakproof(connection: Connection) -> None:
    """Trigram indexes serve LIKE and ILIKE under a row policy too."""
    unmarked = """SELECT coalesce(array_agg(oid::regprocedure::text), '{}') FROM pg_proc
                   WHERE proname = ANY(%s) AND pronamespace = 'pg_catalog'::regnamespace AND NOT proleakproof"""
    for function in _ask(connection, unmarked, LIKE_FUNCTIONS)[0]:
        try:
            _execute(connection, f"ALTER FUNCTION pg_catalog.{function} LEAKPROOF")
        except psycopg2.errors.InsufficientPrivilege:
            print("Not a superuser: text search will not use its indexes under row policies.", file=sys.stderr)
            return


def _make_grams(connection: Connection) -> None:
    """The function that cuts text into pieces is there as we know it, is the owner's, and serves under row policies."""
    if _ask(connection, grams.OUTDATED)[0]:
        _execute(connection, grams.CREATE.replace("{", "{{").replace("}", "}}"))
        _execute(connection, "ALTER FUNCTION public.grams(text[]) OWNER TO {owner}", owner=OWNER)
    if _ask(connection, grams.UNMARKED)[0]:
        with contextlib.suppress(psycopg2.errors.InsufficientPrivilege):  # told already, of LIKE
            for statement in grams.LEAKPROOF:
                _execute(connection, statement)
