"""What an upload will change in stored rows: each as it stands and as it would stand, under the viewer's eyes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.table import links_of
from app.transfer.staging import Staging

Row = dict[str, Any]


def before_and_after(session: Session, staging: Staging, numbers: Sequence[int]) -> dict[int, tuple[Row, Row]]:
    """The stored row and the staged one by row number, for those that are to be updated and that the viewer may see.

    By column, in the form that the audit log keeps; fields of many rows stand under their own name.
    """
    table = staging.table
    links = links_of(table)
    linked = "".join(
        f', (SELECT coalesce(jsonb_agg(l."{link.target_column}"), \'[]\') FROM "{link.table.name}" l '  # noqa: S608
        f'WHERE l."{link.owner_column}" = t.id) AS "l_{link.field.name}"'
        for link in links
    )
    statement = (
        f"SELECT s.row_no, to_jsonb(t) AS stored, to_jsonb(s) - 'raw' - 'problems' AS staged{linked} "  # noqa: S608
        f'FROM {staging.full_name} s JOIN "{table.__tablename__}" t ON t.id = s.row_id '
        "WHERE s.row_no = ANY(:numbers) AND s.state = 'update'"
    )
    found: dict[int, tuple[Row, Row]] = {}
    for row in session.execute(sa.text(statement), {"numbers": list(numbers)}).mappings():
        new = {field.column: row["staged"].get(f"v_{field.name}") for field in staging.fields}
        old = dict(row["stored"])
        for link in links:
            old[link.field.name] = row[f"l_{link.field.name}"]
            new[link.field.name] = row["staged"].get(f"v_{link.field.name}") or []
        found[row["row_no"]] = (old, new)
    return found
