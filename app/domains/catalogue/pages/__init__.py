"""Pages of the catalogue that are not one table."""

from __future__ import annotations

from typing import Any

from app.console import menu, record
from app.console.view.beside import BESIDE
from app.core.messages import N_
from app.domains.catalogue.pages import claiming, excuses, lists, permits, rates

PAGES = (claiming.ClaimingPage, excuses.ExcusesPage, permits.PermitCheckPage, rates.RatesPage)
ENTRIES = (
    menu.Entry(claiming.TITLE, "ClaimingPage.index", ("edit", "item_claim")),
    menu.Entry(excuses.TITLE, "ExcusesPage.index", ("review", "item_claim")),
    menu.Entry(rates.TITLE, "RatesPage.index", ("read", "rates")),
)
#: What a claim takes over from its item: the same in the whole province (Shaanxi and Jiangsu plans).
_UNIFIED = ("sub_code", "sub_name", "legal_basis", "measure_type", "main_item", "subject_text", "levels", "status")


def register(_: Any) -> None:
    """Forms of the catalogue are helped; a claim shows what it inherits; a main item leads to its permits' check."""
    lists.register()
    record.INHERITED["item_claim"] = ("sub_item", N_("上级事项（全省统一，只读）"), _UNIFIED)
    if permits.BESIDE not in BESIDE:
        BESIDE.append(permits.BESIDE)
