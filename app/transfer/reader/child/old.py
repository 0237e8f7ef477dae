"""An .xls, read by calamine as a whole: it has 65,536 rows at most."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

import python_calamine

from .biff import Findings, scan_xls
from .container import file_pieces
from .encode import Batch
from .refusal import Refusal
from .survey import Extent
from .values import Day, Tagged, number_cell
from .walker import stored_result

ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
ROWS = 500


class OldWorkbook:
    """An .xls that is open."""

    kind = "xls"
    facts: dict[str, str] = {}

    def __init__(self, fd: int, size: int, settings: dict[str, Any]) -> None:
        content = b"".join(file_pieces(fd, size))
        if ENCRYPTED_STREAM in content:
            raise Refusal("encrypted")
        try:
            self.book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        except python_calamine.PasswordError as problem:
            raise Refusal("encrypted") from problem
        self.sheets = [
            (sheet.name, sheet.visible != python_calamine.SheetVisibleEnum.Visible)
            for sheet in self.book.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        self.findings = scan_xls(content, [name for name, _ in self.sheets], settings["formulas"])

    def survey(self, index: int) -> Extent:
        """Measure a sheet."""
        sheet, found = self._sheet(index), self._found(index)
        rows, columns = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
        if found.cells:  # a formula without a stored result may stand outside of what calamine sees
            rows = max(rows, max(found.cells) + 1)
            columns = max(columns, max(max(row) for row in found.cells.values()) + 1)
        merged = [[*start, *stop] for start, stop in sheet.merged_cell_ranges or []]
        return Extent(rows, columns, merged, found.hidden_rows, found.formulas, found.errors)

    def batches(self, index: int, extent: Extent, after: int) -> Iterator[Batch]:
        """The rows of a sheet below Excel's row ``after``."""
        sheet, special = self._sheet(index), self._found(index).cells
        left = [""] * (sheet.start[1] if sheet.start else 0)
        read = sheet.iter_rows()
        for first in range(0, extent.rows, ROWS):
            count = min(ROWS, extent.rows - first)
            rows = [[*left, *map(_value, row)] for row in islice(read, count)]
            rows += [[] for _ in range(count - len(rows))]
            for number, row in enumerate(rows, first):
                row += [""] * (extent.columns - len(row))
                for column, (tag, text) in special.get(number, {}).items():
                    row[column] = _special(row[column], tag, text)
            yield Batch(range(first + 1, first + count + 1), list(zip(*rows, strict=True))).between(after, extent.rows)

    def _sheet(self, index: int) -> Any:
        return self.book.get_sheet_by_name(self.sheets[index][0])

    def _found(self, index: int) -> Findings:
        return self.findings[index] if index < len(self.findings) else Findings()


def _value(cell: Any) -> Any:
    kind = type(cell)
    if kind is float:
        return number_cell(cell)
    if kind is datetime.date or kind is datetime.datetime:
        return Day(cell.isoformat())
    return cell if kind is str or kind is bool or kind is int else str(cell)


def _special(value: Any, tag: str, text: str) -> Any:
    if tag == "f":
        return Tagged(["f", text, stored_result(value, text)])
    if tag == "e":
        return Tagged(["e", text])
    return f"{value * 100:.12g}%" if type(value) in (int, float) else value
