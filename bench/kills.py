"""Large imports by the worker, which is killed again and again, as are its backend and the whole server.

``python -m bench.kills``: a server of its own (a folder in the cache), 200,000 rows, 40 kills at random moments of the
check and of the commit, twenty in each import. After every kill the table shows none of the rows or all of them; at the end
each good row stands there once, with its links, its entry in the audit log, and one transaction for all.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa

from app.transfer.reader import Limits
from bench import book, ground, world

DATABASE, ROWS = "bench_kills", 200_000
#: Kills of one import: while it is checked, while it is stored.
CHECKING, COMMITTING, IMPORTS = 14, 6, 2
#: Seconds of work between two kills: in a check every five thousand rows are kept, a commit begins anew.
PAUSES = {"checking": (0.5, 9.0), "committing": (0.5, 40.0)}
PATIENCE = 300.0
ENDS = {"checking": "checked", "committing": "committed"}


class Import:
    """One batch on its way: asked for by the clerk, done by a worker that does not live long."""

    def __init__(self, app: Any, file: Path, dice: random.Random) -> None:
        self.app, self.file, self.dice = app, file, dice
        self.kills: Counter[str] = Counter()
        self.retries, self.halves, self.batch = 0, 0, ""
        self.worker: subprocess.Popen[bytes] | None = None

    def ask(self) -> None:
        """The clerk has uploaded the workbook, and the check is asked for."""
        from app.console.view.imports import tasks
        from app.core.table import by_name
        from app.transfer import sighting, upload

        table = by_name("inspection")
        with self._clerk() as session, self.file.open("rb") as stream:
            most = max(Limits.file_bytes, self.file.stat().st_size)  # as an office that allows it has set
            batch = upload.receive(session, table, self.file.name, stream, most_bytes=most)
            seen = sighting.look(table, self.file)
            upload.begin_check(session, batch, seen, seen.match.fields)
            tasks._defer(session, [batch], "import_check", "/inspection/import/")
            session.commit()
            self.batch = str(batch.id)

    def store(self) -> None:
        """The clerk has asked for the commit of what was checked."""
        from app.console.view.imports import tasks
        from app.transfer import upload
        from app.transfer.batch import ImportBatch

        with self._clerk() as session:
            batch = session.get_one(ImportBatch, ImportBatch.key_of(self.batch))
            upload.begin_commit(session, batch)
            tasks._defer(session, [batch], "import_commit", "/inspection/import/")
            session.commit()

    def through(self, phase: str, kills: int) -> None:
        """The phase has come to its good end, after so many kills in it; a job that was given up is tried again."""
        deadline, end = time.monotonic() + PATIENCE * (kills + 2), ENDS[phase]
        while self.state()[0] != end:
            if kills and self._is_at_work():
                time.sleep(self.dice.uniform(*PAUSES[phase]))
                if self.state()[0] == end:
                    break
                self._kill(self.dice.choice(("worker", "backend", "terminated backend", "server")), phase)
                kills -= 1
                continue
            self._keep_working()
            if time.monotonic() > deadline:
                raise SystemExit(f"the import does not get on: {self.state()}")
            time.sleep(0.3)

    def state(self) -> tuple[str, str, int | None]:
        """Of the batch: its state, that of its job, how far it has come."""
        question = "SELECT b.state, j.state, b.staged_rows FROM import_batch b LEFT JOIN job j ON j.id = b.job_id WHERE b.id = %s"
        [found] = patiently(question, self.batch)
        return found

    def _is_at_work(self) -> bool:
        self._keep_working()
        return self.state()[1] == "running" and bool(patiently(AT_WORK))

    def _keep_working(self) -> None:
        if self.worker is None or self.worker.poll() is not None:
            self.worker = start_worker()
        if self.state()[1] == "failed":
            self._retry()

    def _retry(self) -> None:
        from app import jobs
        from app.transfer.batch import ImportBatch

        with self._clerk() as session:
            key = session.get_one(ImportBatch, ImportBatch.key_of(self.batch)).job_id
            assert key is not None
            jobs.retry(session, key)
            session.commit()
            self.retries += 1

    def _kill(self, what: str, phase: str) -> None:
        if what == "worker" and self.worker is not None:
            self.worker.kill()
            self.worker.wait()
        elif what == "server":
            os.kill(int((ground.cache() / "pgdata" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        else:
            pids = [pid for (pid,) in patiently(AT_WORK)]
            if not pids:
                return
            if what == "backend":
                os.kill(self.dice.choice(pids), signal.SIGKILL)
            else:
                patiently("SELECT pg_terminate_backend(%s)", self.dice.choice(pids))
        self.kills[f"{phase}: {what}"] += 1
        [(rows, links)] = patiently(SEEN)
        whole = self.state()[0] == "committed"
        self.halves += (rows, links) != (0, 0) and not whole
        print(f"  {phase}: {what} killed, {rows} rows seen, {self.state()}", file=sys.stderr, flush=True)

    @contextmanager
    def _clerk(self) -> Any:
        from app.core.viewer import looking_as, person
        from app.extensions import db

        with self.app.app_context():
            db.engine.dispose()  # its connections may have died with the server
            session = db.session()
            account = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": world.CLERK})
            clerk = person(session, account)
            session.rollback()
            with looking_as(session, clerk):
                yield session
            db.session.remove()
            db.engine.dispose()

    def end(self) -> None:
        """The worker has ended."""
        if self.worker is not None:
            self.worker.kill()
            self.worker.wait()


#: Backends that do a job: those of the console's role that are in a transaction.
AT_WORK = (
    "SELECT pid FROM pg_stat_activity WHERE usename = 'app' AND backend_type = 'client backend' "
    "AND xact_start IS NOT NULL AND application_name NOT LIKE 'worker %'"
)
MINE = "SELECT id FROM inspection WHERE action_no LIKE 'JCNOW%'"
OTHERS = "SELECT id FROM inspection WHERE action_no NOT LIKE 'JCNOW%'"
SEEN = (
    f"SELECT (SELECT count(*) FROM ({MINE}) m), "
    f"(SELECT count(*) FROM inspection_inspectors WHERE inspection_id NOT IN ({OTHERS}))"
)
AUDITED = (
    "SELECT count(*), count(DISTINCT pk), count(DISTINCT txid) FROM audit.log "
    "WHERE rel = %s AND action = 'insert' AND split_part(pk, ',', 1) IN (SELECT id::text FROM ({mine}) m)"
)


def patiently(question: str, *values: Any) -> list[tuple[Any, ...]]:
    """The superuser's question, asked again until a server is there to answer it."""
    for _ in range(600):
        try:
            with ground.connected(DATABASE) as connection:
                return ground.ask(connection, question, *values)
        except psycopg2.OperationalError:
            time.sleep(0.2)
    raise SystemExit("the server does not come back")


def start_worker() -> subprocess.Popen[bytes]:
    """A worker as ``run.py`` starts it."""
    given = {
        **os.environ, "DATABASE_URL": ground.urls(DATABASE).app, "OWNER_DATABASE_URL": "", "SEALER_DATABASE_URL": "",
        "SECRET_KEY": "signs the cookies of a bench and nothing else",
    }  # fmt: skip
    command = [sys.executable, "-c", "from app.cli.worker import beside; beside()"]
    return subprocess.Popen(command, cwd=ground.ROOT, env=given, stdin=subprocess.PIPE)


def verified(batch: str) -> dict[str, Any]:
    """What stands in the database, against what the workbook holds."""
    good = {row["action_no"] for n, row in enumerate(book.rows(ROWS, "now")) if n % 100 != 37}
    stored = [number for (number,) in patiently("SELECT action_no FROM inspection WHERE action_no LIKE 'JCNOW%'")]
    [(_, links)] = patiently(SEEN)
    entries = {name: patiently(AUDITED.format(mine=MINE.replace("%", "%%")), name)[0] for name in ("inspection", "inspection_inspectors")}  # fmt: skip
    [(state, inserted)] = patiently("SELECT state, inserted FROM import_batch WHERE id = %s", batch)
    expected = {"inspection": (len(good), len(good), 1), "inspection_inspectors": (2 * len(good), 2 * len(good), 1)}
    return {
        "lost": len(good - set(stored)), "doubled": len(stored) - len(set(stored)), "foreign": len(set(stored) - good),
        "links": links == 2 * len(good), "audited": entries == expected, "state": state, "inserted": inserted,
        "entries": entries,
    }  # fmt: skip


def measured(file: Path, imports: int, seed: int) -> list[dict[str, Any]]:
    """Imports, each with its kills, each on a fresh copy of the world."""
    world.ready()
    found = []
    for turn in range(imports):
        ground.fresh(DATABASE)
        one = Import(ground.application(DATABASE), file, random.Random(f"{seed}-{turn}"))
        started = time.monotonic()
        try:
            one.ask()
            one.through("checking", CHECKING)
            one.store()
            one.through("committing", COMMITTING)
            told = verified(one.batch)
        finally:
            one.end()
        told |= {"kills": dict(one.kills), "retries": one.retries, "halves": one.halves}
        told["seconds"] = time.monotonic() - started
        found.append(told)
        print(json.dumps(told, ensure_ascii=False), file=sys.stderr, flush=True)
    return found


def bench(imports: int = IMPORTS) -> dict[str, Any]:
    """The same with a server of its own, which nobody else needs."""
    file, folder = book.path(ROWS), ground.cache() / "kills"
    folder.mkdir(mode=0o711, exist_ok=True)
    if not (folder / "books").exists():
        (folder / "books").symlink_to(ground.cache() / "books")
    given = {**os.environ, "JIANGUAN_BENCH": str(folder)}
    command = [sys.executable, "-m", "bench.kills", "run", str(file), str(imports), str(random.randrange(10**6))]
    done = subprocess.run(command, cwd=ground.ROOT, env=given, stdout=subprocess.PIPE, text=True, check=True)
    return {"rows": ROWS, "imports": json.loads(done.stdout.splitlines()[-1])}


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        print(json.dumps(measured(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
    else:
        print(json.dumps(bench(*map(int, sys.argv[1:]))))
