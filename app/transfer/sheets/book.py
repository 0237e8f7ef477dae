"""A workbook with one table in it, on as many sheets as it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.core.errors import Refused
from app.core.messages import N_
from app.transfer.sheets import cells, looks
from app.transfer.sheets.archive import LARGEST, Archive
from app.transfer.sheets.looks import Look
from app.transfer.sheets.signs import LAST_ROW, LONGEST_TEXT, sheet_name, writable

#: Bytes of XML that are gathered before they are deflated.
_GATHERED = 1 << 16
#: By so much a column is wider than its characters: 5 of 7 pixels (ECMA-376 part 1, 18.3.1.13).
_PADDING = 0.7109375
_TAIL = b"</sheetData></worksheet>"


@dataclass(frozen=True)
class Heading:
    """A column: what stands above it, how its cells look, and whether they are numbers (days are)."""

    text: str
    look: Look = Look.PLAIN
    kind: Literal["text", "number"] = "text"
    #: There is something in every row.
    is_filled: bool = False
    #: Texts may be longer than a cell can hold.
    may_be_long: bool = True

    @property
    def width(self) -> int:
        """In characters."""
        return min(max(10, 2 * len(self.text) + 4), 40)


class Book:
    """Sends a workbook to a function, row by row; it is whole when ``close`` has returned.

    ``told`` hears how many rows there are so far.
    """

    def __init__(
        self,
        send: Callable[[bytes], Any],
        title: str,
        headings: Sequence[Heading],
        *,
        made: datetime,
        rows_per_sheet: int = LAST_ROW,
        told: Callable[[int], Any] = lambda number: None,
    ) -> None:
        self.headings, self.number, self.told = headings, 0, told
        self._title, self._each = title, rows_per_sheet
        self._names: list[str] = []
        self._line = 0
        self._archive = Archive(send, made)
        self._archive.add("[Content_Types].xml", looks.CONTENT_TYPES.encode())
        self._archive.add("_rels/.rels", looks.RELATIONS.encode())
        about = looks.properties(writable(title), made.isoformat(timespec="seconds"))
        self._archive.add("docProps/core.xml", about.encode())
        self._archive.add("xl/styles.xml", looks.STYLES.encode())
        self._begin()

    def room(self) -> int:
        """Rows that this sheet still takes; a new one is begun where there would be none."""
        if self._line >= self._each or self._archive.size >= LARGEST:
            self._end()
            self._begin()
        return self._each - self._line

    def put(self, xml: bytes, rows: int) -> None:
        """So many rows, no more than there is room for."""
        if not rows:
            return
        self.room()
        self._archive.write(xml)
        self._line += rows
        self.number += rows
        self.told(self.number)

    def write(self, rows: Iterable[Sequence[Any]]) -> int:
        """Every row, its values by their types. Returns how many there were; raises Refused where one has no place."""
        before, seen = self.number, [int(heading.look) for heading in self.headings]
        gathered: list[str] = []
        size = 0
        for row in rows:
            if len(gathered) == self.room() or size > _GATHERED:
                self.put("".join(gathered).encode(), len(gathered))
                gathered, size = [], 0
            xml = self.row(row, seen, len(gathered))
            gathered.append(xml)
            size += len(xml)
        self.put("".join(gathered).encode(), len(gathered))
        return self.number - before

    def row(self, row: Sequence[Any], seen: Sequence[int], ahead: int = 0) -> str:
        """One row, ``ahead`` rows behind those that were put."""
        told = []
        for at, value in enumerate(row):
            try:
                told.append(cells.cell(value, seen[at]))
            except cells.TooLong:
                raise self.too_long(row, at, ahead) from None
        return f"<row>{''.join(told)}</row>"

    def too_long(self, row: Sequence[Any], at: int, ahead: int) -> Refused:
        """Which text of which row no cell can hold, in words."""
        title = next((str(value)[:40] for value in row if isinstance(value, str) and value), "")
        return Refused(
            N_(
                "第 {row} 行（{title}）的“{column}”超过 {limit} 个字，Excel 单元格放不下；请导出为 CSV，或去掉这一列",
                row=self._line + ahead + 2,
                title=title,
                column=self.headings[at].text,
                limit=LONGEST_TEXT,
            )
        )

    def close(self) -> None:
        """The end of the last sheet, the list of them all, the directory."""
        self._end()
        sheets, places = looks.workbook(self._names)
        self._archive.add("xl/_rels/workbook.xml.rels", places.encode())
        self._archive.add("xl/workbook.xml", sheets.encode())
        self._archive.close()

    def _begin(self) -> None:
        self._line = 0
        self._names.append(sheet_name(self._title, len(self._names) + 1))
        self._archive.begin(f"xl/worksheets/sheet{len(self._names)}.xml")
        self._archive.write(self._head().encode())

    def _end(self) -> None:
        self._archive.write(_TAIL)
        self._archive.end()

    def _head(self) -> str:
        columns = "".join(
            f'<col min="{n}" max="{n}" width="{each.width + _PADDING}" style="{int(each.look)}" customWidth="1"/>'
            for n, each in enumerate(self.headings, 1)
        )
        header = "".join(cells.text(heading.text, Look.HEADER) for heading in self.headings)
        selected = ' tabSelected="1"' if len(self._names) == 1 else ""
        return (
            f'{looks.HEAD}<worksheet xmlns="{looks.MAIN}"><sheetViews><sheetView{selected} workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>'
            f"</sheetView></sheetViews><cols>{columns}</cols><sheetData><row>{header}</row>"
        )
