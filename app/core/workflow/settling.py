"""A head is published: its lines say from now on what its edition says. Never commits."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.core import saving
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow import editions, lines


def settle(session: Session, head: Table, number: int) -> None:
    """Each line is as the head's proposal has it, which is published as the edition of that number.

    Lines written for it are in force from it on, those it leaves out end with the one before it. What was written under
    a line that it leaves out was never in force, and goes. Without a proposal (the first edition) every line is in it.
    """
    if not lines.tables_of(type(head)):
        return
    proposal = editions.proposal_of(session, head)
    said = editions.said_next(session, head, proposal)[editions.LINES] if proposal is not None else None
    with looking_as(session, THE_SYSTEM):
        for table in lines.tables_of(type(head)):
            wanted = said[table.__tablename__] if said is not None else None
            for line in lines.of(session, table, head.id):
                if wanted is None or str(line.id) in wanted:
                    _say(session, line, wanted[str(line.id)] if wanted is not None else {}, number)
                elif getattr(line, lines.SINCE) is None:
                    session.delete(line)
                elif getattr(line, lines.UNTIL) is None:
                    setattr(line, lines.UNTIL, number - 1)
        saving.flush(session, type(head))


def _say(session: Session, line: Any, values: dict[str, Any], number: int) -> None:
    """The line says that, and is part of the edition of that number."""
    if values and values != editions.present(line):
        saving.save(session, type(line), values, row=line, by_id=True, moved=True)
    if line.edition is None or line.edition_to is not None:
        line.edition, line.edition_to = number, None
