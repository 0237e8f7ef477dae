"""What is kept as a digest, whose rows entries are, keys and columns that change, months."""

from __future__ import annotations

import re
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from app import domains
from app.core import audit
from app.core.audit import declared
from app.core.audit.capture import Captured
from app.core.table import LINKS, TABLES
from tests.audit.databases import World, ask
from tests.audit.rows import EMPTY, log, made, newest, value

domains.load()


@pytest.mark.parametrize(
    ("table", "column"),
    [(t, c) for t, columns in declared.DIGESTED.items() for c in sorted(columns) if (t, c) not in EMPTY],
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


def test_what_sounds_like_a_secret_is_kept_as_a_digest_or_not_at_all(tables: dict[str, Captured]):
    secret = re.compile(r"password|secret|recovery|history|_hash|token|factor_pending")
    known = {("credential", "password_at")}
    plain = [
        (name, column)
        for name, table in tables.items()
        for column in table.kept
        if secret.search(column) and column not in declared.digested(name) and (name, column) not in known
    ]
    assert plain == []


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
        assert is_open == (rule.kind == "everyone" or (rule.is_open and rule.once is None)), name  # it is not published


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
