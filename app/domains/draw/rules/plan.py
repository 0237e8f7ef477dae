"""From the plan of an office to the chance of every cell, in integers (SSJ1, 5.3.2 and 5.3.3).

A class has a ratio and weights, by the years since the last draw and by risk band: its chances are in the proportion of
the weights, as far as certainty allows, and together they are at least the ratio. Or it has the chances themselves, by
years: those of a :class:`~app.domains.draw.rules.coverage.Schedule`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import Refused
from app.core.messages import N_, Message
from app.domains.draw.rules.cells import UNIT, Cell
from app.domains.draw.rules.coverage import percent
from app.domains.draw.rules.quotas import Chances

#: A weight of one, in a plan.
PER_MILLE = 1000


@dataclass(frozen=True)
class ClassPlan:
    """The ratio of a class (10^-9) with weights by age (the last one goes on) and band; or hazards in their place."""

    ratio: int
    ages: tuple[int, ...] = (PER_MILLE,)
    bands: Mapping[str, int] = field(default_factory=dict)
    hazards: tuple[int, ...] = ()

    def weight(self, of: Cell) -> int:
        """How much more likely a cell is than others of the class."""
        return self.ages[min(of.age, len(self.ages) - 1)] * self.bands.get(of.band, PER_MILLE)


@dataclass(frozen=True)
class Plan:
    """The classes; the floor for everybody; the legal minimum of the whole frame; its upper limit; what can be done."""

    classes: Mapping[str, ClassPlan]
    floor: int = 0
    minimum: int = 0
    maximum: int | None = None
    capacity: int | None = None


@dataclass(frozen=True)
class Allotted:
    """The chances, and in words whatever the plan alone would not have given."""

    chances: Chances
    changes: tuple[Message, ...]


def plan_of(record: Mapping[str, Any]) -> Plan:
    """The plan that stands in a record."""
    classes = {
        name: ClassPlan(each["ratio"], tuple(each["ages"]), each["bands"], tuple(each["hazards"]))
        for name, each in record["classes"].items()
    }
    return Plan(classes, record["floor"], record["minimum"], record["maximum"], record["capacity"])


def allot(plan: Plan, counts: Mapping[Cell, int]) -> Allotted:
    """The chance of every cell. Raises Refused where the plan cannot be kept, with what could be."""
    if unknown := sorted({each.subject_class for each in counts if not each.is_excluded} - plan.classes.keys()):
        raise Refused(N_("计划没有规定类别 {classes} 的抽查比例", classes="、".join(unknown)))
    members = {name: {c: n for c, n in counts.items() if _belongs(c, name)} for name in sorted(plan.classes)}
    given = {name: _first(plan, name, cells) for name, cells in members.items()}
    changes = [*_lift_to_floor(plan, members, given), *_raise_to_minimum(plan, sum(counts.values()), members, given)]
    chances = {each: (size, 0) for each, size in counts.items()}
    for name, cells in members.items():
        chances |= {each: (size, given[name][each]) for each, size in cells.items()}
    _check_limits(plan, chances)
    return Allotted(dict(sorted(chances.items())), tuple(changes))


def fill(sizes: Mapping[Cell, int], weights: Mapping[Cell, int], goal: int) -> dict[Cell, int]:
    """Chances in proportion to the weights that together expect the goal (10^-9 subjects) or a trifle more.

    Cells that would be more than certain are certain, and the others share what is left: water that fills vessels.
    Raises Refused when even certainty for all that have a weight is not enough.
    """
    open_ = {each for each in sizes if weights[each]}
    sure = {each for each in sizes if not weights[each]}
    chances = dict.fromkeys(sure, 0)
    while open_:
        total = sum(sizes[each] * weights[each] for each in open_)
        full = {each for each in open_ if weights[each] * goal > UNIT * total}
        if not full:
            return chances | {each: -(-weights[each] * goal // total) for each in open_}
        chances |= dict.fromkeys(full, UNIT)
        goal -= UNIT * sum(sizes[each] for each in full)
        open_ -= full
    if goal > 0:
        raise Refused(N_("比例无法达到：权重为 0 的对象不能抽取"))
    return chances


def _belongs(of: Cell, name: str) -> bool:
    return of.subject_class == name and not of.is_excluded


def _expected(sizes: Mapping[Cell, int], chances: Mapping[Cell, int]) -> int:
    return sum(size * chances[each] for each, size in sizes.items())


def _weights(plan: Plan, name: str, cells: Mapping[Cell, int]) -> dict[Cell, int]:
    return {each: plan.classes[name].weight(each) for each in cells}


def _first(plan: Plan, name: str, cells: Mapping[Cell, int]) -> dict[Cell, int]:
    own = plan.classes[name]
    if own.hazards:
        return {each: own.hazards[min(max(each.age, 1), len(own.hazards)) - 1] for each in cells}
    return fill(cells, _weights(plan, name, cells), own.ratio * sum(cells.values()))


def _lift_to_floor(
    plan: Plan, members: Mapping[str, Mapping[Cell, int]], given: Mapping[str, dict[Cell, int]]
) -> list[Message]:
    low = [(name, each) for name, cells in members.items() for each in cells if given[name][each] < plan.floor]
    for name, each in low:
        given[name][each] = plan.floor
    if not low:
        return []
    return [N_("{cells} 个单元的概率提高到最低概率 {floor}", cells=len(low), floor=percent(plan.floor))]


def _raise_to_minimum(
    plan: Plan, rows: int, members: Mapping[str, Mapping[Cell, int]], given: dict[str, dict[Cell, int]]
) -> list[Message]:
    """The largest class gives what is missing to the legal minimum, as far as it can; then the next one."""
    needed = -(-plan.minimum * rows // UNIT) * UNIT
    changes = []
    for name in sorted(members, key=lambda name: (-sum(members[name].values()), name)):
        cells, own = members[name], plan.classes[name]
        missing = needed - sum(_expected(members[each], given[each]) for each in members)
        if missing <= 0:
            break
        weights = _weights(plan, name, cells)
        room = sum(size * (UNIT - given[name][each]) for each, size in cells.items() if weights[each])
        if own.hazards or not room:
            continue
        fixed = {each: chance for each, chance in given[name].items() if not weights[each]}
        free = {each: size for each, size in cells.items() if weights[each]}
        goal = _expected(free, given[name]) + min(missing, room)
        raised = fill(free, weights, goal)
        given[name] = fixed | {each: max(chance, plan.floor) for each, chance in raised.items()}
        changes.append(
            N_("为达到法定最低比例 {minimum}，提高类别 {name} 的概率", minimum=percent(plan.minimum), name=name)
        )
    reached = sum(_expected(members[each], given[each]) for each in members)
    if reached < needed:
        least = percent(plan.minimum)
        raise Refused(N_("法定最低比例 {least} 无法达到：最多只能抽取 {most} 户", least=least, most=reached // UNIT))
    return changes


def _check_limits(plan: Plan, chances: Chances) -> None:
    rows, expected = sum(size for size, _ in chances.values()), sum(size * chance for size, chance in chances.values())
    # Chances are rounded up, each by less than 10^-9: that much is not held against the upper limit.
    if plan.maximum is not None and expected >= (plan.maximum + 1) * rows:
        reached, most = percent(expected // rows), percent(plan.maximum)
        raise Refused(N_("总比例 {reached} 超过一般检查事项的上限 {most}", reached=reached, most=most))
    if plan.capacity is not None and expected > plan.capacity * UNIT:
        needed = -(-expected // UNIT)
        raise Refused(N_("预计抽取 {needed} 户，检查力量只够 {capacity} 户", needed=needed, capacity=plan.capacity))
