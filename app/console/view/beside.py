"""Pages about one row that are not its table's own: each is offered on the row's page to whoever may open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for

from app.console import guard
from app.core.messages import Message
from app.core.table import Table


@dataclass(frozen=True)
class Beside:
    """A page about a row of ``table``; its address takes the column ``by`` of the row as ``pk``."""

    table: str
    label: Message
    icon: str
    endpoint: str
    #: The (action, view) that opens it.
    needs: tuple[str, str]
    by: str = "id"


#: Filled by whoever has such pages.
BESIDE: list[Beside] = []
#: What else is offered on the page of a row, told by whoever knows it: (row) -> label, icon, url.
TELLING: list[Callable[[Table], list[dict[str, str]]]] = []


def offered(row: Table) -> list[dict[str, str]]:
    """The pages about this row that the viewer's roles open."""
    told = [link for tell in TELLING for link in tell(row)]
    return told + [
        {"label": str(each.label), "icon": each.icon, "url": url_for(each.endpoint, pk=getattr(row, each.by))}
        for each in BESIDE
        if each.table == row.__tablename__ and guard.may(*each.needs)
    ]
