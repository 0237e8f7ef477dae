"""What helps somebody to fill in a form, by table: filled by the domains, used by the form's own pages.

A start is what a new form begins with, a fill what follows for other fields when one names a row, a usual set what was
chosen together before, lines are rows of a child table that are entered in the form of their parent (lines.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app.core.table import Table
from app.core.viewer import Viewer

if TYPE_CHECKING:
    from app.console.view.form.lines import Lines

#: Values as forms carry them, by field name: references by identifier, choices by value.
Given = Mapping[str, Any]


@dataclass(frozen=True)
class Fill:
    """What follows for the form when a field names a row of ``source``: that row in, values of other fields out.

    ``field`` is a reference to that table, or a text beside which its rows are offered and which may say anything.
    """

    source: str
    values: Callable[[Session, Viewer, Any], Given]


#: (viewer) -> what a new form of the table begins with.
STARTS: dict[str, Callable[[Session, Viewer], Given]] = {}
FILLS: dict[tuple[str, str], Fill] = {}
#: (viewer) -> the sets of rows that a many-field had lately, the latest first.
USUAL: dict[tuple[str, str], Callable[[Session, Viewer], Sequence[Sequence[Table]]]] = {}
LINES: dict[str, Lines] = {}
#: (viewer) -> which rows a reference's picker offers. What is typed is still judged by the table's rules.
OFFERED: dict[tuple[str, str], Callable[[Viewer], Any]] = {}


def fills_of(table: type[Table], field: str) -> Fill | None:
    """What follows from the field, if anything does."""
    return FILLS.get((table.__tablename__, field))
