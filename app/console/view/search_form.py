"""The search box above a list, from the declared fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for

from app.core import query
from app.core.errors import BadValue
from app.core.fields import Field
from app.core.lookup import Lookup
from app.core.query import Criteria
from app.core.table import by_class
from app.extensions import db

if TYPE_CHECKING:
    from app.console.view.frame import Frame

_KINDS = {"choices": "choice", "choice": "choice", "boolean": "boolean", "day": "day", "moment": "day"}


def search_form(view: Frame, criteria: Criteria) -> dict[str, Any]:
    """The form with what was asked for filled in; declared search fields come first."""
    fields = [field for field in view.table.__fields__.values() if query.searchable(field)]
    fields.sort(key=lambda field: (not field.search, not field.in_list))
    return {
        "url": view.to("index"),
        "q": criteria.words,
        "fields": [_field(field, criteria) for field in fields],
        "active": not criteria.is_open,
        "order": ",".join(criteria.order),
    }


def _field(field: Field, criteria: Criteria) -> dict[str, Any]:
    asked = {each.operation: each.values for each in criteria.conditions if each.field.name == field.name}
    ranged = field.kind in query.RANGE_KINDS
    kind = "ref" if field.is_reference else _KINDS.get(field.kind, "number" if ranged else "text")
    value = asked.get("from" if ranged else "is", ("",))
    form = {
        "name": field.name,
        "label": str(field.label),
        "kind": kind,
        "value": value[0],
        "values": list(value),
        "value2": asked.get("to", ("",))[0],
        "choices": _choices(field),
        "shown": "",
        "pick_url": None,
    }
    if field.is_reference and field.target:
        form["pick_url"] = url_for(f"{by_class(field.target).__tablename__}.pick")
        form["shown"] = _shown(field, value[0]) if value[0] else ""
    return form


def _choices(field: Field) -> list[tuple[str, str]]:
    if field.choices is not None:
        return [(member.value, str(member.label)) for member in field.choices]
    if field.kind == "boolean":
        return [("true", field.show(True)), ("false", field.show(False))]
    return []


def _shown(field: Field, key: str) -> str:
    try:
        return str(getattr(Lookup(db.session(), field).by_id(key), field.by[0]))
    except BadValue:
        return key
