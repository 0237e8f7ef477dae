"""A workflow as data: the states of a row, the moves between them, and who is waited for in each. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.core.choices import Choice
from app.core.messages import N_, Message
from app.core.rules import Context

#: What a move asks of the row and of the day: a message stands in its way.
Check = Callable[[Any, Context], "Message | None"]
#: What a move writes besides the state.
Fill = Callable[[Any, Context], Mapping[str, Any]]

#: Who is meant by a wait or a move: the row's own department; the one above it in its line, or the lead office of its
#: region where there is none; the justice bureau of its region (domain.md §2.7, rule 2).
Where = Literal["own", "above", "justice"]


@dataclass(frozen=True)
class Move:
    """One way from some states to another, with who may go it and what he must say."""

    name: str
    label: Message
    sources: tuple[str, ...]
    target: str
    #: The permission on the table that opens it (core.roles.ACTIONS and FLOW_ACTIONS).
    may: str = "edit"
    where: Where = "own"
    #: A reason must be given; it stands in the row's history.
    reason: bool = False
    #: Fields that must be filled; they may be given with the move.
    requires: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    #: It is there only for rows of which this is true.
    when: Callable[[Any], bool] | None = None
    fills: Fill | None = None
    #: Not by whoever wrote what is judged, nor by whoever handed it in (four eyes).
    apart: bool = False
    #: False for moves that are made one at a time.
    bulk: bool = True
    #: "primary" leads on, "plain" beside it, "danger" ends or refuses.
    tone: Literal["primary", "plain", "danger"] = "primary"
    #: True: only rows with an edition in force make it; False: only those never published.
    published: bool | None = None
    #: It begins the next edition of a published row.
    proposes: bool = False
    #: False for a way back to the published state that brings no new edition.
    publishes: bool = True
    #: Whoever handed the row in takes it back: what was asked of others is recalled.
    is_recall: bool = False
    #: Only the system makes it, when something else has happened.
    is_hidden: bool = False


@dataclass(frozen=True)
class Wait:
    """In a state somebody is waited for: who gets the to-do, by when (a code of ``deadline_policy``)."""

    may: str
    where: Where = "own"
    limit: str | None = None
    #: What is to be done, as the to-do says.
    todo: Message = dataclasses.field(default_factory=lambda: N_("待处理"))


@dataclass(frozen=True)
class Workflow:
    """The life of a table's rows. ``field`` holds the state; nobody but a move changes it."""

    field: str
    states: type[Choice]
    #: States in which a person may add a row; the first is the usual one.
    initial: tuple[str, ...]
    #: States in which the row's fields may be edited.
    editable: frozenset[str]
    moves: tuple[Move, ...]
    waits: Mapping[str, Wait] = dataclasses.field(default_factory=dict)
    #: Roles that may load rows in any state and put them right (the first filling of a catalogue by workbook).
    loaders: frozenset[str] = frozenset({"sys_admin"})
    #: The field that numbers published editions; with it, a row once published is edited as a proposal (editions.py).
    edition: str | None = None
    #: Tables whose rows are part of what a row says, parents first: they stand in its editions and are written while it
    #: is (core/workflow/lines.py). They follow it, and have the fields ``edition`` and ``edition_to``.
    lines: tuple[str, ...] = ()
    #: The state in which an edition is in force, and the move that gives a proposal up.
    published: str = "published"
    drops: str = "drop"

    def named(self, name: str) -> Move | None:
        """The move of that name."""
        return next((move for move in self.moves if move.name == name), None)

    def moves_from(self, state: str) -> Iterator[Move]:
        """The moves that people can make from a state, in the order of declaration."""
        return (move for move in self.moves if state in move.sources and not move.is_hidden)

    def is_open(self, move: Move, row: Any) -> bool:
        """True when the row stands where the move begins."""
        return (
            getattr(row, self.field) in move.sources
            and move.published in (None, self.is_published(row))
            and (move.when is None or move.when(row))
        )

    def actions(self) -> frozenset[str]:
        """The permissions that moves and waits name."""
        return frozenset({move.may for move in self.moves} | {wait.may for wait in self.waits.values()})

    def is_public(self, move: Move) -> bool:
        """True for a move that everybody is told of: it puts a row in force or out of force."""
        resting = {self.published, *(m.target for m in self.moves if self.published in m.sources and not m.proposes)}
        return move.target in resting and (move.publishes or bool(resting & set(move.sources)))

    def is_final(self, state: str) -> bool:
        """True for a state that no move leaves."""
        return not any(state in move.sources for move in self.moves)

    def is_published(self, row: Any) -> bool:
        """True for a row that has an edition in force, or had one."""
        return self.edition is not None and bool(getattr(row, self.edition, None))

    def faults(self) -> Iterator[str]:
        """What contradicts itself: unknown states, unreachable ones, states that nobody leaves and nobody ends."""
        known = {each.value for each in self.states}
        if not self.initial:
            yield "no state is one to begin with"
        used = {*self.initial, *self.editable, *self.waits}
        for move in self.moves:
            used |= {*move.sources, move.target}
        for state in sorted(used - known):
            yield f"no state is called {state!r}"
        reached, more = set(self.initial), True
        while more:
            further = {m.target for m in self.moves if reached & set(m.sources)} - reached
            reached |= further
            more = bool(further)
        for state in sorted(used & known - reached):
            yield f"no move leads to {state!r}"
        names = [move.name for move in self.moves]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"two moves are called {name!r}"
