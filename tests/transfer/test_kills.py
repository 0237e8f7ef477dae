"""Workers, backends and the whole server are killed while imports are at work (tests/transfer/killing.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from tests.transfer import killing


def test_imports_survive_kills_of_workers_backends_and_the_server():
    seed = int(os.environ.get("KILL_SEED") or time.time())
    command = [sys.executable, "-m", "tests.transfer.killing", "--rows", "6000", "--kills", "6", "--seed", str(seed)]
    done = subprocess.run(command, cwd=killing.ROOT, capture_output=True, text=True, timeout=600)
    assert done.stdout, f"KILL_SEED={seed}\n{done.stderr[-3000:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    told = {name: found[name] for name in ("lost", "doubled", "half_visible", "audit_wrong", "wrong")}
    assert told == {"lost": 0, "doubled": 0, "half_visible": 0, "audit_wrong": 0, "wrong": []}, f"KILL_SEED={seed}"
    assert sum(found["kills"].values()) == 6 and found["looks"] > 100, found
