"""Many rows at once: all of them or none, in batches, and whatever stands in the way is named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.corrections import must_not_be_out
from app.core.errors import NotVisible, Refused
from app.core.failures import explain
from app.core.judge import is_inside
from app.core.lookup import among
from app.core.messages import N_, joined
from app.core.saving import visible
from app.core.table import Table
from app.core.viewer import must_have
from app.core.workflow import lines, locks, todos

#: Rows that one action may touch, rows of one statement, and rows that a message names.
MOST, _BATCH, _NAMED = 10_000, 1000, 5


def keys_of(session: Session, found: sa.Select[Any], table: type[Table]) -> list[Any]:
    """The identifiers of the rows found. Raises Refused when they are more than one action may touch."""
    keys = list(session.scalars(found.with_only_columns(table.id).order_by(table.id).limit(MOST + 1)))
    if len(keys) > MOST:
        raise Refused(N_("符合条件的记录超过 {most} 条，请先缩小查询范围再批量操作", most=MOST))
    return keys


def typed_keys(table: type[Table], given: Iterable[str]) -> list[Any]:
    """The identifiers that a form sent, each once. Raises NotVisible for what cannot be one."""
    keys = [table.key_of(key) for key in dict.fromkeys(given)]
    if len(keys) > MOST or None in keys:
        raise NotVisible
    return keys


def digest_of(keys: Iterable[Any]) -> str:
    """The same for the same rows, in whatever order: what was confirmed is what is done."""
    return hashlib.sha256("\n".join(sorted(str(key) for key in keys)).encode()).hexdigest()


def delete_rows(session: Session, table: type[Table], keys: Sequence[Any]) -> int:
    """Remove the rows. Raises NotVisible or Refused, and then nothing was removed; the message names the rows."""
    for batch in _batches(keys):
        _must_be_ours(session, table, batch)
        if table.__corrected__ is not None:
            must_not_be_out(session.scalars(visible(table, must_have(session)).where(among(table.id, batch))).unique())
    try:
        with session.begin_nested():
            for batch in _batches(keys):
                done: Any = session.execute(sa.delete(table).where(among(table.id, batch)))
                if done.rowcount != len(batch):
                    raise Refused(N_("有记录已被他人修改或删除，请刷新后重试"), status=409)
    except DBAPIError as error:
        refused = explain(error, table)
        needed = _needed(session, table, keys) if getattr(error.orig, "pgcode", "") == "23503" else []
        if not needed:
            raise refused from error
        names = joined(needed)
        raise Refused(
            N_("有记录被其他记录引用，不能删除：{names}；没有删除任何记录", names=names), status=409
        ) from error
    session.expire_all()
    return len(keys)


def titles_of(session: Session, table: type[Table], keys: Sequence[Any], most: int = _NAMED) -> list[str]:
    """What the first of the rows are called."""
    rows = session.scalars(visible(table, must_have(session)).where(among(table.id, keys[:most])).order_by(table.id))
    return [row.title() or str(row.id) for row in rows]


def _batches(keys: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(keys)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _must_be_ours(session: Session, table: type[Table], keys: Sequence[Any]) -> None:
    """Every row is there for the viewer to see, and his to write."""
    viewer, columns = must_have(session), table.__table__.c
    scope = (columns.department_id, columns.scope_region) if table.__rows__.is_scoped else ()
    found = session.execute(
        visible(table, viewer).where(among(table.id, keys)).with_only_columns(columns.id, *scope)
    ).all()
    if len(found) != len(set(keys)):
        raise NotVisible
    others = [row.id for row in found if scope and not is_inside(viewer, row.department_id, row.scope_region)]
    if others:
        names = joined(titles_of(session, table, others))
        message = N_("有 {n} 条记录由其他部门维护，您不能修改：{names}", n=len(others), names=names)
        raise Refused(message, status=403)
    if table.__flow__ is not None or lines.head_of(table) is not None:
        for row in session.scalars(visible(table, viewer).where(among(table.id, keys)).order_by(table.id)):
            refused = locks.in_the_way_of_deleting(row, viewer, many=True)
            if refused is not None:
                raise Refused(N_("{why}；没有删除任何记录", why=refused), status=409)
            if table.__flow__ is not None:
                todos.close(session, row, recalled=True)


def _needed(session: Session, table: type[Table], keys: Sequence[Any]) -> list[str]:
    """The rows that rows of other tables refer to, as far as the viewer may know of those."""
    needed: set[Any] = set()
    for other in table.metadata.tables.values():
        for key in other.foreign_key_constraints:
            if key.referred_table is not table.__table__ or key.ondelete == "CASCADE":
                continue
            for column, element in zip(key.columns, key.elements, strict=True):
                if element.column.name == "id":
                    asked = sa.select(column).where(among(column, list(keys))).distinct().limit(_NAMED)
                    needed |= set(session.scalars(asked))
    return titles_of(session, table, sorted(needed, key=str)) if needed else []
