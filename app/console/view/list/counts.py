"""The numbers above a list, in words: the total, and a link for each state."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale

from app.console import cells
from app.console.tally import Number, Tally
from app.console.view.list.asked import Asked
from app.core.fields import Field
from app.core.messages import N_
from app.core.query import Condition, Criteria

_WAN = 10_000


def shown(number: Number) -> str:
    """``37``, or an estimate as people say it: ``约 12.3 万``."""
    if not number.is_estimate:
        return str(number.rows)
    return str(N_("约 {n}", n=_round(number.rows)))


def total_text(number: Number) -> str:
    """How many rows there are, and whether that was counted."""
    if number.is_estimate:
        return str(N_("共约 {n} 条", n=_round(number.rows)))
    return str(N_("共 {n} 条", n=number.rows))


def _round(number: int) -> str:
    """Three digits of a number, as the reader's language counts: by ten thousands, or with separators."""
    if number < 1000:
        return str(number)
    step = 10 ** (len(str(number)) - 3)
    near = round(number / step) * step
    if str(get_locale() or "zh") == "zh" and near >= _WAN:
        return f"{near / _WAN:.4g} 万" if near < _WAN**2 else f"{near / _WAN**2:.4g} 亿"
    return f"{near:,}"


def links(field: Field | None, tally: Tally, asked: Asked, base: str) -> list[dict[str, Any]]:
    """A link for each state that rows are in: the same list, of that state only; the one in force leads out again."""
    if field is None or field.choices is None:
        return []
    chosen = {
        value
        for each in asked.criteria.conditions
        if each.path == field.name and each.operation == "is" and not each.any
        for value in each.values
    }
    others = asked.criteria.without(field.name)
    found = []
    for member in field.choices:
        number = tally.by_value.get(member.value, Number(0))
        active = member.value in chosen
        if not (number.rows or active):
            continue
        only = (*others.conditions, Condition(field, "is", (member.value,)))
        wanted = others if active else Criteria(others.words, only, others.order)
        place = Asked(wanted, asked.columns, asked.size, asked.view)
        found.append(
            {
                "label": str(member.label),
                "value": shown(number),
                "tone": cells.tone(field, member.value),
                "url": f"{base}?{place.parameters(all=None if place.pairs() else '1')}",
                "active": active,
            }
        )
    return found
