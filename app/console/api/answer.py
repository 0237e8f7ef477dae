"""What a request is answered: rows with their ETag, conflicts with both versions, and the same again if repeated."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from flask import Response

from app.console import guard
from app.console.api import body, conflict, rows
from app.console.errors import told
from app.console.once import once
from app.core import saving
from app.core.errors import Problem
from app.core.messages import N_
from app.core.table import Table
from app.extensions import db


def of(status: int, text: str, tag: str | None = None) -> Response:
    """A JSON text with its ETag."""
    answer = Response(text, status=status, content_type="application/json; charset=utf-8")
    if tag:
        answer.headers["ETag"] = tag
    return answer


def texts(table: type[Table], keys: Sequence[Any], names: tuple[str, ...] | None = None) -> list[str]:
    """The rows with those identifiers, as the one who asks may see them."""
    every = tuple(table.__fields__) if names is None else names
    return rows.texts(db.session(), table, keys, guard.must_view(), names=every)


def one(status: int, row: Table, warnings: Sequence[Problem] = (), names: tuple[str, ...] | None = None) -> Response:
    """A row, and the warnings it was accepted with."""
    key, version = row.id, row.version
    text = next(iter(texts(type(row), [key], names)), "null")
    head = json.dumps({"id": str(key), "warnings": told(warnings)}, ensure_ascii=False)
    return of(status, f'{head[:-1]}, "result": {text}}}', body.tag_of(version, text))


def stale(table: type[Table], pk: str, version: int, given: dict[str, Any]) -> Response | None:
    """412 with what is stored now and where it differs from what was given; ``None`` when the version is still that."""
    session = db.session()
    session.rollback()
    row = saving.find(session, table, pk)
    if row.version == version:
        return None
    head = {
        "message": str(N_("这条记录已被他人修改，请核对最新内容后再保存")),
        "version": row.version,
        "differences": conflict.differences(session, row, given),
    }
    text = next(iter(texts(table, [row.id])), "null")
    return of(412, f'{json.dumps(head, ensure_ascii=False)[:-1]}, "result": {text}}}', body.tag_of(row.version, text))


def once_if_keyed(do: Callable[[], Response]) -> Response:
    """What ``do`` answers, committed; under an Idempotency-Key it is done once, and answered the same again."""
    sent = body.key_of_request()
    if sent is None:
        return _ended(do())
    made: list[Response] = []

    def work() -> dict[str, Any]:
        made.append(do())
        answer = made[0]
        return {
            "status": answer.status_code,
            "text": answer.get_data(as_text=True),
            "tag": answer.headers.get("ETag"),
        }

    kept = once(db.session(), *sent, work)
    if made:
        return _ended(made[0])
    again = of(kept["status"], kept["text"], kept["tag"])
    again.headers["Idempotency-Replayed"] = "true"
    return _ended(again)


def _ended(answer: Response) -> Response:
    """The answer of work that is committed, or taken back where it was refused."""
    if answer.status_code < 400:
        db.session.commit()
    else:
        db.session.rollback()
    return answer
