"""Every edition of a published row, and any two of them side by side."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy.orm import Session

from app.console import guard
from app.console.flow import compared, panel
from app.core.errors import NotVisible
from app.core.messages import N_
from app.core.table import Table
from app.core.workflow import editions, lines, locks, moving
from app.core.workflow.models import EditionState

#: Colours of an edition's state.
_TONES = {"proposed": "orange", "in_force": "green"}


def of(session: Session, row: Table) -> list[Any]:
    """The editions, newest first, what was given up last. One that was never kept is the row as it stands.

    Whoever has no part in the row's workflow reads those that were in force.
    """
    flow = moving.flow_of(type(row))
    if flow.edition is None:
        return []
    found: list[Any] = editions.of_row(session, row)
    if not locks.follows_it(row, guard.must_view()):
        found = [each for each in found if each.state in (EditionState.IN_FORCE, EditionState.SUPERSEDED)]
    number = getattr(row, flow.edition)
    if number and not any(each.number == number for each in found):
        since, until = getattr(row, "valid_from", None), getattr(row, "valid_to", None)
        loaded = SimpleNamespace(
            number=number, state=EditionState.IN_FORCE.value, change_kind=None, doc_no=None, valid_from=since,
            reason=str(N_("系统外导入时已发布")), valid_to=until, published_at=None, publisher=None,
            contents=editions.present(row), lines=lines.stored(session, row, editions.present),
        )  # fmt: skip
        found.append(loaded)
    return sorted(found, key=lambda each: -each.number)


def told(each: Any) -> dict[str, Any]:
    """One edition as pages and requests tell it."""
    plain = panel.edition_told(each)
    name = N_("第 {n} 版", n=each.number) if each.number > 0 else N_("放弃的变更 {n}", n=-each.number)
    return plain | {
        "key": str(each.number),
        "name": str(name),
        "label": str(EditionState(each.state).label),
        "tone": _TONES.get(each.state, "secondary"),
    }


def side_by_side(session: Session, row: Table, left: str, right: str) -> dict[str, Any] | None:
    """Two editions compared: those asked for by number, or the newest with the one before it. None with only one.

    Raises NotVisible for a number that is none of this row's.
    """
    known = {str(each.number): each for each in of(session, row)}
    if any(key and key not in known for key in (left, right)):
        raise NotVisible
    usual = [each for each in known.values() if each.number > 0]
    second = known[right] if right else next(iter(usual), None)
    if second is None:
        return None
    before = [each for each in usual if each.number < second.number]
    first = known[left] if left else next(iter(before), None)
    if first is None or first is second:
        return {"first": told(second), "second": told(second), "changes": [], "whole": _whole(session, row, second)}
    return {
        "first": told(first),
        "second": told(second),
        "changes": compared.changes(session, type(row), _said(session, row, first), _said(session, row, second)),
        "whole": _whole(session, row, second),
    }


def _whole(session: Session, row: Table, edition: Any) -> list[dict[str, str]]:
    return compared.whole(session, type(row), _said(session, row, edition))


def _said(session: Session, row: Table, edition: Any) -> dict[str, Any]:
    if edition.state == EditionState.PROPOSED:
        return editions.said_next(session, row, edition)
    return editions.said(edition)
