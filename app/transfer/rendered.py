"""What PostgreSQL says of a field, so that nobody has to look at each value again: for a sheet, or for a text file.

Says the same as ``Field.show`` and the cells of ``app.transfer.sheets``; ``tests/transfer/test_export.py`` compares.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from app.core import clock, sealing
from app.core.fields import Field
from app.core.fields.write import NO, SEPARATOR, YES
from app.transfer.sheets.cells import FIRST_DAY, ZERO

#: Kinds whose values stay what they are in a workbook, which can reckon with them.
TYPED = frozenset({"integer", "decimal", "money", "percent", "day"})
#: From here on a number with that many decimals may have more than the fifteen digits that Excel keeps.
_INEXACT = {"money": 10**13, "decimal": 10**11}
#: A sign that a formula begins with comes before the letters; more is looked at in the few values that begin so.
_BEFORE_LETTERS = 65
#: U+FFFE and U+FFFF are no signs and are left out of files: what follows one is what begins the cell.
_NO_SIGN = 0xFFFE
_FORMULA = "^['\\u0001-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ufffe\\uffff]*[=+\\-@\\t\\r]"


def is_typed(field: Field) -> bool:
    """True when a sheet has the field's values as numbers or days; masked ones are text."""
    return field.kind in TYPED and not field.is_secret


def text(field: Field, value: Any) -> Any:
    """The value as people read it."""
    if field.is_secret:
        return sealing.shown_column(value)
    if field.kind == "choice":
        return _label(field, value)
    if field.kind == "choices":
        each = sa.func.unnest(value).table_valued("value", with_ordinality="place", name="each").render_derived()
        labels = sa.func.string_agg(
            _label(field, each.c.value), aggregate_order_by(sa.literal(SEPARATOR), each.c.place)
        )
        return sa.select(labels).select_from(each).scalar_subquery()
    if field.kind == "flags":
        return sa.func.array_to_string(value, SEPARATOR)
    if field.kind == "boolean":
        return sa.case((value, str(YES)), (sa.not_(value), str(NO)))
    if field.kind == "moment":
        return sa.cast(sa.func.date_trunc("second", sa.func.timezone(clock.ZONE.key, value)), sa.Text)
    return value


def for_sheet(field: Field, value: Any) -> Any:
    """The value as ``CopiedRows`` takes it."""
    if not is_typed(field):
        return text(field, value)
    if field.kind == "day":
        zero = sa.literal(ZERO, sa.Date)
        return _unless(value >= sa.literal(FIRST_DAY, sa.Date), value, sa.cast(sa.cast(value, sa.Date) - zero, sa.Text))
    limit = _INEXACT.get(field.kind)
    return value if limit is None else _unless(sa.func.abs(value) < limit, value, sa.cast(value, sa.Text))


def for_csv(field: Field, value: Any, *, as_seen: bool) -> Any:
    """The value as a text file has it; ``as_seen``: as a list shows it, without a column's empty decimals."""
    if is_typed(field):
        return sa.func.trim_scale(value) if as_seen and field.kind in ("decimal", "percent") else value
    if field.kind in ("choice", "choices", "flags", "boolean", "moment"):
        return text(field, value)
    return guarded(text(field, value))


def guarded(value: Any) -> Any:
    """Text with a quote in front of what looks like a formula."""
    value = sa.cast(value, sa.Text)
    first = sa.or_(sa.func.ascii(value) < _BEFORE_LETTERS, sa.func.ascii(value) >= _NO_SIGN)
    suspect = sa.and_(first, value.regexp_match(_FORMULA))
    return sa.case((suspect, sa.literal("'") + value), else_=value)


def joined(names: Any, separator: str) -> Any:
    """Names one behind the other, in the order of their signs; an aggregate."""
    names = sa.cast(names, sa.Text)
    return sa.func.string_agg(names, aggregate_order_by(sa.literal(separator), names.collate("C")))


def _unless(is_plain: Any, value: Any, plain: Any) -> Any:
    return sa.case((is_plain, plain), else_=sa.literal("@") + sa.cast(value, sa.Text))


def _label(field: Field, value: Any) -> Any:
    assert field.choices is not None
    labels = json.dumps({member.value: str(member.label) for member in field.choices}, ensure_ascii=False)
    code = sa.cast(value, sa.Text)
    return sa.func.coalesce(sa.cast(sa.literal(labels, sa.Text), JSONB).op("->>")(code), code)
