"""What a department has still to say to: the items of the catalogue in force, as far as they may concern it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.core.workflow import people
from app.domains.catalogue.operations.rates import percentage
from app.domains.catalogue.rules import IN_FORCE, Advice, advice
from app.domains.org.models import Department


@dataclass(frozen=True)
class Offer:
    """One sub-item that a department may claim, and what speaks for it."""

    id: Any
    code: str
    name: str
    measure: str
    line: str
    main: str
    keeper: str
    #: The claim that was pushed: its identifier and the last day for claiming it; None where none was.
    claim: Any
    pushed_on: date | None
    due_on: date | None
    #: Departments of the same line and level that have published their claim.
    peers: int
    advice: Advice


@dataclass(frozen=True)
class Tally:
    """How many of a department's claims stand where."""

    states: dict[str, int]

    @property
    def total(self) -> int:
        """Everything it had to say to: the approved 不适用 and what ended do not count (domain.md §2.7)."""
        return sum(n for state, n in self.states.items() if state not in ("excused", "abolished"))

    @property
    def claimed(self) -> int:
        """What it has said yes to."""
        return self.total - self.states.get("pending", 0) - self.states.get("excusing", 0)

    @property
    def rate(self) -> Decimal | None:
        """Claimed of all, in percent; None where there is nothing to claim."""
        return percentage(self.claimed, self.total)


#: Who keeps an item ``i``, where the department ``d`` lies in the keeper's region: its items are for ``d`` to claim.
KEEPS = f"""JOIN department k ON k.id = i.department_id
      JOIN region r ON r.id = k.region_id AND d.region_id BETWEEN r.id AND {people.HIGH}"""
#: In force, of a keeper in whose region the department lies, not its own, and not said to yet; what was pushed first.
_OFFERS = f"""
    SELECT i.id, i.sub_code, i.sub_name, i.measure_type, i.levels, m.duty_line, m.main_name, m.main_code,
           k.name AS keeper, c.id AS claim, c.pushed_on, t.due_on, coalesce(p.n, 0) AS peers
      FROM department d
      JOIN supervision_sub_item i ON i.edition IS NOT NULL AND i.status = ANY(:in_force) AND i.department_id <> d.id
      JOIN supervision_item m ON m.id = i.main_item_id
      {KEEPS}
      LEFT JOIN item_claim c ON c.department_id = d.id AND c.sub_item_id = i.id
      LEFT JOIN LATERAL (SELECT min(due_on) AS due_on FROM todo WHERE table_name = 'item_claim'
                            AND row_key = c.id::text AND state = 'open' AND kind = 'task') t ON true
      LEFT JOIN (SELECT c2.sub_item_id, count(*) AS n FROM item_claim c2 JOIN department d2 ON d2.id = c2.department_id
                  WHERE c2.edition IS NOT NULL AND c2.status <> 'abolished' AND d2.id <> :unit
                    AND (d2.duty_line, d2.level) = (SELECT duty_line, level FROM department WHERE id = :unit)
                  GROUP BY 1) p ON p.sub_item_id = i.id
     WHERE d.id = :unit AND (c.id IS NULL OR c.status = 'pending')"""  # noqa: S608 - of our own words only
_HERE = " AND (c.id IS NOT NULL OR m.duty_line = d.duty_line)"
_FOUND = " AND (i.sub_code LIKE :code OR i.sub_name ILIKE :words OR m.main_name ILIKE :words)"
_ORDER = " ORDER BY m.duty_line, m.main_code, i.sub_code LIMIT :most"
_TALLY = "SELECT status, count(*) FROM item_claim WHERE department_id = :unit GROUP BY 1"


def offers(session: Session, unit: Any, words: str, most: int) -> list[Offer]:
    """What the department may claim: what was pushed to it and the rest of its line; with words, any that have them."""
    asked: dict[str, Any] = {"unit": unit.id, "most": most, "in_force": sorted(IN_FORCE)}
    condition = _HERE
    if words:
        plain = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        asked |= {"code": f"{plain}%", "words": f"%{plain}%"}
        condition = _FOUND
    with looking_as(session, THE_SYSTEM):
        rows = session.execute(sa.text(_OFFERS + condition + _ORDER), asked).all()
    return [
        Offer(
            r.id, r.sub_code, r.sub_name, r.measure_type, r.duty_line, f"{r.main_code} {r.main_name}", r.keeper,
            r.claim, r.pushed_on, r.due_on, r.peers,
            advice(r.duty_line, r.levels, unit.duty_line, unit.level, peers=r.peers, is_pushed=r.claim is not None),
        )
        for r in rows
    ]  # fmt: skip


def tally(session: Session, unit: int) -> Tally:
    """How the department's claims stand."""
    with looking_as(session, THE_SYSTEM):
        return Tally({row[0]: row[1] for row in session.execute(sa.text(_TALLY), {"unit": unit})})


def units(session: Session, viewer: Viewer) -> list[tuple[int, str]]:
    """The departments the viewer may claim for, his own first."""
    rows = session.execute(
        sa.select(Department.id, Department.name, Department.region_id)
        .where(~Department.is_lead_office)
        .order_by(Department.id)
    )
    found = [(row.id, row.name) for row in rows if viewer.holds(row.id, row.region_id)]
    return sorted(found, key=lambda each: each[0] != viewer.department_id)
