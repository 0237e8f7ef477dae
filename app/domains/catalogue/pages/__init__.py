"""Pages of the catalogue that are not one table."""

from __future__ import annotations

from typing import Any

from app.console import menu
from app.domains.catalogue.pages import claiming, excuses, lists, rates

PAGES = (claiming.ClaimingPage, excuses.ExcusesPage, rates.RatesPage)
ENTRIES = (
    menu.Entry(claiming.TITLE, "ClaimingPage.index", ("edit", "item_claim")),
    menu.Entry(excuses.TITLE, "ExcusesPage.index", ("review", "item_claim")),
    menu.Entry(rates.TITLE, "RatesPage.index", ("read", "rates")),
)


def register(_: Any) -> None:
    """Forms of the catalogue are helped."""
    lists.register()
