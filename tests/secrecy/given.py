"""Numbers that stand nowhere else, and what a test needs to look at the database as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

import config
from tests.every_table.values import CITIZEN, fresh, varied


def citizen_number() -> str:
    """A citizen number that no row has."""
    return next(varied(CITIZEN, fresh()))


def mobile() -> str:
    """A telephone number that no row has."""
    return f"139{fresh() % 10**8:08d}"


@contextmanager
def owner() -> Iterator[sa.Connection]:
    """A connection of the owner, who sees every table as it is stored; what is done is committed."""
    engine = sa.create_engine(config.database_urls().owner)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def places_of(words: list[str]) -> list[tuple[str, str, str]]:
    """Every column of every table (staging and log too) that holds one of the words: table, column, word."""
    found = []
    with owner() as connection:
        connection.exec_driver_sql("SELECT set_config('app.who', '{\"actor\": 0}', true)")
        columns = connection.execute(
            sa.text(
                "SELECT n.nspname, c.relname, a.attname, t.typname FROM pg_class c "
                "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
                "JOIN pg_type t ON t.oid = a.atttypid WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped "
                "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') "
                "AND t.typname IN ('text', 'varchar', 'jsonb', 'json', 'bytea', '_text', '_varchar', 'bpchar')"
            )
        ).all()
        for schema, table, column, kind in columns:
            text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            wanted = f'SELECT DISTINCT word FROM "{schema}"."{table}", unnest(CAST(:words AS text[])) word WHERE strpos({text}, word) > 0'
            rows = connection.execute(sa.text(wanted), {"words": words})
            found += [(f"{schema}.{table}", column, word) for (word,) in rows]
    return found


def stored(table: str, column: str, key: Any) -> Any:
    """What a column really holds."""
    with owner() as connection:
        return connection.execute(sa.text(f'SELECT "{column}" FROM "{table}" WHERE id = :key'), {"key": key}).scalar()
