"""When an action is out: from then on it is corrected with a reason only (R19)."""

from typing import Any


def is_out(row: Any) -> bool:
    """R19: it was reported to the level above, or published."""
    return bool(row.submitted_at or getattr(row, "is_public", None) or getattr(row, "published_on", None))


def result_is_out(row: Any) -> bool:
    """R19: the result of a check item is out with its inspection."""
    return row.inspection is not None and bool(row.inspection.submitted_at)
