"""Merged cells below the header: which give their value downwards, and which are lines of text across the table."""

from __future__ import annotations

from collections.abc import Iterable

from app.transfer.reader.cells import Cell
from app.transfer.reader.header import HeaderGuess, Merged


class MergedCells:
    """Fills the columns of consecutive batches: every row of a merged range has the value of its first cell.

    The value stays in the range's first column. A range over more than half of the table (and at least three columns)
    is a line of text, a section title or a note: it is filled nowhere, and ``lines`` has its rows (Excel's numbers).
    """

    def __init__(self, merged: Iterable[Merged], header: HeaderGuess) -> None:
        below = [area for area in merged if area.top >= header.row_number]
        wide = [area for area in below if area.width >= 3 and area.width * 2 > len(header.headers)]
        self.lines = {row + 1 for area in wide for row in range(area.top, area.bottom + 1)}
        filled = set(below) - set(wide)
        self.waiting = sorted((area for area in filled if area.bottom > area.top), key=lambda area: -area.top)
        self.open: list[tuple[Merged, Cell]] = []

    def concerns(self, first: int, rows: int) -> bool:
        """Whether a range reaches into these rows (counted from 0)."""
        return bool(self.open) or (bool(self.waiting) and self.waiting[-1].top < first + rows)

    def fill(self, first: int, rows: int, columns: list[list[Cell]]) -> None:
        """Fill one batch; batches come in order."""
        end = first + rows
        while self.waiting and self.waiting[-1].top < end:
            area = self.waiting.pop()
            if area.left < len(columns):
                self.open.append((area, columns[area.left][area.top - first]))
        for area, value in self.open:
            start, stop = max(area.top + 1, first) - first, min(area.bottom + 1, end) - first
            columns[area.left][start:stop] = [value] * (stop - start)
        self.open = [(area, value) for area, value in self.open if area.bottom >= end]
