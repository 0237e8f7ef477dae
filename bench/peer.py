"""Importers that one could have used instead, on the same table, the same machine and in the same run, row for row."""

from __future__ import annotations

import json
from statistics import median
from typing import Any

from bench import book, ground, imports, world
from bench.peers import importing

ROUNDS = 2
#: Name, program and mode, and how many rows: as many as take some seconds. A row of theirs costs the same at any size.
PEERS = (
    ("django-import-export, defaults", "import_django", "defaults", 500),
    ("django-import-export, bulk mode", "import_django", "bulk", 5_000),
    ("SQLAlchemy ORM loop", "import_orm", "", 5_000),
    ("pandas + to_sql", "import_pandas", "", 20_000),
)


def _row(found: dict[str, Any]) -> dict[str, float]:
    """Microseconds of CPU a row: of storing alone, and with the preview before it where the peer has one."""
    store = found.get("store", found)["cpu"]
    return {
        "store": store / found["rows"] * 1e6, "flow": (store + found.get("preview", {"cpu": 0.0})["cpu"]) / found["rows"] * 1e6,
        "links": found["links"] / found["rows"],
    }  # fmt: skip


def bench() -> dict[str, Any]:
    """CPU of all on workbooks of good rows, in turns; ours with everything it does, of 100,000 rows."""
    world.ready()
    ours, peers = list[float](), dict[str, dict[str, list[dict[str, float]]]]()
    for turn in range(ROUNDS):
        ground.fresh(imports.FILLED)
        ours.append(imports.fresh_import(book.path(imports.ROWS))["cpu"] / imports.ROWS * 1e6)
        for name, program, mode, rows in PEERS:
            file = book.path(rows, faults=False)
            for kind in ("indexed", "plain")[: 2 if turn == 0 else 1]:
                found = importing.run(program, mode, file, plain=kind == "plain")
                peers.setdefault(name, {}).setdefault(kind, []).append(_row(found))
    ground.mark(imports.FILLED, world.stamp())
    told = {
        name: {kind: {key: median(each[key] for each in rows) for key in rows[0]} for kind, rows in kinds.items()}
        for name, kinds in peers.items()
    }
    return {"ours": median(ours), "peers": told, "rows": {name: rows for name, _, _, rows in PEERS}}


if __name__ == "__main__":
    print(json.dumps(bench()))
