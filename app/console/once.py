"""Something is done once, however often it is sent: the key of a submission is stored with its work."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.console.memory import Submission
from app.core import clock, secrecy
from app.core.errors import Refused
from app.core.failures import explain
from app.core.ids import uuid7
from app.core.messages import N_
from app.core.viewer import THE_SYSTEM, looking_as, must_have

Answer = dict[str, Any]

#: Printed signs only: a key is made by a machine.
_KEY = re.compile(r"[!-~]{1,100}")

#: Nobody repeats a submission after so long; how many old ones leave at a time, and how often (seconds) one looks.
KEPT_FOR = timedelta(days=7)
_AT_A_TIME, _HOURLY = 1000, 3600.0

_stored = Submission.__table__
_looked_at = float("-inf")


def once(session: Session, key: str, digest: str, do: Callable[[], Answer]) -> Answer:
    """The answer of ``do()``, which is run unless the same person sent ``key`` before; then the answer he got.

    Key, work and answer stand or fall together: they are one transaction, which the caller commits. While a twin of the
    same key is at work, this one waits for it; if the twin is rolled back, this one does the work. Raises Refused (409)
    when the key came with another content before, and whatever ``do`` raises.
    """
    if not _KEY.fullmatch(key):
        raise Refused(N_("提交标识应为 1 到 100 个英文字母、数字或符号"), status=400)
    actor = must_have(session).user_id
    _forget_now_and_then(session)
    row_id = uuid7()
    own = {"id": row_id, "key": key, "digest": digest, "created_by": actor, "updated_by": actor}
    new = insert(_stored).values(own).on_conflict_do_nothing().returning(_stored.c.id)
    try:
        is_first = session.scalar(new) is not None
    except DBAPIError as error:
        session.rollback()
        raise explain(error) from error
    if not is_first:
        return _answer_given(session, actor, key, digest)
    answer = do()
    status = answer.get("status")
    done = {"answer": answer, "status": status if isinstance(status, int) else None}
    session.execute(sa.update(_stored).where(_stored.c.id == row_id).values(done))
    return answer


def _answer_given(session: Session, actor: int | None, key: str, digest: str) -> Answer:
    same = (_stored.c.created_by.is_not_distinct_from(actor), _stored.c.key == key)
    found = session.execute(sa.select(_stored.c.digest, _stored.c.answer).where(*same)).one_or_none()
    if found is None or (found.answer is None and found.digest == digest):
        raise Refused(N_("这次提交正在处理，请稍后再试"), status=409)
    if found.digest != digest:
        raise Refused(N_("这份内容已经提交过，而这次的内容与上次不同；请重新打开页面后再填写提交"), status=409)
    answer: Answer = found.answer
    return answer


def digest_of(*parts: Any) -> str:
    """The same text for the same parts, another for others: what a submission was about, in 64 signs.

    Made with a key: it is kept, and nobody who reads it may find out by trying what was sent.
    """
    told = json.dumps(parts, sort_keys=True, default=str)
    return secrecy.fingerprint("submission", told.encode())


def forget(session: Session) -> int:
    """Remove submissions of anybody older than ``KEPT_FOR``, a thousand at most. Returns how many; never commits."""
    old = sa.select(_stored.c.id).where(_stored.c.id < _first_id(clock.now() - KEPT_FOR)).order_by(_stored.c.id)
    some = old.limit(_AT_A_TIME).with_for_update(skip_locked=True).scalar_subquery()
    with looking_as(session, THE_SYSTEM):
        gone: Any = session.execute(sa.delete(_stored).where(_stored.c.id.in_(some)))
    return int(gone.rowcount)


def _first_id(moment: datetime) -> UUID:
    """No identifier made at that moment or later is smaller (identifiers begin with their time)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _forget_now_and_then(session: Session) -> None:
    global _looked_at
    if time.monotonic() - _looked_at > _HOURLY:
        _looked_at = time.monotonic()
        forget(session)
