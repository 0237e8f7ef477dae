"""The first pass over a sheet: how far it is filled, and what is known only at its end.

The dimension that a sheet tells is not believed. Of each row only the last cell with content is looked at, at the
speed of searching bytes; a block that is written in an unusual way is walked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import ge
from xml.parsers import expat

from .refusal import Refusal, column_letters, column_number
from .walker import LAST_COLUMN, LAST_ROW, Walker
from .xml import Blocks, walk

RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")

#: A row or a cell that says where it stands. A sheet none of whose rows so far does is read by counting.
NAMED = re.compile(rb"\sr\s*=")


@dataclass
class Extent:
    """What is filled of a sheet, from A1; merged ranges are top, left, bottom, right, from 0."""

    rows: int = 0
    columns: int = 0
    merged: list[list[int]] = field(default_factory=list)
    hidden_rows: int = 0
    formulas: int = 0
    errors: int = 0
    #: The rows do not stand in their order.
    disordered: bool = False


class Survey:
    """Measures a sheet. Damage that shows only when cells are read is not found here."""

    def __init__(self, name: str, blocks: Blocks, walker: Walker) -> None:
        self.name, self.blocks, self.walker = name, blocks, walker
        self.extent = Extent()
        self.last = 0
        self.is_named = False
        prefix = blocks.prefix
        self.cell, self.cell_end = f"<{prefix}c ".encode(), f"</{prefix}c>".encode()
        self.place = re.compile(rf'^<{prefix}c r="([A-Z]{{1,3}})([0-9]{{1,7}})"'.encode(), re.MULTILINE)
        self.formulas = [f"<{prefix}f{sign}".encode() for sign in "> /"]
        self.error = re.compile(rf"""<{prefix}c\s[^>]*\bt=["']e["'][^>]*>(?!<{prefix}f[\s>/])""".encode())
        self.hidden = re.compile(rf"""<{prefix}row\s[^>]*?\bhidden=["'](?:1|true)["']""".encode())

    def run(self, limit: int) -> Extent:
        """Go through the sheet; ``limit`` is that of formulas and errors together."""
        try:
            for block in self.blocks:
                self.is_named = self.is_named or NAMED.search(block) is not None
                if self.is_named or b"!" in block:
                    self._stretch(self._places(block) or self._walked(block))
                else:
                    self._follow(block)
                self._count(block, limit)
            self._count(self.blocks.tail, limit)
            self.extent.merged = list(_merged(self.blocks.closing(), self.name))
        except expat.ExpatError as problem:
            raise Refusal("damaged_rows", sheet=self.name, row=self.last + 1) from problem
        return self.extent

    def _places(self, block: bytes) -> list[tuple[bytes, bytes]] | None:
        """Of each row the column and the row of its last cell with content; None where that is not to be seen."""
        if b"!" in block:
            return None
        cell, end = self.cell, self.cell_end
        length = len(cell) + 16
        names = []
        for row in block.split(self.blocks.close):
            closed = row.rfind(end)
            if closed >= 0:
                at = row.rfind(cell, 0, closed)
                names.append(row[at : at + length] if at >= 0 else b"")
        found: list[tuple[bytes, bytes]] = self.place.findall(b"\n".join(names))
        return found if len(found) == len(names) and found else None

    def _follow(self, block: bytes) -> None:
        """Rows and cells without names follow one another: our own exports are written so."""
        widths, cell = [], self.cell[:-1]
        for row in block.split(self.blocks.close)[:-1]:
            closed = row.rfind(self.cell_end) + 1
            widths.append(sum(row.count(cell + sign, 0, closed) for sign in (b" ", b">", b"/")))
        letters = {width: column_letters(width - 1).encode() for width in set(widths) if width}
        first = self.last + 1
        self._stretch([(letters[width], b"%d" % at) for at, width in enumerate(widths, first) if width])
        self.last = first + len(widths) - 1

    def _walked(self, block: bytes) -> list[tuple[bytes, bytes]]:
        self.walker.row = self.last - 1
        rows = self.walker.read(block)
        filled = {row: [column for column, value in cells.items() if value != ""] for row, cells in rows.items()}
        return [
            (column_letters(max(columns)).encode(), str(row + 1).encode()) for row, columns in filled.items() if columns
        ]

    def _stretch(self, places: Sequence[tuple[bytes, bytes]]) -> None:
        if not places:
            return
        letters, numbers = zip(*places, strict=True)
        rows = list(map(int, numbers))
        columns = {column_number(each.decode()): each for each in set(letters)}
        widest, highest, lowest = max(columns), max(rows), min(rows)
        if widest >= LAST_COLUMN or highest > LAST_ROW or lowest < 1:
            row = next((row for row in rows if not 0 < row <= LAST_ROW), rows[letters.index(columns[widest])])
            column = letters[rows.index(row)].decode()
            raise Refusal("no_such_cell", sheet=self.name, cell=f"{column}{row}")
        extent = self.extent
        extent.disordered = extent.disordered or rows[0] <= self.last or any(map(ge, rows, rows[1:]))
        extent.rows, extent.columns = max(extent.rows, highest), max(extent.columns, widest + 1)
        self.last = rows[-1]

    def _count(self, block: bytes, limit: int) -> None:
        extent = self.extent
        if b"f" in block and self.formulas[0][:-1] in block:  # one letter is sought ten times faster than two
            extent.formulas += sum(map(block.count, self.formulas))
        if b"#" in block:
            extent.errors += len(self.error.findall(block))
        if b"h" in block and b"hidden=" in block:
            extent.hidden_rows += len(self.hidden.findall(block))
        if extent.formulas + extent.errors > limit:
            raise Refusal("too_many_formulas", sheet=self.name, limit=limit)


def _merged(closing: bytes, sheet: str) -> Iterator[list[int]]:
    """The merged ranges behind the rows."""
    names: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "mergeCell":
            names.append(attributes.get("ref", ""))

    walk(closing, start)
    for name in names:
        match = RANGE.fullmatch(name)
        if match is None:
            raise Refusal("bad_merge", sheet=sheet, cell=name[:40])
        left, top, right, bottom = match[1], match[2], match[3] or match[1], match[4] or match[2]
        yield [int(top) - 1, column_number(left), int(bottom) - 1, column_number(right)]
