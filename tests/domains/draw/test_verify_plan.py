"""The chances follow from the plan: the verifier of plans agrees with the rules on any plan, and finds every other."""

import functools
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Refused
from app.domains.draw.rules.canon import canonical, fingerprint
from app.domains.draw.rules.cells import UNIT, Cell
from app.domains.draw.rules.plan import allot, plan_of
from tests.domains.draw import county
from tests.domains.draw.test_plan import CELLS


def said(folder: Path) -> subprocess.CompletedProcess[str]:
    program = county.PROGRAMS / "verify_plan.py"
    return subprocess.run([sys.executable, program, folder], capture_output=True, text=True, check=False)


def test_an_honest_plan_and_chances_that_are_not_its_own(tmp_path: Path):
    folder = county.draw(1500).publish(tmp_path / "record")
    assert said(folder).stdout.startswith("相符 VERIFIED plan: ")
    name = next(name for name in county.read(folder, "freeze.json")["cells"] if ",B,2" in name)
    county.change(
        folder, "freeze.json", lambda frozen: frozen["cells"][name].__setitem__(1, frozen["cells"][name][1] - 1)
    )
    assert f"单元 {name} 的概率" in said(folder).stderr
    county.change(folder, "plan.json", lambda plan: plan.update(floor=0))
    assert "计划不是冻结记录所指的那一份" in said(folder).stderr


@functools.cache
def program() -> Any:
    sys.path.insert(0, str(county.PROGRAMS))
    try:
        return importlib.import_module("verify_plan")
    finally:
        sys.path.remove(str(county.PROGRAMS))


WEIGHTED = st.fixed_dictionaries(
    {
        "ratio": st.integers(1, UNIT),
        "ages": st.lists(st.integers(0, 5000), min_size=1, max_size=4),
        "bands": st.just({"01": 1500}),
        "hazards": st.just([]) | st.just([UNIT // 10, UNIT // 3, UNIT]),
    }
)


@given(
    st.dictionaries(CELLS, st.integers(1, 2000), min_size=1, max_size=12),
    WEIGHTED,
    WEIGHTED,
    st.integers(0, UNIT // 10),
    st.integers(0, UNIT // 2),
)
@settings(county.UNHURRIED, max_examples=200)
def test_both_agree_on_any_plan(counts: dict[Cell, int], a: Any, b: Any, floor: int, minimum: int):
    plan = {"classes": {"A": a, "B": b}, "floor": floor, "minimum": minimum, "maximum": None, "capacity": None}
    try:
        made = allot(plan_of(plan), counts).chances
    except Refused:
        return
    cells = {each.text: list(of) for each, of in made.items()}
    frozen = {"alg": "sm3", "rows": sum(counts.values()), "cells": cells, "plan_hash": fingerprint("sm3", plan)}
    program().check_plan(_Folder({"freeze.json": _File(frozen), "plan.json": _File(plan)}))


class _File:
    """A file of a record that lies nowhere."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def read_bytes(self) -> bytes:
        return canonical(self.value)


class _Folder(dict[str, _File]):
    """Files by name, as of a path."""

    __truediv__ = dict.__getitem__
