"""The tables of the catalogue."""

from app.domains.catalogue.models.claims import ItemClaim
from app.domains.catalogue.models.draw import JointDrawItem
from app.domains.catalogue.models.items import SupervisionItem, SupervisionSubItem
from app.domains.catalogue.models.lists import CheckContent, CheckItem, ImplementationList
from app.domains.catalogue.models.permits import PermitItem
from app.domains.catalogue.models.reform import ApprovalReformCase, CodePattern

__all__ = [
    "ApprovalReformCase",
    "CheckContent",
    "CheckItem",
    "CodePattern",
    "ImplementationList",
    "ItemClaim",
    "JointDrawItem",
    "PermitItem",
    "SupervisionItem",
    "SupervisionSubItem",
]
