"""Where the peers stand: an interpreter for them, and their copy of the inspections with the keys that help them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench import ground
from bench.large import build

PACKAGES = (
    "Django==5.2.19", "sqladmin==0.32.0", "SQLAlchemy==2.1.9", "psycopg[binary]==3.3.9", "itsdangerous==2.2.0", "greenlet==3.5.6",
    "httpx==0.28.1", "python-multipart==0.0.34",
)  # fmt: skip
HERE = Path(__file__).parent
#: Flask-AppBuilder is in our own environment already.
PROGRAMS = {"Django admin": "django_admin", "SQLAdmin": "sqladmin_list", "FAB as shipped": "fab_list"}

COPY = (
    "DROP SCHEMA IF EXISTS peer CASCADE",
    "DROP SCHEMA IF EXISTS peer_django CASCADE",
    "DROP SCHEMA IF EXISTS peer_fab CASCADE",
    "CREATE SCHEMA peer",
    "CREATE SCHEMA peer_django",
    "CREATE SCHEMA peer_fab",
    "CREATE TABLE peer.department AS TABLE public.department",
    "ALTER TABLE peer.department ADD PRIMARY KEY (id)",
    "CREATE TABLE peer.inspection AS SELECT {columns} FROM public.inspection",
    "SET maintenance_work_mem = '1GB'",
    "ALTER TABLE peer.inspection ADD PRIMARY KEY (id)",
    "CREATE INDEX ON peer.inspection (department_id, id)",
    "CREATE INDEX ON peer.inspection (department_id, checked_on)",
    "CREATE INDEX ON peer.inspection (checked_on)",
    "CREATE INDEX ON peer.inspection (action_no)",
    "VACUUM ANALYZE peer.inspection",
    "VACUUM ANALYZE peer.department",
)


def python() -> Path:
    """The interpreter of a virtual environment of the peers' own, made at first need."""
    folder = ground.cache() / "peers-lists"
    found, done = folder / "bin" / "python", folder / ground.stamp_of(HERE / "stage.py")
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(found), "-m", "pip", "install", "-qq", *PACKAGES], check=True)
        done.touch()
    return found


def copied(rows: int) -> None:
    """The peers' tables are there, with the columns that the inspections had before a search column was added."""
    database = build.name(rows)
    with ground.connected(database) as connection:
        if ground.ask(connection, "SELECT to_regclass('peer_fab.done')") != [(None,)]:
            return
        generated = "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'public.inspection'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'spelling'"  # fmt: skip
        [(columns,)] = ground.ask(connection, generated)
        for statement in COPY:
            ground.ask(connection, statement.format(columns=columns))
        ground.ask(connection, "CREATE TABLE peer_fab.done ()")


def interpreter(product: str) -> str:
    """Who runs a peer."""
    return sys.executable if product.startswith("FAB") else str(python())


def program(product: str) -> str:
    """What he runs."""
    return str(HERE / f"{PROGRAMS[product]}.py")
