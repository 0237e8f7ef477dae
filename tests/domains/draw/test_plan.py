"""From a plan to the chance of every cell."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Refused
from app.domains.draw.rules.cells import UNIT, Cell, cell
from app.domains.draw.rules.plan import ClassPlan, Plan, allot, fill, plan_of
from tests.domains.draw import county

A, B, OLD, OUT = cell("610113,A,0"), cell("610113,B,0"), cell("610113,B,1"), cell("610113,B,1,!CAP")


def chances(plan: Plan, counts: dict[Cell, int]) -> dict[Cell, int]:
    return {each: chance for each, (_, chance) in allot(plan, counts).chances.items()}


def test_one_ratio_for_all():
    assert chances(Plan({"A": ClassPlan(UNIT // 20)}), {A: 100}) == {A: UNIT // 20}


def test_weights_share_the_ratio():
    # 10 % of 40 are 4; old ones count three times: 20 + 60 parts, 0.05 and 0.15.
    plan = Plan({"B": ClassPlan(UNIT // 10, ages=(1000, 3000))})
    assert chances(plan, {B: 20, OLD: 20}) == {B: 50_000_000, OLD: 150_000_000}


def test_more_than_certain_is_certain_and_the_rest_goes_to_others():
    # 8 of 10; the two old ones would be at 0.8 x 10 x 9 / 26 each: they are certain, 6 of 8 remain.
    plan = Plan({"B": ClassPlan(UNIT * 8 // 10, ages=(1000, 9000))})
    assert chances(plan, {B: 8, OLD: 2}) == {B: 750_000_000, OLD: UNIT}


def test_chances_are_rounded_up():
    # A third of the weight of one in 7: never less than the plan.
    plan = Plan({"A": ClassPlan(142_857_143), "B": ClassPlan(UNIT // 7, ages=(1000, 2000))})
    assert chances(plan, {B: 1, OLD: 1}) == {B: 95_238_095, OLD: 190_476_190}


def test_bands_weigh_as_well():
    low, high = cell("610113,B,0,01"), cell("610113,B,0,02")
    plan = Plan({"B": ClassPlan(UNIT // 10, bands={"02": 4000})})
    assert chances(plan, {low: 10, high: 10}) == {low: 40_000_000, high: 160_000_000}


def test_hazards_are_taken_as_they_are():
    plan = Plan({"B": ClassPlan(0, hazards=(UNIT // 4, UNIT // 2, UNIT))})
    ages = {cell(f"610113,B,{age}"): 10 for age in range(5)}
    assert list(chances(plan, ages).values()) == [UNIT // 4, UNIT // 4, UNIT // 2, UNIT, UNIT]


def test_the_excluded_stand_in_the_plan_with_no_chance():
    plan = Plan({"B": ClassPlan(UNIT // 10)}, floor=5)
    assert chances(plan, {OLD: 10, OUT: 5}) == {OLD: UNIT // 10, OUT: 0}
    assert chances(plan, {OUT: 5}) == {OUT: 0}


def test_nobody_is_below_the_floor():
    made = allot(Plan({"B": ClassPlan(UNIT // 10, ages=(0, 1000))}, floor=UNIT // 100), {B: 10, OLD: 10})
    assert dict(made.chances) == {B: (10, UNIT // 100), OLD: (10, UNIT // 5)}
    assert [str(each) for each in made.changes] == ["1 个单元的概率提高到最低概率 1%"]


def test_the_legal_minimum_is_reached_by_the_largest_class():
    # 5 % of 200 are 10; A gives 1.5 and B 5: the missing 3.5 go to A.
    plan = Plan({"A": ClassPlan(UNIT // 100), "B": ClassPlan(UNIT // 10)}, minimum=UNIT // 20)
    made = allot(plan, {A: 150, B: 50})
    assert dict(made.chances) == {A: (150, 33_333_334), B: (50, UNIT // 10)}
    assert [str(each) for each in made.changes] == ["为达到法定最低比例 5%，提高类别 A 的概率"]
    # One certain class is not enough: the next one gives.
    made = allot(replace(plan, minimum=UNIT * 9 // 10), {A: 150, B: 50})
    assert dict(made.chances) == {A: (150, UNIT), B: (50, 600_000_000)}
    # 5 % of 21 are two subjects, not one and a bit.
    assert dict(allot(plan, {A: 21}).chances) == {A: (21, 95_238_096)}


@pytest.mark.parametrize(
    ("plan", "counts", "said"),
    [
        (Plan({}), {A: 1}, "没有规定类别 A"),
        (Plan({"B": ClassPlan(UNIT // 2, ages=(0, 1000))}), {B: 9, OLD: 1}, "比例无法达到"),
        (
            Plan({"B": ClassPlan(0, hazards=(0, UNIT))}, minimum=UNIT // 20),
            {B: 40},
            "最低比例 5% 无法达到：最多只能抽取 0 户",
        ),
        (Plan({"A": ClassPlan(UNIT // 20)}, minimum=UNIT // 20), {A: 1, OUT: 40}, "无法达到：最多只能抽取 1 户"),
        (Plan({"A": ClassPlan(UNIT // 20)}, maximum=UNIT // 25), {A: 100}, "总比例 5% 超过一般检查事项的上限 4%"),
        (Plan({"A": ClassPlan(UNIT // 20)}, capacity=4), {A: 100}, "预计抽取 5 户，检查力量只够 4 户"),
    ],
)
def test_what_cannot_be_kept_is_refused(plan: Plan, counts: dict[Cell, int], said: str):
    with pytest.raises(Refused, match=said):
        allot(plan, counts)


def test_what_is_rounded_up_is_not_held_against_a_limit():
    plan = Plan({"B": ClassPlan(UNIT // 10, ages=(1000, 700))}, maximum=UNIT // 10)
    assert sum(size * chance for size, chance in allot(plan, {B: 33, OLD: 34}).chances.values()) > 67 * UNIT // 10
    allot(Plan({"A": ClassPlan(UNIT // 20)}, maximum=UNIT // 20, capacity=5), {A: 100})


CELLS = st.builds(
    Cell,
    st.sampled_from(["610102", "610113"]),
    st.sampled_from("AB"),
    st.integers(0, 3),
    st.sampled_from(["", "01", "!CAP"]),
)
PLANS = st.builds(
    ClassPlan,
    st.integers(1, UNIT),
    st.lists(st.integers(1, 5000), min_size=1, max_size=4).map(tuple),
    st.just({"01": 1500}),
)


@given(st.dictionaries(CELLS, st.integers(1, 2000), min_size=1), PLANS, PLANS, st.integers(0, UNIT // 10))
@county.UNHURRIED
def test_whatever_the_plan_the_ratio_is_reached_by_fair_chances(
    counts: dict[Cell, int], a: ClassPlan, b: ClassPlan, floor: int
):
    plan = Plan({"A": a, "B": b}, floor=floor)
    made = allot(plan, counts).chances
    assert list(made) == sorted(counts)
    for name, own in plan.classes.items():
        cells = [each for each in made if each.subject_class == name and not each.is_excluded]
        size, expected = sum(made[each][0] for each in cells), sum(made[each][0] * made[each][1] for each in cells)
        assert expected >= own.ratio * size
        if cells and not any(made[each][1] == floor for each in cells):
            assert expected < own.ratio * size + size
        free = [each for each in cells if floor < made[each][1] < UNIT]
        for one in free:
            for other in free:
                # In the proportion of the weights, but for less than 10^-9.
                assert abs(made[one][1] * own.weight(other) - made[other][1] * own.weight(one)) <= max(
                    own.weight(one), own.weight(other)
                )
    assert all(chance == 0 if each.is_excluded else floor <= chance <= UNIT for each, (_, chance) in made.items())


def test_water_fills_vessels_again_and_again():
    cells = [cell(f"1,A,{age}") for age in range(4)]
    weights = dict(zip(cells, (1, 10, 100, 1000)))
    assert fill(dict.fromkeys(cells, 1), weights, 3 * UNIT) == dict(zip(cells, (90_909_091, 909_090_910, UNIT, UNIT)))


def test_a_plan_is_what_its_record_says():
    plan = plan_of(county.PLAN)
    assert plan.classes["C"] == ClassPlan(150_000_000, (1000, 500, 1000, 2000))
    assert plan.classes["D"].hazards[1] == 484_049_266
    assert (plan.floor, plan.minimum, plan.maximum, plan.capacity) == (5_000_000, 50_000_000, None, None)
    counts: dict[Cell, Any] = {cell("610113,D,9"): 3}
    assert dict(allot(plan, counts).chances) == {cell("610113,D,9"): (3, UNIT)}
