"""A made draw of a made county, and its record as it is published."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from app.domains.draw.rules import log, record, seed
from app.domains.draw.rules.canon import canonical, digest, fingerprint
from app.domains.draw.rules.cells import Cell
from app.domains.draw.rules.frame import line, seal
from app.domains.draw.rules.plan import allot, plan_of

#: For tests of hypothesis: a busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PROGRAMS = Path(__file__).parents[3] / "app" / "domains" / "draw" / "verify"
DRAW_ID = "610113-2026-001"
PUBLIC = "上证指数 3141.59；福彩3D 926"
REGIONS = ("610102", "610113", "610116")
PLAN = {
    "ver": "SSJ1",
    "draw_id": DRAW_ID,
    "classes": {
        "A": {"ratio": 20_000_000, "ages": [1000], "bands": {}, "hazards": []},
        "B": {"ratio": 60_000_000, "ages": [1000, 800, 1000, 1500], "bands": {}, "hazards": []},
        "C": {"ratio": 150_000_000, "ages": [1000, 500, 1000, 2000], "bands": {}, "hazards": []},
        "D": {"ratio": 0, "ages": [], "bands": {}, "hazards": [150_000_000, 484_049_266, 484_049_266, 10**9]},
    },
    "floor": 5_000_000,
    "minimum": 50_000_000,
    "maximum": None,
    "capacity": None,
}


def lines(rows: int, excluded: float = 0.02) -> list[bytes]:
    """A frame: always the same one for a number of rows."""
    chance = random.Random(rows)
    made = []
    for number in range(rows):
        name = chance.choices("ABCD", (65, 25, 8, 2))[0]
        band = "!CAP" if chance.random() < excluded else ""
        made.append(line(f"91610{number:08}MA", Cell(chance.choice(REGIONS), name, chance.randrange(5), band)))
    return made


def chains(alg: str, parties: int) -> list[list[bytes]]:
    """The chains of the parties."""
    return [seed.chain(alg, hashlib.sha256(bytes([number])).digest(), 8) for number in range(parties)]


@dataclass
class Draw:
    """A draw up to its subjects."""

    frozen: dict[str, Any]
    ceremony: dict[str, Any]
    seed: bytes
    drawn: record.Drawn
    lines: Sequence[bytes]
    salt: bytes

    def events(self) -> list[dict[str, Any]]:
        """Its log."""
        alg, shown = self.frozen["alg"], self.ceremony["stages"]["A"]
        steps = [("freeze", fingerprint(alg, self.frozen)), ("public:A", digest(alg, shown["public"].encode()).hex())]
        steps += [(f"link:A:{n}", digest(alg, bytes.fromhex(link)).hex()) for n, link in enumerate(shown["links"])]
        steps += [("seed:A", digest(alg, self.seed).hex()), ("result:A", fingerprint(alg, self.drawn.result))]
        return log_of(alg, steps)

    def publish(self, folder: Path) -> Path:
        """The record in a folder."""
        folder.mkdir(parents=True)
        for name, value in (
            ("freeze", self.frozen),
            ("ceremony", self.ceremony),
            ("result_A", self.drawn.result),
            ("plan", PLAN),
        ):
            (folder / f"{name}.json").write_bytes(canonical(value))
        (folder / "frame.csv").write_bytes(b"".join(self.lines))
        (folder / "result_A.csv").write_bytes(self.drawn.drawn)
        (folder / "reserve.csv").write_bytes(self.drawn.reserve)
        write_log(folder, self.events())
        if self.salt:
            (folder / "salt").write_bytes(self.salt)
        for program in PROGRAMS.glob("*.*"):
            if program.name != "__init__.py":
                shutil.copy(program, folder)
        return folder


def log_of(alg: str, steps: Sequence[tuple[str, str]], draw_id: str = DRAW_ID) -> list[dict[str, Any]]:
    before, made = log.start(alg, draw_id), []
    for number, (kind, payload) in enumerate(steps, 1):
        said = {"actor": "zfb_xian", "role": "lead_office", "reason": "", "type": kind, "payload_hash": payload}
        made.append(log.event(alg, before, said | {"seq": number, "time": f"2026-11-22T08:{number:02}:00Z"}))
        before = made[-1]["hash"]
    return made


def write_log(folder: Path, events: Sequence[dict[str, Any]]) -> None:
    (folder / "log.jsonl").write_bytes(b"".join(canonical(each) + b"\n" for each in events))


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_bytes())


def change(folder: Path, name: str, how: Callable[[Any], object]) -> None:
    """Change a file of the record, and write it as it must be written."""
    value = read(folder, name)
    how(value)
    (folder / name).write_bytes(canonical(value))


def draw(rows: int = 3000, alg: str = "sm3", *, salt: bytes = b"", parties: int = 3) -> Draw:
    """The draw, from its frame to its subjects."""
    frame = lines(rows)
    sealed = seal(alg, frame, salt)
    chances = allot(plan_of(PLAN), sealed.counts).chances
    links = chains(alg, parties)
    who = [seed.Party(f"参与方{n}", each[0], 3) for n, each in enumerate(links)]
    verifier = digest(alg, *((PROGRAMS / name).read_bytes() for name in ("verify.py", "verify_teams.py"))).hex()
    terms = record.Terms(
        DRAW_ID, alg, "2026-11-22T08:00:00Z", fingerprint(alg, PLAN), "", "", verifier,
        "parties" if parties > 1 else "office", who, "冻结满 24 小时后首个上证指数收盘价和福彩3D号码", "open",
    )  # fmt: skip
    frozen = record.freeze(terms, sealed, chances, salted=bool(salt))
    shown = [each[3] for each in links]
    stage = {"links": [each.hex() for each in shown], "public": PUBLIC, "typed": [PUBLIC, PUBLIC], "envelopes": []}
    ceremony = {"ver": "SSJ1", "draw_id": DRAW_ID, "stages": {"A": stage}}
    made = seed.seed(alg, "A", DRAW_ID, bytes.fromhex(fingerprint(alg, frozen)), shown, PUBLIC)
    return Draw(frozen, ceremony, made, record.draw_subjects(frozen, made, lambda: frame), frame, salt)
