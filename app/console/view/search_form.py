"""The search box above a list, from the declared fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for
from werkzeug.datastructures import MultiDict

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


def search_form(view: Frame, criteria: Criteria, given: MultiDict[str, str]) -> dict[str, Any]:
    """The form with what was typed, also where it could not be read; declared search fields come first."""
    fields = [field for field in view.table.__fields__.values() if query.searchable(field)]
    fields.sort(key=lambda field: (not field.search, not field.in_list))
    return {
        "url": view.to("index"),
        "q": given.get("q", ""),
        "fields": [_field(field, given) for field in fields],
        "active": any(name == "q" or name.startswith("f.") for name, value in given.items() if value),
        "order": ",".join(criteria.order),
    }


def _field(field: Field, given: MultiDict[str, str]) -> dict[str, Any]:
    ranged = field.kind in query.RANGE_KINDS
    kind = "ref" if field.is_reference else _KINDS.get(field.kind, "number" if ranged else "text")
    value = given.getlist(f"f.{field.name}.from" if ranged else f"f.{field.name}")[: query.MOST_VALUES] or [""]
    form = {
        "name": field.name,
        "label": str(field.label),
        "kind": kind,
        "value": value[0],
        "values": value,
        "value2": given.get(f"f.{field.name}.to", ""),
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
        lookup = Lookup(db.session(), field)
        row = db.session.get(lookup.target, lookup.by_id(key).id)
    except BadValue:
        return key
    return row.title() if row is not None else key
