"""Teams for 2,000 subjects from 500 inspectors (issue 7: 100 % of the hard constraints in at most 5 CPU s).

The instance is that of draw.md §3.4: ten regions, five departments that join at about 1.8 of them per subject, four
qualifications, 1 % of pairs kept apart, 5 % of the inspectors absent. It is made by a hash, so that it is always the same.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from time import process_time

from app.domains.draw.rules.drbg import Drbg, key
from app.domains.draw.rules.teams.assigning import assign
from app.domains.draw.rules.teams.caps import Cut, within_caps
from app.domains.draw.rules.teams.chances import table
from app.domains.draw.rules.teams.facts import Case, Inspector, Post, Task, Terms
from app.domains.draw.rules.teams.matching import matching
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


def main() -> None:
    given = case()
    began = process_time()
    facts = matching(given)
    matched = process_time()
    rows = within_caps(facts, table(facts))
    assert not isinstance(rows, Cut), rows
    counted = process_time()
    teams = assign(facts, rows, Drbg("sm3", key("sm3", SEED, "assign")))
    drawn = process_time()
    edges = sum(len(of) for of in rows)
    loads = [0] * len(facts.people)
    for experts, members in teams:
        for person in (*experts, *members):
            loads[person] += 1
    print(f"{len(given.tasks)} tasks, {len(facts.people)} people, {edges} pairs, loads {min(loads)}…{max(loads)}")
    print(f"CPU s: facts {matched - began:.1f}, table {counted - matched:.1f}, teams {drawn - counted:.1f}")


if __name__ == "__main__":
    main()
