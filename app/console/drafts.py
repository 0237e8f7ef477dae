"""Forms that were not saved yet: one per person and form, merged as they grow, gone when the form is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.console import attachments, guard
from app.console.memory import Draft
from app.core import clock, sealing, secrecy
from app.core.errors import NotVisible, Refused
from app.core.fields.read import UNSTORABLE
from app.core.ids import uuid7
from app.core.messages import N_
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.extensions import db

#: The form of a row that is not there yet; other forms are named by their row.
NEW = "NEW"
#: Begins the form of a draft that was handed over while its receiver had one of his own for the same form.
HANDED = "HANDED~"
#: Beside the fields: the marks of the values that the form was opened with, and what the row is called.
LOADED, TITLE = "_loaded", "_title"
#: Which of the forms that the devices of its owner keep it is a copy of.
BOX = "_box"
#: What nobody came back for is removed after so long.
_FORGOTTEN = timedelta(days=30)
#: Drafts named on the first page.
_LISTED = 20

_stored = Draft.__table__
secrecy.also_sealed("draft", "typed")


@dataclass(frozen=True)
class Kept:
    """A stored draft: what was typed by field name, the version the row then had, and when it was kept."""

    id: Any
    typed: dict[str, Any]
    version: int | None
    at: datetime

    @property
    def files(self) -> list[str]:
        """Identifiers of the files that were chosen in the form."""
        found = self.typed.get("_file")
        return [str(each) for each in found] if isinstance(found, list) else []

    @property
    def box(self) -> str:
        """What the device that sent it calls its own copy."""
        return str(self.typed.get(BOX, ""))

    @property
    def when(self) -> str:
        """When it was kept, as people read it."""
        return told_at(self.at)


def told_at(moment: datetime) -> str:
    """The moment as people read it: hh:mm today, with the day otherwise."""
    local = moment.astimezone(clock.ZONE)
    return local.strftime("%H:%M") if local.date() == clock.today() else clock.told(moment)


def keep(
    session: Session, viewer: Viewer, table: type[Table], form: str, typed: Mapping[str, Any], version: int | None
) -> Kept:
    """The draft of that form holds what was typed; fields that were not sent stay what they were in it."""
    now = clock.now()
    own = {"created_by": viewer.user_id, "table_name": table.__tablename__, "form": form}
    new = insert(_stored).values(
        id=uuid7(),
        updated_by=viewer.user_id,
        updated_at=now,
        row_version=version,
        typed=_sealed(table, writable(typed), viewer.user_id),
        **own,
    )
    merged = new.on_conflict_do_update(
        index_elements=list(own),
        set_={
            "typed": sa.func.coalesce(_stored.c.typed, sa.cast({}, _stored.c.typed.type)).op("||")(new.excluded.typed),
            "row_version": new.excluded.row_version,
            "updated_at": now,
        },
    ).returning(_stored.c.id, _stored.c.typed, _stored.c.row_version, _stored.c.updated_at)
    key, kept, kept_version, at = session.execute(merged).one()
    return Kept(key, _opened(kept, viewer.user_id), kept_version, at)


def _purpose(owner: int | None) -> str:
    """Whose draft a value is sealed for: nobody else's opens it."""
    return f"draft:{owner}"


def _sealed(table: type[Table], typed: dict[str, Any], owner: int | None) -> dict[str, Any]:
    """What was typed, the secret fields sealed for their owner: nobody knows yet whether the row will hide them."""
    for field in sealing.secrets_of(table):
        if typed.get(field.name):
            typed[field.name] = secrecy.seal_text(_purpose(owner), str(typed[field.name]))
    return typed


def _opened(typed: Mapping[str, Any] | None, owner: int | None) -> dict[str, Any]:
    """What was typed. What its owner cannot open (a key is gone) he has to type again."""
    found = dict(typed or {})
    for name, value in found.items():
        if secrecy.texts.is_text(value):
            try:
                found[name] = secrecy.open_text(_purpose(owner), value)
            except secrecy.SealBroken:
                found[name] = ""
    return found


def hand_over(session: Session, giver: int, taker: int) -> tuple[int, int]:
    """The drafts of one account, with their files, are the other's, sealed for him. Never commits.

    Returns how many were handed over, and how many stayed because the taker is filling in the same form himself.
    """
    with looking_as(session, THE_SYSTEM):
        busy = {tuple(row) for row in session.execute(_forms_of(taker))}
        rows = session.execute(sa.select(_stored).where(_stored.c.created_by == giver).with_for_update()).all()
        moved = [row for row in rows if (row.table_name, row.form) not in busy]
        for row in moved:
            typed = _opened(row.typed, giver)
            if row.table_name in TABLES:
                typed = _sealed(TABLES[row.table_name], typed, taker)
            who = {"created_by": taker, "updated_by": taker}
            session.execute(sa.update(_stored).where(_stored.c.id == row.id).values(typed=typed, **who))
            attachments.hand_over(session, row.id, taker)
    return len(moved), len(rows) - len(moved)


def _forms_of(owner: int) -> sa.Select[Any]:
    return sa.select(_stored.c.table_name, _stored.c.form).where(_stored.c.created_by == owner)


def writable(value: Any) -> Any:
    """The value without what JSON in the database cannot hold: NUL and half characters."""
    if isinstance(value, Mapping):
        return {str(key): writable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [writable(part) for part in value]
    return UNSTORABLE.sub("", value) if isinstance(value, str) else value


def find(session: Session, viewer: Viewer, table: type[Table], form: str) -> Kept | None:
    """The viewer's draft of that form."""
    found = session.execute(
        sa.select(_stored.c.id, _stored.c.typed, _stored.c.row_version, _stored.c.updated_at).where(
            _stored.c.created_by == viewer.user_id,
            _stored.c.table_name == table.__tablename__,
            _stored.c.form == form,
        )
    ).one_or_none()
    if found is None:
        return None
    return Kept(found.id, _opened(found.typed, viewer.user_id), found.row_version, found.updated_at)


def drop(session: Session, viewer: Viewer, table: type[Table], form: str) -> None:
    """There is no draft of that form any more; files that were chosen in it and not saved are gone."""
    own = (_stored.c.created_by == viewer.user_id, _stored.c.table_name == table.__tablename__, _stored.c.form == form)
    gone = session.scalar(sa.delete(_stored).where(*own).returning(_stored.c.id))
    if gone is not None and attachments.holds(table):
        attachments.unstage(session, viewer, gone)


def take(session: Session, viewer: Viewer, table: type[Table], form: str) -> str:
    """A draft that was handed over is the viewer's own for its form, which is answered. Refused when he has one."""
    own = form.rpartition("~")[2]
    if find(session, viewer, table, form) is None or not form.startswith(HANDED):
        raise NotVisible(N_("没有找到这份草稿，可能已经处理"))
    if find(session, viewer, table, own) is not None:
        raise Refused(N_("您自己有一份同样表单的草稿，请先保存或放弃它，再继续填写移交的草稿"), status=409)
    mine = (_stored.c.created_by == viewer.user_id, _stored.c.table_name == table.__tablename__, _stored.c.form == form)
    session.execute(sa.update(_stored).where(*mine).values(form=own))
    return own


def forget(session: Session, viewer: Viewer) -> None:
    """Drafts and staged files that the viewer left alone for a month are gone."""
    old = _stored.c.updated_at < clock.now() - _FORGOTTEN
    session.execute(sa.delete(_stored).where(_stored.c.created_by == viewer.user_id, old))
    attachments.forget(session, viewer)


def drafts_of(viewer: Viewer) -> list[dict[str, str]]:
    """The viewer's unsaved forms, latest first: ``label``, ``url`` (opens the form with the draft in it), ``when``."""
    wanted = (
        sa.select(
            _stored.c.table_name, _stored.c.form, _stored.c.updated_at, _stored.c.typed[TITLE].astext.label("title")
        )
        .where(_stored.c.created_by == viewer.user_id)
        .order_by(_stored.c.updated_at.desc())
        .limit(_LISTED)
    )
    found = []
    for name, form, at, title in db.session.execute(wanted):
        table = TABLES.get(name)
        if table is None or not guard.may("add" if form.endswith(NEW) else "edit", name):
            continue
        if form.startswith(HANDED):
            label, url = N_("移交的草稿：{label}", label=table.__label__), url_for(f"{name}.take_draft", form=form)
        elif form == NEW:
            label, url = N_("新增{label}", label=table.__label__), url_for(f"{name}.add", draft=1)
        else:
            label, url = (
                N_("编辑{label}：{title}", label=table.__label__, title=title or ""),
                url_for(f"{name}.edit", pk=form, draft=1),
            )
        found.append({"label": str(label), "url": url, "when": told_at(at)})
    return found
