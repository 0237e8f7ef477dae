"""Merged cells below the header: which give their value downwards, and which are lines of text across the table."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

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

    def begin(self, after: int) -> int:
        """Behind which row the sheet has to be read so that the rows below ``after`` can be filled."""
        return min((area.top for area in self.waiting if area.top < after <= area.bottom), default=after)

    def concerns(self, numbers: Sequence[int]) -> bool:
        """Whether a range reaches into these rows (Excel's numbers)."""
        return bool(self.open) or (bool(self.waiting) and self.waiting[-1].top < numbers[-1])

    def fill(self, numbers: Sequence[int], columns: list[list[Cell]]) -> None:
        """Fill one batch; batches come in order."""
        end = numbers[-1]
        while self.waiting and self.waiting[-1].top < end:
            area = self.waiting.pop()
            if area.left < len(columns):
                at = bisect_left(numbers, area.top + 1)
                self.open.append((area, columns[area.left][at] if numbers[at] == area.top + 1 else ""))
        for area, value in self.open:
            start, stop = bisect_left(numbers, area.top + 2), bisect_right(numbers, area.bottom + 1)
            columns[area.left][start:stop] = [value] * (stop - start)
        self.open = [(area, value) for area, value in self.open if area.bottom >= end]
