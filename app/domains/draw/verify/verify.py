#!/usr/bin/env python3
"""Computes a random draw (SSJ1) again from its published record, with nothing but Python's standard library.

verify.py RECORD [--no-merkle]    the record: a folder, or the zip as it was published
"""

import hashlib
import json
import sys
import time
import zipfile
from pathlib import Path

U = 10**9  # the unit of a chance
FILES = ("freeze.json", "ceremony.json", "result_A.json")


def need(holds, what):
    """End with what is wrong, unless it holds."""
    if not holds:
        raise SystemExit("不符 FAILED: " + what)


# --- Hashes, and the numbers that follow from a seed ---


def new_hash():
    """A fresh hash of the draw's algorithm. sm3.py lies beside this file: for a Python whose library has no SM3."""
    if ALGORITHM in hashlib.algorithms_available:
        return hashlib.new(ALGORITHM)
    from sm3 import Sm3

    return Sm3()


def use(algorithm):
    """Say which hash the draw uses."""
    global ALGORITHM
    need(algorithm in ("sm3", "sha256"), "不认识的杂凑算法")
    ALGORITHM = algorithm


def hashing(start):
    """The hash of all that begins with this start, which is hashed only once."""
    base = new_hash()
    base.update(start)
    copy = base.copy

    def of_rest(rest):
        one = copy()
        one.update(rest)
        return one.digest()

    return of_rest


def H(*parts):  # noqa: N802 - its name in SSJ1
    """The hash of the parts, one after the other."""
    return hashing(b"")(b"".join(parts))


def lp(part):
    """A part with its length before it."""
    return len(part).to_bytes(8, "big") + part


def canonical(value):
    """The one spelling of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def words(seed, label):
    """The numbers of 64 bits that follow from a seed, for one use of it."""
    key, counter = H(b"SSJ1/key/", label, b"\0", seed), 0
    while True:
        block = H(key, counter.to_bytes(8, "big"))
        yield from (int.from_bytes(block[at : at + 8], "big") for at in (0, 8, 16, 24))
        counter += 1


def round_net(edges, unit, stream):
    """The flows of edges (tail, head, flow), each rounded to a multiple of the unit.

    Around the first cycle of fractional flows push forward or back until one of them is whole; again while any is left.
    """
    flow = [edge[2] for edge in edges]
    open_at = {}  # node: its edges whose flow is fractional, in order
    for number, (tail, head, amount) in enumerate(edges):
        if amount % unit:
            open_at.setdefault(tail, {})[number] = open_at.setdefault(head, {})[number] = True
    for first in range(len(edges)):
        while flow[first] % unit:
            node, last, seen, path = edges[first][0], None, {}, []
            while node not in seen:
                seen[node] = len(path)
                last = next(number for number in open_at[node] if number != last)
                forward = edges[last][0] == node
                path.append((last, forward))
                node = edges[last][1 if forward else 0]
            cycle = path[seen[node] :]
            over = [(flow[number] % unit, forward) for number, forward in cycle]
            more = min(unit - part if forward else part for part, forward in over)
            less = min(part if forward else unit - part for part, forward in over)
            fair = 2**64 // (more + less) * (more + less)
            word = next(word for word in stream if word < fair)
            push = more if word % (more + less) < less else -less
            for number, forward in cycle:
                flow[number] += push if forward else -push
                if flow[number] % unit == 0:
                    for end in edges[number][:2]:
                        del open_at[end][number]
    return [amount // unit for amount in flow]


# --- What is checked ---


def check_seed(frozen, shown, stage, number, context):
    """The links belong to the anchors, the public number was typed twice; the seed, and its steps in the log."""
    links, parties = [bytes.fromhex(link) for link in shown["links"]], frozen["parties"]
    least = {"parties": 3, "office": 1}[frozen["ceremony"]]
    different = len({party["anchor"] for party in parties})
    need(different == len(parties) == len(links) and different >= least, "参与方缺少或重复")
    for party, link in zip(parties, links):
        for _ in range(party["position"] + number):
            link = H(lp(b"SSJ1/chain"), lp(link))
        need(link.hex() == party["anchor"], f"{party['name']} 的链值与锚值不符")
    need(shown["typed"] == [shown["public"], shown["public"]], "公共随机数两次录入不一致")
    public = shown["public"].encode()
    given = [stage.encode(), frozen["draw_id"].encode(), H(canonical(frozen)), *context, *links, public]
    seed = H(lp(b"SSJ1/seed"), *(lp(part) for part in given))
    steps = {f"public:{stage}": H(public)} | {f"link:{stage}:{n}": H(link) for n, link in enumerate(links)}
    return seed, steps | {f"seed:{stage}": H(seed)}


def check_log(lines, draw_id, steps):
    """Nothing was changed, dropped or moved; each step happened once, in this order, with what is published."""
    before, found = H(lp(b"SSJ1/log"), lp(draw_id.encode())), {}
    for place, line in enumerate(lines, 1):
        event = json.loads(line)
        body = {name: said for name, said in event.items() if name not in ("prev_hash", "hash", "sig")}
        follows = event["prev_hash"] == before.hex() and event["seq"] == place
        before = H(lp(before), lp(canonical(body)))
        need(follows and event["hash"] == before.hex(), f"日志第 {place} 条被改动、删除或移动")
        step = event["type"]
        need(step not in steps or step not in found, f"日志中“{step}”发生了两次")
        found[step] = event["payload_hash"]
    # Links of one stage may come in any order.
    order, wanted = ([step.rstrip("0123456789") for step in names if step in steps] for names in (found, steps))
    need(order == wanted, "日志的步骤缺失或次序不对")
    for step, payload in steps.items():
        need(found[step] == payload.hex(), f"日志中“{step}”与公布的内容不符")


def split(cell):
    """The parts of a cell, in the order in which cells are sorted."""
    region, group, age, *band = cell.split(",")
    return region, group, int(age), *(band or [""])


def check_quotas(frozen, cells, seed):
    """How many each cell draws follows from its expected number and from the seed."""
    names = sorted(frozen["cells"], key=split)
    edges, sums = [], {}
    for name in names:
        (region, *column), (size, chance) = split(name), frozen["cells"][name]
        need(0 <= chance <= (0 if column[2].startswith("!") else U), f"单元 {name} 的概率超出范围")
        # The levels: 0 source, 1 region, 2 class and age, 3 class, 4 sink.
        group, flow = (3, column[0]), size * chance
        edges.append(((1, region), (2, *column), flow))
        for edge in (((0,), (1, region)), ((2, *column), group), (group, (4,))):
            sums[edge] = sums.get(edge, 0) + flow
    total = sum(flow for _, _, flow in edges)
    edges += [(*edge, sums[edge]) for edge in sorted(sums)] + [((4,), (0,), total)]
    need(len(cells) == len(names), "单元不全")
    for name, drawn in zip(names, round_net(edges, U, words(seed, b"round"))):
        size = frozen["cells"][name][0]
        reserve = min(size - drawn, max(3, -(-drawn // 10))) if drawn else 0
        need(cells[name][:3] == [size, drawn, reserve], f"单元 {name} 的抽取数不是种子给出的数 not what the seed gives")
    return names


def read_frame(lines, cells, seed, salt, merkle):
    """Every line of the frame: its order, its hashes, its ticket. Rows and tickets in reach by cell; two hashes."""
    reach = {cell: bytes.fromhex(behind or last) for cell, (_, _, _, last, behind) in cells.items()}
    counts, found = dict.fromkeys(cells, 0), {cell: [] for cell in cells}
    flat, leaf_start, ticket_start = new_hash(), new_hash(), new_hash()
    leaf_start.update(b"\0")
    ticket_start.update(H(b"SSJ1/key/ticket\0", seed))
    leaves, tops, before = [], [], b""
    for line in lines:
        subject, _, cell = line.partition(b",")
        if subject <= before or cell not in counts:
            need(False, f"名录有重复、乱序或不规范的行 {line}")
        before = subject
        counts[cell] += 1
        flat.update(line)
        hashed = ticket_start.copy()
        hashed.update(subject)
        ticket = hashed.digest()
        if ticket <= reach[cell]:
            found[cell].append((ticket, subject))
        if merkle:
            hashed = leaf_start.copy()
            if salt:
                hashed.update(H(lp(salt), lp(subject))[:16])
            hashed.update(line)
            leaves.append(hashed.digest())
            if len(leaves) == 65536:  # such a part is a level of the tree
                tops.append(tree(leaves))
                leaves = []
    return counts, found, flat.digest().hex(), tree(tops + ([tree(leaves)] if leaves else [])).hex()


def tree(level):
    """The root over hashes: pair by pair, level by level; an odd last one rises as it is."""
    node = hashing(b"\1")
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [node(left + right) for left, right in zip(level[::2], level[1::2])] + odd
    return level[0] if level else b""


def check_tickets(cells, counts, found, result):
    """The smallest tickets of each cell are drawn, the next ones in reserve; both lists are the published ones."""
    drawn, reserve = [], []
    for cell, (size, taken, spare, last, last_spare) in cells.items():
        tickets = sorted(found[cell])
        need((counts[cell], len(tickets)) == (size, taken + spare), f"单元 {cell.decode()} 的户数或中签数不符")
        need(last == (tickets[taken - 1][0].hex() if taken else ""), f"单元 {cell.decode()} 的门槛不符")
        need(last_spare == (tickets[-1][0].hex() if spare else ""), f"单元 {cell.decode()} 的备选门槛不符")
        drawn += [subject for _, subject in tickets[:taken]]
        reserve += [subject for _, subject in tickets[taken:]]
    for name, subjects in (("list", sorted(drawn)), ("reserve", reserve)):
        need(H(b"".join(subject + b"\n" for subject in subjects)).hex() == result[name], "名单不符")
    need(result["drawn"] == len(drawn), "抽取总数不符")


def check_record(root, merkle=True):
    """A record up to its subjects. Gives its files and the steps of its log so far, for verify_teams.py."""
    files = [json.loads((root / name).read_bytes()) for name in FILES]
    for name, value in zip(FILES, files):
        need(canonical(value) == (root / name).read_bytes(), f"{name} 不是规范写法")
    frozen, ceremony, result = files
    use(frozen["alg"])
    frozen_hash = H(canonical(frozen))
    need(result["freeze"] == frozen_hash.hex() and ceremony["draw_id"] == frozen["draw_id"], "不是同一次抽取的记录")
    seed, steps = check_seed(frozen, ceremony["stages"]["A"], "A", 0, [])
    steps = {"freeze": frozen_hash} | steps | {"result:A": H(canonical(result))}
    check_log((root / "log.jsonl").read_bytes().splitlines(), frozen["draw_id"], steps)
    meant = {"plan.json": frozen["plan_hash"], "result_A.csv": result["list"], "reserve.csv": result["reserve"]}
    for names, said in (meant | {"verify.py verify_teams.py": frozen["verifier_hash"]}).items():
        made = H(*((root / name).read_bytes() for name in names.split()))
        need(made.hex() == said, f"{names} 不是记录所指的那一份")
    cells = {f"{name}\n".encode(): result["cells"][name] for name in check_quotas(frozen, result["cells"], seed)}
    salt = (root / "salt").read_bytes() if frozen["salted"] else b""
    with (root / "frame.csv").open("rb") as lines:
        counts, found, flat, top = read_frame(lines, cells, seed, salt, merkle)
    need(not merkle or top == frozen["root"], "名录与冻结时的树根不符 Merkle root differs")
    need(flat == frozen["flat"] and sum(counts.values()) == frozen["rows"], "名录与冻结时的杂凑不符")
    check_tickets(cells, counts, found, result)
    print(f"相符 VERIFIED {frozen['draw_id']}: {frozen['rows']} rows, {result['drawn']} drawn, {len(cells)} cells;")
    print(f"freeze record {frozen_hash.hex()}; {time.process_time():.1f} CPU s")
    return frozen, ceremony, steps


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
    check_record(zipfile.Path(where) if zipfile.is_zipfile(where) else Path(where), "--no-merkle" not in sys.argv)
