"""A row's value as it stands in a cell of a list or on a page."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.console import guard
from app.core.fields import Field
from app.core.judge import is_inside
from app.core.secrecy import Sealed
from app.core.table import Table, by_class

#: Colours of short code-list values, by what the word means; everything else is neutral.
_TONES = {
    "red": {"fail", "abolished", "invalid", "licence_revoked", "expired", "refused", "case_filed", "error"},
    "green": {"published", "valid", "active", "pass", "no_problem", "approved", "committed"},
    "orange": {"returned", "suspended", "submitted", "pending", "ordered_to_fix", "changing"},
    "blue": {"claimed", "drafting", "checked", "uploaded"},
}


def hides(row: Table, field: Field) -> bool:
    """True when the value of this row is shown masked."""
    return field.is_secret and isinstance(getattr(row, field.name), Sealed)


def is_own(row: Table) -> bool:
    """True when the row is the viewer's to write: inside his tree, in a table his role lets him edit."""
    viewer = guard.viewer()
    table = type(row)
    if viewer is None or not guard.may("edit", table.__tablename__):
        return False
    return not table.__rows__.is_scoped or is_inside(viewer, row.department_id, row.scope_region)


def tone(field: Field, value: Any) -> str | None:
    """The badge colour of a code-list value or a flag; ``None`` for plain text."""
    if field.kind == "flags":
        return "orange" if value else None
    if field.kind == "boolean" and field.derived:
        return "red" if value else None
    if field.kind != "choice" or value is None:
        return None
    return next((colour for colour, words in _TONES.items() if value in words), "secondary")


def link(row: Table, field: Field) -> str | None:
    """The address of the row a reference names, when the viewer may read that table."""
    value = getattr(row, field.name) if field.kind == "ref" else None
    if value is None or field.target is None:
        return None
    table = by_class(field.target).__tablename__
    return url_for(f"{table}.show", pk=value.id) if guard.may("read", table) else None


def cell(row: Table, field: Field) -> dict[str, Any]:
    """A cell of a list."""
    return {
        "text": row.shown(field),
        "html": None,
        "badge_tone": tone(field, getattr(row, field.name)),
        "url": link(row, field),
        "kind": field.kind,
    }
