"""Pages of a list by keyset: each starts after (or before) a row, so the millionth page costs what the first does.

Lists that are short by nature (departments, what is overdue) have numbered pages.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.core.messages import N_
from app.core.query.where import Order, in_order

#: Counting stops here; beyond, a list says "more than".
COUNT_CAP = 10_000
SIZES = (20, 50, 100, 200)


@dataclass(frozen=True)
class Page:
    """Some rows of a list, with what leads to its neighbours (``None`` where there is no neighbour)."""

    rows: list[Any]
    first: bool
    previous: str | None
    next: str | None


@dataclass(frozen=True)
class Numbered:
    """A page among numbered ones: which it is, how much it holds, what leads to the others."""

    number: int
    size: int
    #: What ``search_macros.pager`` shows; None where there is one page only.
    pager: dict[str, str | None] | None

    @property
    def offset(self) -> int:
        """The rows that come before it."""
        return (self.number - 1) * self.size

    @property
    def part(self) -> slice:
        """The rows of this page, of all rows in their order."""
        return slice(self.offset, self.offset + self.size)


def numbered(asked: str, total: int, size: int, address: Callable[[int], str]) -> Numbered:
    """The page with the number that an address asks for: the first where it is none, the last where it lies beyond."""
    last = max(1, -(-total // size))
    at = min(whole(asked, least=1) or 1, last)
    neighbours = {
        "first": (1, at > 1),
        "prev": (at - 1, at > 1),
        "next": (at + 1, at < last),
        "last": (last, at < last),
    }
    pager = {name: address(page) if there else None for name, (page, there) in neighbours.items()}
    return Numbered(at, size, pager if last > 1 else None)


def whole(text: str, least: int = 0) -> int | None:
    """The whole number an address or a form gives; ``None`` when it is none, too small or absurdly long."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return int(text) if int(text) >= least else None


def token(order: Order, row: Any) -> str:
    """Where a row stands in the order, as a short text for an address."""
    values = [_plain(getattr(row, column.key)) for column, _ in order]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def place(order: Order, text: str) -> list[Any]:
    """The values of a token, typed as the order's columns. Raises Refused (400) for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            raise ValueError
        return [_typed(column, value) for (column, _), value in zip(order, values, strict=True)]
    except (ValueError, TypeError, ArithmeticError, binascii.Error, RecursionError):
        raise Refused(N_("页码无效，请回到第一页"), status=400) from None


def _typed(column: Any, value: Any) -> Any:
    if value is None:
        return None
    kind = column.type.python_type
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    if kind in (UUID, Decimal, int):
        number = kind(str(value))
        if kind is int and abs(number) >= 2**63:
            raise ValueError
        return number
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError
        return value
    if "\x00" in str(value):
        raise ValueError
    str(value).encode()  # half characters are no text
    return str(value)


def _beyond(order: Order, values: Sequence[Any]) -> Any:
    """Rows that come strictly after ``values``; empty values stand last in either direction."""
    (column, descending), value = order[0], values[0]
    nullable = column.property.columns[0].nullable
    past: Any = sa.false()
    level: Any = column.is_(None)
    if value is not None:
        known = sa.literal(value, column.type)
        past = column < known if descending else column > known
        past = sa.or_(past, column.is_(None)) if nullable else past
        level = column == known
    return past if len(order) == 1 else sa.or_(past, sa.and_(level, _beyond(order[1:], values[1:])))


def _before(order: Order, values: Sequence[Any]) -> Any:
    """Rows that come strictly before ``values``."""
    (column, descending), value = order[0], values[0]
    past, level = column.is_not(None), column.is_(None)
    if value is not None:
        known = sa.literal(value, column.type)
        past, level = (column > known if descending else column < known), column == known
    return past if len(order) == 1 else sa.or_(past, sa.and_(level, _before(order[1:], values[1:])))


def _simple(order: Order, values: Sequence[Any]) -> bool:
    same = len({descending for _, descending in order}) == 1
    return same and None not in values and not any(c.property.columns[0].nullable for c, _ in order)


def _row_compare(order: Order, values: Sequence[Any], *, after: bool) -> Any:
    left = sa.tuple_(*(column for column, _ in order))
    right = sa.tuple_(*(sa.literal(v, c.type) for (c, _), v in zip(order, values, strict=True)))
    return left > right if after != order[0][1] else left < right


def page(session: Session, query: sa.Select[Any], order: Order, size: int, after: str, before: str) -> Page:
    """One page of the query: after a token, before one, the last (``before="end"``), or the first."""
    found = list(session.scalars(_part(query, order, size, after, before)).unique())
    return _page(found, order, size, after, before)


def page_of(
    session: Session, query: sa.Select[Any], rows: sa.Select[Any], order: Order, size: int, after: str, before: str
) -> Page:
    """``page`` where the rows in question have to be sorted: their identifiers alone are, then ``rows`` has the page's.

    Thousands of whole rows are not carried through the sort for the twenty that are shown.
    """
    table = order[-1][0].class_
    chosen = _part(query, order, size, after, before).with_only_columns(table.id, maintain_column_froms=True)
    keys = sa.func.array(chosen.scalar_subquery())
    wanted = in_order(rows.where(table.id == sa.any_(keys)), order, reverse=bool(before))
    return _page(list(session.scalars(wanted).unique()), order, size, after, before)


def places(session: Session, query: sa.Select[Any], order: Order, size: int, after: str) -> Page:
    """One page of the query, of each row only its identifier and where it stands in the order."""
    columns = {column.key: column for column, _ in order}
    wanted = _part(query, order, size, after, "").with_only_columns(*columns.values(), maintain_column_froms=True)
    return _page(list(session.execute(wanted)), order, size, after, "")


def _part(query: sa.Select[Any], order: Order, size: int, after: str, before: str) -> sa.Select[Any]:
    """The rows of one page in their order (backwards when ``before``), and one more when there are more."""
    backwards = bool(before)
    if after or (before and before != "end"):
        values = place(order, after or before)
        if _simple(order, values):
            query = query.where(_row_compare(order, values, after=not backwards))
        else:
            query = query.where((_before if backwards else _beyond)(order, values))
    return in_order(query, order, reverse=backwards).limit(size + 1)


def _page(found: list[Any], order: Order, size: int, after: str, before: str) -> Page:
    backwards, more, rows = bool(before), len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, before != "end") if backwards else (bool(after), more)
    return Page(
        rows,
        first=not has_previous,
        previous=token(order, rows[0]) if rows and has_previous else None,
        next=token(order, rows[-1]) if rows and has_next else None,
    )
