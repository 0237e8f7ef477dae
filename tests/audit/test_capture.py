"""Every table × insert, update, delete: one entry for one row, with what changed."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from app import domains
from app.core import audit
from app.core.audit import declared
from app.core.audit.capture import Captured
from tests.audit.databases import World, ask
from tests.audit.rows import CAPTURED, log, made, newest

domains.load()


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

    changed = next((c for c in ("version", "name", "value", "task_name") if c in table.kept), table.kept[-1])
    new = (
        "version + 1"
        if changed == "version"
        else "'changed'"
        if changed in ("name", "value", "task_name")
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
