"""What the address of the to-do page asks for: tab, words, process, dates, order, page; and the address that does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from app.console import paging
from app.console.todo.tabs import Tab, is_late, is_soon
from app.core import clock
from app.core.deadlines import Lights
from app.core.errors import BadValue, Refused
from app.core.fields import read
from app.core.messages import N_
from app.core.workflow.models import Todo, TodoState

#: The columns by which lists can be sorted; each falls back to the identifier.
SORTED = (
    "title_text", "sender", "submitted_at", "process", "step", "sent_at", "first_read_at", "due_on", "done_at",
    "done_move", "state",
)  # fmt: skip
#: How each tab is sorted where nothing else is asked: what is due first; what happened last.
_USUAL = {Tab.PENDING: "due_on", Tab.DONE: "-done_at", Tab.SENT: "-sent_at", Tab.COPIES: "-sent_at",
          Tab.UNIT: "due_on"}  # fmt: skip
#: Sub-divisions of a tab: late and soon of what is open, and the states themselves.
LATE, SOON = "late", "soon"
STANDINGS = (LATE, SOON, *(state.value for state in TodoState))
#: Held by no one person: the whole department's.
NOBODY = "none"
_LONGEST = 200


@dataclass(frozen=True)
class Asked:
    """A page of to-dos as it is asked for."""

    tab: Tab = Tab.PENDING
    words: str = ""
    process: str = ""
    #: The account that holds it, or NOBODY.
    holder: str = ""
    standing: str = ""
    since: date | None = None
    until: date | None = None
    order: str = ""
    size: int = paging.SIZES[0]
    after: str = ""
    before: str = ""

    @property
    def is_narrowed(self) -> bool:
        """True when it asks for some of the tab's to-dos only."""
        return bool(self.words or self.process or self.holder or self.standing or self.since or self.until)

    @property
    def sort(self) -> str:
        """The column it is sorted by, with a minus for descending."""
        return self.order or _USUAL[self.tab]

    def parameters(self, **more: Any) -> str:
        """The query of the address that asks for this, with some of it changed; pages begin anew."""
        it = replace(self, **{"after": "", "before": "", **more})
        given = {
            "tab": it.tab.value if it.tab is not Tab.PENDING else "", "q": it.words, "process": it.process,
            "holder": it.holder, "standing": it.standing, "from": it.since, "to": it.until, "order": it.order,
            "size": it.size if it.size != paging.SIZES[0] else "", "after": it.after, "before": it.before,
        }  # fmt: skip
        return urlencode({name: str(value) for name, value in given.items() if value})


def read_asked(given: Mapping[str, str]) -> Asked:
    """What the parameters ask for; what cannot be asked is left out or, where somebody typed it, refused (400)."""
    tab = next((each for each in Tab if each.value == given.get("tab")), Tab.PENDING)
    words, order = given.get("q", "").strip(), given.get("order", "")
    if len(words) > _LONGEST or any(sign < " " or "\ud800" <= sign <= "\udfff" for sign in words):
        raise Refused(N_("查询条件含有不能识别的字符或过长"), status=400)
    size = paging.whole(given.get("size", ""))
    standing, holder = given.get("standing", ""), given.get("holder", "")
    return Asked(
        tab=tab,
        words=words,
        process=given.get("process", "")[:63],
        holder=holder if tab is Tab.UNIT and (holder == NOBODY or paging.whole(holder) is not None) else "",
        standing=standing if standing in STANDINGS else "",
        since=_day(given.get("from", "")),
        until=_day(given.get("to", "")),
        order=order if order.removeprefix("-") in SORTED else "",
        size=size if size in paging.SIZES else paging.SIZES[0],
        after=given.get("after", ""),
        before=given.get("before", ""),
    )


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        found: date | None = read.day(text)
    except BadValue as error:
        raise Refused(error.message, status=400) from None
    return found


def narrowed(query: sa.Select[Any], asked: Asked, lights: Lights) -> sa.Select[Any]:
    """The to-dos of a tab that meet what was asked."""
    if asked.words:
        like = f"%{_escaped(asked.words)}%"
        query = query.where(sa.or_(*(c.ilike(like, escape="\\") for c in (Todo.title_text, Todo.sender))))
    if asked.process:
        query = query.where(Todo.process == asked.process)
    if asked.holder:
        query = query.where(Todo.account_id.is_not_distinct_from(paging.whole(asked.holder)))
    if asked.standing == LATE:
        query = query.where(is_late(lights))
    elif asked.standing == SOON:
        query = query.where(is_soon(lights))
    elif asked.standing:
        query = query.where(Todo.state == asked.standing)
    if asked.since:
        query = query.where(Todo.sent_at >= _morning(asked.since))
    if asked.until:
        query = query.where(Todo.sent_at < _morning(asked.until, 1))
    return query


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _morning(day: date, later: int = 0) -> datetime:
    """The first moment in legal time of that day, or of one so many days later."""
    number = min(day.toordinal() + later, date.max.toordinal() - 1)
    return datetime.combine(date.fromordinal(number), time.min, clock.ZONE)


def ordering(asked: Asked) -> list[tuple[Any, bool]]:
    """The columns to sort by with their direction; the identifier comes last, so that every row has its place."""
    name = asked.sort
    column, descending = getattr(Todo, name.removeprefix("-")), name.startswith("-")
    return [(column, descending), (Todo.id, descending)]
