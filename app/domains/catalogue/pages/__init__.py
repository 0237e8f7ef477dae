"""Pages of the catalogue that are not one table."""

from __future__ import annotations

from typing import Any

from app.console import menu, record
from app.console.view.beside import BESIDE
from app.core.messages import N_
from app.domains.catalogue.pages import claiming, excuses, permits

PAGES = (claiming.ClaimingPage, excuses.ExcusesPage, permits.PermitCheckPage)
ENTRIES = (
    menu.Entry(claiming.TITLE, "ClaimingPage.index", ("edit", "item_claim")),
    menu.Entry(excuses.TITLE, "ExcusesPage.index", ("review", "item_claim")),
)
#: What a claim takes over from its item: the same in the whole province (Shaanxi and Jiangsu plans).
_UNIFIED = ("sub_code", "sub_name", "legal_basis", "measure_type", "main_item", "subject_text", "levels", "status")


def register(_app: Any) -> None:
    """A claim shows what it inherits; a main item leads to the check of its permits."""
    record.INHERITED["item_claim"] = ("sub_item", N_("上级事项（全省统一，只读）"), _UNIFIED)
    if permits.BESIDE not in BESIDE:
        BESIDE.append(permits.BESIDE)
