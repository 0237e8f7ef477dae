"""Pages of the catalogue that are not one table."""

from __future__ import annotations

from app.console import menu
from app.domains.catalogue.pages import claiming, excuses

PAGES = (claiming.ClaimingPage, excuses.ExcusesPage)
ENTRIES = (
    menu.Entry(claiming.TITLE, "ClaimingPage.index", ("edit", "item_claim")),
    menu.Entry(excuses.TITLE, "ExcusesPage.index", ("review", "item_claim")),
)
