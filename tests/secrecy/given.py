"""Numbers that stand nowhere else, and what a test needs to look at the database as it is."""

from __future__ import annotations

import re
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


@contextmanager
def staging() -> Iterator[sa.Connection]:
    """A connection of the application with nobody looking: it sees the tables of uploads, and no rows of others."""
    engine = sa.create_engine(config.database_urls().app)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


#: A run of signs that numbers are written with.
_RUN = re.compile(r"[0-9Xx-]{7,}")


def places_of(words: list[str]) -> list[tuple[str, str, str]]:
    """Every column of every table (staging and log too) that holds one of the words: table, column, word.

    Numbers are looked for among all runs of digits, whatever stands around them; other words anywhere.
    """
    numbers, others = {word for word in words if _RUN.fullmatch(word)}, [w for w in words if not _RUN.fullmatch(w)]
    found = []
    with owner() as connection, staging() as own:
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
            asked = own if schema == "staging" else connection  # uploads belong to the application alone
            rows = asked.execute(sa.text(f'SELECT {text} FROM "{schema}"."{table}" WHERE "{column}" IS NOT NULL'))
            whole = "\n".join(text for (text,) in rows)
            runs = set(_RUN.findall(whole))
            told = (numbers & runs) | {word for word in others if word in whole}
            found += [(f"{schema}.{table}", column, word) for word in sorted(told)]
    return found


def stored(table: str, column: str, key: Any) -> Any:
    """What a column really holds."""
    with owner() as connection:
        return connection.execute(sa.text(f'SELECT "{column}" FROM "{table}" WHERE id = :key'), {"key": key}).scalar()
