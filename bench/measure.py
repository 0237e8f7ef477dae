"""CPU seconds and memory, as the kernel has counted them."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.ground import ask, connected


def backends(database: str) -> set[int]:
    """The processes that serve the clients of a database."""
    question = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = %s"
    with connected() as connection:
        return {pid for (pid,) in ask(connection, question, database)}


def cpu_of(pid: int) -> float:
    """CPU seconds of another process since its start, to the nanosecond; 0 when it has gone."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:
        return 0.0


def own_cpu() -> float:
    """CPU seconds of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak_memory() -> tuple[float, float]:
    """The largest resident memory of this process, and of any child that has ended, in MB."""
    high = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(high.split()[1]) / 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


@dataclass
class Cost:
    """CPU seconds of our own processes and of PostgreSQL."""

    own: float = 0.0
    database: float = 0.0

    @property
    def total(self) -> float:
        """Everything together."""
        return self.own + self.database


@dataclass
class Meter:
    """Adds up what blocks of work cost, by name. ``pids`` are the backends that work for them."""

    pids: set[int]
    costs: dict[str, Cost] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the block under this name."""
        own, before = own_cpu(), {pid: cpu_of(pid) for pid in self.pids}
        yield
        cost = self.costs.setdefault(name, Cost())
        cost.own += own_cpu() - own
        cost.database += sum(cpu_of(pid) - spent for pid, spent in before.items())

    @property
    def total(self) -> float:
        """CPU seconds of all phases."""
        return sum(cost.total for cost in self.costs.values())
