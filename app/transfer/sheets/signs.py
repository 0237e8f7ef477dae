"""What Excel can hold: signs, lengths, names, numbers. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

#: Excel's own bounds: rows of a sheet below its header, characters of a cell.
LAST_ROW = 1_048_575
LONGEST_TEXT = 32_767
#: What no XML can hold: control characters, half characters and the two that are none.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: What a spreadsheet takes for the beginning of a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
GUARD = re.compile(r"'*[=+\-@\t\r]")


def writable(text: str) -> str:
    """The text as a workbook can hold it: no control characters, ``\\n`` as the only line end."""
    return UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def is_too_long(plain: str) -> bool:
    """True when no cell holds the text; Excel counts in halves of UTF-16."""
    return len(plain) > LONGEST_TEXT // 2 and len(plain.encode("utf-16-le")) // 2 > LONGEST_TEXT


def is_exact(value: int | float | Decimal) -> bool:
    """Whether Excel's numbers can hold the value; more than 15 digits they cannot."""
    if isinstance(value, int):
        return abs(value) < 10**15
    if isinstance(value, float):
        return value - value == 0
    return value.is_finite() and Decimal(repr(float(value))) == value and len(value.normalize().as_tuple().digits) <= 15


def sheet_name(title: str, number: int = 1) -> str:
    """A name that Excel accepts for a sheet; the second sheet of a table is called ``…(2)``."""
    plain = re.sub(r"[\[\]:*?/\\]", "", writable(title)).strip("' ") or "Sheet"
    ending = f"({number})" if number > 1 else ""
    return plain[: 31 - len(ending)] + ending
