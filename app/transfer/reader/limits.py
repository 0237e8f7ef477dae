"""How much one workbook may cost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is refused, and with what the child must make do. Each limit is the last value that is accepted."""

    file_bytes: int = 100 * 2**20
    entries: int = 2_000
    #: A million rows of thirty columns are 1.3 GB of XML; a zip archive of 100 MB can hold 100 GB.
    inflated_bytes: int = 4_000_000_000
    ratio: int = 200
    rows: int = 1_048_576
    columns: int = 200
    #: Characters in one cell; Excel itself holds no more.
    cell: int = 32_767
    #: Formula and error cells together: they are reported one by one, so that more of them help nobody.
    formulas: int = 300_000
    merged: int = 100_000
    #: Rows of a sheet that does not have them in order, as no office program writes it: they are held as a whole.
    disordered: int = 100_000
    memory_bytes: int = 600_000_000
    #: A megabyte of a workbook is read in about a quarter of a second, in the worst case in one and a half.
    cpu_seconds: int = 60
    cpu_seconds_per_mb: int = 3
    #: Wall-clock seconds until an answer of the child: that to the question how large a sheet is takes longest.
    answer_seconds: float = 180.0

    @classmethod
    def let_in(cls, path: Path) -> Limits:
        """Those of a file that has been received: it is as large as the office allows."""
        return cls(file_bytes=max(cls.file_bytes, path.stat().st_size))
