"""The one way a single row is written: read, look up, judge, store. Never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.core import clock, corrections, linking, sealing, watching
from app.core.context import context_of
from app.core.errors import BadValue, Invalid, NotVisible, Problem, Refused
from app.core.failures import explain
from app.core.fields import Field
from app.core.ids import uuid7
from app.core.judge import Judged, is_inside, judge, scope_of, with_defaults
from app.core.lookup import Lookup
from app.core.messages import N_
from app.core.sight import visible as visible
from app.core.table import LINKS, Table, search
from app.core.twins import duplicates
from app.core.viewer import Viewer, must_have
from app.core.workflow import editions, lines, locks, todos, waiting


def typed(
    table: type[Table],
    given: Mapping[str, Any],
    lookups: Mapping[str, Lookup],
    *,
    by_id: bool,
    kept: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], list[Problem]]:
    """Typed values of what was given (references as facts), and what could not be read.

    ``by_id`` says that references are given as identifiers (forms) and not as names (workbooks, requests). ``kept`` are
    the values of the stored row: a sensitive one that comes back masked means "as it was".
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, raw in given.items():
        field = table.__fields__.get(name)
        if field is None or not field.is_input:
            problems.append(Problem(N_("没有可填写的字段“{name}”", name=name), (name,)))
            continue
        stored = kept.get(name) if kept is not None else None
        if kept is not None and raw and sealing.is_unchanged(field, raw, kept):
            values[name] = stored
            continue
        if field.is_secret and sealing.MASK in str(raw):
            problems.append(Problem(sealing.INCOMPLETE, (name,)))
            continue
        try:
            values[name] = _one(field, raw, lookups.get(name), by_id)
            if field.is_reference and kept is not None:
                values[name] = lookups[name].keeping(values[name], stored)
        except BadValue as error:
            problems.append(Problem(sealing.discreet_value(field, error, raw).message, (name,)))
    return values, problems


def _one(field: Field, raw: Any, lookup: Lookup | None, by_id: bool) -> Any:
    if lookup is None:
        return field.read(raw)
    if raw is None or raw == "" or raw == []:
        return None
    if field.kind == "ref":
        return _found(lookup, raw, by_id)
    names = raw if isinstance(raw, list | tuple) else (field.read(raw) or ())
    return [_found(lookup, name, by_id) for name in names]


def _found(lookup: Lookup, name: Any, by_id: bool) -> Any:
    """The row meant: forms send identifiers, but a name typed where scripts are off is understood as well."""
    if by_id:
        try:
            return lookup.by_id(name)
        except BadValue:
            pass
    return lookup.one(str(name).strip())


def _as_they_are(session: Session, row: Table, lookups: Mapping[str, Lookup]) -> dict[str, Any]:
    """The present values of a stored row, references as facts, sealed ones opened (in memory only, for the rules).

    A reference the viewer cannot see stays what it is.
    """
    values: dict[str, Any] = {}
    for name, field in type(row).__fields__.items():
        if field.kind == "ref":
            key = getattr(row, field.column)
            values[name] = lookups[name].kept([key]).get(key) if key is not None else None
        elif field.kind == "many":
            link = LINKS[f"{type(row).__tablename__}_{name}"]
            owner, other = link.table.c[link.owner_column], link.table.c[link.target_column]
            values[name] = list(lookups[name].kept(session.scalars(sa.select(other).where(owner == row.id))).values())
        elif field.is_secret:
            values[name] = sealing.value_of(row, field)
        else:
            values[name] = getattr(row, name)
    return values


def _matched(
    table: type[Table], values: dict[str, Any], lookups: Mapping[str, Lookup], kept: Mapping[str, Any] | None
) -> None:
    """Fill references that are found through another field of the row."""
    for name, field in table.__fields__.items():
        if field.match:
            wanted, stored = values.get(field.match), kept.get(name) if kept else None
            if kept and stored is not None and stored.id in lookups[name].unseen and wanted == kept.get(field.match):
                continue
            values[name] = None
            if wanted:
                with suppress(BadValue):
                    values[name] = lookups[name].one(str(wanted))


def _owned(
    table: type[Table],
    values: dict[str, Any],
    lookups: Mapping[str, Lookup],
    viewer: Viewer,
    kept: Mapping[str, Any] | None,
) -> None:
    """A new row without a department belongs to the viewer's own; a stored one stays where it is."""
    owner = next((f for f in table.__fields__.values() if f.is_owner), None)
    if owner is None or values.get(owner.name) is not None:
        return
    if kept is not None:
        values[owner.name] = kept[owner.name]
    elif viewer.department_id is not None:
        values[owner.name] = lookups[owner.name].by_id(viewer.department_id)


def weigh(
    session: Session,
    table: type[Table],
    given: Mapping[str, Any],
    viewer: Viewer,
    *,
    row: Table | None = None,
    by_id: bool = False,
    proposed: bool | None = None,
) -> tuple[Judged, list[Problem], Any]:
    """The row as it would be stored: judged values, everything that refuses it, its identifier. Nothing is written.

    ``proposed`` weighs the row's proposal; without it, whatever the row's workflow says is edited now.
    """
    proposed = locks.proposes(row) if proposed is None else proposed
    lookups = {name: Lookup(session, field) for name, field in table.__fields__.items() if field.is_reference}
    if row is not None and proposed:
        given, by_id = editions.given_of(session, row) | dict(given), True
    kept = _as_they_are(session, row, lookups) if row is not None else None
    values, problems = typed(table, given, lookups, by_id=by_id, kept=kept)
    values = with_defaults(table, values) if kept is None else kept | values
    _owned(table, values, lookups, viewer, kept)
    _matched(table, values, lookups, kept)
    row_id = row.id if row is not None else uuid7()
    judged = judge(table, values, context_of(session), viewer, row_id, kept, guarded=not proposed, by_hand=True)
    told = {name for problem in problems for name in problem.fields}
    problems += [p for p in judged.errors if not told.intersection(p.fields)]
    return judged, problems, row_id


def save(
    session: Session,
    table: type[Table],
    given: Mapping[str, Any],
    *,
    row: Table | None = None,
    version: int | None = None,
    by_id: bool = False,
    moved: bool = False,
) -> tuple[Table, Sequence[Problem]]:
    """Write one row and flush it. Returns the row and the warnings it was accepted with.

    What is written of a published row whose workflow lets it change goes into its proposal (core/workflow/editions.py);
    a move of that workflow (``moved``) writes the row itself.
    Raises Invalid with every problem found; Refused when the row was changed by somebody since ``version``.
    """
    viewer = must_have(session)
    if row is not None:
        must_be_own(row, viewer)
    if row is not None and version is not None and row.version != version:
        raise Refused(N_("这条记录已被他人修改，请核对最新内容后再保存"), status=409)
    proposed = locks.proposes(row) and not moved
    judged, problems, row_id = weigh(session, table, given, viewer, row=row, by_id=by_id, proposed=proposed)
    twins = [] if problems else duplicates(session, table, judged.values, row_id)
    problems += [p for p in twins if not p.is_warning]
    if problems:
        raise Invalid(problems)
    warnings = [p for p in (*judged.problems, *twins) if p.is_warning]
    if row is not None and proposed:
        editions.write(session, row, judged.values)
        row.updated_by, row.updated_at = viewer.user_id, clock.now()
        flush(session, table)
        return row, warnings
    if moved and row is not None:  # a move is told by its step: whoever wrote the row last stays its writer
        viewer = replace(viewer, user_id=row.updated_by)
    watched = watching.standing(session, table, [row.id] if row is not None else ())
    stored = _store(session, table, judged, row, row_id, viewer, warnings)
    lines.forget(session, table)
    watching.tell(session, table, watched)
    if row is None and table.__flow__ is not None:
        waiting.begin(session, stored)
    return stored, warnings


def _store(
    session: Session,
    table: type[Table],
    judged: Judged,
    row: Table | None,
    row_id: Any,
    viewer: Viewer,
    warnings: Sequence[Problem],
) -> Table:
    before = corrections.standing(session, table, [row.id]) if row is not None else {}
    if row is None:
        row = table()
        if table.__id__ == "uuid":
            row.id = row_id
        row.created_by = viewer.user_id
    row.updated_by, row.updated_at = viewer.user_id, clock.now()
    if "quality_flags" in table.__fields__:
        judged.values["quality_flags"] = sorted({w.code for w in warnings if w.code})
    for name, field in table.__fields__.items():
        value = judged.values.get(name)
        if field.kind == "ref":
            setattr(row, field.column, value.id if value is not None else None)
        elif field.is_secret:
            sealing.put(row, field, judged.values)
        elif field.kind != "many":
            setattr(row, name, value)
    if search.has_spelling(table):
        setattr(row, search.SPELLING, search.spelling(table, judged.values))
    for name, value in scope_of(table, judged.values).items():
        setattr(row, name, value)
    session.add(row)
    flush(session, table)
    for name, field in table.__fields__.items():
        if field.kind == "many":
            linking.link(session, row, field, {item.id for item in judged.values.get(name) or []})
    corrections.keep(session, table, before)
    return row


def must_be_own(row: Table, viewer: Viewer) -> None:
    """Raise Refused (403) for a row that the viewer may read only."""
    if type(row).__rows__.is_scoped and not is_inside(viewer, row.department_id, row.scope_region):
        raise Refused(N_("这条记录由其他部门维护，您不能修改"), status=403)


def delete(session: Session, row: Table) -> None:
    """Remove one row and flush. Raises Refused when other rows need it or it is not the viewer's to delete."""
    table, viewer = type(row), must_have(session)
    must_be_own(row, viewer)
    corrections.must_not_be_out([row])
    refused = locks.in_the_way_of_deleting(row, viewer)
    if refused is not None:
        raise Refused(refused, status=409)
    if locks.proposes(row):  # a line in force: it ends with the next edition of its head
        editions.leave_out(session, row)
        row.updated_by, row.updated_at = viewer.user_id, clock.now()
        flush(session, table)
        return
    if table.__flow__ is not None:
        todos.close(session, row, recalled=True)
    session.delete(row)
    flush(session, table)


def flush(session: Session, table: type[Table]) -> None:
    """Send what is pending to the database; what the database refuses becomes a message for people."""
    try:
        session.flush()
    except StaleDataError:
        session.rollback()
        raise Refused(N_("这条记录已被他人修改，或您无权修改"), status=409) from None
    except DBAPIError as error:
        session.rollback()
        raise explain(error, table) from error


def find(session: Session, table: type[Table], key: Any) -> Table:
    """The row with that identifier, if the viewer may see it. Raises NotVisible."""
    value = table.key_of(key)
    if value is None:
        raise NotVisible
    row = session.scalar(visible(table, must_have(session)).where(table.id == value))
    if row is None:
        raise NotVisible
    return row
