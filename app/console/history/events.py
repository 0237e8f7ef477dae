"""What no trigger sees, put on the log where it happens: rows that leave the house, and work on many rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.core import audit, sealing
from app.core.choices import Choice
from app.core.messages import N_
from app.core.query import Criteria
from app.core.table import Table
from app.transfer.merge import Outcome

#: A request that is answered with more rows than this takes rows out; a page of a list shows 200 at most.
TAKES_OUT = 200
#: So many identifiers stand on the entry of a bulk action; the rows themselves are entries of their own.
_NAMED = 20
_LONGEST = 300


class Stage(Choice):
    """How far an export had come."""

    BEGUN = "begun", N_("开始")
    DONE = "done", N_("完成")
    ABORTED = "aborted", N_("中断")


def filters_of(criteria: Criteria) -> dict[str, str]:
    """What was asked for, as short texts."""
    told: dict[str, str] = {}
    for name, value in criteria.parameters():
        value = sealing.without_persons(str(value))  # the log is for ever: no number of a person in plain
        told[name] = f"{told[name]}；{value}"[:_LONGEST] if name in told else value[:_LONGEST]
    return told


def exported(
    session: Session,
    table: type[Table],
    rows: int | None,
    *,
    form: str,
    stage: Stage | None = None,
    filters: Mapping[str, str] | None = None,
    columns: Sequence[str] = (),
    **more: Any,
) -> None:
    """Rows of the table were taken out. In the transaction that read them: what is not on the log has not left.

    What leaves while it is still being made is on the log twice, with its ``stage``: before its first byte, and with
    the number of its rows before its last; one request has both.
    """
    audit.note(
        session,
        "export",
        table=table.__tablename__,
        stage=stage.value if stage else None,
        rows=rows,
        format=form,
        filters=dict(filters or {}),
        columns=list(columns),
        **more,
    )


def imported(session: Session, table: type[Table], outcome: Outcome, *, file: str = "", batch: Any = None) -> None:
    """Many rows were brought in by one file or request, in the transaction that stored them."""
    audit.note(
        session,
        "import",
        table=table.__tablename__,
        file=file[-255:],
        batch=str(batch) if batch is not None else None,
        rows=outcome.rows,
        inserted=outcome.inserted,
        updated=outcome.updated,
        unchanged=outcome.unchanged,
        failed=outcome.failed,
    )


def done_to_many(session: Session, table: type[Table], what: str, keys: Sequence[Any], number: int) -> None:
    """One action was done to so many rows at once; each of them is an entry of its own besides."""
    named = [str(key) for key in keys[:_NAMED]]
    audit.note(session, "bulk", table=table.__tablename__, what=what, rows=number, keys=named)
