"""Staging -> table, in one transaction: new rows, changed rows, links. What the database refuses stays in staging."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import sealing
from app.core.failures import explain
from app.core.fields import Field
from app.core.messages import N_
from app.core.table import LINKS, Link, Table, search
from app.core.viewer import must_have
from app.transfer.staging import Staging, compared_name

#: New pieces of words are written down in a list first and sorted into their index together: the longer the list, the
#: cheaper each (596 microseconds a row with PostgreSQL's usual 4 MB, 250 with this).
PENDING = "64MB"
#: With fewer rows to write PostgreSQL's own way is the cheaper.
_MANY = 5_000


@dataclass(frozen=True)
class Outcome:
    """What a merge did."""

    inserted: int
    updated: int
    unchanged: int
    failed: int

    @property
    def rows(self) -> int:
        """Every row of the file."""
        return self.inserted + self.updated + self.unchanged + self.failed


def merge(session: Session, staging: Staging) -> Outcome:
    """Store the good rows. Afterwards each staged row is inserted, updated, unchanged or error. Never commits."""
    table, actor = staging.table, must_have(session).user_id
    try:
        is_large = _is_large(session, staging)
        if is_large:
            session.execute(text(f"SET LOCAL gin_pending_list_limit = '{PENDING}'"))
        _insert(session, staging, actor)
        _update(session, staging, actor)
        if is_large:
            session.execute(text("SELECT settle_words(:table)"), {"table": table.__tablename__})
        for link in (link for link in LINKS.values() if link.owner == table.__tablename__):
            _link(session, staging, link)
    except DBAPIError as error:
        session.rollback()
        raise explain(error, table) from error
    rows = session.execute(text(f"SELECT state, count(*) AS rows FROM {staging.full_name} GROUP BY 1"))  # noqa: S608
    counted = {row.state: row.rows for row in rows}
    return Outcome(
        counted.get("inserted", 0), counted.get("updated", 0), counted.get("unchanged", 0), counted.get("error", 0)
    )


def _is_large(session: Session, staging: Staging) -> bool:
    """True when the rows to write would overflow PostgreSQL's own list of new pieces again and again."""
    wanted = f"SELECT 1 FROM {staging.full_name} WHERE state IN ('insert', 'update') OFFSET {_MANY} LIMIT 1"  # noqa: S608
    return session.scalar(text(wanted)) is not None


def _own_columns(staging: Staging) -> list[Field]:
    return [field for field in staging.fields if field.kind != "many"]


def _insert(session: Session, staging: Staging, actor: int | None) -> None:
    table = staging.table
    fields = _own_columns(staging)
    pairs = [(field.column, f's."v_{field.name}"') for field in fields]
    pairs += [(field.compared, f's."{compared_name(field)}"') for field in staging.marked]
    if staging.is_bound:
        pairs.append((sealing.SEALED_AS, f"s.{sealing.SEALED_AS}"))
    if staging.is_scoped:
        pairs = [p for p in pairs if p[0] != "department_id"]
        pairs += [("department_id", "s.department_id"), ("scope_region", "s.scope_region")]
    if table.__id__ == "uuid":
        pairs.append(("id", "s.row_id"))
    if search.has_spelling(table):
        pairs.append((search.SPELLING, f"s.{search.SPELLING}"))
    pairs += [("created_by", ":actor"), ("updated_by", ":actor")]
    names, values = ", ".join(f'"{name}"' for name, _ in pairs), ", ".join(value for _, value in pairs)
    wanted = f"SELECT {values} FROM {staging.full_name} s WHERE s.state = 'insert' ORDER BY s.row_no"  # noqa: S608
    done: Any = session.execute(
        text(f'INSERT INTO "{table.__tablename__}" ({names}) {wanted} ON CONFLICT DO NOTHING'),
        {"actor": actor},
    )
    staged = session.scalar(text(f"SELECT count(*) FROM {staging.full_name} WHERE state = 'insert'"))  # noqa: S608
    if done.rowcount != staged:
        _refuse(session, staging, "insert", _missing_condition(table), N_("相同的记录已存在，或已由其他部门录入"))
    _mark(session, staging, "insert", "inserted")


def _missing_condition(table: type[Table]) -> str:
    """True for staged rows that the table did not take, because one like them was there."""
    if table.__id__ == "uuid":
        same = "t.id = s.row_id"
    else:  # numbered by the database: recognised by the key, and by the transaction that is still under way
        columns = [table.__fields__[name].compared for name in table.__key__]
        fields = [f'"{compared_name(table.__fields__[name])}"' for name in table.__key__]
        pairs = zip(columns, fields, strict=True)
        same = " AND ".join(["t.created_at = now()", *(f't."{column}" = s.{field}' for column, field in pairs)])
    return f'NOT EXISTS (SELECT FROM "{table.__tablename__}" t WHERE {same})'


def _update(session: Session, staging: Staging, actor: int | None) -> None:
    table = staging.table
    pairs = [f'"{field.column}" = s."v_{field.name}"' for field in _own_columns(staging)]
    pairs += [f'"{field.compared}" = s."{compared_name(field)}"' for field in staging.marked]
    if staging.is_scoped:
        pairs = [p for p in pairs if not p.startswith('"department_id"')]
        pairs += ["department_id = s.department_id", "scope_region = s.scope_region"]
    if search.has_spelling(table):
        pairs.append(f"{search.SPELLING} = s.{search.SPELLING}")
    pairs += ["version = t.version + 1", "updated_at = now()", "updated_by = :actor"]
    session.execute(
        text(
            f'WITH done AS (UPDATE "{table.__tablename__}" t SET {", ".join(pairs)} FROM {staging.full_name} s '  # noqa: S608
            "WHERE s.state = 'update' AND t.id = s.row_id AND t.version = s.base_version RETURNING s.row_no) "
            f"UPDATE {staging.full_name} s SET state = 'updated' FROM done WHERE done.row_no = s.row_no"
        ),
        {"actor": actor},
    )
    _refuse(session, staging, "update", "true", N_("这条记录刚刚被他人修改，或您无权修改"))


def _link(session: Session, staging: Staging, link: Link) -> None:
    owner, target, column = link.owner_column, link.target_column, f'"v_{link.field.name}"'
    session.execute(
        text(
            f"DELETE FROM \"{link.table.name}\" l USING {staging.full_name} s WHERE s.state = 'updated' "  # noqa: S608
            f'AND l."{owner}" = s.row_id AND NOT l."{target}" = ANY(coalesce(s.{column}, \'{{}}\'))'
        )
    )
    numbers = ", department_id, scope_region" if link.rows.is_scoped else ""
    staged = ", s.department_id, s.scope_region" if link.rows.is_scoped else ""
    session.execute(
        text(
            f'INSERT INTO "{link.table.name}" ("{owner}", "{target}"{numbers}) '  # noqa: S608
            f"SELECT s.row_id, other{staged} FROM {staging.full_name} s, unnest(s.{column}) other "
            "WHERE s.state IN ('inserted', 'updated') ON CONFLICT DO NOTHING"
        )
    )


def _mark(session: Session, staging: Staging, before: str, after: str) -> None:
    session.execute(
        text(f"UPDATE {staging.full_name} SET state = :after WHERE state = :before"),  # noqa: S608
        {"before": before, "after": after},
    )


def _refuse(session: Session, staging: Staging, state: str, condition: str, message: object) -> None:
    told = json.dumps([{"f": [], "m": str(message), "c": "ROW", "w": False}], ensure_ascii=False)
    problems = "coalesce(problems, '[]'::jsonb) || CAST(:told AS jsonb)"
    session.execute(
        text(
            f"UPDATE {staging.full_name} s SET state = 'error', problems = {problems} "  # noqa: S608
            f"WHERE state = :state AND {condition}"
        ),
        {"told": told, "state": state},
    )
