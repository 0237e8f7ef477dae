"""The verifier: log against seals, seals against anchors, moments, rows against the log, and what captures them.

Everything is read in one transaction of one snapshot, beside the writers and without holding them up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from app.core.audit import capture, seals
from app.core.audit.anchor import File
from app.core.audit.places import Places
from app.core.audit.signing import Signer, checker
from app.core.audit.verify.chain import check_anchor, check_chain
from app.core.audit.verify.entries import check_entries
from app.core.audit.verify.finding import CHECKS, Finding
from app.core.audit.verify.guard import check_capture, check_keeping
from app.core.audit.verify.state import check_state
from app.core.messages import N_
from app.core.rows import SYSTEM

__all__ = ["CHECKS", "Finding", "verify"]


def verify(
    engine: Engine,
    where: Places,
    *,
    tables: Collection[str] = (),
    since: datetime | None = None,
    who: Signer | None = None,
) -> Iterator[Finding]:
    """Everything that is not as it should be. ``tables`` limits the reconciliation of rows to these (and the rest is
    left away), ``since`` the reading of entries to seals made from then on; rows are always compared in full."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
        connection.execute(text(f"SET LOCAL ROLE {SYSTEM}"))
        connection.execute(text("SET LOCAL TimeZone = 'UTC'"))
        standing = capture.standing(connection, tables or None)
        if not tables:
            yield from _of_the_log(connection, where, since, who)
        yield from check_capture(standing)
        for each in standing:
            yield from check_state(connection, each)


def _of_the_log(connection: Connection, where: Places, since: datetime | None, who: Signer | None) -> Iterator[Finding]:
    cursor = connection.connection.cursor()
    stored = seals.load(cursor)
    files = [where.anchor, *([Path(where.witness)] if where.witness and "://" not in where.witness else [])]
    if who is None and where.public.exists():
        who = checker(where.public)
    if who is None:
        yield Finding("anchor", "key", N_("没有验签公钥 {file}，不能核对签名和锚点", file=str(where.public)))
    else:
        yield from check_chain(stored, who)
        for path in files:
            if path.exists():
                yield from check_anchor(stored, File(path), who)
            elif stored:
                yield Finding("anchor", "absent", N_("锚点文件 {file} 不存在", file=str(path)))
    yield from check_entries(cursor, stored, since)
    yield from check_keeping(connection)
