"""Conditions of any kind, put together row by row: field, operation, value; all of them or any."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flask_babel import get_locale
from markupsafe import Markup

from app.console import guard
from app.console.view.list.search import control, is_simple
from app.core import query
from app.core.fields import Field
from app.core.messages import N_, joined
from app.core.query import Condition, Criteria
from app.core.table import TABLES, Table, by_class

#: Rows of conditions one form may have.
MOST_ROWS = 20
_ROW = re.compile(r"([wov])(\d{1,2})")

_WORDS = {
    "is": N_("是"),
    "not": N_("不是"),
    "eq": N_("等于"),
    "starts": N_("开头是"),
    "from": N_("不小于"),
    "to": N_("不大于"),
    "empty": N_("为空"),
    "filled": N_("不为空"),
}
_TEXT_WORDS = {"is": N_("包含"), "not": N_("不包含")}
_DAY_WORDS = {"from": N_("不早于"), "to": N_("不晚于")}


def word(field: Field, operation: str) -> str:
    """What an operation is called for this field."""
    words = _WORDS
    if field.kind in query.TEXT_KINDS and not field.masked_when:
        words = _WORDS | _TEXT_WORDS
    elif field.kind in ("day", "moment"):
        words = _WORDS | _DAY_WORDS
    return str(words[operation])


def options_of(table: type[Table], chosen: str = "") -> Markup:
    """Every field that can be asked for, to choose from: the row's own, then those of the rows it names."""
    references = [field for field in table.__fields__.values() if field.is_reference and query.searchable(field)]
    readable = tuple(f.name for f in references if guard.may("read", by_class(str(f.target)).__tablename__))
    options = _options_of(table.__tablename__, readable, str(get_locale() or "zh"))
    if not chosen:
        return options
    mark = Markup('<option value="{}"').format(chosen)
    return Markup(options.replace(mark, mark + " selected", 1))  # noqa: S704 - our own options, printed below


@lru_cache(maxsize=1000)
def _options_of(name: str, readable: tuple[str, ...], _locale: str) -> Markup:
    """The options, printed once for all who may read the same tables."""
    table, option = TABLES[name], Markup('<option value="{}">{}</option>')
    own = [field for field in table.__fields__.values() if query.searchable(field)]
    parts = [option.format(field.name, field.label) for field in own]
    for reference in readable:
        field = table.__fields__[reference]
        others = by_class(str(field.target)).__fields__.values()
        of_other = (option.format(f"{reference}.{each.name}", each.label) for each in others if query.searchable(each))
        parts.append(Markup('<optgroup label="{}">{}</optgroup>').format(field.label, Markup("").join(of_other)))
    return Markup("").join(parts)


def row(
    table: type[Table], number: int, path: str, operation: str = "is", values: Iterable[str] = ()
) -> dict[str, Any]:
    """One row of the builder; without a field that may be asked for, an empty one."""
    found = query.find_field(table, path) if path else None
    empty = {"number": number, "path": "", "operations": [], "operation": "is", "control": None}
    if found is None:
        return empty | {"fields": options_of(table)}
    field = found[1]
    offered = query.operations(field)
    chosen = operation if operation in offered else offered[0]
    return empty | {
        "path": path,
        "fields": options_of(table, path),
        "operations": [(name, word(field, name)) for name in offered],
        "operation": chosen,
        "control": None if chosen in query.VALUELESS else control(field, tuple(values), name=f"v{number}"),
    }


def builder(table: type[Table], criteria: Criteria) -> dict[str, Any]:
    """The builder with the conditions that no pair of the card shows; those of another kind go along unseen."""
    special = [each for each in criteria.conditions if not is_simple(each)]
    how = "any" if any(each.any for each in special) else "all"
    mine = [each for each in special if each.any == (how == "any")][:MOST_ROWS]
    rows = [row(table, n, each.path, each.operation, each.values) for n, each in enumerate(mine, 1)]
    rest = [(each.parameter, value) for each in special if each not in mine for value in each.values]
    return {"how": how, "rows": [*rows, row(table, len(rows) + 1, "")], "rest": rest, "used": bool(special)}


def given_rows(table: type[Table], given: Iterable[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """What the rows of a sent builder ask for, in the grammar; ``None`` when no builder was sent."""
    rows: dict[int, dict[str, list[str]]] = {}
    how = ""
    for name, value in given:
        if name == "how":
            how = value
        elif (match := _ROW.fullmatch(name)) and int(match[2]) <= MOST_ROWS * 2:
            rows.setdefault(int(match[2]), {}).setdefault(match[1], []).append(value)
    if not rows and not how:
        return None
    asked: list[tuple[str, str]] = []
    for each in rows.values():
        path, operation = each.get("w", [""])[0], each.get("o", ["is"])[0]
        values = [value for value in each.get("v", []) if value.strip()]
        if not path or not (values or operation in query.VALUELESS):
            continue
        found = query.find_field(table, path)
        if found is not None and found[0] is None and found[1].is_reference and operation in ("is", "not"):
            path = _by_name(found[1], path, values)
        suffix = "" if operation == "is" else f".{operation}"
        prefix = "any." if how == "any" else ""
        given_values = ["1"] if operation in query.VALUELESS else values
        asked += [(f"{prefix}f.{path}{suffix}", value) for value in given_values]
    return asked


def _by_name(field: Field, path: str, values: list[str]) -> str:
    """Where scripts are off a row is named by what it is called, not by its identifier."""
    target = by_class(str(field.target))
    python_type = target.__table__.c.id.type.python_type
    try:
        for value in values:
            python_type(value)
    except ValueError:
        return f"{path}.{target.__title__}"
    return path


def described(conditions: Iterable[Condition], titles: dict[str, str]) -> list[tuple[Condition, str]]:
    """Each condition with what it says, for people; ``titles`` names rows by their identifiers."""
    told = []
    for each in conditions:
        field = each.field
        shown = []
        for value in each.values:
            try:
                text = field.show(field.read(value)) if field.kind in ("choice", "boolean", "day") else value
            except ValueError:
                text = value
            shown.append(titles.get(value, text))
        values = "" if each.operation in query.VALUELESS else " " + joined(shown)
        told.append((each, f"{each.label} {word(field, each.operation)}{values}"))
    return told
