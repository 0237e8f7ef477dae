"""When the checks of a line are made, as offices write it: 1月—12月, 上半年, 第二季度, 2026年2月24日-2026年11月30日."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.core.errors import BadValue
from app.core.messages import N_
from app.domains.draw.rules.reading.signs import STROKE, number, plain, without_remark


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both included."""

    first: date
    last: date
    remark: str = ""


_WHOLE_YEAR = frozenset({"全年", "年内", "全年度", "当年", "本年度", "常年"})
_HALVES = {"上半年": (1, 6), "下半年": (7, 12)}
_QUARTERS = re.compile(rf"(?:第?(?P<from>[1-4])(?:季度?)?{STROKE})?第?(?P<to>[1-4])季度?")
_UNTIL = re.compile(r"(?P<end>.+?[底末日号])(?:之前|以前|前)(?:完成|开展|检查完毕)?")
_IN_WORDS = re.compile(r"[一二三四五六七八九十]+(?=[月季至到—-])")
_NEXT = ("次年", "明年", "翌年")
_YEAR = r"(?P<year{n}>\d{{4}}(?=[年./-])|次年|明年|翌年|当年|同年|今年|本年)[年./-]?"


def _end(n: int, *, month: str = r"月份?", alone: str = r"(?!)") -> re.Pattern[str]:
    """One end: year (optional), month and day (optional); ``month`` closes a bare month, ``alone`` is a bare day."""
    return re.compile(
        rf"(?:{_YEAR.format(n=n)})?(?:"
        rf"(?P<month{n}>\d{{1,2}})(?:{month})(?P<edge{n}>底|末|初)?"
        rf"|(?P<m{n}>\d{{1,2}})(?:月|[./]|(?<=\d\d\d\d-\d)-|(?<=\d\d\d\d-\d\d)-)(?P<d{n}>\d{{1,2}})[日号]?"
        rf"|{alone})"
    )


_ONE = _end(1)
#: 3-10月 closes only its second month; 3月1日-15日 names its month once.
_TWO = re.compile(_end(1, month=r"(?:月份?)?").pattern + STROKE + _end(2, alone=r"(?P<alone2>\d{1,2})[日号]").pattern)


def period(cell: Any, year: int) -> Period | None:
    """The period in a cell of the plan of ``year``, ``None`` for an empty one. Raises BadValue."""
    if isinstance(cell, date | datetime):
        raise BadValue(
            N_("单元格是一个日期 {day}，不是起止时间；请把单元格设为文本格式后写成 3月—10月", day=f"{cell:%Y-%m-%d}")
        )
    text, remark = without_remark(plain(cell))
    if not text:
        return None
    try:
        text = _IN_WORDS.sub(lambda found: str(number(found.group())), text)
        ends = _named(text, year) or _until(text, year) or _dated(text, year)
    except ValueError as error:
        raise BadValue(N_("“{text}”中有不存在的日期", text=_quoted(cell))) from error
    if ends is None:
        raise BadValue(
            N_("看不懂计划开展时间“{text}”，请写成 3月—10月、上半年、第二季度或 {year}年2月24日—{year}年11月30日",
               text=_quoted(cell), year=year)
        )  # fmt: skip
    first, last = ends
    if last < first:
        raise BadValue(N_("“{text}”的止期早于起期；跨年的请写明次年", text=_quoted(cell)))
    if year not in (first.year, last.year):
        raise BadValue(N_("“{text}”不在计划年度 {year} 年内", text=_quoted(cell), year=year))
    return Period(first, last, remark)


def _quoted(cell: Any) -> str:
    return str(cell).strip()[:40]


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _named(text: str, year: int) -> tuple[date, date] | None:
    """The whole year, a half, quarters; the plan's own year may stand before them."""
    text = text.removeprefix(f"{year}年") or "全年"
    if text in _WHOLE_YEAR:
        return _months(year, 1, 12)
    if text in _HALVES:
        return _months(year, *_HALVES[text])
    if found := _QUARTERS.fullmatch(text):
        last = int(found["to"])
        return _months(year, 3 * int(found["from"] or last) - 2, 3 * last)
    return None


def _until(text: str, year: int) -> tuple[date, date] | None:
    """11月底前: from the first day of the year up to and with that day. 5月前 says no day and is asked back."""
    found = _UNTIL.fullmatch(text)
    ends = found and _dated(found["end"], year)
    return (date(year, 1, 1), ends[1]) if ends else None


def _dated(text: str, year: int) -> tuple[date, date] | None:
    """One month, one day, or from one to another."""
    if found := _ONE.fullmatch(text):
        return _bounds(found.groupdict(), 1, year, None)
    if found := _TWO.fullmatch(text):
        said = found.groupdict()
        first, _ = _bounds(said, 1, year, None)
        _, last = _bounds(said, 2, first.year, first.month)
        return first, last
    return None


def _bounds(said: dict[str, str | None], n: int, year: int, month: int | None) -> tuple[date, date]:
    """First and last day of one end; what it leaves out is that of the plan or of the first end."""
    written = said[f"year{n}"] or ""
    year = int(written) if written.isdigit() else year + (written in _NEXT)
    if whole := said[f"month{n}"]:
        edge, (first, last) = (
            said[f"edge{n}"],
            _months(year, int(whole), int(whole)) if 1 <= int(whole) <= 12 else _no(),
        )
        return (last, last) if edge in ("底", "末") else (first, first) if edge == "初" else (first, last)
    day = date(year, int(said[f"m{n}"] or month or 0), int(said[f"d{n}"] or said.get("alone2") or 0))
    return day, day


def _no() -> tuple[date, date]:
    raise ValueError("there is no such month")
