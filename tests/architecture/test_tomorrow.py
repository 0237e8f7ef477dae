"""A table added tomorrow is covered without a new test: the suite of every table runs for one it never heard of."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(600)
def test_the_suite_of_every_table_covers_a_new_one() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.tomorrow", "-p", "no:cacheprovider", "-W", "ignore"]
    done = subprocess.run(
        [*command, "tests/every_table", "-k", "tomorrow_permit"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed.group(1)) >= 10, done.stdout[-400:]
