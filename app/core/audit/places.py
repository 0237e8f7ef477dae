"""Where the log's keys and anchors lie, and how it is sealed: from the environment, with defaults below the home."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.audit import anchor, hashes
from app.core.audit.anchor import Anchor, File


@dataclass(frozen=True)
class Places:
    """``AUDIT_ANCHOR`` and ``AUDIT_WITNESS`` (unset: no witness), ``AUDIT_SIGN_KEY``, ``AUDIT_HASH`` (sm3, sha256)."""

    home: Path
    key: Path
    public: Path
    anchor: Path
    witness: str
    alg: str

    @property
    def own(self) -> File:
        """The anchor that is always there."""
        return File(self.anchor)

    @property
    def anchors(self) -> list[Anchor]:
        """Every anchor."""
        return [self.own, *([anchor.witness(self.witness, self.home)] if self.witness else [])]


def places(home: Path, given: Mapping[str, str] = os.environ) -> Places:
    """What the environment says, and below ``home`` what it does not. Raises ValueError for an unknown hash."""
    alg = given.get("AUDIT_HASH") or "sm3"
    if alg not in hashes.ALGORITHMS:
        raise ValueError(f"AUDIT_HASH is one of {', '.join(hashes.ALGORITHMS)}, not {alg!r}")
    return Places(
        home=home,
        key=Path(given.get("AUDIT_SIGN_KEY") or home / "keys" / "audit-sign.key"),
        public=home / "audit-sign.pub",
        anchor=Path(given.get("AUDIT_ANCHOR") or home / "anchor.jsonl"),
        witness=given.get("AUDIT_WITNESS") or "",
        alg=alg,
    )
