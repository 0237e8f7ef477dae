"""What the database really holds, seen past the application and its policies; and own rows put back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2.extras
from sqlalchemy.engine import make_url

from app.core.table import LINKS, TABLES, Table
from app.core.table.columns import target_table
from tests.isolation import copies
from tests.isolation.routes import sees

_WHO = """SELECT set_config('app.who', '{"actor":0,"name":"sweep","via":"command"}', false)"""


class Behind:
    """A superuser's view of the copy this process works on."""

    def __init__(self, world: dict[str, Any]) -> None:
        database = make_url(os.environ["DATABASE_URL"]).database
        self._context = copies.superuser(Path(os.environ["JIANGUAN_HOME"]), str(database))
        self.connection = self._context.__enter__()
        psycopg2.extras.register_uuid(conn_or_curs=self.connection)
        self._foreign = int(world["departments"]["foreign"])
        self._users = [world["users"][name] for name in ("t_stranger", "t_colleague")]
        self._digest = " UNION ALL ".join([*self._digests(), *self._references(world["foreign"])])
        self._ids = {name: [row["id"]] for name, row in world["own"].items()}
        for kind, by_table in world["mine"].items():
            name = {"uploaded": "import_batch", "staged": "attachment"}.get(kind, kind)
            self._ids.setdefault(name, []).extend(by_table.values())
        with self.connection.cursor() as cursor:
            cursor.execute(_WHO)
            cursor.execute("CREATE SCHEMA IF NOT EXISTS kept")
            self._restore = "; ".join(self._keep(cursor, name) for name in TABLES if self._ids.get(name))

    def _digests(self) -> Iterator[str]:
        users = ", ".join(map(str, self._users))
        parts = []
        for name, table in TABLES.items():
            columns = table.__table__.c
            if "department_id" in columns:
                where = f"department_id = {self._foreign}"
            elif table.__rows__.kind == "personal":
                where = f"created_by IN ({users})"
            elif "account_id" in columns:
                where = f"account_id IN ({users})"
            else:
                where = f"id = {self._foreign}" if name == "department" else ""
            if where:
                parts.append((name, f'"{name}"', where))
        parts += [
            (name, f'"{name}"', f"department_id = {self._foreign}")
            for name, link in LINKS.items()
            if "department_id" in link.table.c
        ]
        parts += [("ab_user", "ab_user", f"id IN ({users})"), ("ab_user_role", "ab_user_role", f"user_id IN ({users})")]
        for name, table, where in parts:
            rows = "count(*) || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
            yield f"SELECT '{name}', {rows} FROM {table} t WHERE {where}"

    @staticmethod
    def _references(foreign: dict[str, Any]) -> Iterator[str]:
        """How many rows of anybody refer to the other department's hidden rows."""
        for name, table in TABLES.items():
            for field in table.__fields__.values():
                target = target_table(field) if field.kind == "ref" else ""
                if target in foreign and not sees(TABLES[target].__rows__):
                    told = f"'{name}.{field.column}', count(*)::text"
                    yield f"""SELECT {told} FROM "{name}" WHERE "{field.column}" = '{foreign[target]["id"]}'"""
        for name, link in LINKS.items():
            target = target_table(link.field)
            if target in foreign and not sees(TABLES[target].__rows__):
                told = f"'{name}', count(*)::text"
                yield f"""SELECT 'link ' || {told} FROM "{name}" WHERE "{link.target_column}" = '{foreign[target]["id"]}'"""

    def digest(self) -> dict[str, str]:
        """For each table the number and the digest of the other department's rows (and of a colleague's own)."""
        with self.connection.cursor() as cursor:
            cursor.execute(self._digest)
            return dict(cursor.fetchall())

    def _keep(self, cursor: Any, name: str) -> str:
        """The own rows of a table are kept aside; returns the statement that brings back those that are gone."""
        columns = ", ".join(f'"{c.name}"' for c in TABLES[name].__table__.c if c.computed is None)
        keys = ", ".join(f"'{key}'" for key in self._ids[name])
        kept = f'kept."{name}"'
        cursor.execute(
            f'CREATE TABLE IF NOT EXISTS {kept} AS SELECT {columns} FROM public."{name}" WHERE id IN ({keys})'
        )
        return f'INSERT INTO public."{name}" ({columns}) SELECT * FROM {kept} ON CONFLICT DO NOTHING'

    def restore(self) -> None:
        """Own rows that were deleted are there again."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SET session_replication_role = replica; " + self._restore + "; RESET session_replication_role"
            )

    def version(self, table: type[Table], key: str) -> str:
        """The version that a row has now; "1" for none."""
        known = table.key_of(key)
        with self.connection.cursor() as cursor:
            cursor.execute(f'SELECT version FROM "{table.__tablename__}" WHERE id = %s', (known,))
            found = cursor.fetchone()
        return str(found[0]) if found else "1"
