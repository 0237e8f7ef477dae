"""The search card above a list, from the declared fields: pairs of label and control, and conditions of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from flask import url_for
from flask_babel import get_locale
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from app.console.view.list.columns import status_field
from app.core import query
from app.core.fields import Field
from app.core.lookup import Lookup
from app.core.messages import joined
from app.core.query import Condition, Criteria
from app.core.table import TABLES, Table, by_class
from app.extensions import db

_KINDS = {"choice": "choices", "choices": "choices", "boolean": "choices", "day": "day", "moment": "day"}
#: Pairs that are always seen; with the keyword they fill two lines of three.
SEEN = 5


def search_fields(table: type[Table]) -> tuple[Field, ...]:
    """The fields of the card, those that are asked for most first: the state, days, choices, whose it is, names."""
    return _search_fields(table.__tablename__)


@cache
def _search_fields(name: str) -> tuple[Field, ...]:
    table = TABLES[name]
    status, fields = status_field(table), [f for f in table.__fields__.values() if query.searchable(f)]

    def rank(field: Field) -> tuple[bool, bool, int]:
        kinds = ("day", "choice", "boolean", "ref", "choices")
        place = kinds.index(field.kind) if field.kind in kinds else len(kinds)
        return field is not status, not field.in_list, place

    return tuple(sorted(fields, key=rank))


def is_simple(condition: Condition) -> bool:
    """True for conditions that a pair of the card can show."""
    if condition.any or condition.through:
        return False
    if condition.field.kind in query.RANGE_KINDS:
        return condition.operation in ("from", "to")
    several = control_kind(condition.field) == "choices"
    return condition.operation == "is" and (several or len(condition.values) == 1)


def control_kind(field: Field) -> str:
    """What the field is asked with."""
    if field.is_reference:
        return "ref"
    return _KINDS.get(field.kind, "number" if field.kind in query.RANGE_KINDS else "text")


def choices_of(field: Field) -> list[tuple[str, str]]:
    """What can be ticked."""
    if field.choices is not None:
        return [(member.value, str(member.label)) for member in field.choices]
    return [("true", field.show(True)), ("false", field.show(False))] if field.kind == "boolean" else []


def pairs(table: type[Table], criteria: Criteria, given: MultiDict[str, str]) -> list[dict[str, Any]]:
    """The pairs of the card with what was typed, also where it could not be read. Empty ones are printed only once."""
    locale, filled = str(get_locale() or "zh"), {name.split(".")[1] for name in given if name.startswith("f.")}
    shown = {each.field.name for each in criteria.conditions if is_simple(each)} or filled
    result = []
    for field in search_fields(table):
        has_value = field.name in shown and field.name in filled
        control = _filled(field, given) if has_value else None
        result.append(
            {
                "label": str(field.label),
                "name": field.name,
                "has_value": has_value,
                "html": _empty(table.__tablename__, field.name, locale),
                "control": control,
            }
        )
    return result


@lru_cache(maxsize=4000)
def _empty(table: str, name: str, _locale: str) -> Markup:
    """The empty pair of a field: the same for everybody who reads the language."""
    from flask import get_template_attribute

    pair = get_template_attribute("console/search_macros.html", "pair")
    return Markup(pair(control(TABLES[table].__fields__[name], ())))  # noqa: S704 - printed by our own template


def control(field: Field, values: Sequence[str], upper: str = "", name: str = "") -> dict[str, Any]:
    """What the template needs to print the control of a field with these values."""
    kind = control_kind(field)
    options = choices_of(field)
    values = [value for value in values if value][: query.MOST_VALUES]
    texts = {value: text for value, text in options if value in values}
    made = {
        "id": name or field.name,
        "name": name or f"f.{field.name}",
        "label": str(field.label),
        "kind": kind,
        "value": values[0] if values else "",
        "values": values,
        "upper": upper,
        "choices": options,
        "picked": joined(texts.values()) if kind == "choices" else "",
        "pick_url": None,
    }
    if field.is_reference and field.target:
        made["pick_url"] = url_for(f"{by_class(field.target).__tablename__}.pick")
        titles = Lookup(db.session(), field).titles(values) if values else {}
        made["picked"] = [(value, titles.get(value, value)) for value in values]
    return made


def _filled(field: Field, given: MultiDict[str, str]) -> dict[str, Any]:
    if field.kind in query.RANGE_KINDS:
        return control(field, given.getlist(f"f.{field.name}.from")[:1], given.get(f"f.{field.name}.to", ""))
    return control(field, given.getlist(f"f.{field.name}"))
