"""What the rows are called that entries speak of: one query for all of them, under the viewer's own row security."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.console.history import difference
from app.console.history.log import LOG
from app.core.fields.write import masked
from app.core.query import near
from app.core.table import TABLES

Pair = tuple[str, str]
#: The framework's table of accounts.
USERS = "ab_user"


def titles(session: Session, wanted: Collection[Pair]) -> dict[Pair, str]:
    """The titles of rows by (table, identifier). Rows that are gone are called what the log remembers of them."""
    asked: dict[str, set[Any]] = {}
    users = {int(key) for table, key in wanted if table == USERS and key.isdecimal() and len(key) < 10}
    for table, key in wanted:
        known = TABLES.get(table)
        value = known.key_of(key) if known is not None and known.__rows__.kind != "hidden" else None
        if value is not None:
            asked.setdefault(table, set()).add(value)
    parts = [_of(table, keys) for table, keys in sorted(asked.items())]
    parts += [_users(users)] if users else []
    if not parts:
        return {}
    found = {}
    for row in session.execute(sa.union_all(*parts) if len(parts) > 1 else parts[0]):
        title = row.title or ""
        found[(row.name, row.key)] = masked(title) if row.is_masked else title
    missing = {(table, str(key)) for table, keys in asked.items() for key in keys} - found.keys()
    return found | (_remembered(session, missing) if missing else {})


def _users(keys: set[int]) -> Any:
    """Accounts are called by the name that one signs in with."""
    name = sa.cast(User.username, sa.Text)
    kept = (sa.literal(USERS).label("name"), sa.cast(User.id, sa.Text).label("key"), name.label("title"))
    return sa.select(*kept, sa.false().label("is_masked")).where(User.id.in_(keys))


def _of(name: str, keys: set[Any]) -> sa.Select[Any]:
    table = TABLES[name]
    field = near.title_field(table)
    title: Any = sa.cast(sa.null(), sa.Text) if field is not None and field.is_reference else near.title_of(table)
    return sa.select(
        sa.literal(name).label("name"),
        sa.cast(table.id, sa.Text).label("key"),
        title.label("title"),
        sa.literal(field is not None and field.grade == "sensitive").label("is_masked"),
    ).where(table.id.in_(keys))


def _remembered(session: Session, missing: set[Pair]) -> dict[Pair, str]:
    """Titles of deleted rows, from their last entry, as far as the viewer may read that."""
    pairs = sa.tuple_(LOG.c.rel, LOG.c.pk).in_(sorted(missing))
    rows = session.execute(sa.select(LOG.c.rel, LOG.c.pk, LOG.c.old).where(LOG.c.action == "delete", pairs))
    return {(rel, pk): difference.title_of(rel, old or {}) for rel, pk, old in rows}
