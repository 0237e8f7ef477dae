"""What can be done with many to-dos at once, told from the workflows alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.messages import N_, Message
from app.core.table import TABLES
from app.core.workflow import Move, Workflow

#: 同意 and 退回 stand for every move of a review that leads on, or back.
AGREE, RETURN = "agree", "return"
_LABELS = {AGREE: N_("同意"), RETURN: N_("退回")}


@dataclass(frozen=True)
class Verb:
    """A button of the bulk bar."""

    name: str
    label: Message
    #: A reason must be given.
    reason: bool = False
    tone: str = "primary"


def flow_of(table: str) -> Workflow | None:
    """The workflow of the table of that name."""
    known = TABLES.get(table)
    return known.__flow__ if known is not None else None


def moves(table: str, step: str | None, needs: str) -> list[Move]:
    """The moves that a to-do of that kind waits for and that are made in bulk."""
    flow = flow_of(table)
    if flow is None or step is None:
        return []
    return [m for m in flow.moves_from(step) if m.may == needs and m.bulk and not m.is_recall and not m.proposes]


def verb_of(move: Move) -> Verb | None:
    """The verb under which a move is offered; ``None`` for what is done on the record's own page."""
    if move.may == "review":
        name = RETURN if move.tone == "danger" else AGREE
        return Verb(name, _LABELS[name], name == RETURN and move.reason, move.tone)
    if move.tone != "primary" or move.reason:
        return None
    return Verb(move.name, move.label)


def verbs(todos: Iterable[tuple[str, str | None, str]]) -> list[Verb]:
    """The verbs for some to-dos, each given by (table, step, needs): agreeing first, sending back last."""
    known: dict[str, Verb] = {}
    for table, step, needs in dict.fromkeys(todos):
        for move in moves(table, step, needs):
            verb = verb_of(move)
            if verb is not None:
                known.setdefault(verb.name, verb)
    return sorted(known.values(), key=lambda verb: (verb.name == RETURN, verb.name != AGREE, verb.name))


def candidates(verb: str, table: str, step: str | None, needs: str) -> list[str]:
    """The names of the moves that the verb stands for with this to-do; empty where it does not fit."""
    return [m.name for m in moves(table, step, needs) if (found := verb_of(m)) is not None and found.name == verb]


def recall(table: str, step: str | None) -> list[str]:
    """The moves by which whoever sent something takes it back."""
    flow = flow_of(table)
    return [m.name for m in flow.moves_from(step) if m.is_recall] if flow is not None and step is not None else []
