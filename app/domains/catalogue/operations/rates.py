"""How far each department is with its catalogue: claimed, complete, with lists (domain.md §9.2: A1, A3, A4).

Every figure is a condition over the same lines: one for each claim of a department, and one for each sub-item that it
may act upon. What is counted is what is shown, because both ask by the same condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.choices import Choice
from app.core.messages import N_
from app.core.rows import REGION
from app.core.viewer import Viewer
from app.domains.catalogue.rules import IN_FORCE

#: Elements of an item (domain.md §2.1).
ELEMENTS = 10


class Figure(Choice):
    """What is counted of a department."""

    SHOULD = "should", N_("应领")
    EXCUSED = "excused", N_("已核销")
    CLAIMED = "claimed", N_("已认领")
    WAITING = "waiting", N_("未认领")
    IN_USE = "in_use", N_("在用事项")
    INCOMPLETE = "incomplete", N_("要素不全")
    INSPECTIONS = "inspections", N_("行政检查事项")
    LISTED = "listed", N_("已编制清单")
    UNLISTED = "unlisted", N_("未编制清单")


#: The condition of each figure over the lines below.
_WHERE: Mapping[Figure, str] = {
    Figure.SHOULD: "l.kind = 'claim'",
    Figure.EXCUSED: "l.kind = 'claim' AND l.status = 'excused'",
    Figure.CLAIMED: "l.kind = 'claim' AND l.status NOT IN ('pending', 'excusing', 'excused')",
    Figure.WAITING: "l.kind = 'claim' AND l.status IN ('pending', 'excusing')",
    Figure.IN_USE: "l.kind = 'use'",
    Figure.INCOMPLETE: f"l.kind = 'use' AND l.elements < {ELEMENTS}",
    Figure.INSPECTIONS: "l.kind = 'use' AND l.measure_type = 'inspection'",
    Figure.LISTED: "l.kind = 'use' AND l.measure_type = 'inspection' AND l.has_list",
    Figure.UNLISTED: "l.kind = 'use' AND l.measure_type = 'inspection' AND NOT l.has_list",
}

# In force today: as rules.is_usable says it of a row. What a department uses is its own, or what it has claimed.
_TODAY = """{t}.edition IS NOT NULL AND {t}.status = ANY(:in_force)
            AND coalesce({t}.valid_from, :today) <= :today AND coalesce({t}.valid_to, :today) >= :today"""
_LINES = f"""
    WITH unit AS (
        SELECT id, name FROM department
         WHERE {{within}} BETWEEN :low AND :high AND id = coalesce(CAST(:unit AS bigint), id)
    ), used AS (
        SELECT s.department_id, s.id, CAST(NULL AS uuid) AS claim_id, s.status FROM supervision_sub_item s
         WHERE {_TODAY.format(t="s")} AND s.department_id IN (SELECT id FROM unit)
        UNION ALL
        SELECT c.department_id, s.id, c.id, c.status
          FROM item_claim c JOIN supervision_sub_item s ON s.id = c.sub_item_id
         WHERE {_TODAY.format(t="c")} AND {_TODAY.format(t="s")} AND s.department_id <> c.department_id
           AND c.department_id IN (SELECT id FROM unit)
    ), line AS (
        SELECT 'claim' AS kind, c.department_id, c.sub_item_id AS item_id, c.id AS claim_id, c.status,
               s.sub_code, s.sub_name, s.measure_type, s.element_count AS elements, false AS has_list
          FROM item_claim c JOIN supervision_sub_item s ON s.id = c.sub_item_id
         WHERE c.status <> 'abolished' AND c.department_id IN (SELECT id FROM unit)
        UNION ALL
        SELECT 'use', u.department_id, u.id, u.claim_id, u.status,
               s.sub_code, s.sub_name, s.measure_type, coalesce(s.element_count, 0),
               s.measure_type = 'inspection' AND EXISTS (
                   SELECT FROM implementation_list i WHERE i.sub_item_id = s.id AND i.department_id = u.department_id
                      AND {_TODAY.format(t="i")})
          FROM used u JOIN supervision_sub_item s ON s.id = u.id
    )"""  # noqa: S608 - of our own words only


@dataclass(frozen=True)
class Rates:
    """The figures of one department, or of all together, and the rates that follow; ``None`` where nothing is due."""

    unit_id: int | None
    unit: str
    numbers: Mapping[str, int]
    filled: int

    @property
    def claim_rate(self) -> Decimal | None:
        """Claimed of what should be; what was excused with approval does not count (domain.md §2.7)."""
        return percentage(self.numbers[Figure.CLAIMED], self.numbers[Figure.SHOULD] - self.numbers[Figure.EXCUSED])

    @property
    def element_rate(self) -> Decimal | None:
        """Elements that are filled in of the ten of each sub-item in use."""
        return percentage(self.filled, ELEMENTS * self.numbers[Figure.IN_USE])

    @property
    def list_rate(self) -> Decimal | None:
        """Sub-items of inspection that have a published list of the department's own (Xi'an measures, art. 11)."""
        return percentage(self.numbers[Figure.LISTED], self.numbers[Figure.INSPECTIONS])


def percentage(part: int, whole: int) -> Decimal | None:
    """The part in hundredths with two decimals; ``None`` for a part of nothing. Never 100 while anything is missing."""
    if whole <= 0:
        return None
    found = (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return min(found, Decimal("99.99")) if part < whole else found


def summed(rates: Sequence[Rates]) -> Rates:
    """All of them together."""
    numbers = {each.value: sum(r.numbers[each] for r in rates) for each in Figure}
    return Rates(None, "", numbers, sum(r.filled for r in rates))


def _given(viewer: Viewer, today: date, unit: int | None) -> tuple[str, dict[str, Any]]:
    within = "region_id" if viewer.kind == REGION else "id"
    low, high = (0, 2**62) if viewer.is_system else (viewer.low, viewer.high)
    given = {"low": low, "high": high, "unit": unit, "today": today, "in_force": sorted(IN_FORCE)}
    return _LINES.format(within=within), given


def of_departments(session: Session, viewer: Viewer, today: date, unit: int | None = None) -> list[Rates]:
    """The departments that the viewer watches over and that have a catalogue, or one of them, by the directory."""
    lines, given = _given(viewer, today, unit)
    counts = ", ".join(f"count(*) FILTER (WHERE {where}) AS {figure.value}" for figure, where in _WHERE.items())
    filled = "coalesce(sum(l.elements) FILTER (WHERE l.kind = 'use'), 0) AS filled"
    wanted = f"""{lines} SELECT u.id, u.name, {counts}, {filled}
                   FROM line l JOIN unit u ON u.id = l.department_id GROUP BY u.id, u.name ORDER BY u.id"""  # noqa: S608
    rows = session.execute(sa.text(wanted), given).mappings()
    return [Rates(r["id"], r["name"], {each.value: r[each.value] for each in Figure}, int(r["filled"])) for r in rows]


def behind(
    session: Session, viewer: Viewer, today: date, figure: Figure, unit: int | None, *, limit: int, offset: int = 0
) -> list[Any]:
    """The lines behind a figure: department, item, claim, state, elements."""
    lines, given = _given(viewer, today, unit)
    wanted = f"""{lines} SELECT l.*, u.name AS unit FROM line l JOIN unit u ON u.id = l.department_id
                  WHERE {_WHERE[figure]} ORDER BY u.id, l.sub_code LIMIT :limit OFFSET :offset"""  # noqa: S608
    return list(session.execute(sa.text(wanted), given | {"limit": limit, "offset": offset}))
