"""How a promise of full coverage within N years becomes yearly chances that nobody can foretell (SSJ1, 3.3 and 5.3.1).

The chance of a subject depends on the years k since it was last drawn: the floor for the first years (the gap), then
one chance h, and certainty in year N. h is the smallest one, to 10^-9, with which subjects are drawn as often as the
ratio says. Everything is exact: what is left of a year's subjects is an integer over 10^9 to a power.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from math import ceil

from app.core.errors import Refused
from app.core.messages import N_, Message
from app.domains.draw.rules.canon import digest
from app.domains.draw.rules.cells import UNIT

#: The longest promise; the age of a cell has two digits.
LONGEST = 99


@dataclass(frozen=True)
class Promise:
    """What an office promises of a class: how many a year (in 10^-9), each within how many years, and who is spared.

    For ``gap`` years after a draw only the floor applies; the floor keeps everybody within reach all the time.
    """

    ratio: int
    coverage: int
    gap: int = 0
    floor: int = 0


@dataclass(frozen=True)
class Schedule:
    """The chance in year 1, 2, … N after a draw, and which part of all draws happens only because year N has come."""

    hazards: tuple[int, ...]
    at_deadline: int


def left(hazards: Sequence[int]) -> list[int]:
    """What part of the drawn reaches year 1, 2, … N undrawn, all in units of 10^-9 to the power N-1."""
    whole = int(UNIT ** (len(hazards) - 1))
    return list(accumulate(hazards[:-1], lambda rest, hazard: rest // UNIT * (UNIT - hazard), initial=whole))


def percent(nano: int) -> str:
    """A ratio as people read it, with all its digits: 0.05 is ``5%``."""
    whole, part = divmod(nano, UNIT // 100)
    return f"{whole}.{part:07}".rstrip("0").rstrip(".") + "%"


def schedule(promise: Promise) -> Schedule:
    """The schedule that keeps the promise. Raises Refused with the nearest promise that can be kept."""
    ratio, coverage, gap, floor = promise.ratio, promise.coverage, promise.gap, promise.floor
    if not (0 < ratio <= UNIT and 1 <= coverage <= LONGEST and 0 <= gap < coverage and 0 <= floor <= ratio):
        raise Refused(N_("比例、覆盖年限、间隔或最低概率超出范围"))
    slowest, fastest = mean_gap(_profile(promise, floor)), mean_gap(_profile(promise, UNIT))
    if slowest * ratio < UNIT:
        raise Refused(_too_few(promise, slowest))
    if fastest * ratio > UNIT:
        most = percent(int(UNIT / fastest))
        raise Refused(N_("每次抽查后 {gap} 年内只按最低概率抽取时，比例最高为 {most}", gap=gap, most=most))
    low, high = floor, UNIT
    while low < high:
        middle = (low + high) // 2
        if mean_gap(_profile(promise, middle)) * ratio <= UNIT:
            high = middle
        else:
            low = middle + 1
    hazards = _profile(promise, high)
    rest = left(hazards)
    return Schedule(hazards, rest[-1] * UNIT // rest[0])


def mean_gap(hazards: Sequence[int]) -> Fraction:
    """The years between two draws of a subject, on average."""
    rest = left(hazards)
    return Fraction(sum(rest), rest[0])


def virtual_age(alg: str, key: bytes, subject: bytes, hazards: Sequence[int]) -> int:
    """An age for a subject of which nobody knows when it was drawn last, so that no wave of deadlines comes.

    It is drawn by the hash of the subject from the ages that subjects have when the schedule has run for long.
    """
    rest = left(hazards)
    at = int.from_bytes(digest(alg, key, subject), "big") * sum(rest)
    return 1 + sum(1 for up_to in accumulate(rest) if at >= up_to << 256)


def _profile(promise: Promise, chance: int) -> tuple[int, ...]:
    spared = min(promise.gap, promise.coverage - 1)
    return (promise.floor,) * spared + (chance,) * (promise.coverage - 1 - spared) + (UNIT,)


def _too_few(promise: Promise, slowest: Fraction) -> Message:
    least = percent(ceil(UNIT / slowest))
    for years in range(promise.coverage + 1, LONGEST + 1):
        longer = replace(promise, coverage=years)
        if mean_gap(_profile(longer, promise.floor)) * promise.ratio >= UNIT:
            return N_(
                "{years} 年内全覆盖做不到：比例不低于 {least}，或者年限不少于 {longer} 年",
                years=promise.coverage, least=least, longer=years,
            )  # fmt: skip
    return N_("{years} 年内全覆盖做不到：比例不低于 {least}", years=promise.coverage, least=least)
