"""The files of rows: chosen in a form, moved to the row when it is saved, gone when the row is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app, url_for
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history
from werkzeug.datastructures import FileStorage

from app.console import cells, file_kinds
from app.console.attached import Attachment
from app.core import clock
from app.core.errors import Refused
from app.core.ids import uuid7
from app.core.messages import N_, joined
from app.core.sight import visible
from app.core.table import TABLES, Table
from app.core.viewer import Viewer, must_have
from app.extensions import db

#: Files chosen in a form that was not saved yet belong to its draft.
STAGED = "draft"
#: What nobody came back for is removed after so long.
_FORGOTTEN = timedelta(days=30)


_stored = Attachment.__table__


def holds(table: type[Table]) -> bool:
    """True when rows of the table may have files: they belong to a department, and people meet them in the menu."""
    return table.__rows__.is_scoped and table.__menu__ and table.__pages__


def limits() -> dict[str, Any]:
    """What may be attached, as the settings say: ``size`` in bytes, ``count``, ``types`` by ending and in words."""
    settings = current_app.config
    groups = dict.fromkeys(str(file_kinds.KINDS[ending].label) for ending in settings["ATTACHMENT_TYPES"])
    return {
        "size": settings["ATTACHMENT_SIZE"],
        "count": settings["ATTACHMENT_COUNT"],
        "types": settings["ATTACHMENT_TYPES"],
        "groups": joined(groups),
    }


def of(row: Table) -> list[dict[str, Any]]:
    """The files of a stored row as pages show them; ``delete_url`` only for who may edit the row."""
    if not holds(type(row)):
        return []
    name = type(row).__tablename__
    own = cells.is_own(row)
    return [
        told
        | {
            "url": url_for(f"{name}.file", pk=told["id"]),
            "delete_url": url_for(f"{name}.remove_file", pk=told["id"]) if own else None,
        }
        for told in _told(db.session(), name, str(row.id))
    ]


def staged(session: Session, draft_id: Any) -> list[dict[str, Any]]:
    """The files that were chosen in a form which is not saved yet."""
    return _told(session, STAGED, str(draft_id))


def chosen(session: Session, viewer: Viewer, keys: Iterable[str]) -> list[dict[str, Any]]:
    """Those of the files with these identifiers that the viewer staged and that are still there."""
    ids = _identifiers(keys)
    return _told(session, STAGED, None, _stored.c.id.in_(ids), _stored.c.created_by == viewer.user_id) if ids else []


def _told(session: Session, table: str, key: str | None, *more: Any) -> list[dict[str, Any]]:
    names = [_stored.c[name] for name in ("id", "file_name", "size", "created_at", "media_type")]
    wanted = (
        visible(Attachment, must_have(session))
        .with_only_columns(*names, (User.last_name + User.first_name).label("who"))
        .outerjoin(User, User.id == _stored.c.created_by)
        .where(_stored.c.table_name == table, *more)
        .order_by(_stored.c.id)
    )
    if key is not None:
        wanted = wanted.where(_stored.c.row_key == key)
    return [
        {
            "id": str(found.id),
            "name": found.file_name,
            "size": readable(found.size),
            "bytes": found.size,
            "image": found.media_type.startswith("image/"),
            "who": found.who or "",
            "when": clock.told(found.created_at),
        }
        for found in session.execute(wanted)
    ]


def readable(size: int) -> str:
    """The size as people read it: 820 B, 34 KB, 1.5 MB."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1048576:.1f} MB"


def _identifiers(keys: Iterable[str]) -> list[UUID]:
    found = []
    for key in keys:
        try:
            found.append(UUID(str(key)))
        except ValueError:
            continue
    return found


def stage(session: Session, viewer: Viewer, draft_id: Any, upload: FileStorage) -> dict[str, Any]:
    """Keep a file with the draft of its form. Raises Refused when it may not be attached."""
    department = TABLES["department"].__table__
    region = session.scalar(sa.select(department.c.region_id).where(department.c.id == viewer.department_id))
    where = {"department_id": viewer.department_id, "scope_region": region}
    return _keep(session, viewer, {"table_name": STAGED, "row_key": str(draft_id), **where}, upload)


def add(session: Session, viewer: Viewer, row: Table, uploads: Sequence[FileStorage]) -> None:
    """The row has these files from now on."""
    for upload in uploads:
        _keep(session, viewer, _place(row), upload)


def _place(row: Table) -> dict[str, Any]:
    numbers = {"department_id": row.department_id, "scope_region": row.scope_region}
    return {"table_name": type(row).__tablename__, "row_key": str(row.id), **numbers}


def _keep(session: Session, viewer: Viewer, place: dict[str, Any], upload: FileStorage) -> dict[str, Any]:
    most = limits()
    content = upload.stream.read(most["size"] + 1)
    name, media_type = file_kinds.checked(upload.filename or "", content, most["types"], most["size"])
    key, who = uuid7(), {"created_by": viewer.user_id, "updated_by": viewer.user_id}
    digest = hashlib.sha256(content).hexdigest()
    file = {"file_name": name, "media_type": media_type, "size": len(content), "digest": digest, "content": content}
    session.execute(sa.insert(_stored).values({"id": key, **place, **who, **file}))
    return {"id": str(key), "name": name, "size": readable(len(content)), "bytes": len(content)}


def settle(
    session: Session,
    viewer: Viewer,
    row: Table,
    *,
    staged_keys: Iterable[str],
    removed: Iterable[str],
    uploads: Sequence[FileStorage],
) -> None:
    """The row has the files that its form says: staged ones moved to it, removed ones gone, sent ones added.

    Raises Refused when a staged file is not there any more or when the row would have too many.
    """
    if gone := _identifiers(removed):
        where = (_stored.c.table_name == type(row).__tablename__, _stored.c.row_key == str(row.id))
        session.execute(sa.delete(_stored).where(*where, _stored.c.id.in_(gone)))
    if ids := set(_identifiers(staged_keys)):
        own = (_stored.c.table_name == STAGED, _stored.c.created_by == viewer.user_id, _stored.c.id.in_(ids))
        moved: Any = session.execute(sa.update(_stored).where(*own).values(_place(row)))
        if moved.rowcount != len(ids):
            raise Refused(N_("有附件已失效，请重新选择文件"), status=409)
    add(session, viewer, row, uploads)
    if ids or uploads:
        must_be_few(len(_told(session, type(row).__tablename__, str(row.id))))


def must_be_few(number: int) -> None:
    """Raise Refused when a row would have more files than the settings allow."""
    most = limits()["count"]
    if number > most:
        raise Refused(N_("每条记录最多 {most} 个附件", most=most), status=422)


def unstage(session: Session, viewer: Viewer, draft_id: Any = None, *, key: str | None = None) -> None:
    """Remove the staged files of a draft, or one of them."""
    own = [_stored.c.table_name == STAGED, _stored.c.created_by == viewer.user_id]
    own += [_stored.c.row_key == str(draft_id)] if draft_id is not None else []
    own += [_stored.c.id.in_(_identifiers([key]))] if key is not None else []
    session.execute(sa.delete(_stored).where(*own))


def hand_over(session: Session, draft_id: Any, taker: int) -> None:
    """The files of a draft belong to who has the draft now."""
    own = (_stored.c.table_name == STAGED, _stored.c.row_key == str(draft_id))
    session.execute(sa.update(_stored).where(*own).values(created_by=taker, updated_by=taker))


def forget(session: Session, viewer: Viewer) -> None:
    """Files that the viewer staged long ago and never saved are gone."""
    old = (_stored.c.table_name == STAGED, _stored.c.created_at < clock.now() - _FORGOTTEN)
    session.execute(sa.delete(_stored).where(*old, _stored.c.created_by == viewer.user_id))


def go_with(session: Session, table: type[Table], keys: Sequence[Any]) -> None:
    """The files of rows that were deleted in one statement are gone too."""
    names = sa.any_(sa.literal([str(key) for key in keys], sa.ARRAY(sa.Text())))
    session.execute(sa.delete(_stored).where(_stored.c.table_name == table.__tablename__, _stored.c.row_key == names))


@event.listens_for(Session, "after_flush")
def _stay_with_rows(session: Session, _context: Any) -> None:
    """When a row moves to another department, its files go with it; when it is deleted, they are."""
    moved = [row for row in session.dirty if isinstance(row, Table) and _has_moved(row)]
    gone = [row for row in session.deleted if isinstance(row, Table) and holds(type(row))]
    for row in (*moved, *gone):
        place = _place(row)
        same = (_stored.c.table_name == place.pop("table_name"), _stored.c.row_key == place.pop("row_key"))
        work: Any = sa.delete(_stored) if row in gone else sa.update(_stored).values(place)
        session.execute(work.where(*same))


def _has_moved(row: Table) -> bool:
    return holds(type(row)) and get_history(row, "department_id").has_changes()
