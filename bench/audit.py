"""What the audit log costs: a row of a bulk import, a single write; and how fast it is sealed and verified.

Everything is measured in turns with the capture switched off, on the same database, by the same connection: the
difference of two rounds that follow one another is the cost, and the median of the differences is told.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa

from app import domains
from app.core import audit, saving
from app.core.audit import seals
from app.core.audit.places import places
from app.core.audit.sealer import Sealer
from app.core.audit.verify.entries import check_entries
from app.core.table import by_name
from app.core.viewer import looking_as, person
from bench import book, ground, imports, world
from bench.measure import Meter, backends, cpu_of, own_cpu

DATABASE = "bench_audit"
ROWS, ROUNDS = 20_000, 6
WRITES, BLOCKS = 100, 6
IMPORTED, IMPORTS = 10_000, 3
WHO = """SET app.who = '{"actor": 12, "name": "示例录入员甲", "department": 1001002000000, "via": "web",
         "request": "abcdef0123456789", "address": "10.20.30.40", "session": "0123456789abcdef"}'"""


def _bare() -> None:
    """A table like that of the inspections without its indexes: what is added to it is the capture and nothing else."""
    with ground.connected(DATABASE) as connection:
        ground.ask(connection, f"CREATE TABLE bench_rows AS SELECT * FROM inspection LIMIT {ROWS}")
        ground.ask(connection, "CREATE TABLE bench_bare (LIKE inspection INCLUDING DEFAULTS)")
        ground.ask(connection, "ALTER TABLE bench_bare ADD PRIMARY KEY (id)")
        ground.ask(connection, "ALTER TABLE bench_bare OWNER TO owner")
        ground.ask(connection, "VACUUM ANALYZE bench_rows")
    engine = sa.create_engine(ground.urls(DATABASE).owner)
    with engine.begin() as connection:
        audit.install(connection, ["bench_bare"])
    engine.dispose()


def bulk() -> dict[str, float]:
    """A row of a bulk import, in microseconds of the backend and bytes of its log."""
    off, on, wal = list[float](), list[float](), list[float]()
    with ground.connected(DATABASE) as connection:
        ground.ask(connection, WHO)
        pid = connection.info.backend_pid
        for turn in range(ROUNDS + 1):  # the first round warms up
            for captured in (False, True):
                ground.switch_capture(DATABASE, ["bench_bare"], on=False)
                ground.ask(connection, "TRUNCATE bench_bare")
                if captured:
                    ground.switch_capture(DATABASE, ["bench_bare"], on=True)
                [(before,)] = ground.ask(connection, "SELECT pg_current_wal_insert_lsn()")
                started = cpu_of(pid)
                ground.ask(connection, "INSERT INTO bench_bare SELECT * FROM bench_rows")
                spent = (cpu_of(pid) - started) / ROWS * 1e6
                [(grown,)] = ground.ask(connection, "SELECT pg_current_wal_insert_lsn() - %s::pg_lsn", before)
                if turn:
                    (on if captured else off).append(spent)
                    wal.append(float(grown) / ROWS * (1 if captured else -1))
        size = "SELECT avg(pg_column_size(l.*)) FROM (SELECT * FROM audit.log WHERE rel = 'bench_bare' LIMIT 2000) l"
        [(bytes_,)] = ground.ask(connection, size)
        # The transaction that changes them all at once: only what has changed is on the log.
        changed = list[float]()
        for captured in (False, True, False, True):
            ground.switch_capture(DATABASE, ["bench_bare"], on=captured)
            started = cpu_of(pid)
            ground.ask(
                connection, "UPDATE bench_bare SET check_result = 'x', version = version + 1, updated_at = now()"
            )
            changed.append((cpu_of(pid) - started) / ROWS * 1e6)
    extra = [b - a for a, b in zip(off, on, strict=True)]
    return {
        "without": statistics.median(off), "extra": statistics.median(extra), "spread": max(extra) - min(extra),
        "wal": sum(wal) / ROUNDS, "bytes": float(bytes_), "update": (changed[1] + changed[3] - changed[0] - changed[2]) / 2,
    }  # fmt: skip


def _turns(work: Callable[[], dict[str, float]]) -> dict[str, dict[str, float]]:
    """The work in turns, captured and not: medians of each, and of the ratios."""
    found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    tables = ["inspection", "inspection_inspectors"]
    for turn in range(BLOCKS + 1):
        for captured in (turn % 2 == 0, turn % 2 == 1):
            ground.switch_capture(DATABASE, tables, on=captured)
            cost = work()
            if turn:
                found[captured].append(cost)
    ground.switch_capture(DATABASE, tables, on=True)
    return {
        name: {key: statistics.median(each[key] for each in found[captured]) for key in found[captured][0]}
        for name, captured in (("off", False), ("on", True))
    }


def plain_writes() -> dict[str, dict[str, float]]:
    """One row in one transaction, by SQL: the CPU of the backend and the time of the client, in milliseconds."""
    with ground.connected(DATABASE) as connection:
        ground.ask(connection, WHO)
        pid = connection.info.backend_pid
        keys = [key for (key,) in ground.ask(connection, f"SELECT id FROM inspection ORDER BY id LIMIT {WRITES}")]
        change = "UPDATE inspection SET document_no = %s, version = version + 1, updated_at = now() WHERE id = %s"

        def work() -> dict[str, float]:
            started, times = cpu_of(pid), list[float]()
            for number, key in enumerate(keys):
                began = time.perf_counter()
                ground.ask(connection, change, f"{time.time_ns()}-{number}", key)
                times.append((time.perf_counter() - began) * 1000)
            return {"cpu": (cpu_of(pid) - started) / len(keys) * 1000, "p50": statistics.median(times)}

        return _turns(work)


def saved_rows() -> dict[str, dict[str, float]]:
    """One row as the console saves it (rules, references, twins), in milliseconds of all CPU."""
    from app.extensions import db

    with ground.application(DATABASE).app_context():
        session = db.session()
        table = by_name("inspection")
        account = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": world.CLERK})
        clerk = person(session, account)
        session.rollback()
        with looking_as(session, clerk):
            keys = list(session.scalars(sa.select(table.id).order_by(table.id).limit(WRITES // 2)))
            pids = backends(DATABASE)

            def work() -> dict[str, float]:
                own, served = own_cpu(), sum(map(cpu_of, pids))
                for key in keys:
                    row = saving.find(session, table, key)
                    saving.save(session, table, {"document_no": str(time.time_ns())}, row=row)
                    session.commit()
                cost = own_cpu() - own + sum(map(cpu_of, pids)) - served
                return {"cpu": cost / len(keys) * 1000}

            return _turns(work)


def _take_back() -> None:
    """What the last import has stored is gone."""
    ground.switch_capture(DATABASE, imports.TABLES, on=False)
    with ground.connected(DATABASE) as connection:
        mine = "SELECT id FROM inspection WHERE action_no LIKE 'JCNOW%'"
        ground.ask(connection, f"DELETE FROM inspection_inspectors WHERE inspection_id IN ({mine})")
        ground.ask(connection, "DELETE FROM inspection WHERE action_no LIKE 'JCNOW%'")
        ground.ask(connection, "VACUUM inspection, inspection_inspectors")


def whole_imports() -> dict[str, float]:
    """The import of a workbook with all it does, in microseconds of all CPU a row."""
    found: dict[bool, list[float]] = {False: [], True: []}
    with ground.application(DATABASE).app_context():
        from app.extensions import db

        db.session.execute(sa.text("SELECT 1"))
        meter_pids = backends(DATABASE)
        for turn in range(IMPORTS):
            for captured in (turn % 2 == 0, turn % 2 == 1):
                _take_back()
                ground.switch_capture(DATABASE, imports.TABLES, on=captured)
                meter = Meter(meter_pids)
                imports.once(db.session(), book.path(IMPORTED), meter)
                found[captured].append(meter.total / IMPORTED * 1e6)
        db.session.remove()
    ground.switch_capture(DATABASE, imports.TABLES, on=True)
    return {"off": statistics.median(found[False]), "on": statistics.median(found[True])}


def sealing() -> Iterator[tuple[str, float]]:
    """Entries a second of one core: sealed, and verified, with each hash."""
    with tempfile.TemporaryDirectory() as folder:
        for alg in ("sm3", "sha256"):
            with ground.connected(DATABASE) as connection:
                ground.ask(connection, "ALTER TABLE audit.seal DISABLE TRIGGER kept")
                ground.ask(connection, "ALTER TABLE audit.leaves DISABLE TRIGGER kept")
                ground.ask(connection, "TRUNCATE audit.seal, audit.leaves")
                ground.ask(connection, "ALTER TABLE audit.seal ENABLE ALWAYS TRIGGER kept")
                ground.ask(connection, "ALTER TABLE audit.leaves ENABLE ALWAYS TRIGGER kept")
            home = Path(folder) / alg
            sealer = Sealer(ground.urls(DATABASE).sealer, places(home, {"AUDIT_HASH": alg}))
            own = own_cpu()
            made = sealer.once().seal
            assert made is not None
            assert made.n, "nothing was sealed"
            yield f"seal {alg}", made.n / (own_cpu() - own)
            sealer.close()
            connection = psycopg2.connect(ground.urls(DATABASE).sealer.replace("+psycopg2", ""))
            with connection, connection.cursor() as cursor:
                stored = seals.load(cursor)
                own, wall = own_cpu(), time.perf_counter()
                assert list(check_entries(cursor, stored)) == []
                yield f"verify {alg}", made.n / (own_cpu() - own)
                yield f"verify {alg}, wall", made.n / (time.perf_counter() - wall)
            connection.close()


def measured() -> dict[str, Any]:
    """Everything, on a copy of the usual world."""
    domains.load()
    ground.fresh(DATABASE)
    _bare()
    found: dict[str, Any] = {"bulk": bulk(), "plain": plain_writes(), "saved": saved_rows(), "imports": whole_imports()}
    found["speed"] = dict(sealing())
    return found


def bench() -> dict[str, Any]:
    """The same in a process of its own; afterwards the copy is gone."""
    world.ready()
    found: dict[str, Any] = ground.run("bench.audit")
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE {DATABASE} WITH (FORCE)")
    return found


if __name__ == "__main__":
    print(json.dumps(measured()))
