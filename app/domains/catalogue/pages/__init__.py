"""Pages of the catalogue that are not one table."""

from __future__ import annotations

from typing import Any

from app.console import menu
from app.domains.catalogue.pages import lists, rates

PAGES = (rates.RatesPage,)
ENTRIES = (menu.Entry(rates.TITLE, "RatesPage.index", ("read", "rates")),)


def register(_: Any) -> None:
    """Forms of the catalogue are helped."""
    lists.register()
