"""The rows that a row is linked to by a many-field."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.fields import Field
from app.core.table import LINKS, Table


def link(session: Session, row: Table, field: Field, wanted: set[Any]) -> None:
    """The row is linked to exactly those rows of a many-field."""
    made = LINKS[f"{row.__tablename__}_{field.name}"]
    owner, target = made.table.c[made.owner_column], made.table.c[made.target_column]
    stored = set(session.scalars(sa.select(target).where(owner == row.id)))
    if stored - wanted:
        session.execute(sa.delete(made.table).where(owner == row.id, target.in_(stored - wanted)))
    if wanted - stored:
        numbers = ("department_id", "scope_region") if made.rows.is_scoped else ()
        own = {owner.name: row.id} | {name: getattr(row, name) for name in numbers}
        session.execute(sa.insert(made.table), [own | {target.name: key} for key in sorted(wanted - stored)])
    session.expire(row, [field.name])
