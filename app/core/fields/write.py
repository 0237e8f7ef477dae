"""Values out: the typed value -> the text that people read. Pure; what this writes, ``read`` reads back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.core import clock
from app.core.messages import N_

if TYPE_CHECKING:
    from app.core.fields.field import Field

YES, NO = N_("是"), N_("否")

#: What stands between the values of a list.
SEPARATOR = "；"


def show(field: Field, value: Any) -> str:
    """The value as text; the empty string when there is none."""
    if value is None or value == "" or value == []:
        return ""
    if field.kind == "choice":
        return _choice_label(field, value)
    if field.kind == "choices":
        return SEPARATOR.join(_choice_label(field, item) for item in value)
    if field.kind == "flags":
        return SEPARATOR.join(value)
    if field.kind == "many":
        return SEPARATOR.join(str(item) for item in value)
    if isinstance(value, bool):
        return str(YES if value else NO)
    if isinstance(value, datetime):
        return value.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}" if field.kind == "money" else f"{value.normalize():f}"
    return str(value)


def _choice_label(field: Field, value: str) -> str:
    assert field.choices is not None
    try:
        return str(field.choices(value).label)
    except ValueError:
        return str(value)


def masked(value: Any) -> str:
    """A sensitive value with its middle hidden: ``610104********0010``, ``138****1234``, ``王*``."""
    text = "" if value is None else str(value)
    if len(text) >= 15:
        return text[:6] + "*" * (len(text) - 10) + text[-4:]
    if len(text) >= 11:
        return text[:3] + "*" * (len(text) - 7) + text[-4:]
    if len(text) >= 7:
        return text[:2] + "*" * (len(text) - 4) + text[-2:]
    return text[:1] + "*" * max(len(text) - 1, 1) if text else ""
