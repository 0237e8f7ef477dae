"""Staging -> table, in one transaction: new rows, changed rows, links. What the database refuses stays in staging."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import corrections, sealing, watching
from app.core.errors import Invalid, Problem
from app.core.failures import explain, is_about_a_row, is_passing
from app.core.fields import Field
from app.core.messages import N_
from app.core.table import Link, Table, links_of, search
from app.core.viewer import must_have
from app.core.workflow import waiting
from app.transfer.staging import Staging, compared_name
from app.transfer.work import told
from app.transfer.writing import many_rows

#: Numbers of Excel rows that are written by one statement: progress is told, and a cancel heard, between two of them.
SLICE = 20_000
_SLICE = "s.row_no BETWEEN :low AND :high"

#: PostgreSQL's word for a row that is there already: unique_violation.
_IS_THERE = "23505"
#: Writes the staged rows between two numbers.
Write = Callable[[int, int], None]

#: When the database refuses so many rows one by one, it refuses something else than rows.
_REFUSED_ALONE = 2_000


@dataclass(frozen=True)
class Outcome:
    """What a merge did."""

    inserted: int
    updated: int
    unchanged: int
    failed: int
    skipped: int = 0

    @property
    def rows(self) -> int:
        """Every row of the file."""
        return self.inserted + self.updated + self.unchanged + self.failed + self.skipped


def merge(session: Session, staging: Staging, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Store the rows to ``insert`` and to ``update``; what the database refuses is ``error``. Never commits.

    A stored row keeps its state in staging: writing it there would cost as much as a tenth of the row itself.
    ``progress`` hears how many of how many rows are written; what it raises ends the work.
    """
    try:
        _write_all(session, staging, progress)
    except DBAPIError as error:
        if is_passing(error):
            raise
        session.rollback()
        raise explain(error, staging.table) from error
    found = staging.states(session)
    return Outcome(*(found.get(state, 0) for state in ("insert", "update", "unchanged", "error", "skipped")))


def _write_all(session: Session, staging: Staging, progress: Callable[[int, int], None] | None) -> None:
    table, actor = staging.table, must_have(session).user_id
    writing = _Writing(session, staging, progress)
    with many_rows(session, table, writing.wanted):
        insert = partial(_insert, session, staging, actor)
        writing.run("insert", insert, partial(insert, among_others=True))
        writing.run("update", partial(_update, session, staging, actor))
    if table.__flow__ is not None:
        waiting.settle(session, table)


class _Writing:
    """Staged rows on their way into the table, a slice at a time; what the database refuses is refused by its row."""

    def __init__(self, session: Session, staging: Staging, progress: Callable[[int, int], None] | None) -> None:
        self.session, self.staging, self._progress = session, staging, progress
        states = staging.states(session)
        self.wanted = states.get("insert", 0) + states.get("update", 0)
        self._done, self._refused = 0, 0

    def run(self, state: str, write: Write, otherwise: Write | None = None) -> None:
        """Give every row of that state to ``write``, by the numbers of the first and the last of a slice.

        A slice in which the database finds a row that is there already goes to ``otherwise``, which is dearer.
        """
        numbers = f"SELECT min(row_no), max(row_no), count(*) FROM {self.staging.full_name} WHERE state = :state"  # noqa: S608
        first, last, count = self.session.execute(text(numbers), {"state": state}).one()
        if not count:
            return
        size = SLICE if count > SLICE else last - first + 1
        for low in range(first, last + 1, size):
            high = min(low + size - 1, last)
            self._write(state, write, low, high, otherwise)
            if self._progress:
                self._done = min(self._done + size, self.wanted)
                self._progress(self._done, self.wanted)

    def _write(self, state: str, write: Write, low: int, high: int, otherwise: Write | None = None) -> None:
        connection = self.session.connection()
        connection.exec_driver_sql("SAVEPOINT slice")
        try:
            write(low, high)
        except DBAPIError as error:
            if not is_about_a_row(error):
                raise
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT slice")
            if otherwise is not None and getattr(error.orig, "pgcode", None) == _IS_THERE:
                self._write(state, otherwise, low, high)
            else:
                self._narrow(state, otherwise or write, low, high, error)
        else:
            connection.exec_driver_sql("RELEASE SAVEPOINT slice")

    def _narrow(self, state: str, write: Write, low: int, high: int, error: DBAPIError) -> None:
        """Write the halves, and so on, until the rows that the database does not take stand alone."""
        if low < high:
            middle = (low + high) // 2
            self._write(state, write, low, middle)
            self._write(state, write, middle + 1, high)
            return
        refused = explain(error, self.staging.table)
        self._refused += 1
        if self._refused > _REFUSED_ALONE:
            raise refused from error
        problems = refused.problems if isinstance(refused, Invalid) else [Problem(refused.message, (), "ROW")]
        _refuse(self.session, self.staging, state, "true", problems, low, high)


def _own_columns(staging: Staging) -> list[Field]:
    return [field for field in staging.fields if field.kind != "many"]


def _insert(
    session: Session, staging: Staging, actor: int | None, low: int, high: int, *, among_others: bool = False
) -> None:
    """Rows are stored; with ``among_others`` those like which one is there already are refused, each by itself."""
    table = staging.table
    fields = _own_columns(staging)
    pairs = [(field.column, f's."v_{field.name}"') for field in fields]
    pairs += [(field.compared, f's."{compared_name(field)}"') for field in staging.marked]
    if staging.is_bound:
        pairs.append((sealing.SEALED_AS, f"s.{sealing.SEALED_AS}"))
    if staging.is_scoped:
        pairs = [p for p in pairs if p[0] != "department_id"]
        pairs += [("department_id", "s.department_id"), ("scope_region", "s.scope_region")]
    if table.__id__ == "uuid":
        pairs.append(("id", "s.row_id"))
    if search.has_spelling(table):
        pairs.append((search.SPELLING, f"s.{search.SPELLING}"))
    pairs += [("created_by", ":actor"), ("updated_by", ":actor")]
    names, values = ", ".join(f'"{name}"' for name, _ in pairs), ", ".join(value for _, value in pairs)
    wanted = f"SELECT {values} FROM {staging.full_name} s WHERE s.state = 'insert' AND {_SLICE} ORDER BY s.row_no"  # noqa: S608
    conflict = "ON CONFLICT DO NOTHING" if among_others else ""
    session.execute(
        text(f'INSERT INTO "{table.__tablename__}" ({names}) {wanted} {conflict}'),
        {"actor": actor, "low": low, "high": high},
    )
    if among_others:
        problem = Problem(N_("相同的记录已存在，或已由其他部门录入"), (), "ROW")
        _refuse(session, staging, "insert", _missing_condition(table), [problem], low, high)
    for link in links_of(table):
        _link(session, staging, link, "insert", low, high)


def _missing_condition(table: type[Table]) -> str:
    """True for staged rows that the table did not take, because one like them was there."""
    if table.__id__ == "uuid":
        same = "t.id = s.row_id"
    else:  # numbered by the database: recognised by the key, and by the transaction that is still under way
        columns = [table.__fields__[name].compared for name in table.__key__]
        fields = [f'"{compared_name(table.__fields__[name])}"' for name in table.__key__]
        pairs = zip(columns, fields, strict=True)
        same = " AND ".join(["t.created_at = now()", *(f't."{column}" = s.{field}' for column, field in pairs)])
    return f'NOT EXISTS (SELECT FROM "{table.__tablename__}" t WHERE {same})'


def _update(session: Session, staging: Staging, actor: int | None, low: int, high: int) -> None:
    table = staging.table
    pairs = [f'"{field.column}" = s."v_{field.name}"' for field in _own_columns(staging)]
    pairs += [f'"{field.compared}" = s."{compared_name(field)}"' for field in staging.marked]
    if staging.is_scoped:
        pairs = [p for p in pairs if not p.startswith('"department_id"')]
        pairs += ["department_id = s.department_id", "scope_region = s.scope_region"]
    if search.has_spelling(table):
        pairs.append(f"{search.SPELLING} = s.{search.SPELLING}")
    pairs += ["version = t.version + 1", "updated_at = now()", "updated_by = :actor"]
    before = _out(session, staging, low, high)
    is_watched = table.__tablename__ in watching.WATCHED
    watched = watching.standing(session, table, _updated(session, staging, low, high) if is_watched else ())
    changed = Problem(N_("这条记录刚刚被他人修改，或您无权修改"), (), "ROW")
    done = (
        f'UPDATE "{table.__tablename__}" t SET {", ".join(pairs)} FROM {staging.full_name} s '  # noqa: S608
        f"WHERE s.state = 'update' AND {_SLICE} AND t.id = s.row_id AND t.version = s.base_version RETURNING s.row_no"
    )
    told = "s.row_no NOT IN (SELECT row_no FROM done)"
    _refuse(session, staging, "update", told, [changed], low, high, done=f"WITH done AS ({done})", actor=actor)
    for link in links_of(table):
        _unlink(session, staging, link, low, high)
        _link(session, staging, link, "update", low, high)
    corrections.keep(session, table, before)
    watching.tell(session, table, watched)


def _out(session: Session, staging: Staging, low: int, high: int) -> corrections.Standing:
    """What stands in rows that are about to be corrected: both values are kept."""
    if staging.table.__corrected__ is None:
        return {}
    return corrections.standing(session, staging.table, _updated(session, staging, low, high))


def _updated(session: Session, staging: Staging, low: int, high: int) -> Sequence[Any]:
    """The stored rows that are about to be changed; only asked where somebody wants to know."""
    wanted = text(f"SELECT row_id FROM {staging.full_name} s WHERE s.state = 'update' AND {_SLICE}")  # noqa: S608
    return session.scalars(wanted, {"low": low, "high": high}).all()


def _unlink(session: Session, staging: Staging, link: Link, low: int, high: int) -> None:
    owner, target, column = link.owner_column, link.target_column, f'"v_{link.field.name}"'
    session.execute(
        text(
            f"DELETE FROM \"{link.table.name}\" l USING {staging.full_name} s WHERE s.state = 'update' "  # noqa: S608
            f'AND {_SLICE} AND l."{owner}" = s.row_id AND NOT l."{target}" = ANY(coalesce(s.{column}, \'{{}}\'))'
        ),
        {"low": low, "high": high},
    )


def _link(session: Session, staging: Staging, link: Link, state: str, low: int, high: int) -> None:
    owner, target, column = link.owner_column, link.target_column, f'"v_{link.field.name}"'
    numbers = ", department_id, scope_region" if link.rows.is_scoped else ""
    staged = ", s.department_id, s.scope_region" if link.rows.is_scoped else ""
    conflict = "ON CONFLICT DO NOTHING" if state == "update" else ""  # a new row has none yet
    session.execute(
        text(
            f'INSERT INTO "{link.table.name}" ("{owner}", "{target}"{numbers}) '  # noqa: S608
            f"SELECT s.row_id, other{staged} FROM {staging.full_name} s, unnest(s.{column}) other "
            f"WHERE s.state = :state AND {_SLICE} {conflict}"
        ),
        {"state": state, "low": low, "high": high},
    )


def _refuse(
    session: Session,
    staging: Staging,
    state: str,
    condition: str,
    problems: Sequence[Problem],
    low: int,
    high: int,
    *,
    done: str = "",
    **given: Any,
) -> None:
    """Staged rows to which the condition applies are errors; ``done`` is done in the same statement."""
    given |= {"told": json.dumps([told(each) for each in problems], ensure_ascii=False)}
    found = "coalesce(problems, '[]'::jsonb) || CAST(:told AS jsonb)"
    session.execute(
        text(
            f"{done} UPDATE {staging.full_name} s SET state = 'error', problems = {found} "  # noqa: S608
            f"WHERE s.state = :state AND {_SLICE} AND {condition}"
        ),
        given | {"state": state, "low": low, "high": high},
    )
