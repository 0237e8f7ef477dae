"""What is told of a change when it begins (why, by which document), of an edition when it is published (since when)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import BadValue, Invalid, Problem
from app.core.fields import read
from app.core.messages import N_
from app.core.table import Table
from app.core.viewer import Viewer
from app.core.workflow import editions
from app.core.workflow.declare import Move
from app.core.workflow.models import ChangeKind, Edition

ABOUT, SINCE = ("change_kind", "doc_no"), "valid_from"


def about(step: Move, given: dict[str, Any]) -> dict[str, Any]:
    """Why a change begins, taken out of what was given. Raises Invalid for a kind that is none."""
    found = {name: given.pop(name) for name in ABOUT if step.proposes and name in given}
    try:
        return {name: Edition.__fields__[name].read(value) for name, value in found.items()}
    except BadValue as error:
        raise Invalid([Problem(error.message, ("change_kind",))]) from None


def must_say_why(step: Move, about: Mapping[str, Any], viewer: Viewer) -> None:
    """A change says of which kind it is, and names the document of whoever decided it. Raises Invalid."""
    if not step.proposes or viewer.is_system:
        return
    kind, missing = about.get("change_kind"), []
    if not kind:
        missing.append("change_kind")
    elif ChangeKind(kind).rests_on_a_document and not about.get("doc_no"):
        missing.append("doc_no")
    if missing:
        raise Invalid([Problem(N_("{label}必填", label=Edition.__fields__[name].label), (name,)) for name in missing])


def since(session: Session, row: Table, given: dict[str, Any], today: date) -> date:
    """The day since which the edition is in force: as given, or as the draft of the first has it, or today."""
    flow, told = type(row).__flow__, given.pop(SINCE, None)
    drafted = getattr(row, SINCE, None) if flow is not None and not flow.is_published(row) else None
    try:
        day: date = (read.day(told) if told else None) or drafted or today
    except BadValue as error:
        raise Invalid([Problem(error.message, (SINCE,))]) from None
    if day > today:
        raise Invalid([Problem(N_("生效日期 {day} 还没有到，请到期后再发布", day=day), (SINCE,))])
    before = editions.in_force(session, row)
    if before is not None and before.valid_from is not None and day < before.valid_from:
        message = N_("生效日期不能早于现行版本的生效日期 {day}", day=before.valid_from)
        raise Invalid([Problem(message, (SINCE,))])
    return day
