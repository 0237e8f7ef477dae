"""The history page and its API, for every table: who, when, from where, what stood there before and after."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import World


@pytest.mark.parametrize("name", NAMES)
def test_every_record_has_its_history(name: str, world: World, browser: Callable[[str], Browser]):
    row = world.row(name)
    answer = browser("t_own").get(f"/{name}/history/{row.id}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, page
    assert "新增" in page
    told = browser("t_own").get(f"/api/v1/{name}/{row.id}/history").json
    assert [act["action"] for act in told["result"]][-1] == "insert"
