"""A workbook of a million rows by the worker while people look at lists: CPU, memory of every process, speed of the pages.

``python -m bench.busy``. The import goes the way an upload goes: received, checked and stored by jobs of a worker process.
Meanwhile a web process asks for the list of inspections again and again; before that it did so while nothing else ran.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench import ground, huge, kills, world
from bench.measure import backends, cpu_of

SMALL, LARGE = 100_000, 1_000_000
#: Seconds between two pages, and how many pages are asked for while nothing else runs.
PAUSE, IDLE = 0.3, 120


class Watch:
    """Looks at the worker, what it starts, and the backends, several times a second: CPU so far, and peaks of memory."""

    def __init__(self, worker: int) -> None:
        self.worker = worker
        self.cpu: dict[int, float] = {}
        self.peak: dict[str, float] = {}
        self._before = self._seen()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _processes(self) -> dict[int, str]:
        children = {each.pid: "reader" for each in psutil.Process(self.worker).children(recursive=True)}
        return {self.worker: "worker", **children, **dict.fromkeys(backends(kills.DATABASE), "backend")}

    def _seen(self) -> dict[int, float]:
        return {pid: _spent(pid, kind) for pid, kind in self._processes().items()}

    def _look(self) -> None:
        while not self._ended.wait(0.25):
            for pid, kind in self._processes().items():
                spent, used = _spent(pid, kind), memory_of(pid, shared=kind != "backend")
                self.cpu[pid] = max(self.cpu.get(pid, 0.0), spent - self._before.get(pid, 0.0))
                self.peak[kind] = max(self.peak.get(kind, 0.0), used)

    def end(self) -> float:
        """CPU seconds of all since the beginning; what ended between two looks is counted as of the last one."""
        self._ended.set()
        self._thread.join()
        return sum(self.cpu.values())


def _spent(pid: int, kind: str) -> float:
    """CPU seconds of a process so far: of the worker with the readers that have ended, which are not counted again."""
    if kind == "backend":
        return cpu_of(pid)
    try:
        return sum(psutil.Process(pid).cpu_times()[:4]) if kind == "worker" else 0.0
    except psutil.NoSuchProcess:
        return 0.0


def memory_of(pid: int, *, shared: bool) -> float:
    """Resident memory in MB; without the server's shared buffers for a backend."""
    try:
        told = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    name = "VmRSS" if shared else "RssAnon"
    return next((int(line.split()[1]) / 1024 for line in told if line.startswith(f"{name}:")), 0.0)


def pages() -> None:
    """The web process: a list page every now and then, each told as its wall and CPU time, until its input ends."""
    from bench.pages import signed_in

    client = signed_in(ground.application(kills.DATABASE), world.CLERK)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.wait(PAUSE):
        started, own = time.perf_counter(), time.process_time()
        assert client.get("/inspection/list/").status_code == 200
        told = {"wall": (time.perf_counter() - started) * 1000, "own": (time.process_time() - own) * 1000}
        print(json.dumps(told | {"memory": memory_of(os.getpid(), shared=True)}), flush=True)


@contextmanager
def looked_at() -> Iterator[list[dict[str, float]]]:
    """Inside the block somebody looks at lists; how long each took."""
    seen = list[dict[str, float]]()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.busy", "pages", kills.DATABASE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=ground.ROOT,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    lines = process.stdout
    reader = threading.Thread(target=lambda: seen.extend(json.loads(line) for line in lines), daemon=True)
    reader.start()
    try:
        yield seen
    finally:
        process.stdin.close()
        reader.join()
        process.wait()


def _quantiles(seen: list[dict[str, float]]) -> dict[str, float]:
    walls, own = sorted(each["wall"] for each in seen), [each["own"] for each in seen]
    return {
        "pages": len(seen), "p50": statistics.median(walls), "p99": walls[int(len(walls) * 0.99)],
        "own": statistics.median(own), "memory": max(each["memory"] for each in seen),
    }  # fmt: skip


def once(rows: int) -> dict[str, Any]:
    """One import of so many rows, on a fresh copy of the world."""
    file = huge.path(rows)
    ground.fresh(kills.DATABASE)
    with looked_at() as seen:
        while len(seen) < IDLE + 5:
            time.sleep(0.1)
        idle, since = seen[5:], len(seen)
        one = kills.Import(ground.application(kills.DATABASE), file, random.Random(rows))
        one.worker = kills.start_worker()
        time.sleep(10)  # it has started
        phases, watch = {}, Watch(one.worker.pid)
        try:
            one.ask()
            one.through("checking", 0)
            phases["check"] = sum(watch.cpu.values())
            one.store()
            one.through("committing", 0)
            total = watch.end()
        finally:
            one.end()
        during = seen[since:]
    phases["commit"] = total - phases["check"]
    [(stored,)] = kills.patiently("SELECT count(*) FROM inspection WHERE action_no LIKE 'JCNOW%'")
    return {
        "rows": rows, "cpu": total, "phases": phases, "peak": watch.peak, "idle": _quantiles(idle),
        "during": _quantiles(during), "state": one.state()[0], "stored": stored,
    }  # fmt: skip


def bench(large: int = LARGE) -> dict[str, Any]:
    """A hundred thousand rows, then a million."""
    world.ready()
    found = {"small": once(SMALL), "large": once(large)}
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE {kills.DATABASE} WITH (FORCE)")
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["pages"]:
        kills.DATABASE = sys.argv[2]
        pages()
    else:
        print(json.dumps(bench(*map(int, sys.argv[1:]))))
