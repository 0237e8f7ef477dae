"""Capture of every change: for each table one trigger function with fixed SQL, made from the table as it stands.

Statement triggers with transition tables cost a bulk import a fifth of what row triggers would, and a function of the
table's own keeps its plan. The functions run as the owner of the log, who alone may write it; the triggers are
``ENABLE ALWAYS``, so that ``session_replication_role`` does not switch them off. Whoever writes without saying who he
is (``app.who``) is refused with 42501.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from app.core.audit import declared

#: For connections that work for the system and are no session of ours (migrations, repairs): whoever writes must be
#: somebody.
AS_SYSTEM = """SET app.who = '{"actor": 0, "name": "system", "via": "command"}'"""

#: Trigger names by operation, and the transition tables of each.
TRIGGERS = {
    "INSERT": ("audit_insert", "REFERENCING NEW TABLE AS came "),
    "UPDATE": ("audit_update", "REFERENCING OLD TABLE AS gone NEW TABLE AS came "),
    "DELETE": ("audit_delete", "REFERENCING OLD TABLE AS gone "),
}
TRUNCATE = "audit_truncate"

_COLUMNS = (
    "txid, at, actor, name, department_id, via, request, address, session, "
    "action, rel, pk, row_department, row_region, is_open, old, new"
)


@dataclass(frozen=True)
class Captured:
    """A table as PostgreSQL's catalogue describes it: columns with their types, key, and whether everybody reads it.

    ``once`` is the column from whose filling on everybody reads a row (core/rows.py).
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    is_open: bool
    once: str | None = None

    @property
    def kept(self) -> list[str]:
        """The columns that the log holds."""
        return [name for name in self.columns if name not in declared.columns_left_out(self.name)]

    def projection(self, source: str) -> str:
        """A subquery of the kept columns: what is secret as its digest, documents as text, to be compared exactly."""
        return f"(SELECT {', '.join(self._kept(name) for name in self.kept)} FROM {source} c)"

    def _kept(self, name: str) -> str:
        kind, column = self.columns[name], f'c."{name}"'
        if name in declared.digested(self.name) or kind == "bytea":
            plain = column if kind == "bytea" else f"convert_to({column}::text, 'UTF8')"
            return f"'sha256:' || encode(sha256({plain}), 'hex') AS \"{name}\""
        return f'{column}::text AS "{name}"' if kind in ("json", "jsonb") else column

    def key_of(self, row: str) -> str:
        """The row's key as the log writes it."""
        return " || ',' || ".join(f'{row}."{name}"::text' for name in self.key)

    def scope_of(self, *rows: str) -> str:
        """The two numbers of the first row that is there, and whether everybody reads it, as three expressions."""
        numbers = ["NULL::bigint", "NULL::int"]
        if {"department_id", "scope_region"} <= self.columns.keys():
            found = {name: ", ".join(f"{row}.{name}" for row in rows) for name in ("department_id", "scope_region")}
            numbers = [f"coalesce({each})" if len(rows) > 1 else each for each in found.values()]
        is_open = str(self.is_open).lower()
        if self.once:
            first = ", ".join(f"{row}.{self.once}" for row in rows)
            is_open = f"coalesce({first}) IS NOT NULL"
        return f"{', '.join(numbers)}, {is_open}"

    @property
    def function(self) -> str:
        """Name of the trigger function."""
        return f'audit."capture_{self.name}"'


def body(table: Captured) -> str:
    """The trigger function of a table."""
    came, gone, name = table.projection("came"), table.projection("gone"), table.name.replace("'", "''")
    who = "t, a, w.actor, w.name, w.department_id, w.via, w.request, w.address, w.session"
    same_key = " AND ".join(f'o."{each}" = n."{each}"' for each in table.key)
    unchanged = ", ".join(
        f'CASE WHEN o."{each}" IS NOT DISTINCT FROM n."{each}" THEN \'{each}\' END' for each in table.kept
    )
    first = f'"{table.key[0]}"'
    scope = table.scope_of("n", "o")
    insert = f"INSERT INTO audit.log ({_COLUMNS})"
    return f"""
DECLARE
    w audit.acting := audit.who();
    t xid8;
    a timestamptz := clock_timestamp();
    one boolean;
BEGIN
    IF w.actor IS NULL THEN
        IF TG_OP = 'DELETE' THEN
            one := EXISTS (SELECT FROM gone);
        ELSE
            one := EXISTS (SELECT FROM came);
        END IF;
        IF one THEN
            RAISE EXCEPTION 'nobody answers for this change of %', TG_TABLE_NAME
                USING ERRCODE = '42501', HINT = 'audit: set app.who', CONSTRAINT = 'audit_actor';
        END IF;
        RETURN NULL;
    END IF;
    t := pg_current_xact_id();
    IF TG_OP = 'INSERT' THEN
        {insert}
        SELECT {who}, 'insert', '{name}', {table.key_of("n")}, {table.scope_of("n")},
               NULL, jsonb_strip_nulls(to_jsonb(n))
          FROM {came} n;
    ELSIF TG_OP = 'DELETE' THEN
        {insert}
        SELECT {who}, 'delete', '{name}', {table.key_of("o")}, {table.scope_of("o")},
               jsonb_strip_nulls(to_jsonb(o)), NULL
          FROM {gone} o;
    ELSE
        {insert}
        SELECT {who}, CASE WHEN o.{first} IS NULL THEN 'insert' WHEN n.{first} IS NULL THEN 'delete' ELSE 'update' END,
               '{name}', coalesce({table.key_of("n")}, {table.key_of("o")}), {scope},
               CASE WHEN n.{first} IS NULL THEN jsonb_strip_nulls(to_jsonb(o)) ELSE to_jsonb(o) - x.same END,
               CASE WHEN o.{first} IS NULL THEN jsonb_strip_nulls(to_jsonb(n)) ELSE to_jsonb(n) - x.same END
          FROM {came} n
          FULL JOIN {gone} o ON {same_key}
         CROSS JOIN LATERAL (SELECT array_remove(ARRAY[{unchanged}], NULL) AS same) x
         WHERE o.{first} IS NULL OR n.{first} IS NULL OR cardinality(x.same) < {len(table.kept)};
    END IF;
    RETURN NULL;
END """


_DESCRIBED = """
SELECT c.relname,
       (SELECT json_object_agg(a.attname, format_type(a.atttypid, NULL) ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number ORDER BY k.place) AS key,
       EXISTS (SELECT FROM pg_policy p
                WHERE p.polrelid = c.oid AND p.polname IN ('rows_everyone', 'rows_read')) AS is_open,
       (SELECT substring(pg_get_expr(p.polqual, c.oid) FROM '^.(\\w+) IS NOT NULL.$') FROM pg_policy p
         WHERE p.polrelid = c.oid AND p.polname = 'rows_read') AS once,
       f.prosrc AS source, obj_description(f.oid, 'pg_proc') AS note,
       ARRAY(SELECT g.tgname::text FROM pg_trigger g
              WHERE g.tgrelid = c.oid AND g.tgenabled = 'A' AND g.tgname LIKE 'audit\\_%') AS triggers
  FROM pg_class c
  JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
  LEFT JOIN pg_proc f ON f.pronamespace = 'audit'::regnamespace AND f.proname = 'capture_' || c.relname
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND c.relowner = (SELECT nspowner FROM pg_namespace WHERE nspname = 'audit') AND c.relname <> ALL(:left_out)
   AND (CAST(:names AS text[]) IS NULL OR c.relname = ANY(:names))
 ORDER BY c.relname
"""


@dataclass(frozen=True)
class Standing:
    """How the capture of a table stands in the database."""

    table: Captured
    source: str | None
    #: Columns that the function knows, and those that earlier ones knew besides.
    known: tuple[str, ...]
    dropped: tuple[str, ...]
    triggers: frozenset[str]

    @property
    def is_right(self) -> bool:
        """True when every change of the table is captured, by the function that its columns ask for."""
        wanted = {*(name for name, _ in TRIGGERS.values()), TRUNCATE}
        return self.source == body(self.table) and wanted <= self.triggers


def standing(connection: Connection, names: Iterable[str] | None = None) -> list[Standing]:
    """Every table of the house that has to be captured (or those named), as the database has it."""
    given = {"left_out": list(declared.LEFT_OUT), "names": None if names is None else list(names)}
    found = []
    for row in connection.execute(sa.text(_DESCRIBED), given):
        note = json.loads(row.note or "{}")
        table = Captured(row.relname, dict(row.columns), tuple(row.key), row.is_open, row.once)
        known, dropped = tuple(note.get("columns", ())), tuple(note.get("dropped", ()))
        found.append(Standing(table, row.source, known, dropped, frozenset(row.triggers)))
    return found


def install(connection: Connection, names: Iterable[str] | None = None) -> list[str]:
    """Every table of the house (or those named) is captured as its columns ask for. The names of those put right.

    Rows that were there before the log, and columns that came without it, are on the log as ``baseline``.
    """
    wrong = [each for each in standing(connection, names) if not each.is_right]
    for each in wrong:
        for statement in _statements(each):
            connection.execute(sa.text(statement.replace(":", "\\:")))
    return [each.table.name for each in wrong]


def _statements(was: Standing) -> list[str]:
    table = was.table
    quoted = f'public."{table.name}"'
    note = {"columns": table.kept, "dropped": sorted({*was.dropped, *was.known} - set(table.kept))}
    made = [
        f"CREATE OR REPLACE FUNCTION {table.function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET plan_cache_mode = 'force_generic_plan' "
        f"AS $capture${body(table)}$capture$",
        f"REVOKE ALL ON FUNCTION {table.function}() FROM PUBLIC",
        f"COMMENT ON FUNCTION {table.function}() IS '{json.dumps(note)}'",
    ]
    for event, (name, tables) in TRIGGERS.items():
        made += [
            f"DROP TRIGGER IF EXISTS {name} ON {quoted}",
            f"CREATE TRIGGER {name} AFTER {event} ON {quoted} {tables}"
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table.function}()",
            f"ALTER TABLE {quoted} ENABLE ALWAYS TRIGGER {name}",
        ]
    made += [
        f"DROP TRIGGER IF EXISTS {TRUNCATE} ON {quoted}",
        f"CREATE TRIGGER {TRUNCATE} BEFORE TRUNCATE ON {quoted} FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()",
        f"ALTER TABLE {quoted} ENABLE ALWAYS TRIGGER {TRUNCATE}",
    ]
    fresh = [name for name in table.kept if name not in was.known]
    if fresh:
        made.append(_baseline(table, fresh if was.known else table.kept))
    return made


def _baseline(table: Captured, columns: list[str]) -> str:
    """The statement that puts the rows as they are on the log: the given columns, as far as they hold anything.

    A server of which nobody expects a trail (a bench) may say ``audit.baseline = off``; the verifier then tells.
    """
    other = ", ".join(f"'{name}'" for name in table.kept if name not in columns)
    state = f"jsonb_strip_nulls(to_jsonb(n){f' - ARRAY[{other}]' if other else ''})"
    rows = table.projection(f'public."{table.name}"')
    return (
        f"INSERT INTO audit.log ({_COLUMNS}) "
        "SELECT pg_current_xact_id(), clock_timestamp(), 0, 'system', NULL, 'migration', NULL, NULL, NULL, 'baseline', "
        f"'{table.name}', {table.key_of('n')}, {table.scope_of('n')}, NULL, {state} "
        f"FROM {rows} n WHERE {state} <> '{{}}' "
        "AND coalesce(current_setting('audit.baseline', true), '') <> 'off'"
    )


def is_there(connection: Connection) -> bool:
    """True when the database has the log."""
    return connection.scalar(sa.text("SELECT to_regclass('audit.log')")) is not None
