"""How an import's CPU grows with its rows, slice by slice; and what a list page costs while the rows are not committed.

``python -m bench.growth 400000``: checked and stored in this process, five thousand rows a transaction as a job does it,
with inline strings. A page is asked for by a process of its own before the commit and after it: PostgreSQL has to step
over every row that is not committed yet.
"""

from __future__ import annotations

import json
import statistics
import sys
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.table import by_name
from app.core.viewer import looking_as, person
from app.extensions import db
from app.transfer import sighting
from app.transfer.merge import merge
from app.transfer.reader import Limits, open_book
from app.transfer.staging import Staging
from app.transfer.upload.checking import AT_A_TIME
from bench import ground, huge, world
from bench.measure import Meter, backends, cpu_of, own_cpu

DATABASE, PAGES = "bench_growth", 10


def grown(session: Session, rows: int) -> dict[str, Any]:
    """The import as the clerk: CPU of its phases, microseconds a row of PostgreSQL by slice, pages before and after."""
    table, pids = by_name("inspection"), backends(DATABASE)
    meter, file = Meter(pids), huge.path(rows)
    limits = Limits(file_bytes=max(Limits.file_bytes, file.stat().st_size))
    with meter.phase("stage"), open_book(file, limits=limits) as opened:  # the reader is counted when it has ended
        seen = sighting.look(table, opened)
        staging = Staging(table, "b_growth")  # a batch's: it outlives a crash
        stager = sighting.stager_for(session, table, seen.match.fields, staging=staging)
        staging.create(session)
        done = 0
        with sighting.rows_of(table, opened, seen.sheet, seen.header, seen.match.fields) as lines:
            for number, _ in stager.take(lines):
                done += number
                if done % AT_A_TIME == 0:
                    session.commit()
        stager.finish()
        session.commit()
    slices, spent = [], sum(map(cpu_of, pids))

    def told(_done: int, _total: int) -> None:
        nonlocal spent
        now = sum(map(cpu_of, pids))
        slices.append(now - spent)
        spent = now

    with meter.phase("merge"):
        outcome = merge(session, staging, told)
    found = {"in flight": ground.run("bench.growth", "pages")}
    session.commit()
    found["committed"] = ground.run("bench.growth", "pages")
    phases = {name: [cost.own, cost.database] for name, cost in meter.costs.items()}
    return {"rows": rows, "cpu": meter.total, "phases": phases, "slices": slices, "pages": found} | vars(outcome)


def page() -> dict[str, float]:
    """CPU milliseconds of a list page, web process and PostgreSQL, the median of some."""
    from bench.pages import PAGE, signed_in

    client = signed_in(ground.application(DATABASE), world.CLERK)
    client.get(PAGE)
    pids, costs = backends(DATABASE), []
    for _ in range(PAGES):
        web, served = own_cpu(), sum(map(cpu_of, pids))
        assert client.get(PAGE).status_code == 200
        costs.append((own_cpu() - web, sum(map(cpu_of, pids)) - served))
    web, served = (statistics.median(each) * 1000 for each in zip(*costs, strict=True))
    return {"web": web, "database": served}


def bench(rows: int = 100_000) -> dict[str, Any]:
    """One import of so many rows into a fresh copy of the world."""
    world.ready()
    ground.fresh(DATABASE)
    with ground.application(DATABASE).app_context():
        session = db.session()
        account = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": world.CLERK})
        clerk = person(session, account)
        session.rollback()
        with looking_as(session, clerk):
            found = grown(session, rows)
        db.session.remove()
        db.engine.dispose()
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE {DATABASE} WITH (FORCE)")
    return found


if __name__ == "__main__":
    print(json.dumps(page() if sys.argv[1:] == ["pages"] else bench(*map(int, sys.argv[1:]))))
