"""Codes: the patterns in force, as rules ask for them, and the next code of an implementation list."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domains.catalogue.choices import CodeKind
from app.domains.catalogue.models.items import SupervisionSubItem
from app.domains.catalogue.models.lists import ImplementationList
from app.domains.catalogue.models.reform import CodePattern
from app.domains.catalogue.rules import Pattern
from app.domains.org.choices import Level
from app.domains.org.models import Department

#: The name under which rules ask for the patterns (``Context.ask``).
QUESTION = "code_patterns"
#: Digits of the number that ends the code of a list.
_NUMBER = 2


def patterns(session: Session) -> dict[str, tuple[Pattern, ...]]:
    """The patterns by the kind of code, in the order of their names; one that cannot be read is left out."""
    found: dict[str, tuple[Pattern, ...]] = {kind.value: () for kind in CodeKind}
    for row in session.scalars(sa.select(CodePattern).order_by(CodePattern.kind, CodePattern.name)):
        try:
            form = re.compile(row.pattern)
        except re.error:
            continue
        one = Pattern(row.name, form, row.explanation, row.is_hard, row.valid_from, row.valid_to)
        found[row.kind] = (*found[row.kind], one)
    return found


def next_list_code(session: Session, department: Department, sub_item: SupervisionSubItem) -> str:
    """The code of the department's next list for the sub-item: its credit code, its level, the item's code, a number.

    Empty for a department without a credit code, or one whose numbers are used up.
    """
    if not department.uscc:
        return ""
    beginning = f"{department.uscc}{Level(department.level).national}{sub_item.sub_code}"
    code: Any = ImplementationList.list_code
    kept = session.scalars(sa.select(code).where(code.startswith(beginning, autoescape=True)))
    numbers = {int(end) for each in kept if (end := each[len(beginning) :]).isdecimal() and len(end) == _NUMBER}
    free = next((n for n in range(1, 10**_NUMBER) if n not in numbers), None)
    return f"{beginning}{free:0{_NUMBER}d}" if free is not None else ""
