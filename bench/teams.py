"""Teams for 2,000 subjects from 500 inspectors (issue 7: 100 % of the hard constraints in at most 5 CPU s).

The instance is that of draw.md §3.4: ten regions, five departments that join at about 1.8 of them per subject, four
qualifications, 1 % of pairs kept apart, 5 % of the inspectors absent. It is made by a hash, so that it is always the same.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from hashlib import sha256
from itertools import pairwise
from time import process_time
from typing import Any

from app.domains.draw.rules.drbg import Drbg, key
from app.domains.draw.rules.teams import chances
from app.domains.draw.rules.teams.assigning import Team, assign
from app.domains.draw.rules.teams.caps import Cut, within_caps
from app.domains.draw.rules.teams.chances import UNIT, Table, table
from app.domains.draw.rules.teams.checker import faults, named
from app.domains.draw.rules.teams.facts import Case, Inspector, Post, Task, Terms
from app.domains.draw.rules.teams.matching import Matching, matching
from app.domains.draw.rules.teams.regions import Regions

SEED = sha256(b"bench/teams").digest()
DEPARTMENTS = ("市场监管", "应急管理", "消防救援", "文化旅游", "卫生健康")
NEEDS = ("食品", "特种设备", "药品", "消防设施")
REGIONS = tuple(f"6101{at:02}" for at in range(1, 11))
WINDOW = (date(2026, 3, 1), date(2026, 11, 30))


def case(subjects: int = 2000, inspectors: int = 500, rounds: int = 300, most: int = 60) -> Case:
    chance = Drbg("sha256", SEED)
    km = {a: {b: 8 + 9 * abs(x - y) for y, b in enumerate(REGIONS) if a != b} for x, a in enumerate(REGIONS)}
    roster = []
    for at in range(inspectors):
        held = frozenset(need for need in NEEDS if chance.below(2))
        away = ((WINDOW[0], WINDOW[1]),) if chance.below(20) == 0 else ()
        department, region = DEPARTMENTS[at % 5], REGIONS[chance.below(len(REGIONS))]
        roster.append(
            Inspector(
                f"27{at:06}", frozenset({department}), f"{department}/{region}", region, most,
                qualifications=held, certified_until=date(2028, 1, 1), leave=away,
            )
        )  # fmt: skip
    tasks, apart = [], set()
    for at in range(subjects):
        subject, region = f"9161{at:014}", REGIONS[chance.below(len(REGIONS))]
        joining = 1 + sum(chance.below(5) == 0 for _ in range(4))
        first = chance.below(5)
        for step in range(joining):
            post = Post(subject, DEPARTMENTS[(first + step) % 5])
            tasks.append(Task(post, region, frozenset({NEEDS[chance.below(4)]}), width=3, rank=at))
        apart |= {(roster[chance.below(inspectors)].id, subject) for _ in range(inspectors // 100)}
    return Case(Terms(WINDOW, rounds=rounds), Regions(km), roster, tasks, declared=frozenset(apart))


def bench() -> dict[str, Any]:
    """CPU seconds of each part, and what the checker says of the outcome. Where numba is, it has compiled before."""
    _parts(case(300, 400, rounds=2))
    given = case()
    cost, facts, rows, teams = _parts(given)
    began = process_time()
    wrong = faults(given, facts, rows, named(facts, teams))
    loads = Counter(person for team in teams for part in team for person in part)
    return {
        **cost,
        "check": process_time() - began,
        "faults": [str(each) for each in wrong],
        "tasks": len(given.tasks),
        "people": len(facts.people),
        "pairs": sum(map(len, rows)),
        "loads": [min(loads.values()), max(loads.values())],
        "highest": max(row.both for of in rows for row in of) / UNIT,
        "compiled": chances.swiftly is not None,
    }


def _parts(given: Case) -> tuple[dict[str, float], Matching, Table, list[Team]]:
    marks = [process_time()]
    facts = matching(given)
    marks.append(process_time())
    rows = within_caps(facts, table(facts))
    assert not isinstance(rows, Cut), rows
    marks.append(process_time())
    teams = assign(facts, rows, Drbg("sm3", key("sm3", SEED, "assign")))
    marks.append(process_time())
    names = ("facts", "table", "rounding")
    return dict(zip(names, (b - a for a, b in pairwise(marks)), strict=True)), facts, rows, teams


if __name__ == "__main__":
    print(json.dumps(bench(), ensure_ascii=False, indent=1))
