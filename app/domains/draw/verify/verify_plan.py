#!/usr/bin/env python3
"""Computes the chances of a random draw (SSJ1) again from its plan: nobody had another one. verify.py lies beside.

verify_plan.py RECORD    the record: a folder, or the zip as it was published
"""

import json
import sys
import zipfile
from pathlib import Path

from verify import H, U, canonical, need, split, use


def weight(own, cell):
    """How much more likely a cell is than others of its class: by its years since the last draw, and by its band."""
    _, _, age, band = split(cell)
    return own["ages"][min(age, len(own["ages"]) - 1)] * own["bands"].get(band, 1000)


def fill(own, sizes, goal):
    """Chances in proportion to the weights that together expect the goal; more than certain is certain."""
    sharing, chances = {cell for cell in sizes if weight(own, cell)}, dict.fromkeys(sizes, 0)
    while sharing:
        total = sum(sizes[cell] * weight(own, cell) for cell in sharing)
        sure = {cell for cell in sharing if weight(own, cell) * goal > U * total}
        if not sure:
            return chances | {cell: -(-weight(own, cell) * goal // total) for cell in sharing}
        chances |= dict.fromkeys(sure, U)
        goal -= U * sum(sizes[cell] for cell in sure)
        sharing -= sure
    need(goal <= 0, "计划的比例无法达到")
    return chances


def first_chances(plan, own, sizes):
    """The chances of a class as the plan alone gives them, nobody below the floor."""
    if own["hazards"]:
        hazards = own["hazards"]
        chances = {cell: hazards[min(max(split(cell)[2], 1), len(hazards)) - 1] for cell in sizes}
    else:
        chances = fill(own, sizes, own["ratio"] * sum(sizes.values()))
    return {cell: max(chance, plan["floor"]) for cell, chance in chances.items()}


def raise_to_minimum(plan, sizes, chances, rows):
    """What is missing to the legal minimum comes from the largest class, as far as it can give, then from the next."""
    needed = -(-plan["minimum"] * rows // U) * U
    for name in sorted(sizes, key=lambda name: (-sum(sizes[name].values()), name)):
        missing = needed - sum(sizes[of][cell] * chance for of in sizes for cell, chance in chances[of].items())
        own = plan["classes"][name]
        free = {cell: size for cell, size in sizes[name].items() if weight(own, cell)} if not own["hazards"] else {}
        room = sum(size * (U - chances[name][cell]) for cell, size in free.items())
        if missing > 0 and room:
            goal = sum(size * chances[name][cell] for cell, size in free.items()) + min(missing, room)
            raised = fill(own, free, goal)
            chances[name] |= {cell: max(chance, plan["floor"]) for cell, chance in raised.items()}


def check_plan(root):
    """The chances in the freeze record are those of the plan that it names."""
    frozen, plan = (json.loads((root / name).read_bytes()) for name in ("freeze.json", "plan.json"))
    use(frozen["alg"])
    need(H(canonical(plan)).hex() == frozen["plan_hash"], "计划不是冻结记录所指的那一份")
    sizes = {name: {} for name in sorted(plan["classes"])}
    expected = {}
    for cell, (size, _) in frozen["cells"].items():
        _, name, _, band = split(cell)
        expected[cell] = 0  # excluded, unless it is said below
        if not band.startswith("!"):
            sizes[name][cell] = size
    chances = {name: first_chances(plan, plan["classes"][name], sizes[name]) for name in sizes}
    raise_to_minimum(plan, sizes, chances, frozen["rows"])
    for of_class in chances.values():
        expected |= of_class
    for cell, (_, chance) in frozen["cells"].items():
        need(chance == expected[cell], f"单元 {cell} 的概率 {chance} 不是计划给出的 {expected[cell]}")
    total = sum(size * chance for size, chance in frozen["cells"].values())
    print(f"相符 VERIFIED plan: {len(expected)} cells, {total / U:.6f} expected of {frozen['rows']}")


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
    check_plan(zipfile.Path(where) if zipfile.is_zipfile(where) else Path(where))
