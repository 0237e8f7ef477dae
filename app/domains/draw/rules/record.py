"""What is written down of a draw: the freeze record before the seed, the result after it, the proof for one subject.

All of it is canonical JSON; files name one another by their hashes. Formats: SSJ1, 5.2, 5.5.6 and 5.7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domains.draw.rules import merkle, tickets
from app.domains.draw.rules.canon import VERSION, digest, fingerprint
from app.domains.draw.rules.cells import Cell, cell
from app.domains.draw.rules.drbg import Drbg, key
from app.domains.draw.rules.frame import Seal
from app.domains.draw.rules.quotas import Chances, quotas
from app.domains.draw.rules.seed import Party

Record = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """What is fixed of a draw beside its frame: hashes of plan, roster, rules, verifier; the ceremony to come."""

    draw_id: str
    alg: str
    snapshot: str
    plan_hash: str
    roster_root: str
    rules_hash: str
    verifier_hash: str
    ceremony: str
    parties: Sequence[Party]
    public_rule: str
    mode: str


@dataclass(frozen=True)
class Drawn:
    """The first result: its record, and the two lists that the record names by their hashes."""

    result: Record
    drawn: bytes
    reserve: bytes


def freeze(terms: Terms, seal: Seal, chances: Chances, *, salted: bool = False) -> Record:
    """The freeze record. Its hash is published before the public number exists."""
    parties = [{"name": p.name, "anchor": p.anchor.hex(), "position": p.position} for p in terms.parties]
    return {
        "ver": VERSION,
        "draw_id": terms.draw_id,
        "alg": terms.alg,
        "snapshot": terms.snapshot,
        "rows": seal.rows,
        "root": seal.root,
        "flat": seal.flat,
        "salted": int(salted),
        "cells": {each.text: list(of) for each, of in sorted(chances.items())},
        "plan_hash": terms.plan_hash,
        "roster_root": terms.roster_root,
        "rules_hash": terms.rules_hash,
        "verifier_hash": terms.verifier_hash,
        "ceremony": terms.ceremony,
        "parties": parties,
        "public_rule": terms.public_rule,
        "mode": terms.mode,
    }


def chances_of(frozen: Mapping[str, Any]) -> dict[Cell, tuple[int, int]]:
    """Size and chance of every cell, as the freeze record has them."""
    return {cell(text): (size, chance) for text, (size, chance) in frozen["cells"].items()}


def wants(alg: str, seed: bytes, chances: Chances) -> dict[Cell, tickets.Want]:
    """How many each cell draws and has in reserve: this follows from the seed alone."""
    numbers = quotas(chances, Drbg(alg, key(alg, seed, "round")))
    return {
        each: tickets.Want(size, numbers[each], tickets.reserve(size, numbers[each]))
        for each, (size, _) in chances.items()
    }


def draw_subjects(frozen: Record, seed: bytes, lines: Callable[[], Iterable[bytes]]) -> Drawn:
    """The subjects: a pure function of the freeze record, the seed and the frame."""
    alg = frozen["alg"]
    wanted = wants(alg, seed, chances_of(frozen))
    return as_drawn(frozen, wanted, tickets.draw(alg, key(alg, seed, "ticket"), lines, wanted))


def as_drawn(frozen: Record, wanted: Mapping[Cell, tickets.Want], outcome: tickets.Outcome) -> Drawn:
    """The outcome as it is written down."""
    alg = frozen["alg"]
    drawn, reserve = (b"".join(each + b"\n" for each in ids) for ids in (outcome.drawn, outcome.reserve))
    cells = {}
    for each, want in sorted(wanted.items()):
        last, last_behind = outcome.thresholds[each]
        cells[each.text] = [want.size, want.drawn, want.reserve, last.hex(), last_behind.hex()]
    result = {
        "ver": VERSION,
        "draw_id": frozen["draw_id"],
        "freeze": fingerprint(alg, frozen),
        "drawn": len(outcome.drawn),
        "list": digest(alg, drawn).hex(),
        "reserve": digest(alg, reserve).hex(),
        "cells": cells,
    }
    return Drawn(result, drawn, reserve)


def proof(frozen: Record, seed: bytes, result: Record, lines: Sequence[bytes], index: int, salt: bytes = b"") -> Record:
    """What one subject needs to check alone, without the frame: that it stood in it, and whether it was drawn."""
    alg = frozen["alg"]
    line = lines[index]
    subject, _, of = line.partition(b",")
    leaves = b"".join(merkle.leaf(alg, each, merkle.salt_of(alg, salt, each.partition(b",")[0])) for each in lines)
    text = of.decode().strip()
    return {
        "ver": VERSION,
        "draw_id": frozen["draw_id"],
        "alg": alg,
        "rows": frozen["rows"],
        "root": frozen["root"],
        "seed": seed.hex(),
        "cell": result["cells"][text],
        "line": line.decode().removesuffix("\n"),
        "salt": merkle.salt_of(alg, salt, subject).hex(),
        "path": merkle.path(alg, leaves, index),
    }
