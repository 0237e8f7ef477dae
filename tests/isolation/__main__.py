"""``python -m tests.isolation build|sweep …``: a process of its own, because an application has one database."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def main() -> int:
    """Build the world of a copy, or sweep through it; the result is a JSON file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("build", "sweep", "oracle"))
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--mode", default="both")
    parser.add_argument("--plant", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", default="0/1")
    parser.add_argument("--tables", default="")
    parser.add_argument("--budget", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("/dev/stdout"))
    given = parser.parse_args()

    from app.factory import create_app

    app = create_app()
    app.testing = False
    if given.what == "build":
        from tests.isolation.worlds import build

        given.world.write_text(json.dumps(build(app), ensure_ascii=False, default=str))
        return 0
    from tests.isolation.sweeping import run

    part, _, parts = given.share.partition("/")
    told = run(
        app,
        json.loads(given.world.read_text()),
        what=given.what,
        mode=given.mode,
        plant=given.plant,
        seed=given.seed,
        share=(int(part), int(parts)),
        budget=given.budget,
        tables=[name for name in given.tables.split(",") if name],
    )
    given.out.write_text(json.dumps(told, ensure_ascii=False, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
