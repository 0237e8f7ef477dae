#!/usr/bin/env python3
"""Computes a random draw (SSJ1) again from its published record, with nothing but Python's standard library.

verify.py RECORD [--no-merkle]    the record: a folder, or the zip as it was published
"""

# fmt: off
import hashlib, json, sys, time, zipfile
from pathlib import Path

U, WORD = 10**9, 1 << 64
lp = lambda part: len(part).to_bytes(8, "big") + part
canonical = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
H = lambda *parts: hashing(b"")(b"".join(parts))

def need(holds, what):
    if not holds: raise SystemExit("不符 FAILED: " + what)

def use(alg):  # sm3.py lies beside this file: for a Python whose library has no SM3
    global new
    need(alg in ("sm3", "sha256"), "不认识的杂凑算法")
    new = (lambda: hashlib.new(alg)) if alg in hashlib.algorithms_available else __import__("sm3").Sm3

def hashing(head):  # the hash of what begins so: the beginning is hashed once
    base = new(); base.update(head); copy = base.copy
    def of(rest):
        one = copy(); one.update(rest); return one.digest()
    return of

def words(seed, label):
    """The numbers that follow from a seed."""
    for number in range(WORD):
        block = H(H(b"SSJ1/key/", label, b"\0", seed), number.to_bytes(8, "big"))
        yield from (int.from_bytes(block[at : at + 8], "big") for at in (0, 8, 16, 24))

def round_net(edges, unit, stream):
    """Around the first cycle of fractional flows, forward or back until one is whole; again while any is left."""
    flow, at = [edge[2] for edge in edges], {}
    for n, (tail, head, f) in enumerate(edges):
        if f % unit: at.setdefault(tail, {})[n] = at.setdefault(head, {})[n] = 1
    for first in range(len(edges)):
        while flow[first] % unit:
            node, last, seen, path = edges[first][0], -1, {}, []
            while node not in seen:
                seen[node], last = len(path), next(n for n in at[node] if n != last)
                path.append((last, edges[last][0] == node)); node = edges[last][edges[last][0] == node]
            path = path[seen[node]:]
            more = min(unit - flow[n] % unit if along else flow[n] % unit for n, along in path)
            less = min(flow[n] % unit if along else unit - flow[n] % unit for n, along in path)
            word = next(w for w in stream if w < WORD // (more + less) * (more + less))
            for n, along in path:
                flow[n] += (more if word % (more + less) < less else -less) * (1 if along else -1)
                if flow[n] % unit == 0: del at[edges[n][0]][n], at[edges[n][1]][n]
    return [f // unit for f in flow]

def check_seed(frozen, shown, stage, number, context):
    """The links belong to the anchors, the public number was typed twice: the seed, and its steps in the log."""
    links, parties = [bytes.fromhex(link) for link in shown["links"]], frozen["parties"]
    enough = len(links) >= {"parties": 3, "office": 1}[frozen["ceremony"]]
    need(len({party["anchor"] for party in parties}) == len(parties) == len(links) and enough, "参与方缺少或重复")
    for party, link in zip(parties, links):
        for _ in range(party["position"] + number): link = H(lp(b"SSJ1/chain"), lp(link))
        need(link.hex() == party["anchor"], f"{party['name']} 的链值与锚值不符")
    need(shown["typed"] == [shown["public"]] * 2, "公共随机数两次录入不一致")
    draw, frozen_hash, public = frozen["draw_id"].encode(), H(canonical(frozen)), shown["public"].encode()
    seed = H(lp(b"SSJ1/seed"), *map(lp, [stage.encode(), draw, frozen_hash, *context, *links, public]))
    steps = {f"public:{stage}": H(public)} | {f"link:{stage}:{n}": H(link) for n, link in enumerate(links)}
    return seed, steps | {f"seed:{stage}": H(seed)}

def check_log(lines, draw_id, steps):
    """Nothing was changed, dropped or moved; each step happened once, in this order, with what is published."""
    before, found = H(lp(b"SSJ1/log"), lp(draw_id.encode())), {}
    for place, event in enumerate(map(json.loads, lines), 1):
        body = {name: said for name, said in event.items() if name not in ("prev_hash", "hash", "sig")}
        follows, before = event["prev_hash"] == before.hex(), H(lp(before), lp(canonical(body)))
        need(follows and [event["hash"], event["seq"]] == [before.hex(), place], f"日志第 {place} 条被改动、删除或移动")
        need(event["type"] not in found or event["type"] not in steps, f"日志中“{event['type']}”发生了两次")
        found[event["type"]] = event["payload_hash"]
    order = [step.rstrip("0123456789") for step in steps]  # links of one stage come in any order
    need([step.rstrip("0123456789") for step in found if step in steps] == order, "日志的步骤缺失或次序不对")
    for step in steps: need(found[step] == steps[step].hex(), f"日志中“{step}”与公布的内容不符")

def check_quotas(frozen, cells, seed):
    """How many each cell draws follows from its expected number and from the seed; the cells in their order."""
    split = lambda text: (lambda region, group, age, band="": (region, group, int(age), band))(*text.split(","))
    order, above = sorted((split(text), text, *of) for text, of in frozen["cells"].items()), {}
    need(all(0 <= pi <= U * (not part[3].startswith("!")) for part, _, _, pi in order), "概率超出范围")
    edges = [((1, part[0]), (2, *part[1:]), size * pi) for part, _, size, pi in order]
    for tail, head, flow in edges:  # 0 source, 1 region, 2 class and age, 3 class, 4 sink
        for edge in (((0,), tail), (head, (3, head[1])), ((3, head[1]), (4,))): above[edge] = above.get(edge, 0) + flow
    edges += [(*edge, above[edge]) for edge in sorted(above)] + [((4,), (0,), sum(edge[2] for edge in edges))]
    need(len(cells) == len(order), "单元不全")
    for (_, text, size, _), n in zip(order, round_net(edges, U, words(seed, b"round"))):
        wanted = [size, n, min(size - n, max(3, -(-n // 10))) if n else 0]
        need(cells[text][:3] == wanted, f"单元 {text} 的抽取数不是种子给出的数 not what the seed gives")
    return [text for _, text, _, _ in order]

def check_frame(lines, frozen, result, cells, seed, salt, merkle):
    """Every line is in its place, every ticket on its side of the threshold; both lists are the published ones."""
    highest = {cell: bytes.fromhex(u or t) for cell, (_, _, _, t, u) in cells.items()}
    lots, counts, before, flat, stack = {cell: [] for cell in cells}, dict.fromkeys(cells, 0), b"", new(), []
    ticket, leaf, node = hashing(H(b"SSJ1/key/ticket\0", seed)), hashing(b"\0"), hashing(b"\1")
    for line in lines:
        subject, _, cell = line.partition(b",")
        if subject <= before or cell not in cells: need(False, f"名录有重复、乱序或不规范的行 {line}")
        before = subject; counts[cell] += 1; flat.update(line); lot = ticket(subject)
        if lot <= highest[cell]: lots[cell].append((lot, subject))
        if merkle:
            height, made = 0, leaf((H(lp(salt), lp(subject))[:16] if salt else b"") + line)
            while stack and stack[-1][0] == height: height, made = height + 1, node(stack.pop()[1] + made)
            stack.append((height, made))
    while len(stack) > 1: stack[-2:] = [(0, node(stack[-2][1] + stack[-1][1]))]
    need(not merkle or stack and stack[0][1].hex() == frozen["root"], "名录与冻结时的树根不符 Merkle root differs")
    need(flat.digest().hex() == frozen["flat"] and sum(counts.values()) == frozen["rows"], "名录与冻结时的杂凑不符")
    drawn, reserve = [], []
    for cell, (size, n, r, t, u) in cells.items():
        found = sorted(lots[cell])
        need([counts[cell], len(found)] == [size, n + r], f"单元 {cell.decode()} 的户数或中签数不符")
        last = [found[some - 1][0].hex() if of else "" for some, of in ((n, n), (n + r, r))]
        need(last == [t, u], f"单元 {cell.decode()} 的门槛不符")
        drawn += [subject for _, subject in found[:n]]
        reserve += [subject for _, subject in found[n:]]
    listed = [H(b"".join(subject + b"\n" for subject in names)).hex() for names in (sorted(drawn), reserve)]
    need([result["list"], result["reserve"], result["drawn"]] == [*listed, len(drawn)], "名单不符")

def check_record(root, merkle=True):
    """The whole of a record up to its subjects; for verify_teams.py the files and the steps of the log so far."""
    files = {}
    for name in ("freeze", "ceremony", "result_A"):
        files[name] = json.loads(raw := (root / f"{name}.json").read_bytes())
        need(canonical(files[name]) == raw, f"{name} 不是规范写法")
    frozen, ceremony, result = files.values(); use(frozen["alg"]); frozen_hash = H(canonical(frozen))
    need(result["freeze"] == frozen_hash.hex() and ceremony["draw_id"] == frozen["draw_id"], "不是同一次抽取的记录")
    seed, steps = check_seed(frozen, ceremony["stages"]["A"], "A", 0, [])
    steps = {"freeze": frozen_hash} | steps | {"result:A": H(canonical(result))}
    check_log((root / "log.jsonl").read_bytes().splitlines(), frozen["draw_id"], steps)
    for name, said in (("result_A.csv", result["list"]), ("reserve.csv", result["reserve"]),
                       ("plan.json", frozen["plan_hash"]), ("verify.py", frozen["verifier_hash"])):
        need(H((root / name).read_bytes()).hex() == said, f"{name} 不是记录所指的那一份")
    cells = {f"{text}\n".encode(): result["cells"][text] for text in check_quotas(frozen, result["cells"], seed)}
    with (root / "frame.csv").open("rb") as lines:
        salt = (root / "salt").read_bytes() if frozen["salted"] else b""
        check_frame(lines, frozen, result, cells, seed, salt, merkle)
    print(f"相符 VERIFIED {frozen['draw_id']}: {frozen['rows']} rows, {result['drawn']} drawn, {len(cells)} cells;",
          f"freeze record {frozen_hash.hex()}; {time.process_time():.1f} CPU s")
    return files, steps

if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
    check_record(zipfile.Path(where) if zipfile.is_zipfile(where) else Path(where), "--no-merkle" not in sys.argv)
