"""Rows of an undo as people read them: what they are called, who has changed them since, what refers to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.console import guard
from app.console.history import log, told
from app.console.history.titles import titles
from app.core import clock
from app.core.messages import N_, joined
from app.core.table import LINKS, TABLES, Table, tables_with_pages
from app.core.viewer import THE_SYSTEM, looking_as
from app.transfer.batch import ImportBatch
from app.transfer.undo import BY_NAME, PlanRow
from app.transfer.undo.needed import Referring, referring

#: Rows of one table that are named of those that refer to a row, and fields that are named of those that changed.
_NAMED, _FIELDS = 3, 6
_MOST = 10_000


def tell(session: Session, table: type[Table], batch: ImportBatch, rows: Sequence[PlanRow]) -> list[dict[str, Any]]:
    """The rows with their titles and addresses, and why each stays as it is."""
    name = table.__tablename__
    keys = {str(row.id): row.id for row in rows}
    needed = referring(session, table, [row.id for row in rows if row.why == "needed"], _NAMED)
    last = _last_changes(session, name, batch, rows)
    wanted = {(name, key) for key in keys}
    wanted |= {(_row_of(each)[0], key) for found in needed.values() for each in found for key in each.seen}
    known = titles(session, wanted)
    may_read = guard.may("read", name)
    return [
        {
            "number": row.number,
            "title": known.get((name, str(row.id))) or str(N_("（已删除或无权查看）")),
            "url": url_for(f"{name}.show", pk=row.id)
            if may_read and row.why not in ("gone", "moved") and (name, str(row.id)) in known
            else None,
            "is_new": row.is_new,
            "why": str(BY_NAME[row.why].text) if row.why else "",
            "told": _told(table, row, last.get(str(row.id))),
            "needed": [_referring(each, known) for each in needed.get(str(row.id), [])],
        }
        for row in rows
    ]


def _told(table: type[Table], row: PlanRow, entry: log.Entry | None) -> str:
    """What is to be said besides the reason: which fields go back, or who was it that changed the row."""
    if row.why is None:
        fields = _labels(table, set(row.changed))
        return str(N_("恢复原来的{fields}", fields=fields)) if fields else ""
    if entry is None:
        return ""
    when, who = clock.told(entry.at), told.who(entry)
    fields = _labels(table, entry.old.keys() | entry.new.keys()) if entry.action == "update" else ""
    if fields:
        return str(N_("{who} {when} 修改了{fields}", who=who, when=when, fields=fields))
    return f"{who} {when}"


def _labels(table: type[Table], columns: set[str]) -> str:
    labels = [each.label for each in table.__fields__.values() if each.column in columns and each.kind != "many"]
    return joined(labels[:_FIELDS]) + (str(N_("等 {n} 项", n=len(labels))) if len(labels) > _FIELDS else "")


def _last_changes(session: Session, name: str, batch: ImportBatch, rows: Sequence[PlanRow]) -> dict[str, log.Entry]:
    """The latest entry of each row that was changed or deleted since, as far as it is the viewer's to know.

    What happened to a row that he may write is his to know, also from the time when it was another department's.
    """
    found: dict[str, log.Entry] = {}
    until = batch.undone_at or clock.now()
    for why, as_system in (("edited", True), ("gone", False)):
        keys = [str(row.id) for row in rows if row.why == why]
        if not keys:
            continue
        mine = (log.LOG.c.rel == name, log.LOG.c.pk.in_(keys), log.LOG.c.action.in_(log.CHANGES), log.LOG.c.at <= until)
        query = log.selected(*mine).ext(distinct_on(log.LOG.c.pk)).order_by(log.LOG.c.pk, log.LOG.c.id.desc())
        if as_system:
            with looking_as(session, THE_SYSTEM):
                entries = log.entries(session, query)
        else:
            entries = log.entries(session, query)
        found |= {each.pk: each for each in entries}
    return found


def _row_of(each: Referring) -> tuple[str, str]:
    """The table whose row stands for what refers: of a link, that of its owner."""
    link = LINKS.get(each.reference.name)
    return (link.owner, str(link.field.label)) if link is not None else (each.reference.name, "")


def _referring(each: Referring, known: dict[tuple[str, str], str]) -> dict[str, Any]:
    name, field = _row_of(each)
    label = str(TABLES[name].__label__) if name in TABLES else name
    has_page = name in tables_with_pages() and guard.may("read", name)
    rows = [
        {"title": known[(name, key)] or key, "url": url_for(f"{name}.show", pk=key) if has_page else None}
        for key in each.seen
        if (name, key) in known and not each.reference.in_words
    ]
    return {
        "label": f"{label} · {field}" if field else label,
        "number": each.number,
        "rows": rows,
        "more": each.number - len(rows),
    }


def reasons(told_rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The same rows as lines of a workbook: number in the file, row, reason, who or what."""
    lines = []
    for row in told_rows:
        needed = joined(
            (N_("{label} {n} 条", label=each["label"], n=each["number"]) for each in row["needed"]), N_("；")
        )
        lines.append([str(row["number"] or ""), row["title"], row["why"], needed or row["told"]])
    return lines
