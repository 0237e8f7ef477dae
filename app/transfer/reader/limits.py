"""How much one workbook may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is refused, and with what the child must make do. Each limit is the last value that is accepted."""

    file_bytes: int = 60_000_000
    entries: int = 2_000
    inflated_bytes: int = 300_000_000
    ratio: int = 200
    rows: int = 300_000
    columns: int = 200
    #: Characters in one cell; Excel itself holds no more.
    cell: int = 32_767
    #: Formula and error cells together: they are reported one by one, so that more of them help nobody.
    formulas: int = 300_000
    merged: int = 100_000
    memory_bytes: int = 1_000_000_000
    cpu_seconds: int = 60
    #: Wall-clock seconds until an answer of the child.
    answer_seconds: float = 90.0
