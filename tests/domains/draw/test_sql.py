"""An auditor's SQL draws the same subjects from the same frame and seed."""

import hashlib
import io
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from flask import Flask

import config
from tests.domains.draw import county


@pytest.fixture
def cursor(app: Flask) -> Iterator[Any]:
    """A place of its own in the database, and nothing of it afterwards."""
    connection = psycopg2.connect(config.database_urls().owner.replace("+psycopg2", ""))
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA auditor; SET search_path = auditor, pg_catalog")
        cursor.execute((county.PROGRAMS / "sm3.sql").read_text())
        yield cursor
    connection.rollback()
    connection.close()


def hashed_by(cursor: Any, function: str) -> None:
    cursor.execute(f"CREATE FUNCTION hashed(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT {function}($1)'")


def test_its_own_sm3(cursor: Any):
    for size in (0, 1, 3, 55, 56, 63, 64, 65, 119, 120):
        cursor.execute("SELECT sm3(%s)", [b"a" * size])
        assert bytes(cursor.fetchone()[0]) == hashlib.new("sm3", b"a" * size).digest()


@pytest.mark.parametrize(("alg", "rows"), [("sm3", 700), ("sha256", 20_000)])
def test_the_same_list(cursor: Any, alg: str, rows: int):
    made = county.draw(rows, alg)
    hashed_by(cursor, alg)
    cursor.execute('CREATE TABLE frame (id text COLLATE "C", cell text); CREATE TABLE cellplan (cell text, nh bigint)')
    lines = b"".join(line.replace(b",", b"\t", 1) for line in made.lines)
    cursor.copy_expert("COPY frame FROM STDIN", io.BytesIO(lines))
    plan = "".join(f"{cell}\t{drawn}\n" for cell, (_, drawn, *_) in made.drawn.result["cells"].items())
    cursor.copy_expert("COPY cellplan FROM STDIN", io.StringIO(plan))
    query = (county.PROGRAMS / "verify.sql").read_text().replace(":seed", f"'\\x{made.seed.hex()}'::bytea")
    cursor.execute(query)
    assert "".join(f"{name}\n" for (name,) in cursor.fetchall()).encode() == made.drawn.drawn
