"""An import of 100,000 inspections taken back: what the preview costs, and the undo, of new rows and of changed ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.table import by_name
from app.core.viewer import looking_as, person
from app.extensions import db
from app.transfer import sighting
from app.transfer.merge import merge
from bench import book, ground, imports, world
from bench.measure import Meter, backends, peak_memory

DATABASE = imports.FILLED


def brought_in(session: Session, file: Path) -> Any:
    """A batch that stored the file, in one transaction as the pages do it."""
    from app.transfer.batch import BatchState, ImportBatch  # every table is declared by now
    from app.transfer.headers import own_numbers

    table = by_name("inspection")
    seen = sighting.look(table, file)
    stager = sighting.stage(session, table, file, seen, seen.match.fields)
    outcome = merge(session, stager.staging)
    batch = ImportBatch(
        table_name="inspection", file_name=file.name, state=BatchState.COMMITTED.value, committed_at=clock.now(),
        inserted=outcome.inserted, updated=outcome.updated, **own_numbers(session),
    )  # fmt: skip
    session.add(batch)
    with looking_as(session, None):
        stager.staging.drop(session)
    session.commit()
    return batch


def measured(file: Path) -> dict[str, Any]:
    """Import the file, look at what an undo would do, and do it, in this process."""
    from app.transfer import undo

    with ground.application(DATABASE).app_context():
        session = db.session()
        account = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": world.CLERK})
        clerk = person(session, account)
        session.rollback()
        with looking_as(session, clerk):
            session.execute(sa.text("SELECT 1"))
            meter = Meter(backends(DATABASE))
            with meter.phase("import"):
                batch = brought_in(session, file)
            ground.settle(DATABASE)
            session.execute(sa.text("SELECT 1"))
            meter.pids = backends(DATABASE)
            with meter.phase("preview"):
                with undo.preview(session, batch) as [part]:
                    counts = part.counts
                    for bucket in undo.Bucket:
                        part.plan.rows(bucket, limit=10)
                session.rollback()
            with meter.phase("undo"):
                done = undo.undo(session, batch)
                session.commit()
        assert done == counts
    phases = {name: {"own": cost.own, "database": cost.database} for name, cost in meter.costs.items()}
    return {"phases": phases, "memory": peak_memory()[0], "removed": done.removed, "restored": done.restored}


def bench(rows: int = imports.ROWS) -> dict[str, Any]:
    """An import of new rows taken back; then the rows imported, imported again with other values, and that taken back."""
    world.ready()
    ground.fresh(DATABASE)
    new = ground.run("bench.undo", str(book.path(rows)))
    print(json.dumps({"new": new}), flush=True)
    ground.settle(DATABASE)
    imports.fresh_import(book.path(rows))
    changed = ground.run("bench.undo", str(book.path(rows, changed=1)))
    return {"new": new, "changed": changed}


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        print(json.dumps(bench(int(sys.argv[1]))))
    else:
        print(json.dumps(measured(Path(sys.argv[1]))))
