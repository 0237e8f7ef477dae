"""The plan of an undo: a table with a line for each row that the import wrote, and what is known of it now.

Filled and judged by statements about all rows at once. What the log and other departments' rows say is read as the
system, so that nothing stands in the way unseen; what is done afterwards is done as the viewer.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.core import corrections
from app.core.rows import REGION
from app.core.table import Link, Table, links_of, search
from app.core.viewer import THE_SYSTEM, Viewer, looking_as, must_have
from app.core.workflow import lines
from app.transfer.staging import Aside
from app.transfer.undo.decide import BY_NAME, Bucket, Facts, as_sql
from app.transfer.undo.written import OF_IMPORT, Written

_DIALECT = postgresql.dialect()
WHY = as_sql()
#: Each fact but ``is_new``, and what is taken for true until it is found out.
_FACTS = {each.name: each.default for each in fields(Facts) if each.name != "is_new"}


@dataclass(frozen=True)
class Counts:
    """How many rows each bucket holds; of those taken back, how many the import had made and how many changed."""

    removed: int = 0
    restored: int = 0
    out: int = 0
    kept: int = 0
    refused: int = 0

    @property
    def reversed(self) -> int:
        """Rows that are taken back."""
        return self.removed + self.restored

    @property
    def rows(self) -> int:
        """Every row that the import wrote."""
        return self.reversed + self.stayed

    @property
    def stayed(self) -> int:
        """Rows that are not taken back."""
        return self.out + self.kept + self.refused

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(frozen=True)
class PlanRow:
    """One row of the plan: its identifier, its number in the file, and why it stays (if it does)."""

    place: int
    id: Any
    number: int | None
    is_new: bool
    why: str | None
    #: Columns that get their old values back.
    changed: tuple[str, ...] = ()


def key_type(table: type[Table]) -> str:
    """The type of the table's identifiers as SQL."""
    return str(table.__table__.c.id.type.compile(dialect=_DIALECT))


def holder_column(table: type[Table]) -> str | None:
    """The column from which a row's department follows: its own, or its parent's; ``None`` for rows of nobody."""
    rule = table.__rows__
    return table.__fields__[str(rule.field)].column if rule.is_scoped else None


def is_lasting(table: type[Table]) -> bool:
    """True when nobody at all may delete rows of the table."""
    return not any("delete" in actions for actions in table.__may__.values())


def is_published(table: type[Table], row: str) -> str:
    """``Workflow.is_published`` (of lines: that they were in force) as a condition about many rows at once."""
    edition = lines.filled_once_published(table)
    return f'coalesce({row}."{table.__fields__[edition].column}" <> 0, false)' if edition is not None else "false"


class Plan(Aside):
    """The plan of one table's rows."""

    def __init__(self, session: Session, table: type[Table], name: str | None = None) -> None:
        super().__init__(name or f"u_{uuid4().hex}")
        self.session, self.table, self.links = session, table, links_of(table)

    def run(self, statement: str, *, by: int = 0, **given: Any) -> Any:
        """Run a statement; ``{plan}``, ``{table}``, ``{why}`` and ``{key}`` stand for what they say.

        With ``by`` the rows come so many at a time and are not all held at once.
        """
        told = {"plan": self.full_name, "table": f'"{self.table.__tablename__}"', "why": WHY}
        options = {"yield_per": by} if by else {}
        wanted = text(statement.format(**told, key=key_type(self.table)))
        return self.session.execute(wanted, given, execution_options=options)

    # -- made ----------------------------------------------------------------------------------------------------

    def create(self) -> None:
        """The empty table is there."""
        facts = ", ".join(f"{name} boolean NOT NULL DEFAULT {value}" for name, value in _FACTS.items())
        shape = (
            f"place bigint NOT NULL, row_id {key_type(self.table)} NOT NULL, row_no integer, is_new boolean NOT NULL, "
            "left_version integer, old jsonb, links jsonb, home_department bigint, home_region integer, "
            f"{search.SPELLING} text, {facts}"
        )
        self.make(self.session, shape, is_kept=False)

    def lock(self, of: Written) -> None:
        """Nobody else changes, removes or refers to the rows until the transaction ends."""
        statement = (
            "SELECT count(*) FROM (SELECT FROM {table} t WHERE t.id IN (SELECT CAST(l.pk AS {key}) FROM audit.log l "
            f"WHERE {OF_IMPORT} AND l.rel = :rel AND l.action IN ('insert', 'update')) AND {self._ours('t')} "
            "ORDER BY t.id FOR UPDATE OF t) locked"
        )
        self._as_system(statement, **of.parameters, rel=self.table.__tablename__, **self._interval())

    def fill(self, of: Written, batch: Any, staged: str | None) -> None:
        """A line for each row; ``staged`` is the upload's table, which knows the numbers in the file."""
        given = {**of.parameters, "rel": self.table.__tablename__, "batch": str(batch), **self._interval()}
        number, join = "NULL::int", ""
        if staged is not None:
            number = "s.row_no"
            join = f"LEFT JOIN {staged} s ON s.row_id = w.id AND s.state IN ('insert', 'update')"
        again, renumbered, same = self._renumbered()
        self._as_system(
            f"""
            WITH {again} w AS (
                SELECT CAST(l.pk AS {{key}}) AS id, min(l.id) AS place, bool_or(l.action = 'insert') AS is_new,
                       max((l.new->>'version')::int) AS left_version,
                       audit.fold(l.old ORDER BY l.id DESC) AS old {same}
                  FROM audit.log l
                 WHERE {OF_IMPORT} AND l.rel = :rel AND l.action IN ('insert', 'update')
                   AND l.pk <> :batch GROUP BY l.pk)
            INSERT INTO {{plan}} (place, row_id, row_no, is_new, left_version, old, is_there, is_ours, is_same,
                                is_renumbered, is_lasting, is_out, is_corrected, is_published)
            SELECT w.place, w.id, {number}, w.is_new AND NOT {renumbered}, w.left_version, w.old, t.id IS NOT NULL,
                   coalesce({self._ours("t")}, false), coalesce(t.version = w.left_version, false), {renumbered},
                   {str(is_lasting(self.table)).lower()}, coalesce({corrections.out_as_sql(self.table, "t")}, false),
                   {corrections.corrected_as_sql(self.table, "t")}, {is_published(self.table, "t")}
              FROM w LEFT JOIN {{table}} t ON t.id = w.id {join} {"LEFT JOIN d USING (same)" if again else ""}
             {"WHERE d.version IS NULL OR d.version < w.left_version" if again else ""}
            """,
            **given,
        )
        for link in self.links:
            self._link(of, link)
        with looking_as(self.session, None):
            self.run("ANALYZE {plan}")

    def _renumbered(self) -> tuple[str, str, str]:
        """Rows whose number has changed are on the log as gone and come again: how they are told from new ones.

        What came along with a row above it (same version) was not written by the import.
        """
        if self.table.__id__ == "uuid":
            return "", "false", ""
        keys = [self.table.__fields__[name].column for name in self.table.__key__]
        gone, came = (
            f"jsonb_build_array({', '.join([f'l.{side}->{key!r}' for key in keys])})" for side in ("old", "new")
        )
        again = (
            f"d AS (SELECT {gone} AS same, max((l.old->>'version')::int) AS version FROM audit.log l "
            f"WHERE {OF_IMPORT} AND l.rel = :rel AND l.action = 'delete' GROUP BY 1),"
        )
        return (
            again,
            "(d.version IS NOT NULL)",
            f", max({came}::text) FILTER (WHERE l.action = 'insert')::jsonb AS same",
        )

    def _link(self, of: Written, link: Link) -> None:
        """Which links of rows that were there the import made, and which it took away."""
        owner, target = link.owner_column, link.target_column
        self._as_system(
            f"""
            WITH changed AS (
                SELECT CAST(coalesce(l.new, l.old)->>'{owner}' AS {{key}}) AS id,
                       jsonb_build_object(
                           'came', jsonb_agg(l.new->>'{target}') FILTER (WHERE l.action = 'insert'),
                           'gone', jsonb_agg(l.old->>'{target}') FILTER (WHERE l.action = 'delete')) AS links
                  FROM audit.log l
                 WHERE {OF_IMPORT} AND l.rel = :link AND l.action IN ('insert', 'delete') GROUP BY 1)
            UPDATE {{plan}} p
               SET links = coalesce(p.links, '{{{{}}}}') || jsonb_build_object(CAST(:link AS text), changed.links)
              FROM changed WHERE changed.id = p.row_id AND NOT p.is_new
            """,
            **of.parameters,
            link=link.table.name,
        )

    # -- told ----------------------------------------------------------------------------------------------------

    def counts(self) -> Counts:
        """How many rows each bucket holds."""
        found: dict[str, int] = {}
        for why, is_new, rows in self.run("SELECT {why}, is_new, count(*) FROM {plan} GROUP BY 1, 2"):
            name = BY_NAME[why].bucket.value if why else ("removed" if is_new else "restored")
            found[name] = found.get(name, 0) + rows
        return Counts(**found)

    def rows(self, bucket: Bucket, *, after: tuple[int, int] = (-1, -1), limit: int | None = None) -> list[PlanRow]:
        """The rows of a bucket in the order of the file, behind the one with that number and place."""
        names = [each.name for each in BY_NAME.values() if each.bucket is bucket]
        is_back = bucket is Bucket.REVERSED
        which = "why IS NULL" if is_back else "why = ANY(:names)"
        changed = "ARRAY(SELECT jsonb_object_keys(p.old) WHERE NOT is_new)" if is_back else "'{{}}'::text[]"
        found = self.run(
            f"SELECT place, row_id, row_no, is_new, why, {changed} FROM (SELECT *, {{why}} AS why FROM {{plan}}) p "
            f"WHERE {which} AND (coalesce(row_no, 0), place) > (:number, :place) "
            "ORDER BY coalesce(row_no, 0), place LIMIT :limit",
            names=names, number=after[0], place=after[1], limit=limit,
        )  # fmt: skip
        return [PlanRow(row[0], row[1], row[2], row[3], row[4], tuple(row[5])) for row in found]

    def changed(self) -> list[str]:
        """The columns that rows to be taken back have to get back."""
        found = self.run(
            "SELECT DISTINCT name FROM {plan} p, jsonb_object_keys(p.old) name "
            "WHERE NOT is_new AND {why} IS NULL ORDER BY 1"
        )
        return list(found.scalars())

    # -- kept ----------------------------------------------------------------------------------------------------

    def keep_as(self, name: str) -> None:
        """What was not taken back stays under that name, also after a crash."""
        with looking_as(self.session, None):
            self.run("DELETE FROM {plan} WHERE {why} IS NULL")
            self.run("ALTER TABLE {plan} DROP COLUMN old, DROP COLUMN links")
            self.run("ALTER TABLE {plan} SET LOGGED")
            self.run(f'ALTER TABLE {{plan}} RENAME TO "{name}"')
        self.name = name

    # -- whose rows ----------------------------------------------------------------------------------------------

    def as_system(self, statement: str, **given: Any) -> int:
        """Run a statement that sees all rows; how many lines it changed."""
        return int(self._as_system(statement, **given).rowcount)

    def _as_system(self, statement: str, **given: Any) -> Any:
        with looking_as(self.session, THE_SYSTEM):
            return self.run(statement, **given)

    def ours(self, department: str, region: str) -> tuple[str, dict[str, Any]]:
        """The condition that rows with those two numbers are the viewer's to write, and its parameters."""
        viewer = must_have(self.session)
        if viewer.is_system or not self.table.__rows__.is_scoped:
            return "true", {}
        column = region if viewer.kind == REGION else department
        return f"{column} BETWEEN :low AND :high", _interval(viewer)

    def _ours(self, row: str) -> str:
        condition, _ = self.ours(f"{row}.department_id", f"{row}.scope_region")
        return f"({row}.id IS NOT NULL)" if condition == "true" else condition

    def _interval(self) -> dict[str, Any]:
        return self.ours("", "")[1]


def _interval(viewer: Viewer) -> dict[str, Any]:
    return {"low": viewer.low, "high": viewer.high}
