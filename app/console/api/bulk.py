"""Many rows in one request, each with its own answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from app.console.history import events
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import Table
from app.transfer import given
from app.transfer.collector import rare_collections

_MODES: tuple[given.Mode, ...] = ("insert", "update", "upsert")
_KNOWN = frozenset({"rows", "mode", "all_or_nothing"})


@dataclass(frozen=True)
class Asked:
    """What a request wants done with its rows."""

    rows: Sequence[Mapping[str, Any]]
    mode: given.Mode
    all_or_nothing: bool


def read(table: type[Table], body: Mapping[str, Any]) -> Asked:
    """The rows and how they are meant. Raises Refused (400) for what is no such request."""
    for name in body.keys() - _KNOWN:
        raise Refused(N_("不认识“{name}”；可用的是 rows、mode、all_or_nothing", name=name[:60]), status=400)
    rows, most = body.get("rows"), int(current_app.config["API_BULK_ROWS"])
    if not isinstance(rows, list) or not rows:
        raise Refused(N_("rows 应为记录的列表，至少一条"), status=400)
    if len(rows) > most:
        raise Refused(N_("一次最多 {most} 条，现有 {n} 条；请分批提交", most=most, n=len(rows)), status=413)
    for at, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise Refused(N_("rows 的第 {row} 条不是 JSON 对象", row=at), status=400)
    mode = body.get("mode", "upsert")
    if mode not in _MODES:
        raise Refused(N_("mode 应为 insert、update 或 upsert"), status=400)
    if mode == "update" and not given.has_key(table):
        raise Refused(N_("{label}没有业务主键，不能按主键更新", label=table.__label__), status=400)
    whole = body.get("all_or_nothing", False)
    if not isinstance(whole, bool):
        raise Refused(N_("all_or_nothing 应为 true 或 false"), status=400)
    return Asked(rows, mode, whole)


def run(session: Session, table: type[Table], asked: Asked) -> tuple[int, str]:
    """Store the good rows (or none). Returns the status and the JSON text of the answer; never commits."""
    with rare_collections():
        outcome, fates = given.store(session, table, asked.rows, mode=asked.mode, all_or_nothing=asked.all_or_nothing)
    result = [_told(fate, is_stored=outcome is not None) for fate in fates]
    failed = sum(each["state"] == "failed" for each in result)
    if outcome is None:
        message = str(N_("有 {n} 条不符合要求，全部没有保存", n=failed))
        counts = {"inserted": 0, "updated": 0, "unchanged": 0, "failed": failed}
        return 422, json.dumps({"message": message, **counts, "result": result}, ensure_ascii=False)
    events.imported(session, table, outcome)
    counts = {"inserted": outcome.inserted, "updated": outcome.updated, "unchanged": outcome.unchanged}
    message = str(N_("已保存 {n} 条，{failed} 条不符合要求", n=len(fates) - failed, failed=failed))
    return 200, json.dumps({"message": message, **counts, "failed": failed, "result": result}, ensure_ascii=False)


def _told(fate: given.Fate, *, is_stored: bool) -> dict[str, Any]:
    """A row's fate as the answer tells it; what was put off because of others is ``skipped``."""
    state = "failed" if fate.state == "error" else fate.state
    if not is_stored and state != "failed":
        state = "skipped"
    told: dict[str, Any] = {"row": fate.row, "state": state}
    if state in ("inserted", "updated", "unchanged"):
        told["id"] = fate.id
    problems = [(p["w"], {"fields": p["f"], "message": p["m"], "rule": p["c"]}) for p in fate.problems or ()]
    if any(not is_warning for is_warning, _ in problems):
        told["problems"] = [problem for is_warning, problem in problems if not is_warning]
    if any(is_warning for is_warning, _ in problems):
        told["warnings"] = [problem for is_warning, problem in problems if is_warning]
    return told
