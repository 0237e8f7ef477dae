"""Every table × insert, update, delete: one entry for one row, with what changed and nothing secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from app import domains
from app.core import audit
from app.core.audit import declared
from app.core.audit.capture import Captured
from app.core.table import LINKS, TABLES
from tests.audit import databases
from tests.audit.databases import World, ask

domains.load()

FAB = (
    "ab_user", "ab_role", "ab_user_role", "ab_permission", "ab_view_menu", "ab_permission_view",
    "ab_permission_view_role", "ab_group", "ab_user_group", "ab_group_role",
)  # fmt: skip
CAPTURED = sorted({*TABLES, *LINKS, *FAB} - set(declared.LEFT_OUT))
WHO = """SET app.who = '{"actor": 12, "name": "示例录入员", "department": 1001, "via": "web", "request": "r1", "address": "10.1.1.1", "session": "s1"}'"""

#: A value for a column that must not be empty, by its type.
_VALUES = {
    "uuid": "gen_random_uuid()", "integer": "1", "bigint": "1", "boolean": "true", "date": "current_date",
    "timestamp with time zone": "now()", "timestamp without time zone": "now()", "bytea": "'\\x00'",
    "character varying[]": "'{}'", "text[]": "'{}'", "jsonb": "'{}'",
}  # fmt: skip


@pytest.fixture(scope="module")
def tables(base: World) -> dict[str, Captured]:
    """Every captured table, as the database has it."""
    engine = sa.create_engine(base.urls.owner, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return {each.table.name: each.table for each in audit.standing(connection)}


@pytest.fixture
def cursor(base: World) -> Iterator[Any]:
    """A superuser whose writes are rolled back; foreign keys and other triggers keep out of it, ours do not."""
    connection = psycopg2.connect(databases.superuser(base.name))
    made = connection.cursor()
    made.execute("SET session_replication_role = replica")
    made.execute(WHO)
    made.execute("SET TimeZone = 'Asia/Shanghai'")
    yield made
    connection.close()


def test_every_table_is_captured_or_says_why_not(base: World, tables: dict[str, Captured]):
    with base.superuser() as cursor:
        there = {
            name
            for (name,) in ask(
                cursor, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            )
        }
    assert there - tables.keys() == set(declared.LEFT_OUT) & there
    assert set(CAPTURED) <= tables.keys()
    assert set(declared.LEFT_OUT) <= there
    assert all(len(reason) > 20 for reason in declared.LEFT_OUT.values())


def test_what_is_left_out_exists(tables: dict[str, Captured]):
    for table, columns in declared.COLUMNS_LEFT_OUT.items():
        assert columns.keys() <= tables[table].columns.keys(), table
    for table, secret in declared.DIGESTED.items():
        assert secret <= tables[table].columns.keys(), table


def test_every_capture_is_right_and_cannot_be_switched_off_by_a_setting(base: World):
    engine = sa.create_engine(base.urls.app, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        assert [each.table.name for each in audit.standing(connection) if not each.is_right] == []
    with base.superuser() as cursor:
        found = ask(
            cursor,
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE tgname LIKE 'audit\\_%%' AND tgenabled <> 'A'",
        )
        assert found == []
        unsafe = """SELECT proname FROM pg_proc WHERE pronamespace = 'audit'::regnamespace AND prosecdef
                    AND (proconfig IS NULL OR NOT 'search_path=pg_catalog, pg_temp' = ANY(proconfig)
                         OR has_function_privilege('public', oid, 'EXECUTE'))"""
        assert ask(cursor, unsafe) == []


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
    values = {name: value(cursor, table, name) for name in wanted}
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


@pytest.mark.parametrize("name", CAPTURED)
def test_insert_update_and_delete_leave_one_entry_each(name: str, cursor: Any, tables: dict[str, Captured]):
    table, before = tables[name], newest(cursor)
    key = made(cursor, table)
    row = " AND ".join(f"{column}::text = '{text}'" for column, text in key.items())
    [inserted] = log(cursor, name, before)
    assert (inserted[0], inserted[1]) == ("insert", ",".join(key.values()))
    assert inserted[2] is None
    assert set(inserted[3]) <= set(table.kept)
    assert inserted[4:11] == (12, "示例录入员", 1001, "web", "r1", "10.1.1.1", "s1")
    [(own,)] = ask(cursor, "SELECT pg_current_xact_id()::text")
    assert inserted[11] == own

    changed = next((c for c in ("version", "name", "value") if c in table.kept), table.kept[-1])
    new = (
        "version + 1"
        if changed == "version"
        else "'changed'"
        if changed in ("name", "value")
        else f'coalesce("{changed}", 0) + 1'
    )
    if table.columns[changed] == "uuid":
        new = "gen_random_uuid()"
    before = newest(cursor)
    ask(cursor, f'UPDATE public."{name}" SET "{changed}" = {new} WHERE {row}')
    entries = log(cursor, name, before)
    if changed in table.key:  # another key is another row
        assert {entry[0] for entry in entries} == {"delete", "insert"}
        key = dict(zip(table.key, next(e[1] for e in entries if e[0] == "insert").split(",")))
        row = " AND ".join(f"{column}::text = '{text}'" for column, text in key.items())
    else:
        [updated] = entries
        assert updated[0] == "update"
        assert set(updated[2]) == set(updated[3]) == {changed}
        assert updated[2][changed] != updated[3][changed]

    before = newest(cursor)
    ask(cursor, f'UPDATE public."{name}" SET "{table.kept[-1]}" = "{table.kept[-1]}" WHERE {row}')
    assert log(cursor, name, before) == [], "what changes nothing leaves no entry"
    ask(cursor, f'DELETE FROM public."{name}" WHERE {row}')
    [deleted] = log(cursor, name, before)
    assert (deleted[0], deleted[3]) == ("delete", None)
    assert deleted[1] == ",".join(key.values())


@pytest.mark.parametrize("name", CAPTURED)
def test_without_somebody_who_answers_nothing_is_written(name: str, cursor: Any, tables: dict[str, Captured]):
    made(cursor, tables[name])
    for nobody in ("", '{"actor": null, "via": "web"}'):
        for statement in (
            f'UPDATE public."{name}" SET "{tables[name].kept[-1]}" = "{tables[name].kept[-1]}"',
            f'DELETE FROM public."{name}"',
        ):
            ask(cursor, "SAVEPOINT here")
            ask(cursor, "SELECT set_config('app.who', %s, true)", nobody)
            with pytest.raises(psycopg2.errors.InsufficientPrivilege) as refused:
                ask(cursor, statement)
            assert refused.value.diag.constraint_name == "audit_actor"
            ask(cursor, "ROLLBACK TO here")


@pytest.mark.parametrize("name", CAPTURED)
def test_no_table_is_emptied_at_once(name: str, cursor: Any):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(cursor, f'TRUNCATE public."{name}" CASCADE')


def test_nobody_may_touch_nothing(cursor: Any):
    ask(cursor, "SET app.who = ''")
    ask(cursor, "DELETE FROM setting WHERE false")
    ask(cursor, "UPDATE setting SET value = value WHERE false")


@pytest.mark.parametrize(
    ("table", "column"), [(t, c) for t, columns in declared.DIGESTED.items() for c in sorted(columns)]
)
def test_no_secret_is_on_the_log(table: str, column: str, cursor: Any, tables: dict[str, Captured]):
    before = newest(cursor)
    made(cursor, tables[table])
    kind = tables[table].columns[column]
    plain = {"text[]": "{geheim}", "jsonb": '{"geheim": 1}'}.get(kind, "geheim")
    ask(cursor, f'UPDATE public."{table}" SET "{column}" = %s', plain)
    ask(cursor, f'DELETE FROM public."{table}"')
    entries = log(cursor, table, before)
    assert "geheim" not in str(entries)
    assert [e[3][column][:7] for e in entries if e[0] == "update"] == ["sha256:"]


def test_a_pinyin_and_a_file_are_not_on_the_log(cursor: Any, tables: dict[str, Captured]):
    assert "spelling" not in tables["inspection"].kept
    before = newest(cursor)
    made(cursor, tables["attachment"])
    ask(cursor, "UPDATE attachment SET content = 'abc', digest = 'x'")
    assert set(log(cursor, "attachment", before)[-1][3]) == {"digest"}


def test_scope_comes_from_the_row_and_its_rule(cursor: Any, tables: dict[str, Captured]):
    for name, rule in [(n, t.__rows__) for n, t in TABLES.items()] + [(n, link.rows) for n, link in LINKS.items()]:
        if name in declared.LEFT_OUT:
            continue
        before = newest(cursor)
        made(cursor, tables[name])
        asked = "SELECT row_department, row_region, is_open FROM audit.log WHERE id > %s AND rel = %s"
        [(department, region, is_open)] = ask(cursor, asked, before, name)
        assert (department, region) == ((1, 1) if rule.is_scoped else (None, None)), name
        assert is_open == (rule.is_open or rule.kind == "everyone"), name


def test_an_upsert_tells_what_it_did(cursor: Any):
    before = newest(cursor)
    upsert = """INSERT INTO setting (id, code, value) VALUES (gen_random_uuid(), 'code2', 'new'), (gen_random_uuid(), 'other', '1')
                ON CONFLICT (code) DO UPDATE SET value = excluded.value"""
    ask(cursor, upsert)
    assert sorted(e[0] for e in log(cursor, "setting", before)) == ["insert", "update"]


def test_a_department_that_is_numbered_anew_takes_its_state_along(spoilt: World, tables: dict[str, Captured]):
    """Its key changes, and by cascade that of what is below it: the old number ends, the new one begins."""
    with spoilt.superuser() as cursor:
        kind = value(cursor, tables["department"], "dept_kind")
        line = value(cursor, tables["department"], "duty_line")
        for number, parent in (("1", None), ("2", None), ("3", "局1")):
            ask(
                cursor,
                "INSERT INTO department (name, uscc, region_id, level, dept_kind, duty_line, is_lead_office, parent_id) "
                f"VALUES (%s, %s, 610100000, 'city', {kind}, {line}, false, (SELECT id FROM department WHERE name = %s))",
                f"局{number}", f"9161010{number}", parent,
            )  # fmt: skip
        before = newest(cursor)
        ask(
            cursor,
            "UPDATE department SET parent_id = (SELECT id FROM department WHERE name = '局2') WHERE name = '局1'",
        )
        told = [(action, (old or new)["name"]) for action, _, old, new, *_ in log(cursor, "department", before)]
        assert sorted(told) == [("delete", "局1"), ("delete", "局3"), ("insert", "局1"), ("insert", "局3")]
    spoilt.seal()
    assert spoilt.verify() == []


def test_a_new_column_and_a_new_table_are_captured_after_the_migration(spoilt: World):
    """Rows that a migration filled without the triggers are on the log as baseline; a column that is gone is forgotten."""
    engine = sa.create_engine(spoilt.urls.owner, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(audit.AS_SYSTEM)
        connection.exec_driver_sql("ALTER TABLE setting ADD COLUMN colour text DEFAULT 'red', DROP COLUMN note")
        connection.exec_driver_sql("CREATE TABLE fresh (id int PRIMARY KEY, word text)")
        connection.exec_driver_sql("INSERT INTO fresh VALUES (1, 'a')")
        assert audit.install(connection) == ["fresh", "setting"]
        assert audit.install(connection) == []
        connection.exec_driver_sql("UPDATE setting SET colour = 'blue' WHERE code = 'code2'")
        connection.exec_driver_sql("UPDATE fresh SET word = 'b'")
        connection.exec_driver_sql("GRANT SELECT ON fresh TO viewer_system")
    spoilt.seal()
    assert spoilt.verify() == []
    with spoilt.superuser() as cursor:
        assert ask(cursor, "SELECT action, new FROM audit.log WHERE rel = 'fresh' ORDER BY id") == [
            ("baseline", {"id": 1, "word": "a"}), ("update", {"word": "b"}),
        ]  # fmt: skip


def test_months_are_made_ahead(spoilt: World):
    with spoilt.superuser() as cursor:
        asked = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit.log'::regclass"
        [(before,)] = ask(cursor, asked)
        assert before == 5, "this month, three to come, and the one that stays empty"
        ask(cursor, "SELECT audit.make_partitions(5)")
        assert ask(cursor, asked) == [(7,)]
        ask(cursor, "SELECT audit.make_partitions(5)")
        assert ask(cursor, asked) == [(7,)]
        [(part,)] = ask(
            cursor,
            "SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'audit.log'::regclass AND inhrelid::regclass::text <> 'audit.log_other'",
        )
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(cursor, f"TRUNCATE {part}")
        ask(cursor, "SET ROLE owner")
        columns = "(txid, at, action, rel, pk, is_open) VALUES (pg_current_xact_id(), %s, 'job', '', '', false)"
        [(far,)] = ask(
            cursor, "SELECT date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai') + interval '6 months - 1 hour'"
        )
        moment = f"{far}+08"
        assert ask(cursor, f"INSERT INTO audit.log {columns} RETURNING tableoid::regclass::text", moment) == [(part,)]
        ask(cursor, "RESET ROLE")
        assert ask(cursor, "SELECT count(*) FROM audit.log_other") == [(0,)]
