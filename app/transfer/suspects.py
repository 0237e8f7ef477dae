"""Rows that look like rows already stored, or like one another (R16): found in one statement for each rule."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Problem
from app.core.messages import N_, joined
from app.core.rules import Duplicate, Severity
from app.core.table import Table
from app.transfer.staging import Staging, compared_name
from app.transfer.work import told


def flag(session: Session, table: type[Table], staging: Staging, only: list[int] | None = None) -> None:
    """Tell every suspicious staged row (``only``: among these): a warning accepts and flags it, an error refuses it."""
    for each in table.__duplicates__:
        session.execute(text(_statement(table, staging, each, only)), _parameters(table, each, only))


def _parameters(table: type[Table], each: Duplicate, only: list[int] | None) -> dict[str, Any]:
    labels = joined(table.__fields__[name].label for name in each.fields)
    message = N_("可能重复：已有{labels}相同的记录", labels=labels)
    is_warning = each.severity is Severity.WARNING
    problem = told(Problem(message, each.fields, each.code, is_warning))
    parameters: dict[str, Any] = {"problem": json.dumps([problem], ensure_ascii=False)}
    parameters |= {"code": each.code} if is_warning else {}
    return parameters | ({"only": only} if only is not None else {})


def _statement(table: type[Table], staging: Staging, each: Duplicate, only: list[int] | None) -> str:
    fields = [table.__fields__[name] for name in each.fields]
    staged = {f.name: compared_name(f) for f in fields}
    same = " AND ".join(f't."{f.compared}" = s."{staged[f.name]}"' for f in fields)
    partition = ", ".join(f'"{name}"' for name in staged.values())
    complete = " AND ".join(f'"{name}" IS NOT NULL' for name in staged.values())
    if each.severity is Severity.WARNING:
        effect = "v_quality_flags = array_append(coalesce(v_quality_flags, '{}'), CAST(:code AS varchar))"
        fresh = "AND NOT coalesce(s.v_quality_flags, '{}') @> ARRAY[CAST(:code AS varchar)]"
    else:
        effect, fresh = "state = 'error'", ""
    among = "AND row_no = ANY(:only)" if only is not None else ""
    return f"""
        WITH suspect AS (
            SELECT s.row_no FROM {staging.full_name} s JOIN "{table.__tablename__}" t ON {same}
            WHERE s.state IN ('insert', 'update') AND t.id IS DISTINCT FROM s.row_id {among}
            UNION
            SELECT row_no FROM (
                SELECT row_no, row_number() OVER (PARTITION BY {partition} ORDER BY row_no) AS place
                FROM {staging.full_name} WHERE state IN ('insert', 'update') AND {complete} {among}) numbered
            WHERE place > 1)
        UPDATE {staging.full_name} s SET
            problems = coalesce(problems, '[]'::jsonb) || CAST(:problem AS jsonb), {effect}
        FROM suspect WHERE s.row_no = suspect.row_no {fresh}"""  # noqa: S608 - declared names
