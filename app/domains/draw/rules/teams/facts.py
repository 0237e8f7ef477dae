"""What is frozen of inspectors and of the drawn subjects before the second seed exists (draw.md §5.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from app.domains.draw.choices import Kind
from app.domains.draw.rules.teams.regions import Regions

#: From the first to the last day, both included.
Days = tuple[date, date]


@dataclass(frozen=True)
class Inspector:
    """One line of the roster. ``most`` and ``load`` count seats of the year: what he may do and what he has done."""

    id: str
    departments: frozenset[str]
    unit: str
    region: str
    most: int
    load: int = 0
    qualifications: frozenset[str] = frozenset()
    certified_until: date | None = None
    is_valid: bool = True
    leave: tuple[Days, ...] = ()
    kind: Kind = Kind.OWN


class Post(NamedTuple):
    """Where seats are taken: a department at a drawn subject, or the experts whom it asks there from other rosters.

    Their order, and that of the record, is by the bytes of the parts.
    """

    subject: str
    department: str
    part: str = ""

    @property
    def text(self) -> str:
        """As the record names it."""
        return "/".join(self).removesuffix("/")

    @property
    def order(self) -> tuple[bytes, ...]:
        """What tasks are sorted by."""
        return tuple(part.encode() for part in self)


@dataclass(frozen=True)
class Task:
    """The seats of one department at one subject, and how far it may look for people.

    ``experts`` seats need everything in ``needs``; ``members`` seats anybody of the department who is certified.
    ``width`` is the number of nearest regions (None: the prefecture), ``bound`` the highest chance of one person for
    this task as a fraction, ``asks`` which rosters. ``rank`` is the place of the subject's ticket in the first stage:
    who comes later goes to a later batch first.
    """

    post: Post
    region: str
    needs: frozenset[str] = frozenset()
    experts: int = 1
    members: int = 1
    width: int | None = 1
    bound: tuple[int, int] = (1, 3)
    asks: frozenset[Kind] = frozenset({Kind.OWN})
    rank: int = 0

    @property
    def seats(self) -> int:
        """All of them."""
        return self.experts + self.members


@dataclass(frozen=True)
class Terms:
    """What the rules leave to a plan: the days of the checks, the weight of loads, and the options.

    ``is_crossed`` (异地交叉) keeps people away from their own region, ``weighs_ways`` makes near ones likelier,
    ``weighs_year`` counts what somebody did this year into his price, ``limit`` is how often the ladder may raise caps.
    """

    window: Days
    mu: int = 10
    rounds: int = 300
    is_crossed: bool = False
    weighs_ways: bool = True
    weighs_year: bool = False
    limit: int = 0


@dataclass(frozen=True)
class Case:
    """Everything that the second stage follows from; the ladder changes copies of it.

    ``declared`` are pairs (inspector, subject) of recusals, ``last_pairs`` those who met at the subject's last draw,
    ``raised`` by how many seats the ladder has raised somebody's cap.
    """

    terms: Terms
    regions: Regions
    inspectors: Sequence[Inspector]
    tasks: Sequence[Task]
    declared: frozenset[tuple[str, str]] = frozenset()
    last_pairs: frozenset[tuple[str, str]] = frozenset()
    raised: Mapping[str, int] = field(default_factory=dict)

    def room(self, inspector: Inspector) -> int:
        """How many seats he may still take this year."""
        return max(0, inspector.most + self.raised.get(inspector.id, 0) - inspector.load)
