"""How much of a pool is drawn, as offices write it: ``5%``, ``10% (20户)``, ``1户(以实际抽查数为准)``, 全部."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from app.core.errors import BadValue
from app.core.messages import N_
from app.domains.draw.rules.reading.signs import AT_LEAST, AT_MOST, OR_MORE, STROKE, number, plain, without_remark

#: Ratios are counted in billionths (draw.md §5: U).
UNIT = 10**9


@dataclass(frozen=True)
class Range:
    """``least`` to ``most``; ``None`` is an open end."""

    least: int | None
    most: int | None


@dataclass(frozen=True)
class Amount:
    """What is to be drawn: a share of the pool in billionths, a count, or both as written.

    A provisional one is the office's guess: 以实际抽查数为准 leaves the count to the draw.
    """

    ratio: Range | None = None
    count: Range | None = None
    is_provisional: bool = False
    remark: str = ""


_ALL = frozenset({"全部", "全覆盖", "全数", "全部抽查", "全面覆盖", "所有"})
_THINGS = "户家个人台件批次所处名"
_SCALE = {"%": 100, "‰": 1000}
_LEADING = rf"(?P<word>{AT_LEAST}|{AT_MOST}|约|大约|=)?"
_ENDING = rf"(?P<more>{OR_MORE}|左右)?"
_SHARE = re.compile(
    rf"(?:按|抽取|抽查)?{_LEADING}(?P<least>\d+(?:\.\d+)?)(?P<first>[%‰])?"
    rf"(?:{STROKE}(?P<most>\d+(?:\.\d+)?))?(?P<sign>[%‰])(?:的比例)?(?:抽取|抽查)?{_ENDING}"
)
_SHARE_IN_WORDS = re.compile(
    rf"{_LEADING}(?P<scale>百分之|千分之)(?P<least>[一二三四五六七八九十]+|\d+(?:\.\d+)?){_ENDING}"
)
_COUNT = re.compile(
    rf"(?:抽取|抽查)?{_LEADING}(?P<least>\d+|[一二两三四五六七八九十]+)(?:{STROKE}(?P<most>\d+))?"
    rf"(?P<thing>[{_THINGS}]次?(?:企业|单位)?|企业|单位)?{_ENDING}"
)


def ratio(cell: Any) -> Amount | None:
    """The cell of the ratio's column; ``None`` for an empty one. A percent cell of Excel arrives as 0.05."""
    text = plain(cell)
    if re.fullmatch(r"0\.\d+", text):
        return Amount(ratio=_range(cell, {"least": text}, 1, UNIT))
    if re.fullmatch(r"\d+(\.\d+)?", text):
        raise BadValue(N_("“{text}”没有单位：是 {text}% 还是 {text} 户？请补上", text=text[:40]))
    return _amount(cell, text)


def count(cell: Any) -> Amount | None:
    """The cell of the count's column; ``None`` for an empty one. A bare number is a count."""
    return _amount(cell, plain(cell))


def _amount(cell: Any, text: str) -> Amount | None:
    body, remark = without_remark(text)
    if not body:
        return None
    if body in _ALL:
        return Amount(ratio=Range(UNIT, UNIT), remark=remark)
    read = _share(cell, body) or _things(cell, body)
    if read is None:
        raise BadValue(
            N_(
                "看不懂抽查比例或数量“{text}”，请写成 5%、不低于 5%、10%（20 户）、20 户或全部",
                text=str(cell).strip()[:40],
            )
        )
    return _remarked(cell, read, remark)


def _remarked(cell: Any, read: Amount, remark: str) -> Amount:
    """With the remark in brackets: another way to say the amount (20户), or words about it (以实际为准)."""
    other = remark and (_share(cell, remark) or (_things(cell, remark) if remark[-1:] in _THINGS else None))
    if other:
        if (other.ratio and read.ratio) or (other.count and read.count):
            raise BadValue(N_("“{text}”写了两个比例或两个数量，请只留一个", text=str(cell).strip()[:40]))
        return replace(
            read,
            ratio=read.ratio or other.ratio,
            count=read.count or other.count,
            is_provisional=read.is_provisional or other.is_provisional,
        )
    return replace(read, remark=remark, is_provisional=read.is_provisional or "为准" in remark)


def _share(cell: Any, body: str) -> Amount | None:
    if found := _SHARE.fullmatch(body):
        said = found.groupdict()
        if said["first"] not in (None, said["sign"]) or (said["first"] and not said["most"]):
            return None
        scale = _SCALE[said["sign"]]
    elif found := _SHARE_IN_WORDS.fullmatch(body):
        said = found.groupdict()
        scale = 100 if said["scale"] == "百分之" else 1000
    else:
        return None
    return Amount(ratio=_range(cell, said, scale, UNIT), is_provisional=_is_about(said))


def _things(cell: Any, body: str) -> Amount | None:
    found = _COUNT.fullmatch(body)
    if found is None:
        return None
    said = found.groupdict()
    return Amount(count=_range(cell, said, 1, None), is_provisional=_is_about(said))


def _is_about(said: dict[str, str | None]) -> bool:
    return said["word"] in ("约", "大约") or said["more"] == "左右"


def _range(cell: Any, said: dict[str, Any], scale: int, whole: int | None) -> Range:
    """Both ends in billionths of ``whole`` or as counts; refused where nothing, or more than all, would be drawn."""
    read = [_value(said[name], scale, whole) for name in ("least", "most") if said.get(name)]
    ends = [end for end in read if end is not None]
    if ends != read or min(ends) <= 0 or (whole and max(ends) > whole) or ends != sorted(ends):
        raise BadValue(N_("“{text}”不是可以抽取的比例或数量：应大于 0，且不超过全部", text=str(cell).strip()[:40]))
    word, more = said.get("word") or "=", said.get("more") or ""
    if re.fullmatch(AT_MOST, word):
        return Range(None, ends[-1])
    if re.fullmatch(AT_LEAST, word) or re.fullmatch(OR_MORE, more):
        return Range(ends[0], ends[1] if len(ends) > 1 else None)
    return Range(ends[0], ends[-1])


def _value(text: str, scale: int, whole: int | None) -> int | None:
    """The exact value, ``None`` where it lies between two billionths or is no number (一一)."""
    try:
        exact = Decimal(text) if text[0].isdigit() else Decimal(number(text))
    except ValueError:
        return None
    exact = exact * (whole or 1) / scale
    return int(exact) if exact == int(exact) else None
