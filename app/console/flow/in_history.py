"""The steps of a workflow in the history of a record: the change of state is told as the move it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.console import guard
from app.console.flow import panel
from app.console.history.log import Entry
from app.core.table import Table
from app.core.workflow import moving
from app.core.workflow.models import FlowStep

#: A step and what it stored are written by one transaction.
_SAME = timedelta(minutes=2)


def tell(session: Session, row: Table | None, entries: Sequence[Entry], acts: list[dict[str, Any]]) -> None:
    """Each act that was a move has its label, its tone and what was said with it (``step``)."""
    flow = type(row).__flow__ if row is not None else None
    if row is None or flow is None:
        return
    steps, by_id = list(moving.steps_open_to(session, row, guard.must_view())), {each.id: each for each in entries}
    for act in acts:
        entry = by_id.get(act["id"])
        step = _step_of(entry, flow.field, steps) if entry is not None else None
        if step is not None:
            steps.remove(step)
            told = panel.step_told(step, flow)
            act |= {"step": told, "label": told["label"], "tone": _TONES[told["tone"]]}


_TONES = {"primary": "good", "plain": "info", "danger": "bad"}


def _step_of(entry: Entry, state: str, steps: Sequence[FlowStep]) -> FlowStep | None:
    if entry.action != "update" or state not in entry.new:
        return None
    change = (entry.old.get(state), entry.new.get(state))
    near = [each for each in steps if (each.source, each.target) == change and abs(each.made_at - entry.at) < _SAME]
    return min(near, key=lambda each: abs(each.made_at - entry.at), default=None)
