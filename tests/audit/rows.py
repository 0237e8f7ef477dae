"""A row of any table, whatever its columns ask for; and the entries that it leaves."""

from __future__ import annotations

import re
from typing import Any

from app import domains
from app.core.audit import declared
from app.core.audit.capture import Captured
from app.core.table import LINKS, TABLES
from tests.audit.databases import ask

domains.load()

FAB = (
    "ab_user", "ab_role", "ab_user_role", "ab_permission", "ab_view_menu", "ab_permission_view",
    "ab_permission_view_role", "ab_group", "ab_user_group", "ab_group_role",
)  # fmt: skip
CAPTURED = sorted({*TABLES, *LINKS, *FAB} - set(declared.LEFT_OUT))
WHO = """SET app.who = '{"actor": 12, "name": "示例录入员", "department": 1001, "via": "web", "request": "r1", "address": "10.1.1.1", "session": "s1"}'"""

#: Columns that have to be empty: what was there has moved to the credentials.
EMPTY = {("ab_user", "password")}

#: A value for a column that must not be empty, by its type.
_VALUES = {
    "uuid": "gen_random_uuid()", "integer": "1", "bigint": "1", "boolean": "true", "date": "current_date",
    "timestamp with time zone": "now()", "timestamp without time zone": "now()", "bytea": "'\\x00'",
    "character varying[]": "'{}'", "text[]": "'{}'", "jsonb": "'{}'",
}  # fmt: skip


def value(cursor: Any, table: Captured, name: str) -> str:
    """What may stand in a column."""
    checks = ask(
        cursor,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
        table.name,
    )
    for (text,) in checks:
        found = re.search(rf"(?<![a-z_]){name}(?![a-z_]).*?'([^']+)'", text)
        if found and "[]" not in table.columns[name]:
            return f"'{found.group(1)}'"
    return _VALUES.get(table.columns[name], f"'{name[:3]}'")


def made(cursor: Any, table: Captured) -> dict[str, str]:
    """A row of the table; its key as conditions."""
    asked = """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
               AND NOT attisdropped AND attgenerated = '' AND (attnotnull OR attname = ANY(%s))"""
    wanted = [name for name, _ in ask(cursor, asked, table.name, sorted(declared.digested(table.name)))]
    values = {name: value(cursor, table, name) for name in wanted if (table.name, name) not in EMPTY}
    if table.name == "region":
        values["code"] = "'990000'"
    statement = f'INSERT INTO public."{table.name}" ({", ".join(f"{chr(34)}{n}{chr(34)}" for n in values)}) VALUES ({", ".join(values.values())})'
    keys = ", ".join(f'"{name}"::text' for name in table.key)
    [key] = ask(cursor, f"{statement} RETURNING {keys}")
    return dict(zip(table.key, key))


def log(cursor: Any, table: str, since: int) -> list[Any]:
    columns = "action, pk, old, new, actor, name, department_id, via, request, address, session, txid::text"
    return ask(cursor, f"SELECT {columns} FROM audit.log WHERE rel = %s AND id > %s ORDER BY id", table, since)


def newest(cursor: Any) -> int:
    return ask(cursor, "SELECT last_value FROM audit.log_id")[0][0]
