"""Editions of published rows: the one in force stays as it is while the next is written, and every past one is kept.

domain.md §2.7, rule 5: each adjustment is a row. A row that has been published is never edited in place: what people
write goes into a proposal, which takes its place when it is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.core import clock
from app.core.errors import Refused
from app.core.fields import Field
from app.core.ids import uuid7
from app.core.messages import N_
from app.core.table import Table, by_class
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.core.workflow import lines
from app.core.workflow.models import Edition, EditionState


def raw(value: Any) -> Any:
    """The value as JSON, in the form in which forms and requests give it: references as identifiers."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if hasattr(value, "id"):
        return str(value.id)
    if isinstance(value, list | tuple | set):
        return [raw(each) for each in value]
    return value


def kept(table: type[Table], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields that people give, as an edition keeps them; the state is the row's own."""
    flow = table.__flow__
    own = {flow.field} if flow else set()
    return {n: raw(values.get(n)) for n, f in table.__fields__.items() if f.is_input and n not in own}


def present(row: Table) -> dict[str, Any]:
    """What the row itself says, as an edition keeps it."""
    return kept(type(row), {name: getattr(row, name) for name in type(row).__fields__})


def _of(table: str, key: Any) -> Any:
    return sa.and_(Edition.table_name == table, Edition.row_key == str(key))


def of_row(session: Session, row: Table) -> list[Edition]:
    """Every edition of a row that the viewer may see, newest first; what was given up stands last."""
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(Edition).where(_of(row.__tablename__, row.id)).order_by(Edition.number.desc())
        return list(session.scalars(wanted))


def proposal_of(session: Session, row: Table) -> Edition | None:
    """What is to take the place of a published row; ``None`` where nothing is under way. A line has its head's."""
    head, head_table = lines.head(row), lines.head_of(type(row))
    of = _of(head_table.__tablename__, head.id) if head and head_table else _of(row.__tablename__, row.id)
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(Edition).where(of, Edition.state == EditionState.PROPOSED)
        return session.scalar(wanted.execution_options(populate_existing=True))


def given_of(session: Session, row: Table) -> dict[str, Any]:
    """The values of the row's proposal, as a form would give them; empty where nothing is under way."""
    edition = proposal_of(session, row)
    if edition is None:
        return {}
    if lines.head_of(type(row)) is not None:
        return dict((edition.lines or {}).get(row.__tablename__, {}).get(str(row.id), {}))
    return dict(edition.contents or {})


#: Under this name what an edition says holds its lines, beside the values of its own fields.
LINES = "_lines"


def said(edition: Any) -> dict[str, Any]:
    """Everything an edition says: the values of the row, and under ``LINES`` those of its lines."""
    return dict(edition.contents or {}) | {LINES: edition.lines or {}}


def said_now(session: Session, row: Table) -> dict[str, Any]:
    """Everything the row says as it is in force."""
    return present(row) | {LINES: lines.stored(session, row, present) or {}}


def said_next(session: Session, row: Table, proposal: Edition) -> dict[str, Any]:
    """Everything the row will say with its proposal in its place: with it come the lines that were never published."""
    next_lines = {name: dict(found) for name, found in (proposal.lines or {}).items()}
    for table in lines.tables_of(type(row)):
        fresh = lines.of(session, table, row.id, table.__table__.c[lines.SINCE].is_(None))
        next_lines.setdefault(table.__tablename__, {}).update({str(each.id): present(each) for each in fresh})
    return dict(proposal.contents or {}) | {LINES: lines.without_orphans(type(row), next_lines)}


class Proposed:
    """A row as it would be with its proposal in its place: what is judged is what is proposed."""

    def __init__(self, session: Session, row: Table, given: Mapping[str, Any]) -> None:
        self._session, self._given = session, given
        #: The row as it is in force.
        self.stored = row

    def __getattr__(self, name: str) -> Any:
        field = type(self.stored).__fields__.get(name)
        if field is None or name not in self._given:
            return getattr(self.stored, name)
        return _typed(self._session, field, self._given[name])


def _typed(session: Session, field: Field, value: Any) -> Any:
    """A kept value as a row has it."""
    if value in (None, "", []):
        return None
    if field.is_reference:
        table = by_class(str(field.target))
        keys = [table.key_of(each) for each in (value if isinstance(value, list) else [value])]
        found = [each for key in keys if (each := session.get(table, key)) is not None]
        return found if field.kind == "many" else next(iter(found), None)
    if field.kind in ("boolean", "choices") or not isinstance(value, str):
        return value
    return field.read(value)


def as_proposed(session: Session, row: Table) -> Any:
    """The row as it would be with its proposal in its place; the row itself where nothing is under way."""
    flow = type(row).__flow__
    given = given_of(session, row) if flow is not None and flow.is_published(row) else {}
    return Proposed(session, row, given) if given else row


def number_on(session: Session, table: str, key: Any, day: date) -> int | None:
    """The number of the edition that was in force on that day; the first one for days before it."""
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(Edition.number).where(_of(table, key), Edition.state.in_(("in_force", "superseded")))
        then = wanted.where(sa.or_(Edition.valid_from.is_(None), Edition.valid_from <= day))
        return session.scalar(then.order_by(Edition.number.desc()).limit(1)) or session.scalar(
            wanted.order_by(Edition.number).limit(1)
        )


def begin(session: Session, row: Table, given: Mapping[str, Any]) -> Edition:
    """A proposal with the row's present values; ``given`` names change_kind, doc_no and reason."""
    flow = type(row).__flow__
    assert flow is not None and flow.edition is not None
    number = int(getattr(row, flow.edition) or 0)
    _keep_first(session, row, number)
    told = {name: given.get(name) or None for name in ("change_kind", "doc_no", "reason")}
    return _store(session, row, number + 1, EditionState.PROPOSED, **told)


def write(session: Session, row: Table, values: Mapping[str, Any]) -> Edition:
    """The judged values stand in the row's proposal. Raises Refused where none is under way."""
    edition = proposal_of(session, row)
    if edition is None:
        raise Refused(N_("这条记录没有正在进行的变更，请先发起变更"), status=409)
    with looking_as(session, THE_SYSTEM):
        if lines.head_of(type(row)) is not None:
            _say(edition, row, kept(type(row), values))
        else:
            edition.contents = kept(type(row), values)
        _flush(session)
    return edition


def leave_out(session: Session, line: Table) -> None:
    """The line in force is no part of its head's next edition."""
    edition = proposal_of(session, line)
    if edition is None:
        raise Refused(N_("这条记录没有正在进行的变更，请先发起变更"), status=409)
    with looking_as(session, THE_SYSTEM):
        _say(edition, line, None)
        _flush(session)


def _say(edition: Edition, line: Table, values: dict[str, Any] | None) -> None:
    """The proposal says that of the line; without values it says nothing of it any more."""
    said_so = {name: dict(found) for name, found in (edition.lines or {}).items()}
    of_table = said_so.setdefault(line.__tablename__, {})
    of_table.pop(str(line.id), None)
    if values is not None:
        of_table[str(line.id)] = values
    head = lines.head_of(type(line))
    edition.lines = lines.without_orphans(head, said_so) if head is not None else said_so


def drop(session: Session, row: Table) -> None:
    """The proposal is given up; its number is free again, and it stands below zero among the others that were.

    Lines that were written for it alone go with it; they stand in what was given up.
    """
    edition = proposal_of(session, row)
    if edition is not None:
        with looking_as(session, THE_SYSTEM):
            if edition.lines is not None:
                edition.lines = said_next(session, row, edition)[LINES]
                _forget_fresh(session, row)
            least = session.scalar(sa.select(sa.func.min(Edition.number)).where(_of(row.__tablename__, row.id)))
            edition.state, edition.number = EditionState.DROPPED.value, min(int(least or 0), 0) - 1
            _flush(session)


def _forget_fresh(session: Session, row: Table) -> None:
    """The lines that were never published are gone. Raises Refused where other records speak of one already."""
    for table in reversed(lines.tables_of(type(row))):
        gone = lines.of(session, table, row.id, table.__table__.c[lines.SINCE].is_(None))
        try:
            session.execute(sa.delete(table).where(table.id.in_([each.id for each in gone])))
        except IntegrityError:
            session.rollback()
            told = N_("变更中新增的{label}已被其他记录引用，请先改正那些记录，再放弃变更", label=table.__label__)
            raise Refused(told, status=409) from None


def in_force(session: Session, row: Table) -> Edition | None:
    """The edition that is in force; ``None`` where none is kept."""
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(Edition).where(_of(row.__tablename__, row.id), Edition.state == EditionState.IN_FORCE)
        return session.scalar(wanted.order_by(Edition.number.desc()).limit(1))


def end(session: Session, row: Table, last: date) -> None:
    """The row's edition in force is the last: that day is its last day."""
    flow = type(row).__flow__
    assert flow is not None and flow.edition is not None
    _keep_first(session, row, int(getattr(row, flow.edition) or 0))
    edition = in_force(session, row)
    if edition is not None:
        with looking_as(session, THE_SYSTEM):
            edition.valid_to = last
            _flush(session)


def publish(session: Session, row: Table, number: int, since: date, who: Viewer | None) -> None:
    """The edition of that number is in force since that day; the one before it ends on the day before.

    The row and its lines say by now what the edition says.
    """
    with looking_as(session, THE_SYSTEM):
        before = sa.select(Edition).where(
            _of(row.__tablename__, row.id), Edition.state == EditionState.IN_FORCE, Edition.number < number
        )
        for each in session.scalars(before):
            each.state, each.valid_to = EditionState.SUPERSEDED.value, since - timedelta(days=1)
        _flush(session)
    edition = proposal_of(session, row) or _store(session, row, number, EditionState.PROPOSED)
    with looking_as(session, THE_SYSTEM):
        edition.number, edition.state, edition.contents = number, EditionState.IN_FORCE.value, present(row)
        edition.lines = lines.stored(session, row, present)
        edition.valid_from, edition.published_at, edition.publisher = since, clock.now(), who.name if who else None
        _flush(session)


def _keep_first(session: Session, row: Table, number: int) -> None:
    """A row that came published (loaded from another system) has no edition yet: it gets the one it stands at."""
    if not number or any(each.number > 0 for each in of_row(session, row)):
        return
    _store(session, row, number, EditionState.IN_FORCE, valid_from=getattr(row, "valid_from", None))


def _store(session: Session, row: Table, number: int, state: EditionState, **more: Any) -> Edition:
    with looking_as(session, THE_SYSTEM):
        edition = Edition(
            id=uuid7(), table_name=row.__tablename__, row_key=str(row.id), number=number, state=state.value,
            contents=present(row), lines=lines.stored(session, row, present), **more,
        )  # fmt: skip
        session.add(edition)
        _flush(session)
    return edition


def _flush(session: Session) -> None:
    """Send what is pending; whoever wrote the same edition meanwhile was faster."""
    try:
        session.flush()
    except (StaleDataError, IntegrityError):
        session.rollback()
        raise Refused(N_("这条记录的变更内容刚刚被他人修改，请刷新页面核对后再保存"), status=409) from None
