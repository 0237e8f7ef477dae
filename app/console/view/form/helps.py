"""What the server adds to a form while somebody types: values that follow from a chosen row, and its lines."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from flask import render_template, request

from app.console import guard
from app.console.view.form import fields, lines
from app.console.view.form.aids import fills_of
from app.core import saving
from app.core.errors import NotVisible
from app.core.table import Table, by_name
from app.core.viewer import Viewer
from app.extensions import db

#: So many rows are chosen at once at most.
_MOST = 10


def of(table: type[Table], row: Table | None, given: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    """``fills``: values for other fields, as [[value, text], …]; ``lines``: the card, where it is another than the
    form shows; ``warnings`` about both. ``given`` has the fills afterwards where it was empty.
    """
    filled = _filled(table, viewer)
    given |= {name: value for name, value in filled.items() if not given.get(name)}
    plan = lines.of(table)
    found: dict[str, Any] = {"warnings": {}}
    if plan is not None and lines.COUNT in request.form:
        typed = lines.sent(plan, request.form)
        decided = [line for line in typed if line[plan.choice]]
        filled |= plan.follows(typed)
        card = lines.card(db.session(), plan, given, row, typed)
        if card["of"] != request.form.get(lines.OF, ""):
            found["lines"] = render_template("console/form_lines.html", lines=card)
        for problem in plan.judge(given, decided):
            for name in problem.fields[:1]:
                found["warnings"].setdefault(name, []).append(str(problem.message))
    found["fills"] = {name: fields.carried(table.__fields__[name], value) for name, value in filled.items()}
    return found


def _filled(table: type[Table], viewer: Viewer) -> dict[str, Any]:
    """What follows from rows that were just chosen: each ``_filling`` is a field and its row, parted by a colon."""
    pairs = [each.partition(":") for each in request.form.getlist("_filling")[:_MOST]]
    return follows(table, viewer, [(name, key) for name, _, key in pairs])


def follows(table: type[Table], viewer: Viewer, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """What follows for a form when fields name rows, given as (field, identifier)."""
    found: dict[str, Any] = {}
    for name, key in pairs:
        fill = fills_of(table, name)
        if fill is None or not guard.may("read", fill.source):
            continue
        with suppress(NotVisible):
            source = saving.find(db.session(), by_name(fill.source), key)
            found |= fill.values(db.session(), viewer, source)
    return {each: value for each, value in found.items() if each in table.__fields__ and value not in (None, "", [])}
