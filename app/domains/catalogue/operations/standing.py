"""How departments stand to the items of the catalogue, as rules ask it: a department's whole line in one query."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.lookup import among
from app.core.rows import LINE
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.domains.catalogue.models import ImplementationList, ItemClaim, SupervisionItem, SupervisionSubItem
from app.domains.catalogue.rules import IN_FORCE, Life, Standing
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
        with looking_as(self._session, THE_SYSTEM):  # those above, too, as far as they have not published it
            found = self._session.execute(wanted).all()
        for key, item, *life in found:
            line[key] = None
            if item is not None:
                claims[key, item] = Life(*life)
        return Standing(tuple(line), claims, self._mains)

    @cached_property
    def _mains(self) -> dict[Any, Life]:
        """The main items that are not in force on every day on which their sub-items may be."""
        main, part = SupervisionItem.__table__.c, SupervisionSubItem.__table__.c
        starts_late = sa.func.coalesce(main.valid_from > sa.func.coalesce(part.valid_from, date.min), False)
        wanted = sa.select(part.id, main.status, main.edition, main.valid_from, main.valid_to).where(
            part.main_item_id == main.id,
            part.edition.is_not(None),
            sa.or_(main.edition.is_(None), main.status.not_in(IN_FORCE), main.valid_to.is_not(None), starts_late),
        )
        with looking_as(self._session, THE_SYSTEM):
            return {key: Life(*life) for key, *life in self._session.execute(wanted)}


def usable_by(session: Session, viewer: Viewer) -> Any:
    """The sub-items that the viewer's department may act upon today, as a condition (``rules.why_not_usable``).

    A lead office acts for nobody of its own line: it is offered everything in force.
    """
    item, today = SupervisionSubItem.__table__.c, clock.today()
    main = SupervisionItem.__table__.c
    here = [_in_force(item, today), item.main_item_id.in_(sa.select(main.id).where(_in_force(main, today)))]
    if viewer.kind == LINE and viewer.department_id is not None:
        unit, claim = Department.__table__.alias(), ItemClaim.__table__.alias()
        decides = (
            sa.select(sa.or_(unit.c.id == item.department_id, sa.func.coalesce(_in_force(claim.c, today), False)))
            .select_from(
                unit.outerjoin(claim, sa.and_(claim.c.department_id == unit.c.id, claim.c.sub_item_id == item.id))
            )
            .where(unit.c.id <= viewer.department_id, unit.c.high >= viewer.department_id)
            .where(sa.or_(unit.c.id == item.department_id, claim.c.id.is_not(None)))
            .order_by(unit.c.id.desc())
            .limit(1)
            .correlate(SupervisionSubItem.__table__)
        )
        # What the units above have not published yet decides as well, and is not for the viewer to read.
        with looking_as(session, THE_SYSTEM):
            return among(item.id, session.scalars(sa.select(item.id).where(*here, decides.scalar_subquery())))
    return sa.and_(*here)


def listed_by(viewer: Viewer) -> Any:
    """The implementation lists in force of the viewer's department and those above it in its line."""
    row = ImplementationList.__table__.c
    here = [_in_force(row, clock.today())]
    if viewer.kind == LINE and viewer.department_id is not None:
        unit = Department.__table__.alias()
        line = sa.select(unit.c.id).where(unit.c.id <= viewer.department_id, unit.c.high >= viewer.department_id)
        here.append(row.department_id.in_(line))
    return sa.and_(*here)


def _in_force(row: Any, day: date) -> Any:
    """The row has an edition in force on that day (``rules.is_usable``, without what has ended since)."""
    return sa.and_(
        row.edition.is_not(None),
        row.status.in_(sorted(IN_FORCE)),
        sa.or_(row.valid_from.is_(None), row.valid_from <= day),
        sa.or_(row.valid_to.is_(None), row.valid_to >= day),
    )
