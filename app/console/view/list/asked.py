"""What the address of a list asks for: rows, order, columns, page size; and the address that asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from app.console import paging
from app.core import query
from app.core.errors import Refused
from app.core.messages import N_
from app.core.query import Criteria
from app.core.table import Table

#: Longest address that is taken, as a saved view or as the place to go back to.
LONGEST = 8000

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """A list as it is asked for. ``columns`` are names as given, empty for those the person usually sees."""

    criteria: Criteria = field(default_factory=Criteria)
    columns: str = ""
    size: int = paging.SIZES[0]
    view: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """What was asked for, as the parameters it can be asked by again."""
        given = self.criteria.parameters()
        given += [("cols", self.columns)] if self.columns else []
        return given + ([("size", str(self.size))] if self.size != paging.SIZES[0] else [])

    def parameters(self, **more: Any) -> str:
        """The query of an address that asks for this, with some of it changed (``None`` leaves it out)."""
        given = [(name, value) for name, value in self.pairs() if name not in more]
        if self.view and "view" not in more:
            given.append(("view", self.view))
        return urlencode(given + [(name, value) for name, value in more.items() if value])


def is_about_rows(name: str) -> bool:
    """True for the parameters that ``Asked`` reads."""
    return query.is_grammar(name) or name in ("order", "cols", "size")


def read_asked(table: type[Table], given: Pairs, view: str = "") -> Asked:
    """What the parameters ask for. Raises Refused (400) for what cannot be asked."""
    last = dict(given)
    columns = last.get("cols", "")
    if len(columns) > LONGEST:
        raise Refused(N_("查询条件含有不能识别的字符或过长"), status=400)
    size = paging.whole(last.get("size", ""))
    return Asked(query.read_criteria(table, given), columns, size if size in paging.SIZES else paging.SIZES[0], view)


def parsed(text: str) -> list[tuple[str, str]]:
    """The parameters of a query as a form or a saved view carries it; of other things nothing is left."""
    try:
        given = parse_qsl(text[:LONGEST], max_num_fields=query.MOST_VALUES + 20)
    except ValueError:
        raise Refused(N_("查询条件太多，最多 {most} 个", most=query.MOST_VALUES), status=400) from None
    return [(name, value) for name, value in given if is_about_rows(name)]


def local(address: str, otherwise: str) -> str:
    """The address to go back to, if it is a list of ours: a path of this house that begins like ``otherwise``."""
    parts = urlsplit(address) if len(address) <= LONGEST and address.isprintable() and "\\" not in address else None
    if parts is None or parts.scheme or parts.netloc or parts.path != urlsplit(otherwise).path:
        return otherwise
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
