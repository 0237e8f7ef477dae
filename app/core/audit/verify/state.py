"""The rows as they are against the rows as the log says they are: whoever wrote past the log is found here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from app.core.audit import declared
from app.core.audit.capture import Standing
from app.core.audit.verify.finding import Finding
from app.core.messages import N_, joined

#: Rows that are named for each table.
NAMED = 1_000

# What the log knows of a row is every entry since it was last deleted, the later ones over the earlier ones. The index
# (rel, pk, id) gives them in this order, so that nothing is sorted. What holds nothing is left away on both sides.
_DIFFERENT = """
WITH told AS (
    SELECT pk, jsonb_strip_nulls(audit.fold(new ORDER BY id) - CAST(:dropped AS text[])) AS state
      FROM (SELECT pk, id, new, max(id) FILTER (WHERE action = 'delete') OVER (PARTITION BY pk) AS died
              FROM audit.log WHERE rel = :table AND action IN ('insert', 'update', 'delete', 'baseline')) e
     WHERE id > coalesce(died, 0) GROUP BY pk
), stored AS (
    SELECT ({key}) COLLATE "C" AS pk, jsonb_strip_nulls(to_jsonb(n)) AS state FROM {rows} n
)
SELECT coalesce(told.pk, stored.pk) AS pk, told.state AS told, stored.state AS stored
  FROM told FULL JOIN stored ON told.pk = stored.pk
 WHERE told.state IS NULL OR stored.state IS NULL OR told.state <> stored.state
 ORDER BY 1 LIMIT {limit}
"""


def check_state(connection: Connection, each: Standing) -> Iterator[Finding]:
    """Every row of the table is what the log says, no row stands beside it and none has gone without it."""
    table = each.table
    asked = _DIFFERENT.format(key=table.key_of("n"), rows=table.projection(f'public."{table.name}"'), limit=NAMED + 1)
    given = {"table": table.name, "dropped": list(each.dropped)}
    rows = connection.execute(text(asked.replace("::", "\\:\\:")), given).all()
    for row in rows[:NAMED]:
        yield _finding(table.name, row)
    if len(rows) > NAMED:
        message = N_("{table} 还有更多记录与日志不符，只列出前 {n} 条", table=table.name, n=NAMED)
        yield Finding("state", "more", message, table=table.name)
    yield from _check_digests(connection, table.name)


def _finding(table: str, row: Any) -> Finding:
    given = {"table": table, "key": row.pk}
    if row.told is None:
        message, what = N_("{table} 的记录 {key} 不在日志中：写入时绕过了日志", **given), "unlogged"
    elif row.stored is None:
        message, what = N_("{table} 的记录 {key} 不见了，日志中没有删除它", **given), "vanished"
    else:
        names = sorted(name for name in row.told.keys() | row.stored if row.told.get(name) != row.stored.get(name))
        message = N_("{table} 的记录 {key} 与日志不符：{columns}", **given, columns=joined(names))
        what = "differs"
    return Finding("state", what, message, table=table, key=row.pk)


def _check_digests(connection: Connection, table: str) -> Iterator[Finding]:
    """What the log does not hold is what its digest in the same row says."""
    for column, digest in declared.STANDS_FOR.get(table, {}).items():
        asked = f'SELECT id::text FROM public."{table}" WHERE encode(sha256("{column}"), \'hex\') <> "{digest}"'
        for (key,) in connection.execute(text(asked.replace("::", "\\:\\:"))):
            message = N_("{table} 的记录 {key} 的内容与它的摘要不符", table=table, key=key)
            yield Finding("state", "content", message, table=table, key=key)


def entries_of(connection: Connection, table: str, key: str) -> list[dict[str, Any]]:
    """What the log has of one row, oldest first: for whoever looks into a finding."""
    asked = "SELECT id, at, actor, name, action, old, new FROM audit.log WHERE rel = :table AND pk = :key ORDER BY id"
    rows = connection.execute(text(asked), {"table": table, "key": key}).mappings()
    return [json.loads(json.dumps(dict(row), default=str)) for row in rows]
