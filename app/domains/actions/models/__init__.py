"""The tables of the actions, in the order of the menu: what clerks enter most comes first."""

# isort: off
from app.domains.actions.models.inspection import Inspection, InspectionItemResult
from app.domains.actions.models.penalty import Penalty
from app.domains.actions.models.coercion import Coercion
from app.domains.actions.models.other import OtherAction
from app.domains.actions.models.corrections import Correction

# isort: on
from app.core.table import Table

#: The four kinds of enforcement records.
ACTIONS: tuple[type[Table], ...] = (Inspection, Penalty, Coercion, OtherAction)

__all__ = ["ACTIONS", "Coercion", "Correction", "Inspection", "InspectionItemResult", "OtherAction", "Penalty"]
