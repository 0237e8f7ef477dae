"""100,000 inspections from a workbook, against the limit: fastexcel's parse of it and COPY of what was accepted."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.table import by_name
from app.core.viewer import looking_as, person
from app.extensions import db
from app.transfer import sighting
from app.transfer.merge import Outcome, merge
from app.transfer.reader import open_book
from app.transfer.writing import PENDING
from bench import book, ground, world
from bench.measure import Cost, Meter, backends, peak_memory
from bench.peers import importing

ROWS, CHANGED = 100_000, 100
FILLED, LIMIT = "bench_filled", "bench_limit"
TABLES = ("inspection", "inspection_inspectors")
WORDS = "find_inspection_words"
ROUNDS = 2


def once(session: Session, file: Path, meter: Meter | None = None) -> Outcome:
    """One import as the clerk, committed: what the command ``data import`` does."""
    table, meter = by_name("inspection"), meter or Meter(set())
    account = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": world.CLERK})
    clerk = person(session, account)
    session.rollback()
    with looking_as(session, clerk):
        opened = open_book(file)
        with meter.phase("look"):
            seen = sighting.look(table, opened)
        with meter.phase("stage"), opened:  # the reader's own CPU is counted when it has ended
            stager = sighting.stage(session, table, opened, seen, seen.match.fields)
        with meter.phase("merge"):
            outcome = merge(session, stager.staging)
            with looking_as(session, None):
                stager.staging.drop(session)
            session.commit()
    return outcome


def limit(accepted: dict[str, bytes], file: Path, *, plain: bool = False) -> Meter:
    """What no importer can do without: fastexcel's parse, and COPY of the accepted rows into an identical database.

    COPY has the long list of pieces too by which we fill the search index; ``plain`` is without that index.
    """
    ground.fresh(LIMIT)
    ground.switch_capture(LIMIT, TABLES, on=False)
    with ground.connected(LIMIT) as connection:
        meter = Meter({connection.info.backend_pid})
        meter.costs["parse"] = Cost(own=importing.parsed(file))
        ground.ask(connection, f"SET gin_pending_list_limit = '{PENDING}'")
        if plain:
            ground.ask(connection, f"DROP INDEX {WORDS}")
        with connection.cursor() as cursor:
            for name, lines in accepted.items():
                with meter.phase(f"copy {name}"):
                    cursor.copy_expert(f"COPY {name} FROM STDIN", io.BytesIO(lines))
        if not plain:
            with meter.phase("copy inspection"):
                ground.ask(connection, f"SELECT gin_clean_pending_list('{WORDS}')")
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE {LIMIT} WITH (FORCE)")
    return meter


def added(database: str) -> dict[str, bytes]:
    """The rows that the world did not have, as COPY text with all their columns."""
    condition = {"inspection": "action_no LIKE 'JCNOW%'"}
    condition["inspection_inspectors"] = f"inspection_id IN (SELECT id FROM inspection WHERE {condition['inspection']})"
    lines = {}
    with ground.connected(database) as connection, connection.cursor() as cursor:
        for name in TABLES:
            buffer = io.BytesIO()
            cursor.copy_expert(f"COPY (SELECT * FROM {name} WHERE {condition[name]}) TO STDOUT", buffer)
            lines[name] = buffer.getvalue()
    return lines


def measured(file: Path) -> dict[str, Any]:
    """Import one workbook into the filled database, in this process."""
    with ground.application(FILLED).app_context():
        session = db.session()
        session.execute(sa.text("SELECT 1"))
        meter = Meter(backends(FILLED))
        outcome = once(session, file, meter)
        sight = Meter(set())
        with sight.phase("look"):
            sighting.look(by_name("inspection"), file)
    parent, child = peak_memory()
    phases = {name: {"own": cost.own, "database": cost.database} for name, cost in meter.costs.items()}
    memory = {"memory": parent + child, "parent": parent, "child": child}
    return {"cpu": meter.total, "phases": phases, "sight": sight.total} | memory | vars(outcome)


def fresh_import(file: Path) -> dict[str, Any]:
    """The same in a process of its own."""
    answer: dict[str, Any] = ground.run("bench.imports", str(file))
    return answer


def filled() -> None:
    """The filled database is there, from the last run if there was one."""
    if not ground.exists(FILLED, world.stamp()):
        world.ready()
        ground.fresh(FILLED)
        fresh_import(book.path(ROWS))
        ground.settle(FILLED)
        ground.mark(FILLED, world.stamp())


def _in_turns(file: Path) -> dict[str, Any]:
    """A first import and its limit, with the search index and without, in turns; medians of the totals."""
    found: dict[str, list[Any]] = {"first": [], "limit": [], "plain": [], "plain_limit": []}
    accepted: dict[str, bytes] = {}
    for _ in range(ROUNDS):
        for plain in (True, False):
            ground.fresh(FILLED)
            if plain:
                with ground.connected(FILLED) as connection:
                    ground.ask(connection, f"DROP INDEX {WORDS}")
            ours = fresh_import(file)
            accepted = accepted or added(FILLED)
            floor = limit(accepted, file, plain=plain)
            told = {"cpu": floor.total, "phases": {name: cost.total for name, cost in floor.costs.items()}}
            found["plain" if plain else "first"].append(ours)
            found["plain_limit" if plain else "limit"].append(told)
            print(f"bench: imports, {ours['cpu']:.1f} s, limit {floor.total:.1f} s", file=sys.stderr, flush=True)
    ground.mark(FILLED, world.stamp())
    return {name: sorted(each, key=lambda one: one["cpu"])[(len(each) - 1) // 2] for name, each in found.items()}


def bench() -> dict[str, Any]:
    """First imports and their limits; then the same file again, one row in a hundred changed, formulas in a hundred cells."""
    world.ready()
    file, other = book.path(ROWS), book.path(ROWS, changed=CHANGED)
    found = _in_turns(file)
    ground.settle(FILLED)
    again = fresh_import(file)
    changed = fresh_import(other)
    ground.settle(FILLED)
    formulas = fresh_import(book.path(ROWS, formulas=True))
    return {**found, "again": again, "changed": changed, "formulas": formulas}


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1])) if len(sys.argv) > 1 else bench()))
