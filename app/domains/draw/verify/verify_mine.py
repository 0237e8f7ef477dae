#!/usr/bin/env python3
"""Was I drawn? Says it from the proof (1.3 KB) that a subject was given of a random draw (SSJ1); verify.py lies beside.

verify_mine.py PROOF.json
"""

import json
import sys
from pathlib import Path

import verify


def fate(proof: dict) -> str:
    """What the draw decided, after it is sure that the line stands in the frozen frame."""
    verify.use(proof["alg"])
    line, (_, _, _, threshold, behind) = proof["line"].encode() + b"\n", proof["cell"]
    made = verify.H(b"\0", bytes.fromhex(proof["salt"]), line)
    for step in proof["path"]:
        other = bytes.fromhex(step[1:])
        made = verify.H(b"\1", other, made) if step[0] == "L" else verify.H(b"\1", made, other)
    verify.need(made.hex() == proof["root"], "不在冻结的名录里 frame membership FAILED")
    key = verify.H(b"SSJ1/key/ticket\0", bytes.fromhex(proof["seed"]))
    ticket = verify.H(key, line.partition(b",")[0]).hex()
    said = "抽中 DRAWN" if ticket <= threshold else "备选 IN RESERVE" if ticket <= behind else "未抽中 not drawn"
    return f"{proof['line']}: {said}; ticket {ticket}, threshold {threshold or '-'}; root {proof['root']}"


if __name__ == "__main__":
    print(fate(json.loads(Path(sys.argv[1]).read_bytes())) if len(sys.argv) > 1 else __doc__)
