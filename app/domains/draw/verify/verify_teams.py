#!/usr/bin/env python3
"""Computes the teams of a random draw (SSJ1) again from its published record; verify.py lies beside.

verify_teams.py RECORD [--no-merkle]    the record: a folder, or the zip as it was published
"""

import json
import sys
import zipfile
from decimal import Decimal, getcontext
from pathlib import Path

from verify import H, canonical, check_log, check_record, check_seed, need, round_net, words

V = 2**30  # the unit of a chance of a seat
FILES = ("matching.json", "table.json", "result_B.json")
getcontext().prec = 50
EXP = [int((Decimal(-k) / 256).exp() * 2**20) for k in range(4096)]


def highest(seats, able, least):
    """The highest chance of a qualified and of another candidate: the bound of the task, or what few people make it."""
    (experts, members), (numerator, denominator) = seats, least
    qualified = sum(each[2] for each in able)
    general = max(V * numerator // denominator, -(-(experts + members) * V // len(able)))
    special = max(general, -(-experts * V // qualified) if experts else 0)
    return min(special, V), min(general, V)


def fill(weights, rooms, total):
    """The total shared by weight, nobody above his room; what is left over goes, one by one, to the first with room."""
    shares, sharing = [0] * len(weights), [at for at, room in enumerate(rooms) if room > 0]
    while sharing:
        heavy = sum(weights[at] for at in sharing)
        over = [at for at in sharing if weights[at] * total // heavy > rooms[at]]
        if not over:
            break
        for at in over:
            shares[at] = rooms[at]
            total -= rooms[at]
        sharing = [at for at in sharing if at not in over]
    for at in sharing:
        shares[at] = weights[at] * total // heavy
    left = total - sum(shares[at] for at in sharing)
    for most in (1, left):
        for at in sharing:
            more = min(left, most, rooms[at] - shares[at])
            shares[at] += more
            left -= more
    need(left == 0, "概率表无法填满")
    return shares


def computed(matching):
    """The table as it follows from the matching, and the load of everybody in it."""
    people, mu = matching["inspectors"], matching["mu"]
    prices = [0] * len(people)
    for turn in range(matching["rounds"]):
        loads, rows, known = [load * V for _, _, _, load in people], [], {}
        for _, seats, able, least in matching["tasks"]:
            alike = canonical([seats, able, least])
            if alike not in known:
                known[alike] = row(seats, able, least, prices)
            rows.append(known[alike])
            for person, expert, member in known[alike]:
                loads[person] += expert + member
        if turn + 1 < matching["rounds"]:
            mean = max(1, sum(loads) // max(1, len(people)) >> 10)
            wanted = [(mu << 16) * (load >> 10) // mean for load in loads]
            prices = [price + (want - price) // (1 + mu) for price, want in zip(prices, wanted)]
    return rows, loads


def row(seats, able, least, prices):
    """The chances of one task at these prices: those who are farther away or have more to do get less."""
    special, general = highest(seats, able, least)
    lowest = min(prices[person] for person, _, _ in able)
    weights = [way * EXP[min((prices[person] - lowest) >> 8, 4095)] + 1 for person, way, _ in able]
    experts = fill(weights, [special if qualified else 0 for _, _, qualified in able], seats[0] * V)
    tops = [special if qualified else general for _, _, qualified in able]
    members = fill(weights, [top - taken for top, taken in zip(tops, experts)], seats[1] * V)
    return [[each[0], e, g] for each, e, g in zip(able, experts, members)]


def check_table(matching, table):
    """Every seat is given out exactly, within the bounds; and the table is the one that the matching makes."""
    need([task[0] for task in matching["tasks"]] == [task for task, _ in table["tasks"]], "概率表的任务不符")
    for (task, seats, able, least), (_, rows) in zip(matching["tasks"], table["tasks"]):
        special, general = highest(seats, able, least)
        top = {person: special if qualified else general for person, _, qualified in able}
        expert = {person: bool(qualified) for person, _, qualified in able}
        need([person for person, _, _ in rows] == [each[0] for each in able if each[0] in {r[0] for r in rows}], task)
        for person, e, g in rows:
            fits = e >= 0 and g >= 0 and 0 < e + g <= top[person] and (e == 0 or expert[person])
            need(fits, f"{task} 的概率超出界限")
        need([sum(r[1] for r in rows), sum(r[2] for r in rows)] == [seat * V for seat in seats], f"{task} 的席位不满")
    made, loads = computed(matching)
    if any(load > room * V for load, (_, _, room, _) in zip(loads, matching["inspectors"])):
        return "caps bind: bounds checked, table not recomputed"
    made = [[each for each in rows if each[1] + each[2]] for rows in made]
    need(made == [rows for _, rows in table["tasks"]], "概率表不是由资格与距离算出的那一份")
    return "table recomputed"


def drawn_teams(matching, table, seed):
    """The teams that the seed makes of the table: a flow from seats over people and their units, rounded."""
    edges, seats, sums = [], {}, {}
    for number, (_, rows) in enumerate(table["tasks"]):
        for person, e, g in rows:
            both = ("pair", number, person)
            goal = both if e and g else (1, person)
            for kind, chance in enumerate((e, g)):
                if chance:
                    seats[len(edges)] = number, person, kind
                    edges.append((("seat", number, kind), goal, chance))
            if goal == both:
                edges.append((both, (1, person), e + g))
            unit = (2, matching["inspectors"][person][1].encode())
            for edge in (((1, person), unit), (unit, (3,))):
                sums[edge] = sums.get(edge, 0) + e + g
    edges += [(*edge, sums[edge]) for edge in sorted(sums)]
    teams = [[task, [], []] for task, _ in table["tasks"]]
    for edge, flow in enumerate(round_net(edges, V, words(seed, b"assign"))):
        if flow and edge in seats:
            number, person, kind = seats[edge]
            teams[number][1 + kind].append(person)
    return teams


def check_teams(root, merkle=True):
    """A whole record: the subjects, then their teams."""
    frozen, ceremony, steps = check_record(root, merkle)
    files = [json.loads((root / name).read_bytes()) for name in FILES]
    for name, value in zip(FILES, files):
        need(canonical(value) == (root / name).read_bytes(), f"{name} 不是规范写法")
    matching, table, result = files
    stands_on = [steps["result:A"], H(canonical(matching)), H(canonical(table))]
    names = [bytes.fromhex(name) for name in (matching["result_A"], table["matching"], result["table"])]
    need(names == stands_on and {each["draw_id"] for each in files} == {frozen["draw_id"]}, "各文件互不衔接")
    # The table was fixed before the links of its seed were shown.
    seed, more = check_seed(frozen, ceremony["stages"]["B"], "B", 1, [stands_on[0], stands_on[2]])
    steps = steps | {"table": stands_on[2]} | more | {"result:B": H(canonical(result))}
    check_log((root / "log.jsonl").read_bytes().splitlines(), frozen["draw_id"], steps)
    how = check_table(matching, table)
    need(drawn_teams(matching, table, seed) == result["teams"], "检查组不是种子给出的检查组")
    subjects = {task.partition("/")[0] for task, _, _ in result["teams"]}
    others = len(subjects - set((root / "result_A.csv").read_text().split()))
    print(f"相符 VERIFIED teams: {len(result['teams'])} tasks at {len(subjects)} subjects; {how}", end="")
    print(f"; {others} subjects come from other draws" if others else "")


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
    check_teams(zipfile.Path(where) if zipfile.is_zipfile(where) else Path(where), "--no-merkle" not in sys.argv)
