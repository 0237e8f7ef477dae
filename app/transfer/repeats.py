"""Rows of one file with the same business key: the first stands, the others are refused. One statement, any size."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Problem
from app.core.messages import N_, joined
from app.core.table import Table
from app.transfer.existing import key_fields
from app.transfer.staging import Staging, compared_name
from app.transfer.work import ROW, pointed, pointing


def flag(session: Session, table: type[Table], staging: Staging, only: list[int] | None = None) -> None:
    """Refuse every staged row whose key stands above it (``only``: among these rows, which hold all that are alike).

    What rules said about such a row was said of a record that it is not, and is dropped.
    """
    complete = complete_key(table)
    if not complete:
        return
    names = joined(table.__fields__[name].label for name in table.__key__)
    message = N_("{names}与本文件第 {row} 行重复", names=names, row=ROW)
    keys = ", ".join(f'"{name}"' for name in key_names(table))
    among = "AND row_no = ANY(:only)" if only is not None else ""
    statement = f"""
        WITH placed AS (
            SELECT row_no, first_value(row_no) OVER (PARTITION BY {keys} ORDER BY row_no) AS first
            FROM {staging.full_name} WHERE {complete} {among})
        UPDATE {staging.full_name} s SET state = 'error', problems =
            jsonb_path_query_array(coalesce(s.problems, '[]'), '$[*] ? (@.c == null)')
            || {pointing("placed.first")}
        FROM placed WHERE placed.row_no = s.row_no AND placed.row_no > placed.first"""  # noqa: S608 - declared names
    given = pointed(Problem(message, table.__key__, "KEY"))
    session.execute(text(statement), given | ({"only": only} if only is not None else {}))


def key_names(table: type[Table]) -> list[str]:
    """The staging columns of the business key."""
    return [compared_name(field) for field in key_fields(table)]


def complete_key(table: type[Table]) -> str:
    """The condition under which a staged row has a key, as ``existing.key_of`` tells it; empty for a table without."""
    fields = key_fields(table)
    needed = [f'"{compared_name(field)}" IS NOT NULL' for field in fields if field.required]
    telling = [f'"{compared_name(field)}" IS NOT NULL' for field in fields if not field.is_owner]
    return " AND ".join([*needed, f"({' OR '.join(telling)})"]) if telling else ""
