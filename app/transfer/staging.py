"""The staging table of one upload: typed values, the row as it was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import IO, Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import sealing
from app.core.fields import Field
from app.core.rows import VIEWER_ROLES
from app.core.table import Table, columns, search
from app.core.viewer import looking_as

SCHEMA = "staging"
#: What is said of staged rows that were to be stored, when they are.
STORED = {"insert": "inserted", "update": "updated"}
_DIALECT = postgresql.dialect()


def compared_name(field: Field) -> str:
    """The staging column by which rows with the same value are found."""
    return f"m_{field.name}" if field.is_marked else f"v_{field.name}"


@dataclass
class Counts:
    """What became of the rows of a file; ``warning`` counts those among them that are accepted with a remark."""

    rows: int = 0
    insert: int = 0
    update: int = 0
    unchanged: int = 0
    skipped: int = 0
    error: int = 0
    warning: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(self)))


class Aside:
    """A table beside those of the console, in the schema ``staging``, which every viewer may read and change."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def full_name(self) -> str:
        """The quoted name with its schema."""
        return f'{SCHEMA}."{self.name}"'

    def make(self, session: Session, shape: str, *, is_kept: bool) -> None:
        """The table is there, empty; one that is not kept is not written to the log of the database."""
        with looking_as(session, None):
            connection = session.connection()
            kind = "TABLE" if is_kept else "UNLOGGED TABLE"
            connection.exec_driver_sql(f"CREATE {kind} {self.full_name} ({shape})")
            connection.exec_driver_sql(f"GRANT ALL ON {self.full_name} TO {', '.join(VIEWER_ROLES)}")

    def exists(self, session: Session) -> bool:
        """True while the table is kept."""
        return session.scalar(sa.text("SELECT to_regclass(:name)"), {"name": self.full_name}) is not None

    def drop(self, session: Session) -> None:
        """Remove the table if it is there."""
        with looking_as(session, None):
            session.connection().exec_driver_sql(f"DROP TABLE IF EXISTS {self.full_name}")


class Staging(Aside):
    """The table of one upload: COPY goes there, because row policies refuse COPY into tables.

    One that waits for a person (``is_kept``) outlives a crash of the server; one that ends with its transaction is
    not written to the log of the database.
    """

    def __init__(self, table: type[Table], name: str | None = None) -> None:
        super().__init__(name or f"b_{uuid4().hex}")
        self.table, self.is_kept = table, name is not None
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

    def create(self, session: Session) -> None:
        """Make the table, empty."""
        shape = ", ".join(f'"{name}" {kind.compile(dialect=_DIALECT)}' for name, kind in self._types.items())
        # What a row that a person passes over would be (transfer/duplicates.py); no row comes with it.
        self.make(session, f"{shape}, chosen varchar(10)", is_kept=self.is_kept)

    def index(self, session: Session) -> None:
        """The rows are found by their number, and those with problems at once. Done when all are staged: cheaper."""
        with looking_as(session, None):
            connection = session.connection()
            connection.exec_driver_sql(f"CREATE UNIQUE INDEX ON {self.full_name} (row_no)")
            connection.exec_driver_sql(f"CREATE INDEX ON {self.full_name} (row_no) WHERE problems IS NOT NULL")
            connection.exec_driver_sql(f"ANALYZE {self.full_name} (row_no, state)")

    def counts(self, session: Session, only: Sequence[int] | None = None) -> Counts:
        """What became of the rows, or of those with the given numbers."""
        t = self.sql.c
        warned = sa.func.count().filter(t.problems.is_not(None), t.state.in_(("insert", "update")))
        wanted = sa.select(t.state, sa.func.count(), warned).group_by(t.state)
        if only is not None:
            wanted = wanted.where(t.row_no == sa.any_(sa.literal(list(only), postgresql.ARRAY(sa.Integer()))))
        counts = Counts()
        for state, number, warnings in session.execute(wanted):
            setattr(counts, state, number)
            counts.rows, counts.warning = counts.rows + number, counts.warning + warnings
        return counts

    def states(self, session: Session) -> dict[str, int]:
        """How many rows there are of each state."""
        counted = session.execute(sa.select(self.sql.c.state, sa.func.count().label("rows")).group_by(self.sql.c.state))
        return {row.state: row.rows for row in counted}

    def copy(self, session: Session, lines: IO[bytes]) -> None:
        """Append COPY lines."""
        names = ", ".join(f'"{name}"' for name in self.columns)
        connection = session.connection()
        driver: Any = connection.connection
        statement = f"COPY {self.full_name} ({names}) FROM STDIN"
        errors: Any = connection.dialect.loaded_dbapi.Error
        try:
            with driver.cursor() as cursor:
                cursor.copy_expert(statement, lines)
        except (
            errors
        ) as error:  # the driver was called past SQLAlchemy, by whose errors everybody tells what went wrong
            raise DBAPIError.instance(statement, None, error, errors, dialect=connection.dialect) from error
