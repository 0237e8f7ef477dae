"""How departments stand to the items of the catalogue, as rules ask it: a department's whole line in one query."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domains.catalogue.models.claims import ItemClaim
from app.domains.catalogue.rules import Life, Standing
from app.domains.org.models import Department

#: The name under which rules ask for it (``Context.ask``).
QUESTION = "claims"


class Standings:
    """How each department stands to the items. Each is read once, with all claims of its line, however many ask."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, Standing] = {}

    def of(self, department_id: int) -> Standing:
        """How that department stands to every item."""
        if department_id not in self._known:
            self._known[department_id] = self._read(department_id)
        return self._known[department_id]

    def _read(self, department_id: int) -> Standing:
        unit, claim = Department.__table__, ItemClaim.__table__
        wanted = (
            sa.select(
                unit.c.id, claim.c.sub_item_id, claim.c.status, claim.c.edition, claim.c.valid_from, claim.c.valid_to
            )
            .select_from(unit.outerjoin(claim, claim.c.department_id == unit.c.id))
            .where(unit.c.id <= department_id, unit.c.high >= department_id)
            .order_by(unit.c.id.desc())
        )
        line: dict[int, None] = {}
        claims: dict[tuple[int, Any], Life] = {}
        for key, item, *life in self._session.execute(wanted):
            line[key] = None
            if item is not None:
                claims[key, item] = Life(*life)
        return Standing(tuple(line), claims)
