"""django-import-export with its defaults, on the same model, the same machine and in the same run, row for row."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from app import domains
from app.core.table import by_name
from bench import book, ground, imports, world

ROWS, TARGET = 1000, "bench_django"
PACKAGES = ("Django==5.2.19", "django-import-export==4.4.3", "tablib[xlsx]==3.10.0", "psycopg[binary]==3.3.9")


def python() -> Path:
    """The interpreter of a virtual environment of the peer's own, made at first need."""
    folder = ground.cache() / "peers"
    found = folder / "bin" / "python"
    done = folder / ground.stamp_of(Path(__file__))
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(found), "-m", "pip", "install", "-qq", *PACKAGES], check=True)
        done.touch()
    return found


def django(file: Path) -> dict[str, Any]:
    """The peer's import into a database of its own, whose reference rows are copies of the world's."""
    domains.load()
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE IF EXISTS {TARGET} WITH (FORCE)")
        ground.ask(connection, f"CREATE DATABASE {TARGET}")
    url = ground.superuser()
    job = {
        "file": str(file),
        "source": ground.WORLD,
        "target": TARGET,
        "host": url.query["host"],
        "user": url.username,
        "password": url.password,
        "headers": {name: str(by_name("inspection").__fields__[name].label) for name in book.FIELDS},
    }
    program = Path(__file__).with_name("peer_django.py")
    done = subprocess.run(
        [str(python()), str(program)], input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True
    )
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE {TARGET} WITH (FORCE)")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def bench() -> dict[str, Any]:
    """CPU of both on one workbook of good rows, where ours pays what it costs whatever the size; and of our bulk."""
    world.ready()
    file = book.path(ROWS, faults=False)
    peer = django(file)
    ground.fresh(imports.FILLED)
    ours = imports.fresh_import(file)
    bulk = imports.fresh_import(book.path(imports.ROWS))
    ground.mark(imports.FILLED, world.stamp())
    return {"rows": ROWS, "django": peer, "ours": ours, "bulk": bulk}
