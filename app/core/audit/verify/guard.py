"""What captures and keeps the log is in place: nobody has switched it off, and nothing waits unsealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from app.core.audit.capture import Standing
from app.core.audit.sealer import LAG
from app.core.audit.verify.finding import Finding
from app.core.messages import N_

_KEPT = """
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'beat'
   AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'kept' AND t.tgenabled = 'A')
"""
_WRITERS = """
SELECT c.relname, r.rolname FROM pg_class c CROSS JOIN pg_roles r
 WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'beat'
   AND NOT r.rolsuper AND r.rolname NOT LIKE 'pg\\_%'
   AND (has_table_privilege(r.oid, c.oid, 'UPDATE') OR has_table_privilege(r.oid, c.oid, 'DELETE')
        OR has_table_privilege(r.oid, c.oid, 'TRUNCATE')
        OR has_table_privilege(r.oid, c.oid, 'INSERT')
           AND r.rolname <> CASE c.relname WHEN 'log' THEN 'owner' ELSE 'sealer' END)
"""
_FORCED = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'audit.log'::regclass"
_MISPLACED = "SELECT count(*) FROM ONLY audit.log_other"
_WAITING = """
SELECT extract(epoch FROM clock_timestamp() - min(at)) FROM audit.log
 WHERE txid >= coalesce(
    (SELECT CASE kind WHEN 'seal' THEN hi ELSE next END FROM audit.seal ORDER BY no DESC LIMIT 1), '0')
"""


def check_capture(tables: Sequence[Standing]) -> Iterator[Finding]:
    """Every table that has to be captured is captured, by the function that its columns ask for."""
    for each in tables:
        if not each.is_right:
            name = each.table.name
            message = N_("{table} 的变更采集被停用或改动，停用期间的修改不在日志中", table=name)
            yield Finding("guard", "capture", message, table=name)


def check_keeping(connection: Connection) -> Iterator[Finding]:
    """The log refuses to be changed, by trigger and by grant; every month has room; nothing waits for a seal."""
    for (name,) in connection.execute(text(_KEPT)):
        yield Finding("guard", "kept", N_("{table} 防修改的触发器被停用", table=f"audit.{name}"), table=f"audit.{name}")
    for name, role in connection.execute(text(_WRITERS)):
        message = N_("角色 {role} 被授予了写入 {table} 的权限", role=role, table=f"audit.{name}")
        yield Finding("guard", "grant", message, table=f"audit.{name}")
    if not connection.scalar(text(_FORCED)):
        yield Finding("guard", "rows", N_("日志的行级权限被停用"), table="audit.log")
    waiting = connection.scalar(text(_WAITING))
    if waiting is not None and waiting > LAG:
        message = N_("有日志已 {seconds} 秒没有封存：封存服务没有运行，或有长时间未结束的事务", seconds=round(waiting))
        yield Finding("guard", "lag", message)
