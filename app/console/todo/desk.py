"""Where to-dos stand in the console: the head of the menu, the first page, the pages of records, the hourly sweep."""

from __future__ import annotations

from app.console import home, menu
from app.console.todo import digest, page
from app.console.view import beside
from app.core.messages import N_

#: The first entry of the menu.
GROUP = menu.Group(
    N_("待办"), "checklist", (), (menu.Entry(N_("待办"), "TodoPage.index", ("read", "todo")),)
)  # fmt: skip
#: Makes the digest of the day; its module is imported here so that every worker knows it.
SWEEP = digest.digest


def register() -> None:
    """What waits is told on the first page, and a record opened from a to-do leads back to it."""
    if page.due not in home.DUE:
        home.DUE.insert(0, page.due)
    if page.way_back not in beside.TELLING:
        beside.TELLING.append(page.way_back)
