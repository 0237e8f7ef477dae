"""Which department a step of a workflow means."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.messages import N_, Message
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow.declare import Where

#: What the department meant is called in a sentence.
CALLED: dict[Where, Message] = {
    "own": N_("本单位"), "above": N_("上级部门或本地区主管部门"), "justice": N_("本地区司法局")
}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """A department with the two numbers of its rows."""

    id: int
    region_id: int
    name: str


_IN_LINE = """SELECT u.id, u.region_id, u.name FROM department d JOIN department u ON u.id < d.id AND u.high >= d.id
       WHERE d.id = :own ORDER BY u.id DESC LIMIT 1"""
_ABOVE = sa.text(_IN_LINE)
#: The last number of the regions below ``r``: codes are numbered in pre-order (as ``viewer_scope`` has it).
HIGH = """CASE r.level WHEN 'national' THEN 999999999 WHEN 'province' THEN r.id + 9999999
          WHEN 'city' THEN r.id + 99999 WHEN 'county' THEN r.id + 999 ELSE r.id END"""
#: In the row's region or the nearest one above it.
_IN_REGION = """SELECT u.id, u.region_id, u.name FROM department d
       JOIN region r ON d.region_id BETWEEN r.id AND {high}
       JOIN department u ON u.region_id = r.id
       WHERE d.id = :own AND u.id <> d.id AND {what} ORDER BY r.id DESC, u.id LIMIT 1"""
_LEAD = sa.text(_IN_REGION.format(high=HIGH, what="u.is_lead_office"))
_JUSTICE = sa.text(_IN_REGION.format(high=HIGH, what="u.duty_line = 'justice'"))
#: The number of the department "above" that in a column ``{own}``, as ``unit_for`` finds it: of many rows at once.
ABOVE = "coalesce(({}), ({}))".format(
    *(f"SELECT id FROM ({each}) u".replace(":own", "{own}") for each in (_IN_LINE, _LEAD.text))  # noqa: S608 - own words
)
_SELF = sa.text("SELECT id, region_id, name FROM department WHERE id = :own")


def unit_for(session: Session, where: Where, department_id: int) -> Unit | None:
    """The department meant by ``where`` for a row of that department; ``None`` where there is none."""
    asked = {"own": (_SELF,), "above": (_ABOVE, _LEAD), "justice": (_JUSTICE,)}[where]
    with looking_as(session, THE_SYSTEM):
        for each in asked:
            found = session.execute(each, {"own": department_id}).one_or_none()
            if found is not None:
                return Unit(*found)
    return None


def is_under(session: Session, department_id: int, above: int) -> bool:
    """True when the department stands in the line of ``above``, or in the region of that lead office."""
    d = TABLES["department"].__table__
    high = sa.select(d.c.high).where(d.c.id == above).scalar_subquery()
    with looking_as(session, THE_SYSTEM):
        if session.scalar(sa.select(sa.literal(department_id).between(above, high))):
            return True
        lead = session.execute(_LEAD, {"own": department_id}).one_or_none()
    return lead is not None and lead.id == above
