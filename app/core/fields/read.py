"""Values in: what a person, a cell or a request gave -> the typed value, or a clear refusal. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from app.core import clock
from app.core.choices import Choice
from app.core.errors import BadValue
from app.core.messages import N_, joined

#: Full-width letters, digits and signs (U+FF01..FF5E) and the wide blank, to their plain forms.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
#: What nobody sees and no column holds: control signs, blanks without width, half characters, signs that are none.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ufeff\ufffe\uffff\ud800-\udfff]")
#: What no text in the database can hold: NUL, and half a character.
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_SEPARATORS = re.compile(r"[、，,；;\n]+")
_DAY = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?")
_TIME = re.compile(r"[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
#: Excel keeps 15 digits of a number; a longer code typed as a number has lost its end.
_EXACT = 10**15
_LOST = N_("单元格是数字格式，Excel 只保留 15 位有效数字，末尾几位已丢失；请把单元格设为文本格式后重新输入")
_EXCEL_ZERO = date(1899, 12, 30)
#: Moments of these years lie in years that every time zone and every driver can tell.
_FIRST_YEAR, _LAST_YEAR = 1000, 9998
_YES = frozenset({"是", "有", "真", "对", "y", "yes", "true", "1", "√"})
_NO = frozenset({"否", "无", "假", "错", "n", "no", "false", "0", "×"})


def half_width(value: str) -> str:
    """The text with full-width ASCII turned into plain ASCII."""
    return value if value.isascii() else value.translate(_HALF_WIDTH)


def _plain(value: Any) -> str:
    """Any cell as text: whole numbers without a point, days as yyyy-MM-dd."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        if not abs(value) < _EXACT:
            raise BadValue(_LOST)
        return repr(value) if value != int(value) else str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _is_clean(value: Any) -> bool:
    """True for text without any blank or control character, as most cells are: there is nothing to remove."""
    return type(value) is str and value.isprintable() and " " not in value


def text(value: Any) -> str | None:
    """One line of text, blanks at the ends removed; ``None`` when nothing is left."""
    if _is_clean(value):
        return value or None
    return " ".join(_CONTROL.sub("", _plain(value)).split()) or None


def long_text(value: Any) -> str | None:
    """Several lines of text, blanks at the ends removed."""
    return _CONTROL.sub("", _plain(value).replace("\r\n", "\n")).strip() or None


def code(value: Any) -> str | None:
    """A code: half-width, upper case, no blanks. A number of more than 15 digits has lost some in Excel: refused."""
    if isinstance(value, float) and not value.is_integer():
        raise BadValue(N_("“{value}”是带小数的数字，不是代码；请把单元格设为文本格式后重新输入", value=value))
    plain = value if _is_clean(value) else _CONTROL.sub("", _plain(value))
    return "".join(half_width(plain).split()).upper() or None


def parts(value: Any) -> list[str]:
    """The pieces of a list written with 、，; or line breaks (or of a real list)."""
    pieces = value if isinstance(value, list | tuple | set) else _SEPARATORS.split(half_width(_plain(value)))
    return [piece for piece in (str(item).strip() for item in pieces) if piece]


@lru_cache(maxsize=512)
def _words_of(kinds: type[Choice]) -> dict[str, str]:
    words: dict[str, str] = {}
    for member in kinds:
        for word in (member.national, member.value, member.label.msgid, half_width(member.label.msgid)):
            if word:
                words[word.casefold()] = member.value
    return words


def choice(kinds: type[Choice], value: Any) -> str | None:
    """The identifier of a code list's entry, found by label (in either language), identifier or national code."""
    word = half_width(_plain(value)).strip()
    if not word:
        return None
    words = _words_of(kinds)
    found = words.get(word.casefold()) or words.get(word.rstrip("。").casefold())
    if found is None:
        found = next((m.value for m in kinds if str(m.label).casefold() == word.casefold()), None)
    if found is None:
        raise BadValue(N_("“{value}”不在可选项中：{options}", value=word[:40], options=joined(m.label for m in kinds)))
    return found


def choice_parts(kinds: type[Choice], value: Any) -> list[str]:
    """The pieces of a list of entries; a label that holds a separator itself (双随机、一公开) is one piece."""
    if isinstance(value, list | tuple | set):
        return parts(value)
    word = half_width(_plain(value))
    for member in kinds:
        for label in {half_width(str(member.label)), half_width(member.label.msgid)}:
            if _SEPARATORS.search(label):
                word = word.replace(label, member.value)
    return parts(word)


def boolean(value: Any) -> bool | None:
    """是/否 and their usual spellings."""
    if isinstance(value, bool):
        return value
    word = half_width(_plain(value)).strip().casefold()
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise BadValue(N_("“{value}”应填“是”或“否”", value=word[:40]))


def decimal(value: Any, *, places: int = 4, digits: int = 14) -> Decimal | None:
    """A number of at most ``digits`` digits, rounded to ``places`` more behind the point: what its column can hold."""
    number = _number(value)
    if number is None:
        return None
    if abs(number) < Decimal(10) ** digits:
        rounded = number.quantize(Decimal(1).scaleb(-places))
        if abs(rounded) < Decimal(10) ** digits:
            return rounded
    raise BadValue(N_("“{value}”超出数字范围", value=str(value)[:40]))


def _number(value: Any) -> Decimal | None:
    """A number as it was written; thousands separators, 元 and ￥ are accepted."""
    word = re.sub(r"[\s,，元￥¥]", "", half_width(_plain(value)))
    if not word:
        return None
    try:
        number = Decimal(word)
    except InvalidOperation:
        raise BadValue(N_("“{value}”不是数字", value=str(value)[:40])) from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise BadValue(N_("“{value}”超出数字范围", value=str(value)[:40]))
    return number


def percent(value: Any) -> Decimal | None:
    """A percentage as its number: ``5%`` is 5; a bare Excel fraction such as 0.05 stays what was typed."""
    if isinstance(value, str) and half_width(value).strip().endswith("%"):
        value = half_width(value).strip()[:-1]
    return decimal(value, digits=5)


def integer(value: Any) -> int | None:
    """A whole number within the range of a database integer."""
    number = _number(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise BadValue(N_("“{value}”不是整数", value=str(value)[:40]))
    if abs(number) >= 2**31:
        raise BadValue(N_("“{value}”超出数字范围", value=str(value)[:40]))
    return int(number)


def day(value: Any) -> date | None:
    """A day: 2024-01-05, 2024.1.5, 2024/1/5, 2024年1月5日, 20240105, or Excel's serial number."""
    moment_or_day = _day_or_moment(value)
    return moment_or_day.date() if isinstance(moment_or_day, datetime) else moment_or_day


def moment(value: Any) -> datetime | None:
    """A moment in Beijing time unless the text names another zone; a bare day means its first second."""
    found = _day_or_moment(value)
    if found is None:
        return None
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day, tzinfo=clock.ZONE)
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise BadValue(N_("“{value}”不是有效时间", value=str(value)[:40]))
    return found if found.tzinfo else found.replace(tzinfo=clock.ZONE)


def _day_or_moment(value: Any) -> date | datetime | None:
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _day_of_number(value)
    word = half_width(_plain(value)).strip()
    return _day_of_text(word) if word else None


def _day_of_number(value: float) -> date:
    if 19000101 <= value <= 29991231 and value == int(value):
        return _checked(str(int(value))[:4], str(int(value))[4:6], str(int(value))[6:], value)
    if 367 <= value < 2958466:
        return _EXCEL_ZERO + timedelta(days=int(value))
    raise BadValue(N_("“{value}”不是有效日期，应形如 2024-01-05", value=value))


@lru_cache(maxsize=20_000)
def _day_of_text(word: str) -> date | datetime:
    compact = word.replace(" ", "") if "年" in word else word
    if re.fullmatch(r"\d{8}", compact):
        return _checked(compact[:4], compact[4:6], compact[6:], word)
    found = _DAY.match(compact)
    if not found:
        raise BadValue(N_("“{value}”不是有效日期，应形如 2024-01-05", value=word[:40]))
    year, month, day_of_month = found.groups()
    on = _checked(year, month, day_of_month, word)
    rest = compact[found.end() :]
    if not rest.strip():
        return on
    clock_time = _TIME.fullmatch(rest)
    if not clock_time:
        raise BadValue(N_("“{value}”不是有效日期，应形如 2024-01-05", value=word[:40]))
    hour, minute, second, zone = clock_time.groups()
    try:
        plain = datetime.combine(on, time(int(hour), int(minute), int(second or 0)))
        return datetime.fromisoformat(plain.isoformat() + zone) if zone else plain
    except ValueError:
        raise BadValue(N_("“{value}”不是有效时间", value=word[:40])) from None


def _checked(year: str, month: str, day_of_month: str, value: Any) -> date:
    try:
        return date(int(year), int(month), int(day_of_month))
    except ValueError:
        raise BadValue(N_("“{value}”不是日历上有的日子", value=str(value)[:40])) from None
