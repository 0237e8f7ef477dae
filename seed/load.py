"""Everything an empty database is given, step by step, each with what it cost."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable

from app.core import clock
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from seed import base, demo
from seed.demo import accounts
from seed.entry import Entry, Importer
from seed.upload import Upload

Say = Callable[[str], None]


def load_everything(say: Say) -> None:
    """The database holds the base and the demo data, and the demo users can sign in. Raises when a row is refused."""
    _enter_all(base.uploads(), say)
    db.session.remove()  # what rules know (working days, limits) is kept per session, and has just changed
    _enter_all(demo.uploads(clock.now()), say)
    started = _cpu()
    accounts.create()
    say(f"demo users: {len(accounts.USERS)} ({_cpu() - started:.1f} s CPU)")
    db.session.remove()


def _enter_all(uploads: Iterable[Upload], say: Say) -> None:
    """Enter uploads in their order, one transaction each; consecutive ones for the same table are told in one line."""
    entry, started, wall = Entry(""), _cpu(), time.monotonic()

    def tell() -> None:
        if entry.table:
            cost = f"{_cpu() - started:.1f} s CPU, {time.monotonic() - wall:.1f} s"
            files = f" in {entry.files} files" if entry.files > 1 else ""
            say(f"{entry.table}: {entry.rows} rows{files}, {entry.warnings} with warnings ({cost})")

    session = db.session()
    importer = Importer(session)
    with looking_as(session, THE_SYSTEM):
        for upload in uploads:
            if upload.table != entry.table:
                tell()
                entry, started, wall = Entry(upload.table), _cpu(), time.monotonic()
            entry.add(importer.enter(upload))
            session.commit()
        tell()


def _cpu() -> float:
    """CPU seconds of this process and of the readers that it has started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
