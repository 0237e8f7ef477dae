"""What a new form begins with: what the unit always writes, what repeats from the last record, or a copy of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.console import cells
from app.console.view.form import aids, fields
from app.core import saving
from app.core.messages import N_, Message, joined
from app.core.table import Table, by_class
from app.core.viewer import Viewer
from app.extensions import db

#: In place of an identifier: the viewer's own last record.
LAST = "last"
#: So many records of the department are looked through for it.
_LATEST = 1000


def usual(table: type[Table], viewer: Viewer) -> dict[str, Any]:
    """What the unit always writes, by field name."""
    start = aids.STARTS.get(table.__tablename__)
    return dict(start(db.session(), viewer)) if start is not None else {}


def last_of(table: type[Table], viewer: Viewer) -> Table | None:
    """The record that the viewer himself entered last, if it is one of the latest of his department."""
    lately = saving.visible(table, viewer).with_only_columns(table.id, table.created_by).order_by(table.id.desc())
    if table.__rows__.is_scoped:
        lately = lately.where(table.department_id == viewer.department_id)
    some = lately.limit(_LATEST).subquery()
    own = sa.select(some.c.id).where(some.c.created_by == viewer.user_id).order_by(some.c.id.desc()).limit(1)
    return db.session.scalars(sa.select(table).where(table.id == own.scalar_subquery())).unique().one_or_none()


def _source(table: type[Table], viewer: Viewer, pk: str) -> Table | None:
    return last_of(table, viewer) if pk == LAST else saving.find(db.session(), table, pk)


def after(table: type[Table], viewer: Viewer, pk: str) -> Mapping[str, Any]:
    """What repeats from one record to the next."""
    found = saving.find(db.session(), table, pk)
    repeats = set(table.__repeats__).difference(_unseen(found, viewer))
    return fields.values_of(found, without=[name for name in table.__fields__ if name not in repeats])


def _unseen(source: Table, viewer: Viewer) -> list[str]:
    """The references of a record that everybody reads to rows which not everybody does, and not the viewer."""
    found = []
    for name, field in type(source).__fields__.items():
        target = by_class(str(field.target)) if field.kind == "ref" else None
        key = getattr(source, field.column) if target is not None and target.__rows__.hides else None
        if target is not None and key is not None:
            own = saving.visible(target, viewer).with_only_columns(target.id).where(target.id == key)
            found += [] if db.session.scalar(own) is not None else [name]
    return found


def copy(table: type[Table], viewer: Viewer, pk: str) -> tuple[Mapping[str, Any], Message]:
    """The values of a record without those that are its own, on the usual day; and what is said about that."""
    source = _source(table, viewer, pk)
    if source is None:
        return {}, N_("您还没有录入过{label}", label=table.__label__)
    hidden = [name for name, field in table.__fields__.items() if cells.hides(source, field)]
    hidden += _unseen(source, viewer)
    left_out = dict.fromkeys((*table.__key__, *hidden))
    empty = [f.label for name, f in table.__fields__.items() if name in left_out and f.is_input]
    given = fields.values_of(source, without=[*left_out, *table.__own__])
    days = {name: value for name, value in usual(table, viewer).items() if table.__fields__[name].kind == "day"}
    note = N_("已从“{title}”复制，核对后保存。", title=source.title())
    if empty:
        told = {"title": source.title(), "labels": joined(empty)}
        note = N_("已从“{title}”复制，核对后保存。没有复制：{labels}。", **told)
    return given | days, note
