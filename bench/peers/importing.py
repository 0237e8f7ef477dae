"""Where the peers' imports stand: an interpreter for them, and a copy of the world whose inspections take their rows.

The peers write into the same table with the same keys and indexes (``plain``: without the search index). What they know
nothing of is taken out of their way: the CHECKs of code lists (they store words as they are written), the row policies
(they are superusers), the capture for the audit log, and of the links the two numbers that say whose they are.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from app import domains
from app.core.table import by_name
from bench import book, ground, imports

TARGET = "bench_peer"
PACKAGES = (
    "Django==5.2.19", "django-import-export==4.4.3", "tablib[xlsx]==3.10.0", "psycopg[binary]==3.3.9", "SQLAlchemy==2.1.9",
    "pandas==3.1.1", "python-calamine==0.9.1", "fastexcel==0.21.0", "polars==2.1.0", "pyarrow==26.0.1",
)  # fmt: skip
HERE = Path(__file__).parent
CHECKS = "SELECT conname FROM pg_constraint WHERE conrelid = 'inspection'::regclass AND contype = 'c'"
WAY = (
    "ALTER TABLE inspection ALTER party_id_no_mark SET DEFAULT gen_random_uuid()",
    "ALTER TABLE inspection_inspectors DROP CONSTRAINT fk_inspection_inspectors_inspection, ALTER department_id DROP NOT NULL, "
    "ALTER scope_region DROP NOT NULL, ADD FOREIGN KEY (inspection_id) REFERENCES inspection (id), "
    "ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY",
    "VACUUM ANALYZE inspection, inspection_inspectors",
)


def python() -> Path:
    """The interpreter of a virtual environment of the peers' own, made at first need."""
    folder = ground.cache() / "peers-imports"
    found, done = folder / "bin" / "python", folder / ground.stamp_of(HERE / "importing.py")
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(found), "-m", "pip", "install", "-qq", *PACKAGES], check=True)
        done.touch()
    return found


def _prepared(*, plain: bool) -> None:
    ground.fresh(TARGET)
    ground.switch_capture(TARGET, imports.TABLES, on=False)
    with ground.connected(TARGET) as connection:
        for (name,) in ground.ask(connection, CHECKS):
            ground.ask(connection, f"ALTER TABLE inspection DROP CONSTRAINT {name}")
        for statement in (*(["DROP INDEX find_inspection_words"] if plain else []), *WAY):
            ground.ask(connection, statement)


def run(program: str, mode: str, file: Path, *, plain: bool = False) -> dict[str, Any]:
    """One import by one of the programs of this folder, into a fresh copy of the world: its costs, and what it stored."""
    domains.load()
    _prepared(plain=plain)
    url = ground.superuser()
    fields = by_name("inspection").__fields__
    job = {
        "file": str(file), "mode": mode, "database": TARGET, "host": url.query["host"], "user": url.username,
        "password": url.password, "headers": {name: str(fields[name].label) for name in book.FIELDS},
    }  # fmt: skip
    command = [str(python()), str(HERE / f"{program}.py")]
    done = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    mine = "SELECT id FROM inspection WHERE action_no LIKE 'JCNOW%'"
    with ground.connected(TARGET) as connection:
        [(found["stored"],)] = ground.ask(connection, f"SELECT count(*) FROM ({mine}) mine")
        links = f"SELECT count(*) FROM inspection_inspectors WHERE inspection_id IN ({mine})"
        [(found["links"],)] = ground.ask(connection, links)
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE {TARGET} WITH (FORCE)")
    return found


def parsed(file: Path) -> float:
    """CPU seconds in which fastexcel reads every cell of the workbook."""
    job = json.dumps({"file": str(file)})
    command = [str(python()), str(HERE / "import_parse.py")]
    done = subprocess.run(command, input=job, stdout=subprocess.PIPE, text=True, check=True)
    return float(json.loads(done.stdout)["own"])
