"""What the catalogue answers to others, and what it does when rows of it move."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import jobs
from app.core import context, watching
from app.core.workflow import Move, moving
from app.domains.catalogue.operations import codes, permit_links, pushing, standing


def _sub_item_moved(session: Session, row: Any, move: Move) -> None:
    """Published for the first time it goes down to whoever has to claim it; changed, they are told; ended, so are they.

    A new edition may be for more levels than the one before it, so it is pushed as well.
    """
    if move.name == "publish":
        is_new = row.edition == 1
        pushing.push(session, row) if is_new else pushing.push_again(session, row)
    elif move.name == "abolish":
        pushing.end(session, row)


def _main_item_moved(session: Session, row: Any, move: Move) -> None:
    """A main item is suspended and ends with its sub-items; when it is resumed, each of them is asked about."""
    follows = {"abolish": pushing.abolish_parts, "suspend": pushing.suspend_parts, "resume": pushing.tell_parts}
    if move.name in follows:
        follows[move.name](session, row)
    context.forget(session, standing.QUESTION)


def _claim_moved(session: Session, row: Any, move: Move) -> None:
    """Rules are told of it within the same transaction."""
    context.forget(session, standing.QUESTION)


@jobs.swept
def push_missing(session: Session) -> None:
    """Every hour: whoever has to claim what is published has it before him, however it was published."""
    pushing.push_missing(session)


watching.WATCHED["permit_item"] = watching.Watch(permit_links.FIELDS, permit_links.tell)
context.QUESTIONS[standing.QUESTION] = standing.Standings
context.QUESTIONS[codes.QUESTION] = codes.patterns
for _table, _after in (
    ("supervision_sub_item", _sub_item_moved),
    ("supervision_item", _main_item_moved),
    ("item_claim", _claim_moved),
):
    moving.AFTER.setdefault(_table, []).append(_after)
