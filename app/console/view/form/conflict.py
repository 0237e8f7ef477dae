"""Two people edited one row: what the one typed and what the other stored, field by field, and who decides which."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User

from app.console.view.form import fields
from app.core import clock
from app.core.errors import BadValue
from app.core.fields import Field
from app.core.messages import N_
from app.core.table import Table
from app.core.workflow import locks
from app.extensions import db

#: The choice a form sends for a field in conflict, and what it says when the stored value is to stay.
TAKE, STORED, MINE = "_take.", "stored", "mine"


def _plain(field: Field, value: Any) -> str:
    """The value in one spelling, so that 2024.1.5 and 2024-01-05 are the same."""
    if isinstance(value, list | tuple):
        return ",".join(sorted(str(item) for item in value))
    text = str(value or "").replace("\r\n", "\n").strip()
    if field.is_reference or field.choices is not None or not text:
        return text
    try:
        return field.show(field.read(text))
    except BadValue:
        return text


def marks(table: type[Table], values: Mapping[str, Any]) -> str:
    """A short mark of each value that a form is opened with; the form carries them, so that it is known later what its
    reader changed. They decide only what is preselected for himself, and so need no signature.
    """
    told = {name: _mark(table.__fields__[name], value) for name, value in values.items() if name in table.__fields__}
    return json.dumps(told, separators=(",", ":"))


def _mark(field: Field, value: Any) -> str:
    return hashlib.sha256(f"{field.name}={_plain(field, value)}".encode()).hexdigest()[:8]


def read_marks(text: str) -> dict[str, str]:
    """The marks a form sent back; none when they cannot be read."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def between(row: Table, typed: Mapping[str, Any], loaded: Mapping[str, str]) -> dict[str, Any] | None:
    """What stands in the stored row where something else was typed: who stored it, and each field with both values.

    His own value is preselected only where he changed the field since he opened the form. ``None`` without differences.
    """
    table, stored = type(row), fields.being_written(row)
    found, is_proposed = [], locks.proposes(row)
    for name, now in stored.items():
        field = table.__fields__[name]
        if name not in typed or _plain(field, typed[name]) == _plain(field, now):
            continue
        changed = name not in loaded or loaded[name] != _mark(field, typed[name])
        found.append(
            {
                "name": name,
                "label": str(field.label),
                "mine": fields.shown(field, typed[name]),
                "stored": fields.shown(field, now) if is_proposed else row.shown(field),
                "take": MINE if changed else STORED,
                "mine_value": fields.carried(field, typed[name]),
                "stored_value": fields.carried(field, now),
            }
        )
    if not found:
        return None
    who = db.session.scalar(sa.select(User.last_name + User.first_name).where(User.id == row.updated_by))
    return {
        "who": who or str(N_("系统")),
        "when": clock.told(row.updated_at),
        "version": row.version,
        "fields": found,
    }


def taken(row: Table, typed: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, with the stored value wherever the person decided for it."""
    wanted = [name for name in typed if form.get(TAKE + name) == STORED]
    if not wanted:
        return dict(typed)
    stored = fields.being_written(row)
    return dict(typed) | {name: stored[name] for name in wanted if name in stored}
