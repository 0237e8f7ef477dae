"""What all cells of a plan share: plain signs, Chinese numerals, remarks in brackets, words for "at least"."""

import re
from datetime import date, datetime
from typing import Any

from app.core.fields.read import half_width

#: The many strokes that offices write between two ends, after full-width signs became plain ones.
STROKE = r"(?:-+|~|—+|–+|―+|－|−|至|到)"
#: A number in digits or, below one hundred, in Chinese numerals.
NUMBER = r"(?:\d+|[一二两三四五六七八九十]+)"
AT_LEAST = r"(?:>=|=>|≥|≧|⩾|不少于|不低于|不得少于|不得低于|至少|最少)"
AT_MOST = r"(?:<=|=<|≤|≦|⩽|不超过|不多于|不高于|至多|最多)"
OR_MORE = r"(?:及以上|或以上|以上|及其以上)"

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "": 0}
_REMARK = re.compile(r"\(([^()]*)\)$")
_BLANK = re.compile(r"\s+")


def plain(cell: Any) -> str:
    """A cell as text without blanks and closing stops, full-width signs plain; a day as 2026-02-24, 5.0 as 5."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return _BLANK.sub("", half_width("" if cell is None else str(cell))).rstrip("。.;,")


def without_remark(text: str) -> tuple[str, str]:
    """What a cell says, and the remark in brackets at its end: ``1户(以实际为准。)`` → ``1户``, ``以实际为准``."""
    found = _REMARK.search(text)
    if found is None:
        return text, ""
    return text[: found.start()], found.group(1).rstrip("。")


def number(text: str) -> int:
    """The value of digits, or of Chinese numerals below one hundred; a ValueError for 一一 and 十十."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not {tens, ones} <= _DIGITS.keys():
        raise ValueError(text)
    return 10 * (_DIGITS[tens] or 1) + _DIGITS[ones] if ten else _DIGITS[ones]
