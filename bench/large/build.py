"""The large world is made once, and brought to the newest migration whenever there is one."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app import schema
from app.core.viewer import THE_SYSTEM, looking_as
from bench import ground, world
from bench.large import fill, words

ROWS = 10_000_000
#: Accounts of one county's bureau and of the province's, both clerks.
COUNTY, PROVINCE = "large_county", "large_province"
#: The third largest county: a fiftieth of all rows, and so a page 10,000 at ten million.
COUNTY_PLACE = 1 + len(words.CITIES) + 2


def name(rows: int) -> str:
    """The database of so many inspections."""
    return "bench_large" if rows == ROWS else f"bench_large_{rows}"


def stamp() -> str:
    """Which code makes the rows; migrations are run on them later."""
    here = Path(__file__).parent
    return ground.stamp_of(here / "words.py", here / "fill.py")


def _tell(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@contextmanager
def _timed(costs: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    costs[step] = round(time.monotonic() - started, 1)
    _tell(f"{step}: {costs[step]} s")


def ready(rows: int = ROWS, tell: Callable[[str], None] = _tell) -> dict[str, Any]:
    """The database is there, made by this code, migrated, vacuumed; the seconds that the steps took."""
    database, costs = name(rows), dict[str, float]()
    if not ground.exists(database, stamp()):
        _make(database, rows, costs, tell)
        ground.mark(database, stamp())
    with _timed(costs, "migrations"):
        os.environ["PGOPTIONS"] = "-c audit.baseline=off"  # ten million entries that nobody reads
        is_new = schema.upgrade(ground.urls(database).owner)
        del os.environ["PGOPTIONS"]
    if is_new:
        with _timed(costs, "vacuum after the migrations"):
            ground.settle(database)
    return {"database": database, "rows": rows, "seconds": costs, "sizes": sizes(database)}


def _make(database: str, rows: int, costs: dict[str, float], tell: Callable[[str], None]) -> None:
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    with _timed(costs, "schema"):
        schema.upgrade(ground.urls(database).owner)
    app = ground.application(database)
    with _timed(costs, "directories"), app.app_context():
        from app.extensions import db

        with looking_as(db.session(), THE_SYSTEM):
            fill.directories(db.session())
        db.session.commit()
        _people()
        db.session.remove()
        db.engine.dispose()
    with ground.uncaptured(database, "subject", "inspection"), ground.connected(database) as connection:
        with _timed(costs, "parties"):
            fill.parties(connection, rows // fill.PARTY_OF)
        with _timed(costs, "subjects"):
            fill.subjects(connection)
        with _timed(costs, "inspections"):
            indexes = fill.inspections(connection, rows, tell)
        costs.update(indexes)
    with _timed(costs, "vacuum"):
        ground.settle(database)


def _people() -> None:
    """The two clerks with their places."""
    import sqlalchemy as sa

    from app.console import permissions
    from app.core.table import TABLES
    from app.extensions import db

    with looking_as(db.session(), THE_SYSTEM):
        permissions.synchronise(db.session())
        departments = TABLES["department"].__table__
        for user, place in ((COUNTY, COUNTY_PLACE), (PROVINCE, 0)):
            code = world.office_code(place)
            office = db.session.execute(sa.select(departments).where(departments.c.uscc == code)).one()
            world.account(db.session(), user, "clerk", {"department_id": office.id, "scope_region": office.region_id})
        db.session.commit()


def sizes(database: str) -> dict[str, int]:
    """MB of the table of inspections and of each of its indexes."""
    question = """SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) FROM pg_index
                   WHERE indrelid = 'inspection'::regclass
                  UNION ALL SELECT 'inspection', pg_table_size('inspection')"""
    with ground.connected(database) as connection:
        return {each: size // 2**20 for each, size in ground.ask(connection, question)}
