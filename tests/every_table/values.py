"""Values of one field that it accepts by itself: its sample first, then what its kind allows."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from stdnum.cn import ric, uscc

from app.core import checks, clock
from app.core.errors import BadValue
from app.core.fields import Field

#: A right credit code and a right citizen number, to vary.
FIRM, CITIZEN = "11610113016000001J", "610104198802150010"
#: Numbers that no earlier run has used, so that a kept database serves again.
_numbers = itertools.count(int(time.time() * 10) % 10**8)


def fresh() -> int:
    """A number that was not given out before."""
    return next(_numbers)


def varied(sample: str, number: int) -> Iterator[str]:
    """Values like the sample that differ with the number, the likeliest first."""
    if checks.credit_code(sample) is None:
        body = f"{sample[:8]}{number % 10**9:09d}"
        yield body + uscc.calc_check_digit(body)
    elif checks.citizen_number(sample) is None:
        born = clock.today().replace(year=1960, month=1, day=1) + timedelta(days=number % 9000)
        body = f"{sample[:6]}{born:%Y%m%d}{number // 9000 % 1000:03d}"
        yield body + ric.calc_check_digit(f"{body}0")
    found = re.search(r"[0-9]+$", sample)
    tail = len(found.group()) if found else 0
    for width in (8, 6, 3, 2):
        if tail >= width:
            yield f"{sample[:-width]}{number % 10**width:0{width}d}"
    yield f"{sample}{number % 1000:03d}"
    yield f"{sample}{number}"


def possible(field: Field, number: int, *, is_key: bool = False) -> list[Any]:
    """What the field could hold, as people write it, the likeliest first; ``None`` is "left empty"."""
    found: list[Any] = []
    sample = field.sample
    if sample and is_key and field.kind not in ("choice", "choices", "boolean", "day", "moment"):
        found += varied(sample, number)
    elif sample and not is_key:
        found.append(sample)
    if field.default is not None and not is_key:
        found.append(field.show(field.read(field.default)))
    if field.choices is not None:
        values = [member.value for member in field.choices]
        found += [[value] for value in values] if field.kind == "choices" else values
    elif field.kind == "boolean":
        found += ["是", "否"]
    elif field.kind in ("day", "moment"):
        days = range(9000 + number % 9000, 30000, 4001) if is_key else (30, 0, -400, 400)
        found += [(clock.today() - timedelta(days=each)).isoformat() for each in days]
    elif field.kind in ("integer", "decimal", "money", "percent"):
        found += [str(1990 + number % 40)] if is_key else ["1", "5", "0", "2024"]
    elif field.kind in ("code", "text", "long_text"):
        found += [f"T{number}", f"{number % 100:02d}-{number % 12 + 1:02d}"]
        found += [next(varied(each, number)) for each in (FIRM, CITIZEN)] if field.kind == "code" else []
    elif field.kind == "uscc":
        found.append(next(varied(FIRM, number)))
    elif field.kind == "citizen_id":
        found.append(next(varied(CITIZEN, number)))
    elif field.kind == "phone":
        found.append(f"139{number % 10**8:08d}")
    found = [value for value in found if _reads(field, value)]
    if not field.required:
        found = [*found, None] if (sample or is_key) and found else [None, *found]
    return found


def _reads(field: Field, value: Any) -> bool:
    try:
        return field.read(value) is not None
    except BadValue:
        return False
