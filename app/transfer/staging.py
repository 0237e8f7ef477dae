"""The staging table of one upload: typed values, the row as it was typed, and what is wrong with it."""

from __future__ import annotations

from typing import IO, Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.core import sealing
from app.core.fields import Field
from app.core.rows import VIEWER_ROLES
from app.core.table import Table, columns, search

SCHEMA = "staging"
_DIALECT = postgresql.dialect()


def compared_name(field: Field) -> str:
    """The staging column by which rows with the same value are found."""
    return f"m_{field.name}" if field.is_marked else f"v_{field.name}"


class Staging:
    """An unlogged table in the schema ``staging``: COPY goes there, because row policies refuse COPY into tables."""

    def __init__(self, table: type[Table], name: str | None = None) -> None:
        self.table = table
        self.name = name or f"b_{uuid4().hex}"
        self.is_scoped = table.__rows__.is_scoped
        self.fields: list[Field] = list(table.__fields__.values())
        numbers = [("department_id", sa.BigInteger()), ("scope_region", sa.Integer())] if self.is_scoped else []
        head: list[tuple[str, Any]] = [
            ("row_no", sa.Integer()),
            ("state", sa.String(10)),
            ("row_id", table.__table__.c.id.type),
            ("base_version", sa.Integer()),
            ("problems", postgresql.JSONB()),
            ("raw", postgresql.JSON()),
            *numbers,
        ]
        head += [(search.SPELLING, sa.Text())] if search.has_spelling(table) else []
        self.is_bound = sealing.identity_column(table) == sealing.SEALED_AS
        head += [(sealing.SEALED_AS, sa.Uuid())] if self.is_bound else []
        self.marked = [f for f in self.fields if f.is_marked]
        head += [(compared_name(f), sa.Uuid()) for f in self.marked]
        typed = [(f"v_{f.name}", self._type(f)) for f in self.fields]
        self.columns = [name for name, _ in head + typed]
        self.sql = sa.table(self.name, *(sa.column(n, t) for n, t in head + typed), schema=SCHEMA)
        self._types = dict(head + typed)

    @staticmethod
    def _type(field: Field) -> sa.types.TypeEngine[Any]:
        if field.kind in ("ref", "many"):
            key = columns.key_type(columns.target_table(field))
            return key if field.kind == "ref" else postgresql.ARRAY(key)
        is_text = field.is_secret or isinstance(columns.type_of(field), sa.String)
        return sa.Text() if is_text else columns.type_of(field)

    @property
    def full_name(self) -> str:
        """The quoted name with its schema."""
        return f'{SCHEMA}."{self.name}"'

    def create(self, session: Session) -> None:
        """Make the table, empty; viewers may read and change it."""
        shape = ", ".join(f'"{name}" {kind.compile(dialect=_DIALECT)}' for name, kind in self._types.items())
        connection = session.connection()
        connection.exec_driver_sql(f"CREATE UNLOGGED TABLE {self.full_name} ({shape})")
        connection.exec_driver_sql(f"GRANT ALL ON {self.full_name} TO {', '.join(VIEWER_ROLES)}")

    def copy(self, session: Session, lines: IO[bytes]) -> None:
        """Append COPY lines."""
        names = ", ".join(f'"{name}"' for name in self.columns)
        driver: Any = session.connection().connection
        with driver.cursor() as cursor:
            cursor.copy_expert(f"COPY {self.full_name} ({names}) FROM STDIN", lines)

    def drop(self, session: Session) -> None:
        """Remove the table if it is there."""
        session.connection().exec_driver_sql(f"DROP TABLE IF EXISTS {self.full_name}")

    def exists(self, session: Session) -> bool:
        """True while the upload's rows are kept."""
        return session.scalar(sa.text("SELECT to_regclass(:name)"), {"name": self.full_name}) is not None
