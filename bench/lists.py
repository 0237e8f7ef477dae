"""Lists and searches among ten million inspections under row security, for a county's clerk and for the province.

Ours and each peer run in a process of their own; every request is one line to it (``peers.worker``), and rounds take
turns. A request costs the CPU of its process and of its PostgreSQL backends; a figure is the median of the rounds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench import ground
from bench.large import build, words
from bench.measure import cpu_of
from bench.peers import stage

OURS = "ours"
VIEWERS = {"county": build.COUNTY, "province": build.PROVINCE}
#: A case with its word, if it is a search; and what it may cost, in ms of CPU.
CASES: dict[str, tuple[str, float]] = {
    "first": ("", 30),
    "deep": ("", 30),
    "sort": ("", 30),
    "rare": (words.RARE, 30),
    "none": (words.NO_HIT, 30),
    "common": (words.COMMON, 100),
    "rare sign": (words.RARE_SIGN, 30),
    "common sign": (words.COMMON_SIGN, 100),
}
LABELS = {
    "first": "first page", "deep": "page 10,000", "sort": "indexed sort", "rare": "search, 2 rare signs",
    "none": "search, no hit", "common": "search, 2 common signs", "rare sign": "search, 1 rare sign",
    "common sign": "search, 1 common sign",
}  # fmt: skip
#: The peers are not asked for single signs: they scan as for two.
ONLY_OURS = ("rare sign", "common sign")
DEEP, SIZE, MOST_QUERIES = 10_000, 20, 8
ROUNDS, LEAST, ENOUGH = 9, 2, 6.0


@dataclass
class Runner:
    """A process that answers cases, and the connection by which we find its backends."""

    name: str
    process: subprocess.Popen[str]
    control: Any
    figures: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)

    def _backends(self) -> dict[int, float]:
        question = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
        return {pid: cpu_of(pid) for (pid,) in ground.ask(self.control, question, _tag(self.name))}

    def ask(self, viewer: str, case: str) -> dict[str, Any]:
        """One request and what it cost."""
        before = self._backends()
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"viewer": viewer, "case": case, "word": CASES[case][0]}) + "\n")
        self.process.stdin.flush()
        answer = self.answer()
        served = sum(spent - before.get(pid, 0.0) for pid, spent in self._backends().items())
        assert answer["status"] == 200, f"{self.name}, {viewer}, {case}: {answer['status']}"
        return answer | {"database": served, "cpu": answer["own"] + served}

    def answer(self) -> dict[str, Any]:
        """The next line that the process says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"{self.name} has ended"
        found: dict[str, Any] = json.loads(line)
        return found

    def round(self, viewer: str, case: str) -> None:
        """Measure the case once more, unless that has taken enough time already. A first, cheap one warms up."""
        if (viewer, case) not in self.figures:
            first = self.ask(viewer, case)
            self.figures[viewer, case] = [first] if first["cpu"] > 1 else []
        known = self.figures[viewer, case]
        if len(known) < LEAST or sum(each["cpu"] for each in known) < ENOUGH:
            known.append(self.ask(viewer, case))


def _tag(name: str) -> str:
    return f"bench {name}"


@contextmanager
def runner(name: str, job: dict[str, Any], control: Any) -> Iterator[Runner]:
    """The process of a product, signed in and ready."""
    command = (
        [sys.executable, "-m", "bench.lists_ours"] if name == OURS else [stage.interpreter(name), stage.program(name)]
    )
    environment = {**os.environ, "PGAPPNAME": _tag(name)}
    process = subprocess.Popen(
        command, cwd=ground.ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    found = Runner(name, process, control)
    try:
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        assert found.answer()["ready"]
        yield found
    finally:
        process.stdin.close()
        process.wait()


def bench(rows: int, peers: bool) -> dict[str, Any]:
    """Every case of both viewers, by ours and, if wanted, by the peers."""
    made = build.ready(rows)
    products = [OURS]
    if peers:
        stage.copied(rows)
        products += stage.PROGRAMS
    job = job_of(rows)
    with ExitStack() as stack:
        control = stack.enter_context(ground.connected())
        runners = [stack.enter_context(runner(name, job, control)) for name in products]
        for viewer in VIEWERS:
            for case in CASES:
                for _ in range(ROUNDS):
                    for each in runners:
                        if each.name == OURS or case not in ONLY_OURS:
                            each.round(viewer, case)
                print(f"bench: lists, {viewer}, {LABELS[case]}", file=sys.stderr, flush=True)
        figures = {each.name: _summary(each) for each in runners}
    return {"rows": rows, "figures": figures, "sizes": made["sizes"], "seconds": made["seconds"]}


def job_of(rows: int) -> dict[str, Any]:
    """What a process has to know. A world too small for a county's page 10,000 is asked for the county's last but one."""
    url = ground.superuser()
    with ground.connected(build.name(rows)) as connection:
        question = "SELECT department_id FROM account WHERE username = %s"
        [(county,)] = ground.ask(connection, question, build.COUNTY)
        [(held,)] = ground.ask(connection, "SELECT count(*) FROM inspection WHERE department_id = %s", county)
    place = {"database": build.name(rows), "host": url.query["host"], "user": url.username, "password": url.password}
    return place | {"county": county, "page": min(DEEP, held // SIZE - 1), "size": SIZE}


def _summary(each: Runner) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for (viewer, case), known in each.figures.items():
        middle = {key: statistics.median(one[key] for one in known) * 1000 for key in ("own", "database", "cpu")}
        last = {key: known[-1][key] for key in ("queries", "bytes", "shown")}
        found.setdefault(viewer, {})[case] = middle | last | {"rounds": len(known)}
    return found
