"""What it costs until the console could answer: a fresh process that makes the application on a running database."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from typing import Any

from bench import ground

TIMES = 5
PROGRAM = "from app.factory import create_app; create_app()"


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bench() -> dict[str, Any]:
    """The median of several starts; the first, which may compile and make the database, is not counted."""
    ground.superuser()
    costs = []
    for _ in range(1 + TIMES):
        before = _children()
        environment = {**os.environ, "JIANGUAN_HOME": str(ground.cache())}
        subprocess.run([sys.executable, "-c", PROGRAM], cwd=ground.ROOT, env=environment, check=True)
        costs.append(_children() - before)
    return {"cpu": statistics.median(costs[1:])}
