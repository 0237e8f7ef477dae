"""Imports whose worker, backend or server is killed while they are at work: a harness, and what it has found.

A folder of its own holds server, keys and files. Two workers race for every job; the same moment that kills one thing
is chosen at random out of the time that the step takes undisturbed. An observer looks at the table all the while.

``python -m tests.transfer.killing --rows 6000 --kills 6 --seed 1`` prints one JSON line.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("worker", "backend", "server")
PATIENCE = 300.0
#: As `run.py` does it, only that lost jobs are looked for every second and not every ten.
WORKER = "import app.jobs.worker as w; w.LOOK = 1.0; from app.cli.worker import beside; beside()"


@dataclass(frozen=True)
class Case:
    """One file for one table. ``seen`` is a query whose one row tells what others see of it: ``before``, or ``after``.

    ``logged`` is how many rows of each action the log must have of the commit.
    """

    table: str
    file: Path
    seen: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    logged: dict[str, int]


@dataclass
class Found:
    """What happened: kills by kind and step, and everything that is wrong."""

    seed: int
    rows: int
    kills: dict[str, int] = field(default_factory=dict)
    imports: int = 0
    retries: int = 0
    looks: int = 0
    half_visible: int = 0
    lost: int = 0
    doubled: int = 0
    audit_wrong: int = 0
    slowest_recovery: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def say(self, what: str) -> None:
        """Something is not as it must be."""
        self.wrong.append(what)


class Ground:
    """A server of its own below ``home``, the console on it, and its workers."""

    def __init__(self, home: Path, *, settings: dict[str, str] | None = None, fill: Callable[[Any], None]) -> None:
        os.environ["JIANGUAN_HOME"] = str(home)
        for name in ("DATABASE_URL", "OWNER_DATABASE_URL"):
            os.environ.pop(name, None)
        self.home, self.settings = home, settings or {}
        self.start_server()
        from app.factory import create_app

        self.app = create_app()
        fill(self.app)
        self._workers: list[subprocess.Popen[bytes]] = []
        self._wanted = 0

    # -- the server ----------------------------------------------------------------------------------------------

    def start_server(self) -> None:
        """The server answers, as often as it has been killed."""
        from app.embedded import ensure

        self.superuser = ensure(self.home, self.settings).replace("+psycopg2", "")

    @contextlib.contextmanager
    def asking(self, database: str = "jianguan") -> Iterator[Any]:
        """A superuser's cursor, every statement its own transaction."""
        url = self.superuser.replace("/postgres?", f"/{database}?")
        connection = psycopg2.connect(url, connect_timeout=5)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of an answer; asked again while the server recovers."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with self.asking() as cursor:
                    cursor.execute(question, values or None)
                    return list(cursor.fetchall()) if cursor.description else []
            except psycopg2.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    # -- workers -------------------------------------------------------------------------------------------------

    def work(self, number: int) -> None:
        """So many workers live; the dead are replaced by ``tend``."""
        self._wanted = number
        self.tend()

    def tend(self) -> None:
        """Workers that have died are followed by others, as ``run.py`` sees to it."""
        self._workers = [each for each in self._workers if each.poll() is None]
        while len(self._workers) < self._wanted:
            import config

            given = {**os.environ, "DATABASE_URL": config.database_urls().app, "OWNER_DATABASE_URL": ""}
            given |= {"SEALER_DATABASE_URL": "", "KEYS_DIR": str(config.keys_folder())}
            command = [sys.executable, "-c", WORKER]
            with (self.home / "workers.log").open("ab") as log:
                self._workers.append(
                    subprocess.Popen(command, cwd=ROOT, env=given, stdin=subprocess.PIPE, stdout=log, stderr=log)
                )

    def leave(self) -> None:
        """No worker is left."""
        self._wanted = 0
        for each in self._workers:
            each.kill()
            each.wait()

    # -- kills ---------------------------------------------------------------------------------------------------

    def kill(self, kind: str, job: str) -> int | None:
        """SIGKILL for whoever works on the job, for the backend it works on, or for the whole server.

        Returns the backend that held the job, if it will hold it no more.
        """
        holder = self.holder(job)
        if kind == "worker":
            named = self.ask("SELECT split_part(worker, ':', 2) FROM job WHERE id = %s", job)[0][0]
            victim = next((each for each in self._workers if str(each.pid) == named), self._workers[0])
            victim.kill()
            victim.wait()
            holder = holder if str(victim.pid) == named else None
        elif kind == "backend":
            if holder is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(holder, signal.SIGKILL)
        else:
            os.kill(int((self.home / "pgdata" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            time.sleep(0.5)  # its backends notice, and leave
            self.start_server()
        self.tend()
        return holder

    def holder(self, job: str) -> int | None:
        """The backend that holds the job."""
        from uuid import UUID

        from app.jobs import queue

        key = queue.lock_key(UUID(job)) & (1 << 64) - 1
        held = self.ask(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted "
            "AND classid = %s AND objid = %s",
            key >> 32,
            key & (1 << 32) - 1,
        )
        return held[0][0] if held else None

    def state(self, job: str) -> str:
        """How far the job is."""
        return str(self.ask("SELECT state FROM job WHERE id = %s", job)[0][0])


class Observer(threading.Thread):
    """Looks at the table all the while: others see what was there before, or all of it."""

    def __init__(self, ground: Ground, case: Case, found: Found) -> None:
        super().__init__(daemon=True)
        self.ground, self.case, self.found = ground, case, found
        self.is_over = threading.Event()
        self.was_after = False

    def run(self) -> None:
        """Until it is over."""
        while not self.is_over.is_set():
            try:
                with self.ground.asking() as cursor:
                    while not self.is_over.wait(0.02):
                        cursor.execute(self.case.seen)
                        self._judge(tuple(cursor.fetchone()))
            except psycopg2.Error:
                time.sleep(0.05)

    def _judge(self, seen: tuple[int, ...]) -> None:
        self.found.looks += 1
        if seen == self.case.after:
            self.was_after = True
        elif seen != self.case.before or self.was_after:
            self.found.half_visible += 1
            self.found.say(f"{self.case.file.name}: others saw {seen}")


class Import:
    """One file, from upload to the end, with kills on the way."""

    def __init__(self, ground: Ground, case: Case, account: str, found: Found) -> None:
        self.ground, self.case, self.account, self.found = ground, case, account, found
        self.batch = self.job = ""

    def run(self, kills: dict[str, list[tuple[str, float]]]) -> dict[str, float]:
        """Check and commit; ``kills`` are, for each step, what is killed and how many seconds after it has begun.

        Returns how long each step took.
        """
        from app.transfer import sighting, upload

        observer = Observer(self.ground, self.case, self.found)
        observer.start()
        table = self._table()
        with self._person() as session, self.case.file.open("rb") as stream:
            batch = upload.receive(session, table, self.case.file.name, stream)
            with upload.file_of(session, batch) as path:
                seen = sighting.look(table, path)
            upload.begin_check(session, batch, seen, seen.match.fields)
            self._ask_for("import_check", session, batch)
        took = {"check": self._through("check", kills.get("check", []))}
        with self._person() as session:
            upload.begin_commit(session, found := self._batch(session))
            self._ask_for("import_commit", session, found)
        took["commit"] = self._through("commit", kills.get("commit", []))
        time.sleep(0.1)
        observer.is_over.set()
        observer.join()
        self._count()
        return took

    def _ask_for(self, name: str, session: Any, batch: Any) -> None:
        from app import jobs

        job = jobs.defer(session, name, {"batch": str(batch.id), "url": "/"}, title=self.case.file.name)
        batch.job_id = job.id
        self.batch, self.job = str(batch.id), str(job.id)
        session.commit()

    def _through(self, step: str, kills: list[tuple[str, float]]) -> float:
        """The job of the step is done, whatever was killed meanwhile."""
        ground, begun = self.ground, time.monotonic()
        for kind, delay in kills:
            self._wait(lambda: ground.holder(self.job) is not None or ground.state(self.job) == "done")
            time.sleep(delay)
            before = ground.kill(kind, self.job)
            name = f"{kind} in {step}"
            self.found.kills[name] = self.found.kills.get(name, 0) + 1
            killed = time.monotonic()
            self._wait(
                lambda before=before: ground.holder(self.job) not in (None, before) or ground.state(self.job) == "done"
            )
            self.found.slowest_recovery = max(self.found.slowest_recovery, time.monotonic() - killed)
        self._wait(lambda: ground.state(self.job) == "done")
        return time.monotonic() - begun

    def _wait(self, met: Callable[[], bool]) -> None:
        """Until it is so; a job that was given up after many attempts is tried again, as its person would."""
        end = time.monotonic() + PATIENCE
        while not met():
            state = self.ground.state(self.job)
            if state in ("failed", "cancelled"):
                self._retry()
            if time.monotonic() > end:
                raise SystemExit(f"{self.case.file.name}: job {self.job} stays {state}")
            self.ground.tend()
            time.sleep(0.02)

    def _retry(self) -> None:
        from app import jobs

        with self._person() as session:
            jobs.retry(session, jobs.Job.key_of(self.job))
            session.commit()
        self.found.retries += 1

    def _count(self) -> None:
        """Nothing is lost, nothing is there twice, the log tells every row once."""
        case, found, ask = self.case, self.found, self.ground.ask
        found.imports += 1
        seen = ask(case.seen)[0]
        if seen != case.after:
            found.lost += sum(max(0, wanted - got) for wanted, got in zip(case.after, seen, strict=True))
            found.doubled += sum(max(0, got - wanted) for wanted, got in zip(case.after, seen, strict=True))
            found.say(f"{case.file.name}: {seen} instead of {case.after}")
        rows = ask(
            "SELECT action, count(*), count(DISTINCT pk) FROM audit.log WHERE rel = %s AND request = %s GROUP BY 1",
            case.table, self.job,
        )  # fmt: skip
        told = {action: number for action, number, _ in rows}
        notes = ask("SELECT count(*) FROM audit.log WHERE action = 'import' AND request = %s", self.job)[0][0]
        told_twice = any(number != distinct for _, number, distinct in rows)
        expected = case.logged | {"import": 1}
        if told | ({"import": notes} if "import" not in told else {}) != expected or notes != 1 or told_twice:
            found.audit_wrong += 1
            found.say(f"{case.file.name}: the log has {told}, {notes} notes, instead of {expected}")
        state = ask("SELECT state FROM import_batch WHERE id = %s", self.batch)[0][0]
        if state != "committed":
            found.say(f"{case.file.name}: the batch is {state}")

    def _table(self) -> Any:
        from app.core.table import by_name

        return by_name(self.case.table)

    def _batch(self, session: Any) -> Any:
        from app.transfer.batch import ImportBatch

        return session.get(ImportBatch, ImportBatch.key_of(self.batch), populate_existing=True)

    @contextlib.contextmanager
    def _person(self) -> Iterator[Any]:
        """A session of the person whose import it is, asked for until the server answers."""
        import sqlalchemy as sa

        from app.core.viewer import look_as, person
        from app.extensions import db

        self.ground.ask("SELECT 1")
        with self.ground.app.app_context():
            session = db.session()
            key = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": self.account})
            viewer = person(session, key)
            session.rollback()
            look_as(session, viewer)
            yield session


def kill_all(
    ground: Ground, cases: Iterator[Case], account: str, found: Found, *, kills: int, at_a_time: int = 3
) -> Found:
    """Import cases until so many have been killed, at random moments of the two steps; the first is left in peace."""
    dice = random.Random(found.seed)
    ground.work(2)
    try:
        usual = Import(ground, next(cases), account, found).run({})
        while sum(found.kills.values()) < kills:
            left = min(at_a_time, kills - sum(found.kills.values()))
            plan: dict[str, list[tuple[str, float]]] = {}
            for _ in range(left):
                step = dice.choice(("check", "commit"))
                plan.setdefault(step, []).append((dice.choice(KINDS), dice.uniform(0, usual[step])))
            Import(ground, next(cases), account, found).run(plan)
    finally:
        ground.leave()
    return found


# -- the usual case: entries of code lists --------------------------------------------------------------------------


#: What of the demo data its people need.
_NEEDED = ("region", "department", "code_list", "code_entry", "work_day", "deadline_policy", "setting", "account")


def seeded(app: Any) -> None:
    """The schema, and the people of the demo data."""
    import config
    from app import schema
    from app.cli import register
    from app.cli.prepare import synchronise
    from app.core import clock
    from app.core.viewer import THE_SYSTEM, looking_as
    from app.extensions import db
    from seed import base, demo
    from seed.demo import accounts
    from seed.entry import Importer

    register(app)
    with app.app_context():
        schema.upgrade(config.database_urls().owner)
        synchronise()
        session = db.session()
        importer = Importer(session)
        with looking_as(session, THE_SYSTEM):
            for upload in (*base.uploads(), *demo.uploads(clock.now())):
                if upload.table in _NEEDED:
                    importer.enter(upload)
                    session.commit()
        db.session.remove()
        accounts.create()
        db.session.remove()


def entries(ground: Ground, rows: int) -> Iterator[Case]:
    """Files of code entries: most are new, some change what is there, some are there as they are, some are wrong."""
    import xlsxwriter

    number = 0
    while True:
        number += 1
        code = f"KILL{number}"
        kept, changed, bad = rows // 20, rows // 10, rows // 50
        new = rows - kept - changed - bad
        _store_before(ground, code, kept + changed)
        path = ground.home / f"{code}.xlsx"
        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            sheet = book.add_worksheet("代码项")
            sheet.write_row(0, 0, ["代码表编码", "代码", "名称"])
            for at in range(rows):
                name = None if at >= rows - bad else f"改{at}" if at < changed else f"名{at}"
                sheet.write_row(at + 1, 0, [code, f"C{at}", name])
        seen = (
            "SELECT count(*), count(*) FILTER (WHERE e.name LIKE '改%' AND e.version = 2), "
            "count(*) FILTER (WHERE e.version > 2) "
            f"FROM code_entry e JOIN code_list l ON l.id = e.code_list_id WHERE l.code = '{code}'"
        )
        before, after = (kept + changed, 0, 0), (kept + changed + new, changed, 0)
        yield Case("code_entry", path, seen, before, after, {"insert": new, "update": changed})


def _store_before(ground: Ground, code: str, number: int) -> None:
    """The list, and so many entries of it, are there."""
    from app.core.table import by_name
    from app.core.viewer import THE_SYSTEM, look_as
    from app.extensions import db
    from app.transfer import given

    ground.ask("SELECT 1")
    with ground.app.app_context():
        session = db.session()
        look_as(session, THE_SYSTEM)
        _, fates = given.store(session, by_name("code_list"), [{"code": code, "name": code}])
        rows = [{"code_list": code, "code": f"C{at}", "name": f"名{at}"} for at in range(number)]
        _, more = given.store(session, by_name("code_entry"), rows)
        assert {fate.state for fate in (*fates, *more)} == {"inserted"}, [*fates, *more[:3]]
        session.commit()


def main() -> None:
    """One run, told as one JSON line; the exit status is 0 only when nothing is wrong."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=6000)
    asked.add_argument("--kills", type=int, default=6)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    given = asked.parse_args()
    home = Path(tempfile.mkdtemp(prefix="jianguan-kill-", dir="/tmp"))
    home.chmod(0o711)
    # The server leaves when the interpreter ends; what is registered before it starts comes after that.
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    quick = {"fsync": "off", "full_page_writes": "off"}  # processes are killed, not the machine
    found = Found(given.seed, given.rows)
    ground = Ground(home, settings=quick, fill=seeded)
    kill_all(ground, entries(ground, given.rows), "clerk_yanta", found, kills=given.kills)
    print(json.dumps(asdict(found), ensure_ascii=False), flush=True)
    sys.exit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
