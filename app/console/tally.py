"""How many rows a list has, in all and by state: exact while they are few, the planner's estimate beyond."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ClauseElement, Executable
from sqlalchemy.sql.visitors import InternalTraversal

from app.console.paging import COUNT_CAP
from app.core import query
from app.core.query import Criteria
from app.core.table import Table
from app.core.viewer import Viewer

#: Stands for all rows among the values of a column, none of which begins so.
_ALL = "\nall"


class Plan(Executable, ClauseElement):
    """What PostgreSQL expects of a statement, which is not run."""

    inherit_cache = True
    _traverse_internals = [("statement", InternalTraversal.dp_clauseelement)]

    def __init__(self, statement: Any) -> None:
        self.statement = statement

    @property
    def _all_selected_columns(self) -> Any:
        # A compiled plan that is used again is matched by the columns of what it plans.
        return self.statement._all_selected_columns


@compiles(Plan)
def _explain(plan: Plan, compiler: Any, **options: Any) -> str:
    # Shared among workers, the rows of a step would be told for one worker only. And what is counted after the guess
    # has room for the places of a word's rows: without it PostgreSQL keeps only their pages, and cuts each row of them
    # into pieces anew (20 seconds instead of 60 milliseconds at 10,000,000 rows).
    settings = "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '128MB'; "
    return f"{settings}EXPLAIN (FORMAT JSON) {compiler.process(plan.statement, **options)}"


@dataclass(frozen=True)
class Number:
    """A number of rows, counted or estimated."""

    rows: int
    is_estimate: bool = False


@dataclass(frozen=True)
class Tally:
    """The number of rows found, and of those with each value of the state column."""

    total: Number
    by_value: dict[str, Number] = field(default_factory=dict)


def expected(session: Session, queries: Sequence[sa.Select[Any]]) -> list[int]:
    """The planner's estimate for each query, under the viewer's own policies and without running any of them."""
    plain = [each.with_only_columns(sa.literal(1), maintain_column_froms=True).order_by(None) for each in queries]
    answer = session.scalar(Plan(sa.union_all(*plain) if len(plain) > 1 else plain[0]))
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    parts = plan.get("Plans", []) if len(plain) > 1 else [plan]
    if len(parts) != len(plain):  # a condition that nothing can meet has no step of its own
        return [expected(session, [each])[0] for each in queries]
    return [int(part["Plan Rows"]) for part in parts]


@dataclass(frozen=True)
class Question:
    """The rows of a list; and the same asked roughly, for the planner to guess their number, where words are asked for:
    a word that many rows have is not counted, for reading its place in the index alone takes a quarter of a second.
    """

    rows: sa.Select[Any]
    rough: sa.Select[Any] | None = None

    @staticmethod
    def of(table: type[Table], criteria: Criteria, viewer: Viewer) -> Question:
        """The viewer's rows that meet the criteria."""
        rough = query.matching(table, criteria, viewer, roughly=True) if criteria.words else None
        return Question(query.matching(table, criteria, viewer), rough)


def count(session: Session, asked: Question, cap: int = COUNT_CAP) -> Number:
    """How many rows there are: counted up to ``cap``, beyond what the planner expects."""
    if asked.rough is not None:
        (guess,) = expected(session, [asked.rough])
        if guess > cap:
            return Number(guess, is_estimate=True)
    counted = session.scalar(sa.select(sa.func.count()).select_from(_some(asked.rows, cap))) or 0
    if counted <= cap:
        return Number(counted)
    return Number(max(expected(session, [asked.rough if asked.rough is not None else asked.rows])[0], cap + 1), True)


def at_least(session: Session, asked: Question, cap: int = COUNT_CAP) -> tuple[int, bool]:
    """How many rows there are at least, and whether there may be more."""
    number = count(session, asked, cap)
    return min(number.rows, cap), number.is_estimate


def tally(
    session: Session, found: Question, around: Question, column: Any, values: Sequence[str], cap: int = COUNT_CAP
) -> Tally:
    """Count ``found``; and ``around`` (what was asked, but for the state) by the values of ``column``."""
    all_around, by_value = _groups(session, around, column, values, cap)
    return Tally(all_around if found is around else count(session, found, cap), by_value)


def _groups(
    session: Session, around: Question, column: Any, values: Sequence[str], cap: int
) -> tuple[Number, dict[str, Number]]:
    guessed = around.rough if around.rough is not None else around.rows
    if around.rough is None or expected(session, [around.rough])[0] <= cap:
        everything = sa.select(sa.func.count().label("number")).select_from(_some(around.rows, cap)).cte("everything")
        size = sa.select(everything.c.number).scalar_subquery()
        groups = around.rows.with_only_columns(
            column.label("value"), sa.func.count().label("number"), maintain_column_froms=True
        )
        groups = groups.where(size <= cap).group_by(column).order_by(None)
        both = sa.union_all(sa.select(sa.literal(_ALL).label("value"), everything.c.number), groups)
        counted: dict[Any, int] = {row.value: row.number for row in session.execute(both)}
        if counted[_ALL] <= cap:
            return Number(counted[_ALL]), {value: Number(counted.get(value, 0)) for value in values}
    total, *guesses = expected(session, [guessed, *(guessed.where(column == value) for value in values)])
    by_value = {value: Number(guess, True) for value, guess in zip(values, guesses, strict=True)}
    return Number(max(total, cap + 1), True), by_value


def _some(query: sa.Select[Any], cap: int) -> Any:
    return query.with_only_columns(sa.literal(1), maintain_column_froms=True).order_by(None).limit(cap + 1).subquery()
