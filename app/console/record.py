"""One row as people read it: its values in their groups, its key facts, who wrote it and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_appbuilder.security.sqla.models import User

from app.console import cells, unmask
from app.core import clock
from app.core import corrections as kept
from app.core.fields import Field
from app.core.messages import N_, Message
from app.core.table import Table
from app.extensions import db

#: What is said of a row that came after its time.
LATE = N_("逾期")

#: Facts that stand at the head of a dossier.
_FACTS = 12


#: Tables whose rows take values over from a row they refer to: the reference, what the group is called, the fields.
INHERITED: dict[str, tuple[str, Message, tuple[str, ...]]] = {}


def inherited(row: Table) -> list[dict[str, Any]]:
    """What the row takes over and nobody changes here, as a group; none for most tables."""
    known = INHERITED.get(type(row).__tablename__)
    source = getattr(row, known[0]) if known else None
    if known is None or source is None:
        return []
    _, label, names = known
    return [{"label": str(label), "fields": [value(source, type(source).__fields__[name]) for name in names]}]


def groups(row: Table, full: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Every value in its group, the groups that are the table's own before those it shares with other tables.

    Fields of other kinds of rows (``only_when``) are left out where they are empty. ``full`` are hidden values to be
    shown by field name.
    """
    own = vars(type(row)).get("__declared__", type(row).__fields__)
    found: dict[str, list[dict[str, Any]]] = {}
    ours: set[str] = {""}
    for name, field in type(row).__fields__.items():
        shown, label = value(row, field, (full or {}).get(name)), str(field.group or "")
        if name in own:
            ours.add(label)
        if shown["text"] or not field.only_when:
            found.setdefault(label, []).append(shown)
    ordered = sorted(found, key=lambda label: (label != "", label not in ours))
    shown_here = [{"label": label, "fields": found[label]} for label in ordered]
    return [*shown_here[:1], *inherited(row), *shown_here[1:]]


def value(row: Table, field: Field, full: str | None = None) -> dict[str, Any]:
    """One value with its label, masked where it is hidden unless it is given in ``full``."""
    text = row.shown(field) if full is None else full
    hidden = cells.hides(row, field)
    name = type(row).__tablename__
    return {
        "name": field.name,
        "label": str(field.label),
        "text": text,
        "html": None,
        "help": str(field.help or ""),
        "masked": hidden and full is None,
        "full": full is not None,
        "unmask": url_for(f"{name}.unmask", pk=row.id, field=field.name)
        if hidden and unmask.is_possible(row)
        else None,
        "url": cells.link(row, field),
        "badge_tone": cells.tone(field, getattr(row, field.name)),
        "wide": field.kind in ("long_text", "many"),
        "kind": field.kind,
    }


def facts(row: Table) -> list[dict[str, Any]]:
    """The values a person looks for first: what lists show, what is searched, then the short ones in their order."""
    fields = [field for field in type(row).__fields__.values() if _is_fact(field) and field.name != row.__title__]
    fields.sort(key=lambda field: (not (field.in_list or field.search), field.grade == "sensitive"))
    shown = (value(row, field) for field in fields)
    return [each for each in shown if each["text"]][:_FACTS]


def _is_fact(field: Field) -> bool:
    if field.kind == "choice" and not field.in_list:
        return False
    return field.kind not in ("long_text", "many", "flags", "choices") and not field.derived


def stamp(row: Table) -> dict[str, str]:
    """Who entered the row and who changed it last, and when."""
    names = dict(
        db.session.execute(
            sa.select(User.id, User.last_name + User.first_name).where(User.id.in_({row.created_by, row.updated_by}))
        ).all()
    )
    return {
        "creator": str(names.get(row.created_by, N_("系统"))),
        "created": clock.told(row.created_at),
        "editor": str(names.get(row.updated_by, N_("系统"))),
        "updated": clock.told(row.updated_at),
        "version": str(row.version),
    }


def corrections(row: Table) -> list[dict[str, Any]]:
    """What was corrected after the row was published or reported: who, when, why, and both values of each field."""
    fields = type(row).__fields__
    return [
        {
            "when": clock.told(each.corrected_at),
            "who": each.person or str(N_("系统")),
            "unit": each.unit or "",
            "reason": each.reason,
            "changes": [
                {"label": str(fields[name].label) if name in fields else name, "before": before, "after": after}
                for name, (before, after) in (each.changes or {}).items()
            ],
        }
        for each in kept.of(db.session(), row)
    ]
