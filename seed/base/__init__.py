"""What every installation needs: divisions, working days, limits, code lists."""

from __future__ import annotations

from collections.abc import Iterator

from seed.base import codes, limits, regions, workdays
from seed.upload import Upload


def uploads() -> Iterator[Upload]:
    """The workbooks of the base data, in the order in which they can be entered."""
    for rows in regions.by_level():
        yield Upload("region", rows)
    yield Upload("work_day", workdays.rows())
    yield Upload("deadline_policy", limits.rows())
    yield Upload("code_list", codes.lists())
    yield Upload("code_entry", codes.entries())
    yield Upload("code_pattern", codes.patterns())
