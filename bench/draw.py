"""The draw of subjects against one sequential scan of its frame in PostgreSQL, all in CPU seconds of the same run.

`python -m bench.draw seal|draw|compiled FOLDER ALG` are its parts, each a process of its own, so that memory is told
apart. The frame lies in the cache; the table is dropped when it was scanned.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2

from app.domains.draw.rules import log, record, seed
from app.domains.draw.rules.canon import canonical, digest, fingerprint
from app.domains.draw.rules.frame import seal
from app.domains.draw.rules.plan import allot, plan_of
from bench import ground
from bench.measure import cpu_of, own_cpu, peak_memory

ROWS, AGREED = 10_000_000, 1_000_000
PROGRAMS = ground.ROOT / "app" / "domains" / "draw" / "verify"
DRAW_ID, PUBLIC = "610100-2026-001", "上证指数 3141.59；福彩3D 926"
CLASSES = {"A": 30_000_000, "B": 60_000_000, "C": 120_000_000, "D": 380_000_000}
PLAN = {
    "ver": "SSJ1",
    "draw_id": DRAW_ID,
    "classes": {name: {"ratio": ratio, "ages": [1000, 500, 1000, 1500], "bands": {}, "hazards": []} for name, ratio in CLASSES.items()},
    "floor": 0,
    "minimum": 50_000_000,
    "maximum": None,
    "capacity": None,
}  # fmt: skip


def folder(rows: int, alg: str) -> Path:
    """Where the record of the draw of a frame of so many rows lies, with the frame."""
    place = ground.cache() / f"draw-{rows}-{alg}"
    place.mkdir(exist_ok=True)
    path = place / "frame.csv"
    if not path.exists():
        with (place / "frame.new").open("w") as file:
            file.writelines(_lines(rows))
        (place / "frame.new").rename(path)
    return place


def _lines(rows: int) -> Iterator[str]:
    """43 regions, four classes as Dandong has them, six ages: 1,032 cells."""
    names = "A" * 131 + "B" * 51 + "C" * 15 + "D" * 3
    for number in range(rows):
        mixed = number * 2654435761 % 2**32 >> 7
        yield f"91{number:014}MA,61{mixed % 43:04},{names[mixed // 43 % 200]},{mixed // 8600 % 6}\n"


def sealed(place: Path, alg: str) -> None:
    """Freeze: hashes, counts, chances; the freeze record is written."""
    with (place / "frame.csv").open("rb") as lines:
        made = seal(alg, lines)
    links = [seed.chain(alg, bytes([number] * 32), 2) for number in range(3)]
    parties = [seed.Party(f"参与方{n}", each[0], 1) for n, each in enumerate(links)]
    programs = [(PROGRAMS / name).read_bytes() for name in ("verify.py", "verify_teams.py")]
    terms = record.Terms(
        DRAW_ID, alg, "2026-11-22T08:00:00Z", fingerprint(alg, PLAN), "", "", digest(alg, *programs).hex(),
        "parties", parties, "首个收盘价", "open",
    )  # fmt: skip
    frozen = record.freeze(terms, made, allot(plan_of(PLAN), made.counts).chances)
    stage = {"links": [each[1].hex() for each in links], "public": PUBLIC, "typed": [PUBLIC] * 2, "envelopes": []}
    ceremony = {"ver": "SSJ1", "draw_id": DRAW_ID, "stages": {"A": stage}}
    for name, value in (("freeze", frozen), ("ceremony", ceremony), ("plan", PLAN)):
        (place / f"{name}.json").write_bytes(canonical(value))
    for program in PROGRAMS.glob("*.py"):
        (place / program.name).write_bytes(program.read_bytes())


def seed_of(place: Path) -> bytes:
    """The seed of the record."""
    frozen, ceremony = (json.loads((place / f"{name}.json").read_bytes()) for name in ("freeze", "ceremony"))
    links = [bytes.fromhex(link) for link in ceremony["stages"]["A"]["links"]]
    return seed.seed(frozen["alg"], "A", DRAW_ID, bytes.fromhex(fingerprint(frozen["alg"], frozen)), links, PUBLIC)


def drawn(place: Path, draw: Callable[[record.Record, bytes, Path], record.Drawn]) -> None:
    """The draw after the seed; the result and the log are written."""
    frozen, own = json.loads((place / "freeze.json").read_bytes()), seed_of(place)
    made = draw(frozen, own, place / "frame.csv")
    (place / "result_A.json").write_bytes(canonical(made.result))
    (place / "result_A.csv").write_bytes(made.drawn)
    (place / "reserve.csv").write_bytes(made.reserve)
    alg, stage = frozen["alg"], json.loads((place / "ceremony.json").read_bytes())["stages"]["A"]
    steps = [("freeze", fingerprint(alg, frozen)), ("public:A", digest(alg, PUBLIC.encode()).hex())]
    steps += [(f"link:A:{n}", digest(alg, bytes.fromhex(link)).hex()) for n, link in enumerate(stage["links"])]
    steps += [("seed:A", digest(alg, own).hex()), ("result:A", fingerprint(alg, made.result))]
    before, events = log.start(alg, DRAW_ID), []
    for number, (kind, payload) in enumerate(steps, 1):
        said = {"seq": number, "time": "", "actor": "", "role": "", "type": kind, "payload_hash": payload, "reason": ""}
        events.append(log.event(alg, before, said))
        before = events[-1]["hash"]
    (place / "log.jsonl").write_bytes(b"".join(canonical(each) + b"\n" for each in events))


def pure(frozen: record.Record, own: bytes, frame: Path) -> record.Drawn:
    """The draw in plain Python."""
    return record.draw_subjects(frozen, own, lambda: frame.open("rb"))


def compiled(place: Path) -> None:
    """The draw by compiled tickets, which must be the plain one."""
    from app.domains.draw.rules import compiled_tickets

    frozen = json.loads((place / "freeze.json").read_bytes())
    made = compiled_tickets.draw_subjects(frozen, seed_of(place), place / "frame.csv")
    assert canonical(made.result) == (place / "result_A.json").read_bytes()
    assert made.drawn == (place / "result_A.csv").read_bytes()


@contextmanager
def table(place: Path) -> Iterator[Any]:
    """The frame as a table, vacuumed, in a database of its own."""
    name = "bench_draw"
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        ground.ask(connection, f"CREATE DATABASE {name}")
    url = ground.superuser().set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    connection = psycopg2.connect(url)
    connection.autocommit = True
    ground.ask(connection, 'CREATE TABLE frame (id text COLLATE "C", region text, cls text, age int)')
    with (place / "frame.csv").open("rb") as lines, connection.cursor() as cursor:
        cursor.copy_expert("COPY frame FROM STDIN (FORMAT csv)", lines)
    ground.ask(connection, "VACUUM ANALYZE frame")
    try:
        yield connection
    finally:
        connection.close()
        with ground.connected() as connection:
            ground.ask(connection, f"DROP DATABASE {name} WITH (FORCE)")


def scan(connection: Any) -> dict[str, float]:
    """One sequential scan: the rows counted, and (R) their columns read as well. The third run, when all is cached."""
    pid, costs = connection.info.backend_pid, {}
    for name, wanted in (("counted", "count(*)"), ("read", "count(id), count(region), count(cls), count(age)")):
        for _ in range(3):
            before = cpu_of(pid)
            ground.ask(connection, f"SELECT {wanted} FROM frame")
            costs[name] = cpu_of(pid) - before
    return costs


def listed(connection: Any, place: Path) -> tuple[bytes, float]:
    """The list as the SQL of an auditor draws it, and what that costs; the hash is SHA-256, which PostgreSQL has."""
    result = json.loads((place / "result_A.json").read_bytes())
    ground.ask(connection, "CREATE TABLE cellplan (cell text, nh bigint)")
    for cell, (_, number, *_) in result["cells"].items():
        ground.ask(connection, "INSERT INTO cellplan VALUES (%s, %s)", cell, number)
    ground.ask(
        connection, "ALTER TABLE frame ADD cell text GENERATED ALWAYS AS (region || ',' || cls || ',' || age) STORED"
    )
    ground.ask(connection, "CREATE FUNCTION hashed(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT sha256($1)'")
    query = (PROGRAMS / "verify.sql").read_text().replace(":seed", f"'\\x{seed_of(place).hex()}'::bytea")
    before = cpu_of(connection.info.backend_pid)
    found = ground.ask(connection, query)
    return "".join(f"{name}\n" for (name,) in found).encode(), cpu_of(connection.info.backend_pid) - before


def verified(place: Path, *options: str) -> dict[str, float]:
    """CPU seconds and memory (MB) of the verifier."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, place / "verify.py", place, *options], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def bench() -> dict[str, Any]:
    """The costs of ten million rows, and whether rules, verifier and SQL agree on a million."""
    few = folder(AGREED, "sha256")
    ground.run("bench.draw", "seal", str(few), "sha256")
    ground.run("bench.draw", "draw", str(few), "sha256")
    verified(few)
    with table(few) as connection:
        by_sql, sql = listed(connection, few)
    place = folder(ROWS, "sm3")
    with table(place) as connection:
        limit = scan(connection)
    names = ("seal", "draw", *(("compiled",) if find_spec("numba") else ()))
    parts = {part: ground.run("bench.draw", part, str(place), "sm3") for part in names}
    return {
        "rows": ROWS,
        "limit": limit,
        **parts,
        "without": verified(place, "--no-merkle"),
        "with": verified(place),
        "result": json.loads((place / "result_A.json").read_bytes())["drawn"],
        "agreed": by_sql == (few / "result_A.csv").read_bytes(),
        "sql": sql,
    }


def main() -> None:
    """A part in a process of its own."""
    part, where, alg = sys.argv[1:]
    before = own_cpu()
    if part == "seal":
        sealed(Path(where), alg)
    elif part == "draw":
        drawn(Path(where), pure)
    else:
        compiled(Path(where))
        before = own_cpu()  # it is compiled by now, as in a worker that has drawn before
        compiled(Path(where))
    print(json.dumps({"cpu": own_cpu() - before, "memory": peak_memory()[0]}))


if __name__ == "__main__":
    main()
