"""The tables of the catalogue."""

from app.domains.catalogue.models.draw import JointDrawItem
from app.domains.catalogue.models.items import SupervisionItem, SupervisionSubItem
from app.domains.catalogue.models.lists import CheckContent, CheckItem, ImplementationList
from app.domains.catalogue.models.permits import PermitItem

__all__ = [
    "CheckContent",
    "CheckItem",
    "ImplementationList",
    "JointDrawItem",
    "PermitItem",
    "SupervisionItem",
    "SupervisionSubItem",
]
