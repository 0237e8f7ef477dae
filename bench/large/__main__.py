"""``python -m bench.large [--rows 10000000]``: the world is there, at the newest migration; what each step cost."""

from __future__ import annotations

import argparse
import json

from bench.large import build

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.large", description=__doc__)
    parser.add_argument("--rows", type=int, default=build.ROWS)
    print(json.dumps(build.ready(parser.parse_args().rows)))
