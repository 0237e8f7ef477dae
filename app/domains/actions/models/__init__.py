"""The tables of the actions."""

from app.domains.actions.models.coercion import Coercion
from app.domains.actions.models.inspection import Inspection, InspectionItemResult
from app.domains.actions.models.other import OtherAction
from app.domains.actions.models.penalty import Penalty

__all__ = ["Coercion", "Inspection", "InspectionItemResult", "OtherAction", "Penalty"]
