"""What a plan of the year will come to, before anything is drawn: coverage, every item, people, longest gaps.

A promise that cannot be kept is refused with the nearest one that can: the smallest ratio, the largest share of the
work (draw.md §§1, 3.3). Everything is computed from counts, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from app.core.errors import Refused
from app.core.messages import N_, Message
from app.domains.draw.rules.cells import UNIT
from app.domains.draw.rules.coverage import Promise, percent, schedule
from app.domains.draw.rules.reading import Amount, Frequency

#: What a unit inspects of its subjects in a year, at least (Gannan plan 2021).
FLOOR = UNIT // 20
#: Which part of the draws may happen only because a deadline has come, at most: beyond it everybody can foresee them.
FORESEEN = UNIT * 35 // 100
#: As fine as ratios are told: a hundredth of a percent.
_FINE = UNIT // 10_000


@dataclass(frozen=True)
class Line:
    """A line of the plan: an item, its pool by class, the ratio of each class (10^-9) in each of its draws.

    ``months`` are the first and the last month of its checks. ``seats`` is how many people each department sends to a
    subject, ``coverage`` within how many years a class is promised to be covered, ``most`` the limit of a general item.
    """

    item: str
    pool: Mapping[str, int]
    ratios: Mapping[str, int]
    draws: int = 1
    months: tuple[int, int] = (1, 12)
    seats: Mapping[str, int] = field(default_factory=dict)
    coverage: Mapping[str, int] = field(default_factory=dict)
    floor: int = 0
    most: int | None = None
    exempt: str = ""

    @property
    def size(self) -> int:
        """How many subjects its pool has."""
        return sum(self.pool.values())

    @property
    def expected(self) -> Fraction:
        """How many subjects one draw takes on average."""
        return Fraction(sum(size * self.ratios.get(name, 0) for name, size in self.pool.items()), UNIT)


@dataclass(frozen=True)
class Year:
    """A unit's year: the items that it must draw, its lines, what its people can do.

    ``overlaps`` counts the unit's subjects by class and by the set of items in whose pools they are, each once; those
    in no pool too. ``capacity`` is how many seats each department can fill in each month, from January.
    """

    items: Collection[str]
    lines: Sequence[Line]
    overlaps: Mapping[tuple[str, frozenset[str]], int]
    capacity: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Finding:
    """What is wrong: with a line (by its item) or with the whole year. A warning leaves the plan as it is."""

    message: Message
    item: str | None = None
    is_warning: bool = False


@dataclass(frozen=True)
class Outlook:
    """The year as planned: subjects expected of each item, the share of subjects reached (10^-9), what is wrong."""

    expected: Mapping[str, Fraction]
    reached: int
    findings: tuple[Finding, ...]

    @property
    def is_refused(self) -> bool:
        """True when something must change before the first draw."""
        return any(not each.is_warning for each in self.findings)


def outlook(year: Year) -> Outlook:
    """Everything that can be said of the year before it begins."""
    reached = _reached(year, {line.item: line.ratios for line in year.lines})
    findings = [
        *_every_item(year),
        *(finding for line in year.lines for finding in _of_line(line)),
        *_coverage(year, reached),
        *_people(year),
    ]
    expected = {line.item: line.draws * line.expected for line in year.lines}
    return Outlook(expected, int(reached * UNIT), tuple(findings))


def ratio_of(share: Amount | None, number: Amount | None, size: int) -> int | None:
    """The ratio (10^-9) that the cells of a line ask of a pool of that size; the larger one where they differ.

    None where neither says anything. A provisional count does not count beside a ratio: the draw decides.
    """
    asked: list[int] = []
    for amount in (share, number):
        if amount and amount.ratio:
            asked.append(amount.ratio.least or amount.ratio.most or 0)
    for amount in (share, number):
        if amount and amount.count and size and not (amount.is_provisional and asked):
            asked.append(min(UNIT, -(-(amount.count.least or amount.count.most or 0) * UNIT // size)))
    return max(asked) if asked else None


def draws_of(often: Frequency | None, year: int, since: int | None) -> int:
    """How many draws the year has: 每3年1次 has its draw in every third year after ``since``, at once if never."""
    if often is None:
        return 1
    if often.years == 1 or since is None:
        return often.least
    return often.least if year - since >= often.years else 0


def _every_item(year: Year) -> list[Finding]:
    """Every item of the list is drawn at least once, or says why not; what is not on the list is not inspected."""
    planned = {line.item for line in year.lines}
    missing = [
        Finding(N_("{item}：清单内事项每年至少抽查一次，计划中没有，也没有写明不抽的原因", item=item), item)
        for item in sorted(set(year.items) - planned)
    ]
    unlisted = [
        Finding(N_("{item}：不在抽查事项清单内，不得列入计划", item=item), item)
        for item in sorted(planned - set(year.items))
    ]
    return missing + unlisted


def _of_line(line: Line) -> list[Finding]:
    """What can be said of a line alone."""
    if line.exempt:
        return []
    if line.draws < 1:
        return [Finding(N_("{item}：本年度没有安排抽取，也没有写明原因", item=line.item), line.item)]
    if line.size == 0:
        return [Finding(N_("{item}：检查对象名录为空", item=line.item), line.item)]
    found = []
    if line.expected < 1:
        said = {"size": line.size, "least": _at_least(-(-UNIT // line.size))}
        words = N_(
            "{item}：名录 {size} 户，每次抽取不足 1 户，可能一户也抽不到；比例不低于 {least}", item=line.item, **said
        )
        found.append(Finding(words, line.item))
    if line.most is not None and line.expected * UNIT > line.most * line.size:
        words = N_("{item}：超过一般检查事项的比例上限 {most}", item=line.item, most=percent(line.most))
        found.append(Finding(words, line.item))
    return found + [finding for name in sorted(line.coverage) for finding in _gap(line, name)]


def _gap(line: Line, name: str) -> list[Finding]:
    """The promised longest gap of a class can be kept, and not everybody can foresee who is next."""
    missed = (1 - Fraction(line.ratios.get(name, 0), UNIT)) ** line.draws
    yearly = int((1 - missed) * UNIT)
    try:
        kept = schedule(Promise(yearly, line.coverage[name], floor=min(line.floor, yearly)))
    except Refused as refused:
        words = N_("{item}，类别 {name}：{why}", item=line.item, name=name, why=refused.message)
        return [Finding(words, line.item)]
    if kept.at_deadline <= FORESEEN:
        return []
    share, longer = _about(kept.at_deadline), ceil(Fraction(18 * UNIT, 10 * yearly))
    said = {"item": line.item, "name": name, "share": share, "longer": longer}
    words = N_("{item}，类别 {name}：{share} 的抽取只因期限已到，容易被预见；建议年限不少于 {longer} 年", **said)
    return [Finding(words, line.item, is_warning=True)]


def _reached(year: Year, ratios: Mapping[str, Mapping[str, int]]) -> Fraction:
    """The expected share of the unit's subjects that are drawn at least once; draws do not know of one another."""
    draws = {line.item: 0 if line.exempt else line.draws for line in year.lines}
    total, reached = sum(year.overlaps.values()), Fraction(0)
    for (name, items), count in year.overlaps.items():
        missed = Fraction(1)
        for item in items & draws.keys():
            missed *= (1 - Fraction(ratios[item].get(name, 0), UNIT)) ** draws[item]
        reached += count * (1 - missed)
    return reached / total if total else Fraction(0)


def _coverage(year: Year, reached: Fraction) -> list[Finding]:
    """The unit's year reaches 5 % of its subjects; if not, the ratio that all items need at least."""
    if reached * UNIT >= FLOOR or not year.overlaps:
        return []
    raised: Callable[[int], Fraction] = lambda least: _reached(  # noqa: E731
        year,
        {line.item: {name: max(least, line.ratios.get(name, 0)) for name in line.pool} for line in year.lines},
    )
    said = {"reached": _about(int(reached * UNIT)), "floor": percent(FLOOR)}
    if raised(UNIT) * UNIT < FLOOR:
        return [Finding(N_("年度覆盖 {reached}，低于 {floor}：各事项名录合起来也不够，须增加事项或名录", **said))]
    low, high = 0, UNIT
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if raised(middle) * UNIT >= FLOOR else (middle + 1, high)
    return [
        Finding(N_("年度覆盖 {reached}，低于 {floor}：各事项比例均不低于 {least} 才够", **said, least=_at_least(low)))
    ]


def _people(year: Year) -> list[Finding]:
    """Each department's seats fit into its months: for every span of months what must be done within it.

    That is enough: lines can be spread over their months at will (Hall's condition for intervals).
    """
    found = []
    for department in sorted({each for line in year.lines for each in line.seats}):
        needed = [
            (line.months, ceil(line.expected) * line.draws * line.seats[department])
            for line in year.lines
            if department in line.seats and not line.exempt
        ]
        able = year.capacity.get(department, [0] * 12)
        spans = [(first, last) for first in range(1, 13) for last in range(first, 13)]
        short = [
            (Fraction(room, seats), -seats, first, last, room)
            for first, last in spans
            if (seats := sum(n for (begin, end), n in needed if first <= begin and end <= last))
            > (room := sum(able[first - 1 : last]))
        ]
        if short:
            share, seats, first, last, room = min(short)
            said = {"first": first, "last": last, "seats": -seats, "room": room, "share": _about(int(share * UNIT))}
            words = N_(
                "{department}：{first} 月至 {last} 月需要 {seats} 人次，只有 {room} 人次，最多完成 {share}",
                department=department,
                **said,
            )
            found.append(Finding(words))
    return found


def _about(nano: int) -> str:
    """A share in hundredths of a percent, rounded down: it was not more."""
    return percent(nano // _FINE * _FINE)


def _at_least(nano: int) -> str:
    """A ratio in hundredths of a percent, rounded up: with it the promise is kept."""
    return percent(-(-nano // _FINE) * _FINE)
