"""Entries of the log as a workbook: one line for each, the differences as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app.console import download
from app.console.history import log, told
from app.console.history.asked import Asked
from app.console.history.log import Place
from app.core.messages import N_, joined
from app.extensions import db

#: Entries that are read and looked up together.
_CHUNK = 500
#: Longest text of one cell; a row of a hundred fields that was deleted is longer, and its entry tells it in full.
_LONGEST = 4000

_HEADERS = (
    N_("编号"), N_("时间"), N_("操作人"), N_("单位"), N_("操作"), N_("数据表"), N_("记录"), N_("记录标识"),
    N_("内容"), N_("来源"), N_("地址"), N_("会话"), N_("请求"), N_("导入批次"),
)  # fmt: skip


def answered(asked: Asked, where: list[Any], title: str) -> Response:
    """The workbook. Written to the end, then noted, then sent: what is not on the log has not left."""
    filters = {name: value for name, value in asked.pairs().items() if value}
    rows = _rows(db.session(), where)
    return download.sheet(title, _HEADERS, rows, table="audit.log", filters=filters, text_columns=(0, 7))


def _rows(session: Session, where: list[Any]) -> Iterator[list[Any]]:
    last: Place | None = None
    while True:
        found = log.entries(session, log.newest(log.selected(*where), last).limit(_CHUNK))
        about = told.known(session, found)
        for each in found:
            yield _line(told.tell(each, about))
        if len(found) < _CHUNK:
            return
        last = log.place(found[-1])


def _line(row: dict[str, Any]) -> list[Any]:
    changes = [f"{c['label']}{N_('：')}{c['before']} → {c['after']}" for c in row["changes"]]
    details = [f"{d['label']}{N_('：')}{d['text']}" for d in row["details"]]
    said = joined(changes + details, N_("；"))
    names = ("when", "who", "unit", "label", "table_label", "title", "key")
    origin = ("via", "address", "session", "request")
    cut = said if len(said) <= _LONGEST else said[:_LONGEST] + "…"
    batch = row["batch"]["label"] if row["batch"] else ""
    return [str(row["id"]), *(row[name] for name in names), cut, *(row[name] for name in origin), batch]
