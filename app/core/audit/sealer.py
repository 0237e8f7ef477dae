"""The sealer: every ten seconds what has ended is sealed, and the seals go to the anchors. One at a time per database.

``python -m app.core.audit.sealer`` runs it with the address in SEALER_DATABASE_URL until its standard input ends, which
is how it leaves together with whoever has started it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from app.core.audit import seals
from app.core.audit.places import Places, places
from app.core.audit.seals import Seal, WentBack
from app.core.audit.signing import Signer, signer

log = logging.getLogger(__name__)

INTERVAL = 10.0
#: After so long an entry without a seal is an alarm.
LAG = 60.0
#: Without anything to seal an empty seal says that the sealer lives, and that nothing has happened.
QUIET = 300.0
#: Seals that an anchor gets at a time.
BATCH = 1_000
_LOCK = 0x5EA1

_WHO = """SET app.who = '{"actor": 0, "name": "sealer", "via": "job"}'"""
_UNSEALED = """
SELECT extract(epoch FROM clock_timestamp() - min(at))::float8 FROM audit.log
 WHERE txid >= coalesce(
    (SELECT CASE kind WHEN 'seal' THEN hi ELSE next END FROM audit.seal ORDER BY no DESC LIMIT 1), '0')
"""
_NOTE = "SELECT audit.note(%s, '', '', NULL, NULL, false, %s::jsonb)"
_DECLARE = "an older state was put back; if that is meant, declare it by `flask --app run audit restored --reason …`"
_BEAT = """
INSERT INTO audit.beat (at, lag, sealed, anchored, host, problem) VALUES (clock_timestamp(), %s, %s, %s, %s, %s)
ON CONFLICT (one) DO UPDATE SET at = excluded.at, lag = excluded.lag, sealed = excluded.sealed,
    anchored = excluded.anchored, host = excluded.host, problem = excluded.problem
"""


@dataclass
class Round:
    """What one round has done."""

    seal: Seal | None = None
    lag: float = 0.0
    anchored: int = 0
    problem: str | None = None


class Sealer:
    """Seals by a connection of its own, which it makes anew when it was lost."""

    def __init__(self, url: str, where: Places, who: Signer | None = None) -> None:
        self._url = url.replace("+psycopg2", "")
        self._places = where
        self._signer = who or signer(where.key, where.public)
        self._connection: Any = None
        self._is_late = False

    def run(self, stop: threading.Event, interval: float = INTERVAL) -> None:
        """Seal until told to stop, and once more then."""
        while not stop.wait(interval):
            self.try_once()
        self.try_once()
        self.close()

    def try_once(self) -> Round | None:
        """One round; what goes wrong is logged, and tried again in the next."""
        try:
            return self.once()
        except (psycopg2.Error, OSError):
            log.exception("the audit log could not be sealed")
            self.close()
            return None

    def once(self, *, quiet: float = QUIET) -> Round:
        """Seal what has ended (after ``quiet`` seconds even nothing), anchor it, and tell that we live."""
        done = Round()
        with self._working() as cursor:
            if cursor is None:
                return Round(problem="another sealer is at work")
            cursor.execute("SELECT audit.make_partitions(3)")
            cursor.execute(_UNSEALED)
            done.lag = cursor.fetchone()[0] or 0.0
            self._seal(cursor, done, quiet)
        with self._working() as cursor:
            if cursor is not None:
                if done.problem is None:
                    try:
                        done.anchored = self._anchor(cursor)
                    except OSError as error:
                        done.problem = f"not anchored: {error}"
                        log.warning(done.problem)
                self._tell(cursor, done)
        return done

    def restored(self, reason: str) -> Seal:
        """The present state is declared to be the right one, and a new epoch begins.

        Waits for a moment in which nobody writes; raises TimeoutError when there is none for a minute.
        """
        with self._working() as cursor:
            _must_have_lock(cursor)
            told = json.dumps({"reason": reason}, ensure_ascii=False)
            cursor.execute(_NOTE, ("restore", told))
        for _ in range(600):
            with self._working() as cursor:
                _must_have_lock(cursor)
                made = seals.declare_restore(cursor, self._signer, self._places.alg, reason, self._places.own.newest())
            if made is not None:
                break
            time.sleep(0.1)
        else:
            raise TimeoutError("there was no moment without a writer: stop the console and try again")
        with self._working() as cursor:
            self._anchor(cursor)
        return made

    def close(self) -> None:
        """The connection is gone."""
        if self._connection is not None:
            with contextlib.suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _working(self) -> Iterator[Any]:
        """A transaction of one snapshot; ``None`` when another sealer is at work."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg2.connect(self._url)
            self._connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ)
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute(_WHO)
                cursor.execute("SET TimeZone = 'UTC'")
        cursor = self._connection.cursor()
        with self._connection:  # the snapshot is taken after the lock
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
            is_ours = cursor.fetchone()[0]
        try:
            with self._connection:
                yield cursor if is_ours else None
        finally:
            # A lost connection has lost its lock too.
            with contextlib.suppress(psycopg2.Error), self._connection:
                if is_ours:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))

    def _seal(self, cursor: Any, done: Round, quiet: float) -> None:
        before, newest = seals.last(cursor), self._places.own.newest()
        if newest is not None and newest.no > (before.no if before else 0):
            done.problem = (
                f"the anchor knows seal {newest.no}, the database only {before.no if before else 0}: " + _DECLARE
            )
            return
        try:
            done.seal = seals.make(cursor, self._signer, self._places.alg, quiet=quiet)
        except WentBack:
            done.problem = "transactions are numbered lower than those that were sealed: " + _DECLARE

    def _anchor(self, cursor: Any) -> int:
        """Every anchor holds every seal; the number that all hold."""
        held = []
        for each in self._places.anchors:
            newest = each.last()
            while made := seals.load(cursor, f"no > {newest} AND no <= {newest + BATCH}"):
                if not all(self._signer.verify(seal.body, seal.sig) for seal in made):
                    raise OSError("a stored seal is not as it was signed: it was changed before it was anchored")
                each.add(made)
                newest = made[-1].no
            held.append(newest)
        return min(held)

    def _tell(self, cursor: Any, done: Round) -> None:
        """The beat, and once for each time that sealing falls behind an alarm on the log."""
        silent = _silent(cursor)
        is_late = max(done.lag, silent) > LAG or done.problem is not None
        if is_late and not self._is_late:
            told = json.dumps({"seconds": round(max(done.lag, silent), 1), "problem": done.problem}, ensure_ascii=False)
            cursor.execute(_NOTE, ("seal_lag", told))
        self._is_late = is_late
        newest = seals.last(cursor)
        sealed = newest.no if newest else 0
        cursor.execute(_BEAT, (done.lag, sealed, done.anchored, socket.gethostname(), done.problem))


def _silent(cursor: Any) -> float:
    """For how long no sealer has told that it lives."""
    cursor.execute("SELECT extract(epoch FROM clock_timestamp() - at)::float8 FROM audit.beat")
    row = cursor.fetchone()
    return float(row[0]) if row else 0.0


def _must_have_lock(cursor: Any) -> None:
    if cursor is None:
        raise RuntimeError("another sealer is at work: stop it first")


def main() -> None:
    """Seal until standard input ends or a signal comes."""
    logging.basicConfig(format="%(asctime)s sealer: %(message)s", level=logging.INFO)
    stop = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())

    def wait() -> None:
        sys.stdin.buffer.read()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    os.nice(5)
    Sealer(os.environ["SEALER_DATABASE_URL"], places(Path(os.environ["JIANGUAN_HOME"]))).run(stop)


if __name__ == "__main__":
    main()
