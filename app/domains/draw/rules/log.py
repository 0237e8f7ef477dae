"""The log of a draw: every step hashed together with the one before, so that none can be changed, dropped or moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.domains.draw.rules.canon import canonical, digest, lp

#: What an event says; the hash is over this.
BODY = ("seq", "time", "actor", "role", "type", "payload_hash", "reason")


def start(alg: str, draw_id: str) -> str:
    """What stands before the first event of a draw."""
    return digest(alg, lp("SSJ1/log"), lp(draw_id)).hex()


def event(alg: str, before: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The event, joined to the one before; a signature is added by whoever may sign."""
    said = {name: body[name] for name in BODY}
    joined = digest(alg, lp(bytes.fromhex(before)), lp(canonical(said))).hex()
    return {**said, "prev_hash": before, "hash": joined}


def broken_at(alg: str, draw_id: str, events: Iterable[Mapping[str, Any]]) -> int | None:
    """The place (from 1) of the first event that does not follow from those before it; None when all do."""
    before = start(alg, draw_id)
    for place, each in enumerate(events, 1):
        if each["seq"] != place or event(alg, before, each)["hash"] != each["hash"] or each["prev_hash"] != before:
            return place
        before = each["hash"]
    return None
