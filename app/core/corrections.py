"""What has been published or reported is corrected with a reason only, and both values are kept.

A table says with ``__corrected__`` when its rows are out and which field holds the reason. Forms, requests and imports
all judge by ``unexplained``; whoever writes asks ``standing`` before and tells ``keep`` after (rule R19; Xi'an measures
art. 33: what was collected is not tampered with).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Problem, Refused
from app.core.fields import Field
from app.core.ids import uuid7_series
from app.core.lookup import among
from app.core.messages import N_, joined
from app.core.sight import visible
from app.core.table import TABLES, Table, by_class
from app.core.viewer import THE_SYSTEM, looking_as, must_have

#: The number of the rule.
CODE = "R19"


@dataclass(frozen=True)
class Correcting:
    """When the rows of a table are out, and the field that says why one was corrected.

    A row is out as soon as one of the fields ``when`` says something (a day, a time, a yes); ``parent.field`` is the
    field of what the row refers to. Fields that ``goes_on`` names speak of what happens afterwards (an appeal, the end
    of a publication): they are brought up to date without a reason.
    """

    when: tuple[str, ...]
    reason: str = "correction_reason"
    goes_on: tuple[str, ...] = ()

    def is_out(self, values: Any) -> bool:
        """True when a row with those stored values is out."""
        return any(self._says(values, name) for name in self.when)

    @staticmethod
    def _says(values: Any, name: str) -> bool:
        for part in name.split("."):
            values = getattr(values, part, None)
        return bool(values)


def watched(table: type[Table]) -> list[Field]:
    """The fields whose values are not changed without a reason once a row is out."""
    plan = table.__corrected__
    if plan is None:
        return []
    left_out = {plan.reason, *plan.goes_on}
    return [field for field in table.__fields__.values() if field.is_input and field.name not in left_out]


def unexplained(table: type[Table], known: Mapping[str, Any], kept: Mapping[str, Any] | None) -> list[Problem]:
    """Why the row may not be written as given: it is out, something that stood there is changed, and nobody says why.

    What was empty may be filled in later; that is no correction. The reason is given anew each time. Once out, a row
    stays out: otherwise it could be taken back, changed without a word and put out again.
    """
    plan = table.__corrected__
    if plan is None or kept is None or not plan.is_out(_Values(kept)):
        return []
    if not plan.is_out(_Values(known)):
        told = N_("这条记录已公示或已报送，不能改回未公示、未报送；有误的请更正并写明理由")
        return [Problem(told, (plan.reason,), CODE)]
    changed = [field for field in watched(table) if _differs(kept.get(field.name), known.get(field.name))]
    reason = known.get(plan.reason)
    if not changed or (reason and reason != kept.get(plan.reason)):
        return []
    if reason:
        told = N_("更正理由与上一次更正的相同，请写明这一次更正的理由")
        return [Problem(told, (plan.reason,), CODE)]
    labels = joined(field.label for field in changed[:3])
    told = N_("这条记录已公示或已报送，更正{labels}须填写这次更正的理由", labels=labels)
    return [Problem(told, (plan.reason,), CODE)]


class _Values:
    """The stored values under their names; what is not there is None."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__ = dict(values)

    def __getattr__(self, _name: str) -> Any:
        return None


def _differs(before: Any, after: Any) -> bool:
    old, new = _plain(before), _plain(after)
    return old is not None and old != new


def _plain(value: Any) -> Any:
    """A value that can be compared: references by identifier, lists as sets, nothing as None."""
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return frozenset(getattr(each, "id", each) for each in value) or None
    return None if value in ("", None) else getattr(value, "id", value)


def is_out(row: Table) -> bool:
    """True for a stored row that is corrected with a reason only."""
    plan = type(row).__corrected__
    return plan is not None and plan.is_out(row)


def out_as_sql(table: type[Table], row: str) -> str:
    """``is_out`` as a condition about many rows at once; ``row`` is the name of the row in it."""
    plan = table.__corrected__
    return " OR ".join(_says_as_sql(table, row, name) for name in plan.when) if plan is not None else "false"


def _says_as_sql(table: type[Table], row: str, name: str) -> str:
    own, _, further = name.partition(".")
    field = table.__fields__[own]
    if further:
        above = by_class(str(field.target))
        says = _says_as_sql(above, "above", further)
        return f'EXISTS (SELECT FROM "{above.__tablename__}" above WHERE above.id = {row}."{field.column}" AND {says})'
    return f'{row}."{field.column}" IS {"TRUE" if field.kind == "boolean" else "NOT NULL"}'


def corrected_as_sql(table: type[Table], row: str) -> str:
    """The condition that a row has been corrected, of which the trace is kept."""
    if table.__corrected__ is None:
        return "false"
    told = f"c.table_name = '{table.__tablename__}' AND c.row_key = CAST({row}.id AS text)"
    return f'EXISTS (SELECT FROM "{TABLES["correction"].__tablename__}" c WHERE {told})'


def must_not_be_out(rows: Iterable[Table]) -> None:
    """Raise Refused (409) when one of the rows is out: such a record is corrected, and does not vanish."""
    names = [row.title() for row in rows if is_out(row)]
    if names:
        told = N_("已公示或已报送的记录不能删除，有误的请更正并写明理由：{names}", names=joined(names[:5]))
        raise Refused(told, status=409)


#: What stands in rows: by row, then by field, as people read it and as it is compared.
Standing = dict[Any, dict[str, tuple[str, str]]]


def standing(session: Session, table: type[Table], keys: Iterable[Any]) -> Standing:
    """What stands now in those of the rows that are out, as it is shown: sealed values in their masked form."""
    if table.__corrected__ is None:
        return {}
    wanted = visible(table, must_have(session)).where(among(table.id, list(keys)))
    rows = session.scalars(wanted.execution_options(populate_existing=True)).unique()
    return {row.id: _told(row) for row in rows if is_out(row)}


def _told(row: Table) -> dict[str, tuple[str, str]]:
    """Each watched value in both spellings; what is masked is compared by its mark."""
    found = {}
    for field in watched(type(row)):
        text = row.shown(field)
        found[field.name] = (text, str(getattr(row, field.compared)) if field.is_marked else text)
    return found


def keep(session: Session, table: type[Table], before: Standing) -> None:
    """Each of those rows whose values changed has a correction: who, why, and both values. Flushes nothing."""
    plan = table.__corrected__
    if plan is None or not before:
        return
    viewer, now, ids = must_have(session), clock.now(), uuid7_series()
    rows = session.scalars(
        visible(table, viewer).where(among(table.id, list(before))).execution_options(populate_existing=True)
    ).unique()
    made = []
    for row in rows:
        after = _told(row)
        old = before[row.id]
        changes = {n: [text, after[n][0]] for n, (text, same) in old.items() if text and same != after[n][1]}
        if changes:
            told = {"table_name": table.__tablename__, "row_key": str(row.id), "changes": changes}
            told |= {"reason": getattr(row, plan.reason) or "", "person": viewer.name or None}
            told |= {"unit": viewer.department or None, "corrected_at": now}
            made.append(told | {"id": next(ids), "created_by": viewer.user_id, "updated_by": viewer.user_id})
    if made:
        with looking_as(session, THE_SYSTEM):
            session.execute(sa.insert(TABLES["correction"].__table__), made)


def of(session: Session, row: Table) -> list[Any]:
    """The corrections of a row, the latest first; whoever sees the row sees them."""
    if type(row).__corrected__ is None:
        return []
    stored = TABLES["correction"].__table__
    wanted = sa.select(stored).where(stored.c.table_name == row.__tablename__, stored.c.row_key == str(row.id))
    with looking_as(session, THE_SYSTEM):
        return list(session.execute(wanted.order_by(stored.c.corrected_at.desc(), stored.c.id.desc())))
