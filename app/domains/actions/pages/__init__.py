"""What the forms of the actions add to those of every table: a clerk enters each of the four kinds in a minute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app.console.view.beside import BESIDE
from app.console.view.form.aids import FILLS, LINES, OFFERED, STARTS, USUAL, Fill
from app.console.view.form.lines import Lines
from app.core import context
from app.core.errors import Problem
from app.core.viewer import Viewer
from app.domains.actions import rules
from app.domains.actions.choices import ItemResult
from app.domains.actions.operations import filling
from app.domains.actions.pages import edition
from app.domains.catalogue.choices import MeasureType
from app.domains.catalogue.models import SupervisionSubItem
from app.domains.catalogue.operations import standing
from app.extensions import db

#: The day that is today in a new form; penalties and coercions speak of a decision that has its own.
_DAYS = {"inspection": "checked_on", "penalty": "decided_on", "coercion": "started_on", "other_action": "started_on"}


def _results(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(line["result"]) for line in lines]


def _judge(given: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> list[Problem]:
    return rules.items_agree_with_the_result(str(given.get("check_result") or ""), _results(lines))


_CHECK_ITEMS = Lines(
    child="inspection_item_result",
    parent="inspection",
    key="item_name",
    fixed=("check_item",),
    choice="result",
    more=("problem", "handling"),
    more_when=(ItemResult.FAIL.value,),
    beside="check_result",
    asked=filling.check_items,
    follows=lambda lines: {"check_result": rules.result_from_items(_results(lines))},
    judge=_judge,
)


PAGES = (edition.EditionPage,)
#: What each kind of action is offered: sub-items of its measure that the department may act upon (R01, R02).
_MEASURES = {
    "inspection": MeasureType.INSPECTION,
    "penalty": MeasureType.PENALTY,
    "coercion": MeasureType.COERCION,
    "other_action": MeasureType.OTHER,
}


def _usable(measure: MeasureType) -> Callable[[Viewer], Any]:
    return lambda viewer: sa.and_(
        SupervisionSubItem.measure_type == measure.value, standing.usable_by(db.session(), viewer)
    )


def register(_app: Any) -> None:
    """The forms of the actions begin with the unit's own values and fill in what follows from what is chosen."""
    context.QUESTIONS[filling.UNIT] = filling.unit
    for table, day in _DAYS.items():
        STARTS[table] = filling.start(day)
        for field in ("subject_name", "party_name"):
            FILLS[table, field] = Fill("subject", filling.from_subject)
        if table != "inspection":
            FILLS[table, "inspection_no"] = Fill("inspection", filling.from_inspection)
    for table in ("penalty", "coercion"):
        FILLS[table, "sub_item"] = Fill("supervision_sub_item", filling.basis_of)
    FILLS["inspection", "sub_item"] = Fill("supervision_sub_item", filling.from_sub_item)
    FILLS["inspection", "implementation_list"] = Fill("implementation_list", filling.from_list)
    for table, measure in _MEASURES.items():
        OFFERED[table, "sub_item"] = _usable(measure)
    OFFERED["inspection", "implementation_list"] = standing.listed_by
    BESIDE.extend(each for each in edition.BESIDES if each not in BESIDE)
    USUAL["inspection", "inspectors"] = filling.usual_inspectors
    LINES["inspection"] = _CHECK_ITEMS
