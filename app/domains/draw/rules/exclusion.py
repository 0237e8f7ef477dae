"""Who stands in the frame without being drawn, and why (draw.md §5.2.1). Nobody is ever left out of the frame."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.domains.draw.rules.cells import EXCLUDED


@dataclass(frozen=True)
class Standing:
    """What is known of a subject at the snapshot: when it ended, whether a case is open, how often it was inspected."""

    ended_on: date | None = None
    is_under_case: bool = False
    inspections: int = 0


def band(standing: Standing, snapshot: date, most: int | None) -> str:
    """The band that excludes a subject, with the reason; empty for one that can be drawn.

    ``most`` is how often a subject may be inspected in a year (国办发〔2024〕54号); None where nothing is fixed.
    """
    if standing.ended_on is not None and standing.ended_on <= snapshot:
        return f"{EXCLUDED}GONE"
    if standing.is_under_case:
        return f"{EXCLUDED}CASE"
    if most is not None and standing.inspections >= most:
        return f"{EXCLUDED}CAP"
    return ""
