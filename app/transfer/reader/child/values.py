"""What the text of a cell means, by its type and its style: plain Python values, ready to be encoded.

A meaning is a mapping from the text in the XML to the value; it remembers what it has seen, because the same dates and
numbers come again and again. ``""`` is always ``""``: an empty cell.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from typing import Any

from .refusal import Unfit
from .texts import cell_text, cell_texts, plain

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:inf|infinity|nan)", re.IGNORECASE)
PLAIN_NUMBERS = re.compile(r"[0-9.\-+eE\0]*")
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?")
ISO_TIME = re.compile(r"\d\d:\d\d:\d\d(?:\.\d{1,6})?")
ATTRIBUTE = re.compile(r'\s([\w:]+)="([^"]*)"')
EXACT = 2**53
REMEMBERED = 50_000
EPOCH = datetime.date(1899, 12, 30)
#: 9999-12-31.
LAST_DAY = 2_958_465
EPOCH_1904_DAYS = 1462
DAY_MILLISECONDS = 86_400_000
BUILT_IN_DATES = frozenset(map(str, [*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)]))
BUILT_IN_DURATION = "46"
BUILT_IN_PERCENT = ("9", "10")


class Tagged(list[Any]):
    """A cell that is not a plain value: ``[tag, …]`` as it is written."""


class Day(str):
    """A date or a moment, in ISO form."""

    __slots__ = ()


class Meaning(dict[str, Any]):
    """Text to value, remembered up to a bound."""

    def __init__(self) -> None:
        super().__init__({"": ""})

    def __missing__(self, text: str) -> Any:
        return self.column([text])[0]

    def of(self, text: str) -> Any:
        """The value of a text that is not remembered."""
        raise NotImplementedError

    def all_of(self, texts: Sequence[str]) -> Sequence[Any]:
        """The values of many texts that are not remembered, as they stand in the XML."""
        return [self.of(plain(text)) for text in texts]

    def column(self, texts: Sequence[str]) -> Sequence[Any]:
        """The values of a whole column."""
        fresh = [text for text in set(texts) if text not in self]
        if fresh:
            if len(self) > REMEMBERED:
                self.clear()
                self[""] = ""
                fresh = [text for text in set(texts) if text not in self]
            self.update(zip(fresh, self.all_of(fresh), strict=True))
        return list(map(self.__getitem__, texts))


class Numbers(Meaning):
    """Numbers; ``strict`` when the file says that it is one, else a text may stand there and is read as it is."""

    def __init__(self, strict: bool) -> None:
        super().__init__()
        self.strict = strict

    def all_of(self, texts: Sequence[str]) -> Sequence[Any]:
        """As many at once as are written plainly."""
        if PLAIN_NUMBERS.fullmatch("\0".join(texts)):
            try:
                return self.all_shown(list(map(float, texts)))
            except ValueError:
                pass
        return super().all_of(texts)

    def of(self, text: str) -> Any:
        """The number, or the text."""
        number = self.number(text)
        return text if number is None else self.shown(number)

    def number(self, text: str) -> float | None:
        """The number, or None for a text."""
        if NUMBER.fullmatch(text):
            return float(text)
        if self.strict:
            raise Unfit("bad_number", value=text[:40])
        return None

    def shown(self, number: float) -> Any:
        """The number as it is read."""
        return number_cell(number)

    def all_shown(self, numbers: Sequence[float]) -> Sequence[Any]:
        """The numbers as they are read."""
        return [self.shown(number) for number in numbers]


class Percents(Numbers):
    """Numbers formatted as percentages: the text that the sheet shows."""

    def shown(self, number: float) -> Any:
        """What the sheet shows."""
        return f"{number * 100:.12g}%" if math.isfinite(number) else number_cell(number)


class Dates(Numbers):
    """Numbers formatted as dates or moments, counted from 1900 or 1904; a time of day is text."""

    def __init__(self, strict: bool, since_1904: bool) -> None:
        super().__init__(strict)
        self.since_1904 = since_1904
        self.days: dict[int, str] = {}
        self.times: dict[int, str] = {}

    def shown(self, number: float) -> Any:
        """The day, the moment, or the time of day as text."""
        if not math.isfinite(number):
            return number_cell(number)
        days = number + EPOCH_1904_DAYS if self.since_1904 else number if number >= 60 else number + 1
        day, rest = divmod(math.floor(days * DAY_MILLISECONDS + 0.5), DAY_MILLISECONDS)
        if number < 1:
            return self._time(rest)
        if day not in self.days:
            if day > LAST_DAY:
                return number_cell(number)
            self.days[day] = (EPOCH + datetime.timedelta(day)).isoformat()
        return Day(self.days[day] if number.is_integer() else f"{self.days[day]}T{self._time(rest)}")

    def _time(self, milliseconds: int) -> str:
        seconds, rest = divmod(milliseconds, 1000)
        if seconds not in self.times:
            self.times[seconds] = str(datetime.time(seconds // 3600, seconds // 60 % 60, seconds % 60))
        return f"{self.times[seconds]}.{rest:03d}000" if rest else self.times[seconds]


class Durations(Numbers):
    """Numbers formatted as hours that go on after 24: text."""

    def shown(self, number: float) -> Any:
        """Days, hours, minutes and seconds as text."""
        try:
            return str(datetime.timedelta(milliseconds=math.floor(number * DAY_MILLISECONDS + 0.5)))
        except (OverflowError, ValueError):
            return number_cell(number)


class Truths(Meaning):
    """``1`` and ``0``."""

    def of(self, text: str) -> Any:
        """True or False."""
        return text.strip().lower() not in ("0", "false")


class IsoDates(Meaning):
    """Dates written as ISO 8601; anything else is text."""

    def of(self, text: str) -> Any:
        """The date or moment."""
        return iso_cell(text)


class Faults(Meaning):
    """Error cells."""

    def of(self, text: str) -> Any:
        """The error."""
        return Tagged(["e", text])


class Texts(Meaning):
    """Text that stands in the cell itself: nothing is remembered."""

    def __init__(self, trimmed: bool = False) -> None:
        super().__init__()
        self.trimmed = trimmed

    def __missing__(self, text: str) -> Any:
        return cell_text(text, self.trimmed)

    def column(self, texts: Sequence[str]) -> Sequence[Any]:
        """The texts of a whole column."""
        return cell_texts(texts, self.trimmed)


def number_cell(number: float) -> Any:
    """An integral number below 2**53 is ``int``; what is no finite number is an error."""
    if not math.isfinite(number):
        return Tagged(["e", "#NUM!"])
    return int(number) if -EXACT < number < EXACT and number.is_integer() else number


def iso_cell(text: str) -> Any:
    """A date or moment in ISO form, a time or anything else as text."""
    try:
        if ISO_DAY.fullmatch(text):
            return Day(datetime.date.fromisoformat(text).isoformat())
        if ISO_MOMENT.fullmatch(text):
            return Day(datetime.datetime.fromisoformat(text).isoformat())
        if ISO_TIME.fullmatch(text):
            return str(datetime.time.fromisoformat(text))
    except ValueError:
        pass
    return text


class Meanings(dict[str, Any]):
    """What its text means, by the attributes of a cell as they are written behind its name: `` s="1" t="s"``."""

    def __init__(self, shapes: Sequence[str], since_1904: bool, strings: Any) -> None:
        super().__init__()
        self.shapes, self.since_1904, self.strings = shapes, since_1904, strings
        self.made: dict[tuple[str, str], Any] = {}

    def __missing__(self, attributes: str) -> Any:
        found = dict(ATTRIBUTE.findall(attributes))
        meaning = self.of(found.get("t", ""), found.get("s", ""))
        if len(self) < REMEMBERED:
            self[attributes] = meaning
        return meaning

    def of(self, kind: str, style: str) -> Any:
        """What a cell of this type and style means."""
        key = (kind, self._shape(style) if kind in ("", "n") else "")
        if key not in self.made:
            self.made[key] = self._make(*key)
        return self.made[key]

    def is_percent(self, style: str) -> bool:
        """Whether a style shows percentages."""
        return self._shape(style) == "percent"

    def _shape(self, style: str) -> str:
        if not (style.isascii() and style.isdigit() and len(style) < 8) or int(style) >= len(self.shapes):
            return ""
        return self.shapes[int(style)]

    def _make(self, kind: str, shape: str) -> Any:
        strict = kind == "n"
        match kind:
            case "s":
                return self.strings
            case "str" | "inlineStr" | "is":
                return Texts()
            case "b":
                return Truths()
            case "e":
                return Faults()
            case "d":
                return IsoDates()
            case "" | "n" if shape == "date":
                return Dates(strict, self.since_1904)
            case "" | "n":
                return {"duration": Durations, "percent": Percents}.get(shape, Numbers)(strict)
        raise Unfit("bad_cell_type", value=kind[:40])


def shape_of(number: str, code: str | None) -> str:
    """Say ``date``, ``duration``, ``percent`` or nothing for a number format; one without a code is built in."""
    if code is None:
        if number in BUILT_IN_DATES:
            return "date"
        return "duration" if number == BUILT_IN_DURATION else "percent" if number in BUILT_IN_PERCENT else ""
    return _date_shape(code) or ("percent" if is_percent(code) else "")


def is_percent(code: str) -> bool:
    """Whether a number format shows a percentage; a percent sign that is quoted or escaped is only decoration."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", code)


def _date_shape(code: str) -> str:
    """Whether the first section of a format shows parts of a date, outside of quotes, escapes and brackets."""
    first = re.sub(r'"[^"]*"?|[\\_*].', "", code, flags=re.DOTALL).split(";")[0].lower()
    for part in re.finditer(r"\[([^\]]*)\]|([^\[]+)", first):
        inside, outside = part.groups()
        if inside and re.fullmatch("h+|m+|s+", inside):
            return "duration"
        if outside and re.search("[dmhys]|a/|ap", outside):
            return "date"
    return ""
