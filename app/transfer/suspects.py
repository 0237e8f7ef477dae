"""Rows that look like rows already stored, or like one another (R16): found in one statement for each rule."""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.messages import N_, joined
from app.core.rules import Duplicate, Severity
from app.core.table import Table
from app.transfer.staging import Staging, compared_name


def flag(session: Session, table: type[Table], staging: Staging) -> tuple[int, dict[str, int]]:
    """Tell every suspicious staged row: a warning accepts and flags it, an error refuses it.

    Returns how many rows have their first warning now, and how many rows of each state were refused.
    """
    warned, refused = 0, dict[str, int]()
    for each in table.__duplicates__:
        for row in session.execute(text(_statement(table, staging, each)), _parameters(table, each)):
            if each.severity is Severity.ERROR:
                refused[row.before] = refused.get(row.before, 0) + 1
            elif row.is_first:
                warned += 1
    return warned, refused


def _parameters(table: type[Table], each: Duplicate) -> dict[str, str]:
    labels = joined(table.__fields__[name].label for name in each.fields)
    message = N_("可能重复：已有{labels}相同的记录", labels=labels)
    is_warning = each.severity is Severity.WARNING
    told = [{"f": each.fields, "m": str(message), "c": each.code, "w": is_warning}]
    parameters = {"problem": json.dumps(told, ensure_ascii=False)}
    return parameters | ({"code": each.code} if is_warning else {})


def _statement(table: type[Table], staging: Staging, each: Duplicate) -> str:
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
    return f"""
        WITH suspect AS (
            SELECT s.row_no, s.state FROM {staging.full_name} s JOIN "{table.__tablename__}" t ON {same}
            WHERE s.state IN ('insert', 'update') AND t.id IS DISTINCT FROM s.row_id
            UNION
            SELECT row_no, state FROM (
                SELECT row_no, state, row_number() OVER (PARTITION BY {partition} ORDER BY row_no) AS place
                FROM {staging.full_name} WHERE state IN ('insert', 'update') AND {complete}) numbered
            WHERE place > 1)
        UPDATE {staging.full_name} s SET
            problems = coalesce(problems, '[]'::jsonb) || CAST(:problem AS jsonb), {effect}
        FROM suspect WHERE s.row_no = suspect.row_no {fresh}
        RETURNING suspect.state AS before, jsonb_array_length(s.problems) = 1 AS is_first"""  # noqa: S608 - declared names
