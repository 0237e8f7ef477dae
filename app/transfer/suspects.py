"""Rows that look like rows already stored, or like one another (R16): found in one statement, accepted and flagged."""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.messages import N_
from app.core.table import Table
from app.transfer.staging import Staging


def flag(session: Session, table: type[Table], staging: Staging) -> int:
    """Add the warning to every suspicious staged row. Returns how many rows had none before."""
    fresh = 0
    for code, names in table.__duplicates__:
        fields = [table.__fields__[name] for name in names]
        same = " AND ".join(f't."{f.column}" = s."v_{f.name}"' for f in fields)
        labels = "、".join(str(f.label) for f in fields)
        partition = ", ".join(f'"v_{f.name}"' for f in fields)
        complete = " AND ".join(f'"v_{f.name}" IS NOT NULL' for f in fields)
        statement = f"""
            WITH suspect AS (
                SELECT s.row_no FROM {staging.full_name} s JOIN "{table.__tablename__}" t ON {same}
                WHERE s.state IN ('insert', 'update') AND t.id <> s.row_id
                UNION
                SELECT row_no FROM (
                    SELECT row_no, row_number() OVER (PARTITION BY {partition} ORDER BY row_no) AS place
                    FROM {staging.full_name} WHERE state IN ('insert', 'update') AND {complete}) numbered
                WHERE place > 1)
            UPDATE {staging.full_name} s SET
                problems = coalesce(problems, '[]'::jsonb) || CAST(:problem AS jsonb),
                v_quality_flags = array_append(coalesce(v_quality_flags, '{{}}'), CAST(:code AS varchar))
            FROM suspect WHERE s.row_no = suspect.row_no AND NOT coalesce(v_quality_flags, '{{}}') @> ARRAY[CAST(:code AS varchar)]
            RETURNING jsonb_array_length(s.problems) = 1 AS is_fresh"""  # noqa: S608 - identifiers of declarations only
        message = N_("可能重复：已有{labels}相同的记录", labels=labels)
        told = [{"f": names, "m": str(message), "c": code, "w": True}]
        rows = session.execute(text(statement), {"problem": json.dumps(told, ensure_ascii=False), "code": code})
        fresh += sum(1 for row in rows if row.is_fresh)
    return fresh

