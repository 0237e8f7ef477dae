"""The tables of the organisation, in the order in which they are listed."""

from app.domains.org.models.places import Department, Region  # isort: skip
from app.domains.org.models.accounts import Account, Setting
from app.domains.org.models.duties import BreakGlass, Handover, ResponsibleChange
from app.domains.org.models.limits import DeadlinePolicy, WorkDay
from app.domains.org.models.lists import CodeEntry, CodeList

__all__ = [
    "Account",
    "BreakGlass",
    "CodeEntry",
    "CodeList",
    "DeadlinePolicy",
    "Department",
    "Handover",
    "Region",
    "ResponsibleChange",
    "Setting",
    "WorkDay",
]
