"""How often an item is drawn, as offices write it: ``=1``, ``>=1``, 每年2次, 每季度至少一次, 每3年1次."""

import re
from dataclasses import dataclass
from typing import Any

from app.core.errors import BadValue
from app.core.messages import N_
from app.domains.draw.rules.reading.signs import (
    AT_LEAST,
    AT_MOST,
    NUMBER,
    OR_MORE,
    STROKE,
    number,
    plain,
    without_remark,
)


@dataclass(frozen=True)
class Frequency:
    """``least`` to ``most`` draws (no upper end: ``None``) in every ``years`` years."""

    least: int
    most: int | None
    years: int = 1
    remark: str = ""


#: How often a part of the year comes round in it.
_A_YEAR_HAS = {"年": 1, "年度": 1, "半年": 2, "季度": 4, "季": 4, "月": 12, "个月": 12}
_SPAN = rf"(?P<n>{NUMBER})?个?(?P<span>半年|年度|年|季度|季|月)"
_TIMES = (
    rf"(?P<word>{AT_LEAST}|{AT_MOST}|=|>|<)?(?P<least>{NUMBER})(?:{STROKE}(?P<most>{NUMBER}))?次?(?P<more>{OR_MORE})?"
)
#: 每季度至少一次, 两年一次, 全年2次; 2次/年; =1.
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?:每|全|一个)?{_SPAN}内?(?:开展|抽查|检查|抽取)?{_TIMES}",
        rf"{_TIMES}(?:/|每){_SPAN}",
        _TIMES,
    )
)


def frequency(cell: Any) -> Frequency | None:
    """The frequency in a cell, ``None`` for an empty one. Raises BadValue, which says how to write it."""
    text, remark = without_remark(plain(cell))
    if not text:
        return None
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    try:
        read = found and _told(found.groupdict(), remark)
    except ValueError:
        read = None
    if read is None:
        raise BadValue(
            N_(
                "看不懂抽查频次“{text}”，请写成 =1、>=1、每年 2 次、每季度 1 次或每 3 年 1 次",
                text=str(cell).strip()[:40],
            )
        )
    return read


def _told(said: dict[str, str | None], remark: str) -> Frequency | None:
    """What the pieces mean; ``None`` where they contradict each other or no draw would ever be made."""
    least, most = number(said["least"] or ""), number(said["most"]) if said["most"] else None
    word, span = said["word"] or "=", said.get("span") or "年"
    spans, rounds = number(said.get("n") or "1"), _A_YEAR_HAS[span]
    if most is not None:
        if word != "=" or said["more"] or most < least:
            return None
    elif said["more"] or re.fullmatch(AT_LEAST, word):
        most = None
    elif word == ">":
        least += 1
    elif word == "<" or re.fullmatch(AT_MOST, word):
        least, most = 1, least - (word == "<")
    else:
        most = least
    # 每 3 年 1 次 is once in three years; 每 2 个月 1 次 is six times a year; 每 5 个月 divides no year.
    if least < 1 or (most is not None and most < least) or (rounds > 1 and rounds % spans):
        return None
    a_year = rounds // spans if rounds > 1 else 1
    years = 1 if rounds > 1 else spans
    return Frequency(least * a_year, None if most is None else most * a_year, years, remark)
