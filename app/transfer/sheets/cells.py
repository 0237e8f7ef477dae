"""One value -> one cell of a sheet. Text stays text, whatever it looks like."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.core import clock
from app.core.fields.write import NO, YES
from app.transfer.sheets.looks import Look
from app.transfer.sheets.signs import FORMULA_SIGNS, is_exact, is_too_long, writable

#: Before that day Excel counts wrong: it believes in a 29 February 1900.
FIRST_DAY = date(1900, 3, 1)
#: Day 0 of Excel.
ZERO = date(1899, 12, 30)
#: Signs that a text's edges lose unless it is said that they count.
_BLANK = " \t\n"
#: What Excel would read as the sign with that number (ECMA-376 part 1, 22.9.2.19).
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class TooLong(ValueError):
    """A text of more signs than a cell can hold."""


def escaped(text: str) -> str:
    """Text between tags."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ESCAPED.sub("_x005F_", text) if "_x" in text else text


def begun(look: int) -> str:
    """The beginning of a cell of that look."""
    return f'<c s="{int(look)}"' if look else "<c"


def text(value: str, look: int = Look.PLAIN) -> str:
    """A cell with that text; one that looks like a formula gets the quote prefix, so that editing it keeps it text."""
    plain = writable(value)
    if not plain:
        return begun(look) + "/>"
    if is_too_long(plain):
        raise TooLong
    if plain.startswith(FORMULA_SIGNS) and look != Look.HEADER:
        look = Look.GUARDED
    keep = ' xml:space="preserve"' if plain[0] in _BLANK or plain[-1] in _BLANK else ""
    return f'{begun(look)} t="inlineStr"><is><t{keep}>{escaped(plain)}</t></is></c>'


def number(value: str, look: int = Look.PLAIN) -> str:
    """A cell with the number that is written so."""
    return f"{begun(look)}><v>{value}</v></c>"


def cell(value: Any, look: int = Look.PLAIN) -> str:
    """A cell with any value, by its type: days as days, numbers as numbers, all else as text."""
    if value is None or value == "":
        return begun(look) + "/>"
    if isinstance(value, bool):
        return text(str(YES if value else NO), look)
    if isinstance(value, datetime):
        plain = value.astimezone(clock.ZONE).replace(tzinfo=None) if value.tzinfo else value
        return _moment(plain, look)
    if isinstance(value, date):
        if value < FIRST_DAY:
            return text(str(value), look)
        return number(str((value - ZERO).days), Look.DAY)
    if isinstance(value, int | float | Decimal) and is_exact(value):
        return number(repr(float(value)).removesuffix(".0"), look)
    return text(str(value), look)


def _moment(value: datetime, look: int) -> str:
    if value.date() < FIRST_DAY:
        return text(str(value), look)
    of_day = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    return number(repr((value.date() - ZERO).days + of_day / timedelta(days=1)), Look.MOMENT)
