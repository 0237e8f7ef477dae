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
    # Shared among workers, the rows of a step would be told for one worker only.
    alone = "SET LOCAL max_parallel_workers_per_gather = 0; "
    return f"{alone}EXPLAIN (FORMAT JSON) {compiler.process(plan.statement, **options)}"


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


def tally(
    session: Session,
    found: sa.Select[Any],
    around: sa.Select[Any] | None = None,
    column: Any = None,
    values: Sequence[str] = (),
    cap: int = COUNT_CAP,
) -> Tally:
    """Count ``found``; and ``around`` (what was asked, but for the state) by the values of ``column``.

    One query that reads at most ``cap`` rows of each, and one that reads none when there are more.
    """
    parts = [_capped("total", found, cap)]
    if around is not None:
        everything = _capped("around", around, cap)
        size = sa.select(everything.c.number).scalar_subquery()
        groups = (
            around.with_only_columns(column.label("value"), sa.func.count().label("number"), maintain_column_froms=True)
            .where(size <= cap)
            .group_by(column)
            .order_by(None)
        )
        parts += [everything, groups.cte("groups")]
    rows = session.execute(sa.union_all(*(sa.select(part.c.value, part.c.number) for part in parts))).all()
    counted = {row.value: row.number for row in rows}
    total, around_all = counted["\ntotal"], counted.get("\naround", 0)
    if total <= cap and around_all <= cap:
        return Tally(Number(total), {value: Number(counted.get(value, 0)) for value in values})
    asked = [found] + [around.where(column == value) for value in values if around is not None]
    guesses = expected(session, asked)
    exact = around_all <= cap
    by_value = {
        value: Number(counted.get(value, 0)) if exact else Number(guess, is_estimate=True)
        for value, guess in zip(values, guesses[1:], strict=False)
    }
    return Tally(Number(total) if total <= cap else Number(max(guesses[0], cap + 1), is_estimate=True), by_value)


def _capped(name: str, query: sa.Select[Any], cap: int) -> Any:
    """At most one more than ``cap``, under a name that no value of a column has."""
    some = query.with_only_columns(sa.literal(1), maintain_column_froms=True).order_by(None).limit(cap + 1).subquery()
    return (
        sa.select(sa.literal(f"\n{name}").label("value"), sa.func.count().label("number")).select_from(some).cte(name)
    )
