"""The limits that law and the founding documents set (shared/domain.md §12), each with the days it is in force."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("limits.csv")


def rows() -> list[dict[str, Any]]:
    """One row for each limit and period, as in limits.csv; empty cells are left out."""
    with _FILE.open(encoding="utf-8", newline="") as stream:
        return [_typed(row) for row in csv.DictReader(stream)]


def _typed(row: dict[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = {name: value for name, value in row.items() if value}
    for name in ("days", "extendable_days"):
        if name in typed:
            typed[name] = int(typed[name])
    for name in ("effective_from", "effective_to"):
        if name in typed:
            typed[name] = date.fromisoformat(typed[name])
    return typed
