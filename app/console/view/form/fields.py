"""The form of a row, from the declared fields: what is shown, what was typed, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.routing import BuildError

from app.console import cells, guard
from app.console.view.form.aids import FILLS, OFFERED, USUAL
from app.core.context import person_of
from app.core.errors import Problem
from app.core.fields import Field
from app.core.fields.field import CODE_KINDS
from app.core.lookup import Lookup
from app.core.messages import N_, joined
from app.core.table import TABLES, Table, by_class
from app.core.workflow import editions, locks
from app.extensions import db

#: Longest text that fits on one line of a form.
_ONE_LINE = 200


def csrf_token() -> str:
    """The token that proves the form is ours."""
    return str(generate_csrf())


def given(table: type[Table], form: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed, by field name. A field that the form did not send was emptied (or hidden as not applicable)."""
    inputs = {name: field for name, field in table.__fields__.items() if field.is_input and not _by_moves(field)}
    reason = reason_of(table)  # none given: the stored one stays what it is
    return {
        name: _several(form.getlist(name)) if field.is_plural else form.get(name, "")
        for name, field in inputs.items()
        if name != reason or form.get(name)
    }


def reason_of(table: type[Table]) -> str | None:
    """The field that says why a row was corrected; a form asks for it anew each time, and of rows that are out only."""
    return table.__corrected__.reason if table.__corrected__ is not None else None


def _several(given: list[str]) -> list[str]:
    """The values of a list field: pickers send one text with commas, check boxes one value each."""
    return [part for value in given for part in value.replace("，", ",").split(",") if part.strip()]


def values_of(row: Table, without: Iterable[str] = ()) -> dict[str, Any]:
    """The values of a stored row as a form carries them: references by identifier, sensitive ones masked."""
    values: dict[str, Any] = {}
    for name, field in type(row).__fields__.items():
        if not field.is_input or name in without or name == reason_of(type(row)):
            continue
        value = getattr(row, field.column)
        if field.kind == "many":
            values[name] = [str(item.id) for item in value]
        elif field.kind == "choices":
            values[name] = list(value or [])
        elif value is None:
            values[name] = ""
        elif cells.hides(row, field):
            values[name] = str(value)
        elif field.kind == "boolean":
            values[name] = "true" if value else "false"
        else:
            values[name] = field.show(value) if field.kind not in ("choice", "ref") else str(value)
    return values


def _by_moves(field: Field) -> bool:
    """True for the state of a workflow, which the viewer does not write: moves change it."""
    table = TABLES[field.table]
    return table.__flow__ is not None and table.__flow__.field == field.name


def being_written(row: Table) -> dict[str, Any]:
    """What the form of a stored row is about: its values, or those of its next edition where that is being written."""
    values, of = values_of(row), type(row).__fields__
    for name, value in (editions.given_of(db.session(), row) if locks.proposes(row) else {}).items():
        if name in values:
            plain = "" if value is None else value if isinstance(value, list) else str(value)
            values[name] = plain.lower() if of[name].kind == "boolean" and isinstance(plain, str) else plain
    return values


def groups(
    table: type[Table], values: Mapping[str, Any], problems: Iterable[Problem], *, is_out: bool = False
) -> list[dict[str, Any]]:
    """The form's fields in their cards, with values and errors; beside them what the system will fill in itself.

    Of a row that is out the reason of its correction stands first.
    """
    wrong: dict[str, list[str]] = {}
    for problem in problems:
        for name in problem.fields:
            wrong.setdefault(name, []).append(str(problem.message))
    cards: dict[str, dict[str, Any]] = {}
    for name, field in table.__fields__.items():
        label = str(field.group or "")
        if name == reason_of(table):
            if not is_out:
                continue
            label = str(field.label)
        card = cards.setdefault(label, {"label": label, "fields": [], "derived": [], "errors": 0})
        if _by_moves(field):
            continue
        if field.is_input:
            card["fields"].append(_field(field, values.get(name), wrong.get(name, [])))
            card["errors"] += name in wrong
        elif field.kind != "flags":
            card["derived"].append({"name": name, "label": str(field.label), "help": str(field.help or "")})
    shown_cards = [card for card in cards.values() if card["fields"] or card["derived"]]
    # What must be filled in comes first: nobody scrolls over empty groups to reach it.
    return sorted(
        shown_cards,
        key=lambda card: (
            not any(f["name"] == reason_of(table) for f in card["fields"]),
            not any(_is_to_fill(table.__fields__[f["name"]]) for f in card["fields"]),
        ),
    )


def _is_to_fill(field: Field) -> bool:
    return field.required and field.default is None and not field.is_owner


def shown(field: Field, value: Any) -> str:
    """What a form carries for a field, as people read it: titles of references, labels of choices."""
    keys = [str(item) for item in value] if isinstance(value, list | tuple) else ([str(value)] if value else [])
    if field.is_reference:
        keys = [part for key in keys for part in key.split(",") if part]
        return joined(title for _, title in _picked(field, keys))
    if field.choices is not None:
        labels = {member.value: member.label for member in field.choices}
        return joined(labels.get(key, key) for key in keys)
    if field.kind == "boolean" and keys:
        return field.show(keys[0] == "true")
    return joined(keys)


def carried(field: Field, value: Any) -> list[list[str]]:
    """The value with what people read, as scripts put it into a control: [[value, text], …]."""
    if not field.is_plural:
        return [[str(value or ""), shown(field, value)]]
    return [[str(item), shown(field, [item])] for item in value or ()]


def _field(field: Field, value: Any, errors: list[str]) -> dict[str, Any]:
    plural = [str(item) for item in value] if isinstance(value, list | tuple) else ([str(value)] if value else [])
    fill = FILLS.get((field.table, field.name))
    if fill is not None and not guard.may("read", fill.source):
        fill = None
    options = [(member.value, str(member.label)) for member in field.choices or ()]
    if field.kind == "boolean":
        options = [("true", field.show(True)), ("false", field.show(False))]
    if value is None and field.default is not None and not callable(field.default):
        value = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return {
        "name": field.name,
        "label": str(field.label),
        # The masked form of a day or an amount is no value that a browser's own field for them would show.
        "kind": "text" if field.is_secret and not field.is_textual else field.kind,
        "value": "" if value is None or isinstance(value, list | tuple) else str(value),
        "values": plural,
        "choices": options,
        "barred": _barred(field),
        "required": field.required and not field.is_owner,
        "readonly": False,
        "help": str(field.help or ""),
        "errors": errors,
        "placeholder": str(N_("例如：{sample}", sample=field.sample)) if field.sample else "",
        "maxlength": field.length,
        "pick_url": _pick(field),
        "fills": fill is not None,
        "offers_url": url_for(f"{fill.source}.pick") if fill is not None and not field.is_reference else None,
        "usual": _usual(field),
        "tree_url": _tree(field),
        "is_code": field.kind in CODE_KINDS,
        "is_sensitive": field.grade == "sensitive" or field.masked_when is not None,
        "picked": _picked(field, plural),
        "multiple": field.is_plural,
        "only_when": {"field": field.only_when[0], "values": list(field.only_when[1])} if field.only_when else None,
        "wide": field.kind == "long_text" or (field.kind == "text" and (field.length or 0) > _ONE_LINE),
    }


def _pick(field: Field) -> str | None:
    """Where the field's picker asks; it says for which field where the choice is narrowed."""
    place = (field.table, field.name)
    narrowed: dict[str, Any] = {"for": ".".join(place)} if place in OFFERED else {}
    return url_for(f"{by_class(field.target).__tablename__}.pick", **narrowed) if field.target else None


def _usual(field: Field) -> list[dict[str, Any]]:
    """The sets of rows that were chosen together lately: what each is called, and its rows as pickers hold them."""
    lately = USUAL.get((field.table, field.name))
    sets = lately(db.session(), guard.must_view()) if lately is not None else ()
    return [
        {"text": joined(row.title() for row in each), "rows": [[str(row.id), row.title()] for row in each]}
        for each in sets
    ]


def _barred(field: Field) -> frozenset[str]:
    """The choices that are not for whoever asks to choose; they are shown, and stay as they are."""
    if field.allowed is None:
        return frozenset()
    return frozenset(member.value for member in field.choices or ()) - field.allowed(person_of(db.session()))


def _tree(field: Field) -> str | None:
    """Where the choices of a reference are given as a tree; ``None`` when they stand in no tree."""
    target = by_class(field.target) if field.target else None
    above = target.__fields__.get("parent") if target is not None else None
    if target is None or above is None or above.target != target.__name__:
        return None
    try:
        return url_for(f"{target.__tablename__}.tree")
    except BuildError:  # a table whose own view has no tree
        return None


def _picked(field: Field, keys: list[str]) -> list[tuple[str, str]]:
    """The chosen rows of a reference with their titles; what cannot be found stays as it was typed."""
    if not field.is_reference or not keys:
        return []
    found = Lookup(db.session(), field).titles(keys)
    return [(key, found.get(key, key)) for key in keys]
