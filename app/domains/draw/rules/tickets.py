"""Who is drawn: in each cell those with the smallest tickets (SSJ1, 5.5.3). A ticket is H(key ‖ id).

Given how many a cell draws, every choice of that many of its subjects is equally likely; so the chance of each is
exactly the chance of the cell. Everyone can see for himself: is my ticket at most the threshold of my cell?
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isqrt

from app.core.audit import hashes
from app.domains.draw.rules.canon import digest
from app.domains.draw.rules.cells import Cell

#: A ticket and whose it is.
Ticket = tuple[bytes, bytes]
_HIGHEST = b"\xff" * 32


@dataclass(frozen=True)
class Want:
    """Of a cell: how many subjects it has, how many are drawn, how many more stand in reserve."""

    size: int
    drawn: int
    reserve: int


@dataclass(frozen=True)
class Outcome:
    """The drawn, ascending; who replaces them, in the order of cells and tickets; per cell the two largest tickets."""

    drawn: list[bytes]
    reserve: list[bytes]
    thresholds: dict[Cell, tuple[bytes, bytes]]


def ticket(alg: str, key: bytes, subject: bytes) -> bytes:
    """The ticket of a subject."""
    return digest(alg, key, subject)


def reserve(size: int, drawn: int) -> int:
    """How many stand in reserve: a tenth of the drawn, at least three, none where nobody is drawn."""
    return min(size - drawn, max(3, -(-drawn // 10))) if drawn else 0


def limit(want: Want) -> bytes:
    """A ticket that the wanted ones will hardly ever exceed: most of the others need not be sorted."""
    wanted = want.drawn + want.reserve
    if wanted == 0:
        return b""
    likely = wanted + 12 * (isqrt(wanted + 1) + 1) + 40
    return _HIGHEST if likely >= want.size else ((likely << 256) // want.size).to_bytes(32, "big")


def draw(alg: str, key: bytes, lines: Callable[[], Iterable[bytes]], wants: Mapping[Cell, Want]) -> Outcome:
    """The outcome; ``lines`` gives the frame from its beginning each time it is called (almost always once)."""
    limits = {each: limit(want) for each, want in wants.items()}
    found = candidates(alg, key, lines(), limits)
    # One time in 10^30 the limit was too low somewhere: those cells are read again without one.
    few = {each for each, want in wants.items() if len(found[each]) < want.drawn + want.reserve}
    if few:
        again = {each: _HIGHEST if each in few else b"" for each in wants}
        found |= {each: tickets for each, tickets in candidates(alg, key, lines(), again).items() if each in few}
    return rank(found, wants)


def candidates(alg: str, key: bytes, lines: Iterable[bytes], limits: Mapping[Cell, bytes]) -> dict[Cell, list[Ticket]]:
    """The tickets up to the limit of their cell."""
    highest = {f"{each.text}\n".encode(): most for each, most in limits.items()}
    found: dict[bytes, list[Ticket]] = {of: [] for of in highest}
    start = hashes.new(alg)
    start.update(key)
    copy = start.copy
    for line in lines:
        subject, _, of = line.partition(b",")
        one = copy()
        one.update(subject)
        drawn = one.digest()
        if drawn <= highest[of]:
            found[of].append((drawn, subject))
    return dict(zip(limits, found.values(), strict=True))


def rank(found: Mapping[Cell, list[Ticket]], wants: Mapping[Cell, Want]) -> Outcome:
    """The outcome from all tickets that can matter: the smallest of each cell; equal ones in the order of the ids."""
    drawn: list[bytes] = []
    behind: list[bytes] = []
    thresholds: dict[Cell, tuple[bytes, bytes]] = {}
    for each in sorted(wants):
        want, tickets = wants[each], sorted(found[each])
        first, then = tickets[: want.drawn], tickets[want.drawn : want.drawn + want.reserve]
        drawn += [subject for _, subject in first]
        behind += [subject for _, subject in then]
        thresholds[each] = (first[-1][0] if first else b"", then[-1][0] if then else b"")
    return Outcome(sorted(drawn), behind, thresholds)
