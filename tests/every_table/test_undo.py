"""An import of any table taken back: every column, link, mark and sealed value stands as it stood before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.table import TABLES
from app.transfer.undo.plan import is_lasting
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.values import fresh
from tests.every_table.world import World
from tests.transfer.undone import brought_in, looked, stored, taken_back

#: Bringing in batches makes a batch besides: that table is left out.
IMPORTED = [
    name
    for name in NAMES
    if name != "import_batch" and any("import" in actions for actions in TABLES[name].__may__.values())
]


@pytest.mark.parametrize("name", IMPORTED)
def test_an_import_is_taken_back(name: str, world: World, browser: Callable[[str], Browser]):
    table = TABLES[name]
    changed = world.another(name)
    rows = world.given(name, count=2)
    if table.__key__ and changed.field is not None and changed.field.name not in table.__key__:
        rows.append({**changed.given, changed.field.name: f"改{fresh()}"})
    before = stored(table)
    batch = brought_in(browser("t_own"), world, name, rows)
    after = stored(table)
    new = after.keys() - before.keys()
    assert len(new) == 2
    assert {key for key in before if before[key] != after[key]} == ({str(changed.id)} if len(rows) == 3 else set())
    seen = looked(world, batch)
    assert stored(table) == after, "a preview changes nothing"
    done = taken_back(world, batch)
    assert done.counts == seen.counts
    if is_lasting(table):
        assert (done.counts.reversed, done.counts.kept) == (len(rows) - 2, 2)
        assert {key: row for key, row in stored(table).items() if key not in new} == before
    else:
        assert (done.counts.removed, done.counts.restored, done.counts.kept, done.counts.refused) == (
            2, len(rows) - 2, 0, 0,
        )  # fmt: skip
        assert stored(table) == before
