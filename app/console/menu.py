"""The left menu of two levels: domains, and the tables of each that the viewer may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from app.console import guard
from app.core.messages import Message
from app.core.table import Table


@dataclass(frozen=True)
class Entry:
    """A page that is not one table: its label, endpoint, and the (action, table) that opens it."""

    label: Message
    endpoint: str
    needs: tuple[str, str]


@dataclass(frozen=True)
class Group:
    """A first-level entry of the menu."""

    label: Message
    icon: str
    tables: Sequence[type[Table]]
    entries: Sequence[Entry] = ()


#: The menu in its order; the factory fills it from the list of domains.
GROUPS: list[Group] = []


def menu() -> list[dict[str, Any]]:
    """The groups the viewer has anything in, with the entry of this page marked."""
    if guard.viewer() is None:
        return []
    here = request.blueprint or ""
    groups = []
    for group in GROUPS:
        items = [
            {"label": str(t.__label__), "url": url_for(f"{t.__tablename__}.index"), "active": here == t.__tablename__}
            for t in group.tables
            if t.__menu__ and guard.may("read", t.__tablename__)
        ]
        items += [
            {"label": str(e.label), "url": url_for(e.endpoint), "active": request.endpoint == e.endpoint}
            for e in group.entries
            if guard.may(*e.needs)
        ]
        if items:
            active = any(item["active"] for item in items)
            groups.append({"label": str(group.label), "icon": group.icon, "active": active, "items": items})
    return groups
