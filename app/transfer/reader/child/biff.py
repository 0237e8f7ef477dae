"""What calamine does not tell about a sheet of an old .xls: formulas, error cells, percentages, hidden rows.

An .xls is a small file system (OLE) whose stream ``Workbook`` is a list of records. Only a few kinds are looked at.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .refusal import Refusal
from .values import BUILT_IN_PERCENT, is_percent

FREE = 0xFFFFFFFA
BOUNDSHEET, BOF, EOF, FORMAT, XF = 0x0085, 0x0809, 0x000A, 0x041E, 0x00E0
FORMULA, BOOLERR, ROW, NUMBER, RK, MULRK = 0x0006, 0x0205, 0x0208, 0x0203, 0x027E, 0x00BD
ROW_HIDDEN = 0x20
WORKSHEET = 0
ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}

PERCENT = ("p", "")


@dataclass
class Findings:
    """Cells of one sheet that are not plain values, by (row, column) from 0, and the number of hidden rows.

    A formula is ``("f", text)``, an error ``("e", text)``, a cell formatted as a percentage ``PERCENT``.
    """

    name: str = ""
    cells: dict[int, dict[int, tuple[str, str]]] = field(default_factory=dict)
    hidden_rows: int = 0
    formulas: int = 0
    errors: int = 0

    def add(self, row: int, column: int, tag: str, text: str, limit: int) -> None:
        """Note one cell; refuse the sheet when there are more than ``limit``."""
        self.cells.setdefault(row, {})[column] = (tag, text)
        if tag == "f":
            self.formulas += 1
        else:
            self.errors += 1
        if self.formulas + self.errors > limit:
            raise Refusal("too_many_formulas", sheet=self.name, limit=limit)


def scan_xls(content: bytes, names: Sequence[str], limit: int) -> list[Findings]:
    """Return the findings of the worksheets of these names, in the order of the workbook."""
    try:
        stream = _workbook_stream(content)
        offsets, percents = _globals(stream)
        return [
            _scan_sheet(stream, offset, percents, limit, name) for offset, name in zip(offsets, names, strict=False)
        ]
    except (struct.error, IndexError, ValueError, KeyError) as problem:
        raise Refusal("corrupt") from problem


def _globals(stream: bytes) -> tuple[list[int], set[int]]:
    """Where the worksheets begin, and which cell styles show percentages."""
    offsets: list[int] = []
    percents: set[int] = set()
    formats = {int(number) for number in BUILT_IN_PERCENT}
    styles = 0
    for kind, body in _records(stream, 0):
        if kind == BOUNDSHEET:
            offset, _, sheet_type = struct.unpack_from("<IBB", body)
            if sheet_type == WORKSHEET:
                offsets.append(offset)
        elif kind == FORMAT and is_percent(body[5:].replace(b"\0", b"").decode("latin-1")):
            formats.add(struct.unpack_from("<H", body)[0])
        elif kind == XF:
            if struct.unpack_from("<H", body, 2)[0] in formats:
                percents.add(styles)
            styles += 1
        elif kind == EOF:
            break
    return offsets, percents


def _scan_sheet(stream: bytes, offset: int, percents: set[int], limit: int, name: str) -> Findings:
    findings = Findings(name)
    depth = 0
    for kind, body in _records(stream, offset):
        if kind == BOF:
            depth += 1
        elif kind == EOF:
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1:  # an embedded chart has cells of its own
            _note(findings, kind, body, percents, limit)
    return findings


def _note(findings: Findings, kind: int, body: bytes, percents: set[int], limit: int) -> None:
    if kind == ROW:
        if struct.unpack_from("<H", body, 12)[0] & ROW_HIDDEN:
            findings.hidden_rows += 1
        return
    if kind not in (FORMULA, BOOLERR, NUMBER, RK, MULRK):
        return
    row, column, style = struct.unpack_from("<HHH", body)
    if kind == FORMULA:
        findings.add(row, column, "f", "=", limit)
    elif kind == BOOLERR:
        if body[7]:
            findings.add(row, column, "e", ERRORS.get(body[6], "#N/A"), limit)
    elif kind == MULRK:
        for at in range(4, len(body) - 6, 6):
            if struct.unpack_from("<H", body, at)[0] in percents:
                findings.cells.setdefault(row, {})[column + (at - 4) // 6] = PERCENT
    elif style in percents:
        findings.cells.setdefault(row, {})[column] = PERCENT


def _records(stream: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    end = len(stream) - 4
    while offset <= end:
        kind, length = struct.unpack_from("<HH", stream, offset)
        yield kind, stream[offset + 4 : offset + 4 + length]
        offset += 4 + length


def _workbook_stream(content: bytes) -> bytes:
    """Collect the sectors of the stream ``Workbook`` (``Book`` before Excel 97)."""
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise Refusal("corrupt")
    size = 1 << shift
    fat_count, directory_start, _, cutoff, mini_fat_start, _, difat_start, difat_count = struct.unpack_from(
        "<II4sIIIII", content, 44
    )

    def sector(number: int) -> bytes:
        return content[(number + 1) * size : (number + 2) * size]

    def numbers(block: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4])

    fat_sectors = list(struct.unpack_from("<109I", content, 76))
    for _ in range(min(difat_count, len(content) // size)):
        block = numbers(sector(difat_start))
        fat_sectors += block[:-1]
        difat_start = block[-1]
    fat: list[int] = []
    for number in fat_sectors[:fat_count]:
        fat += numbers(sector(number))

    def chain(start: int, links: list[int] | tuple[int, ...]) -> Iterator[int]:
        seen = 0
        while start < FREE:
            yield start
            start = links[start]
            seen += 1
            if seen > len(links):
                raise Refusal("corrupt")

    directory = b"".join(sector(number) for number in chain(directory_start, fat))
    entries: dict[str, tuple[int, int]] = {}
    for at in range(0, len(directory) - 127, 128):
        name_length = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + max(name_length - 2, 0)].decode("utf-16-le", "replace").lower()
        entries.setdefault(name, struct.unpack_from("<II", directory, at + 116))
    start, length = entries.get("workbook") or entries.get("book") or (FREE, 0)
    if start >= FREE:
        raise Refusal("not_a_workbook")
    if length >= cutoff:
        return b"".join(sector(number) for number in chain(start, fat))[:length]
    container = b"".join(sector(number) for number in chain(entries["root entry"][0], fat))
    mini_fat = numbers(b"".join(sector(number) for number in chain(mini_fat_start, fat)))
    return b"".join(container[number * 64 : number * 64 + 64] for number in chain(start, mini_fat))[:length]
