"""The conversation of the child with its parent: one JSON line asks, one framed JSON answers.

``{"open": index}`` reads a sheet, ``{"next": rows}`` gives its next rows; the first answer, unasked, lists the sheets.
A frame is its length in bytes, a line end, and the JSON. The parent closing its end is the end.
"""

from __future__ import annotations

import datetime
import encodings.cp437
import encodings.gb18030
import encodings.utf_8_sig
import encodings.utf_16
import io
import json
import os
import re
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import python_calamine

from . import container
from .biff import scan_xls
from .delimited import read_text
from .encode import Tagged, encode_batch
from .refusal import Refusal
from .sheet_xml import Findings, percent_styles, scan_sheet, sheet_parts

#: Imported now, because no file can be opened later: the codecs that zip directories and text files may ask for.
CODECS = (encodings.cp437, encodings.gb18030, encodings.utf_8_sig, encodings.utf_16)

NUMBER_FORMULA = re.compile(r"=([+-]?(?:\d+(?:\.\d*)?|\.\d+))")
TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
#: A frame above this size is cut in halves, so that neither side holds much.
FRAME = 8_000_000


class Workbook:
    """The file as it was given, and the sheet that was asked for last."""

    def __init__(self, content: bytes, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.content = content
        self.kind = container.kind_of(content, settings["suffix"])
        self.sheets: list[tuple[str, bool]] = [("CSV", False)]
        self.parts: dict[str, str] = {}
        self.opened = -1
        self.current: Any = None
        self.findings = Findings()
        self.pending: Iterator[list[Any]] = iter(())
        self.frames: list[bytes] = []
        self.position = 0
        if self.kind == "text":
            return
        if self.kind == "xlsx":
            limits = container.ContainerLimits(settings["entries"], settings["inflated_bytes"], settings["ratio"])
            self.archive = container.open_zip(content, limits)
            self.parts = sheet_parts(self.archive)
            self.percents = percent_styles(self.archive)
        self.book = _open_with_calamine(content)
        self.sheets = [
            (sheet.name, sheet.visible != python_calamine.SheetVisibleEnum.Visible)
            for sheet in self.book.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]

    def open(self, index: int) -> dict[str, Any]:
        """Read a sheet and stand before its first row."""
        name = self.sheets[index][0]
        if index != self.opened:
            self.current = None
            self.findings = self._findings(name, index)
            self.current = self._read(name)
            self.opened = index
        width, height, merged = self._extent(name)
        rows = self.current if isinstance(self.current, list) else self.current.iter_rows()
        self.pending = self._completed(iter(rows), width, height)
        self.position = 0
        self.frames = []
        return {
            "rows": height,
            "columns": width,
            "merged": merged,
            "hidden_rows": self.findings.hidden_rows,
            "formulas": self.findings.formulas,
            "errors": self.findings.errors,
        }

    def next(self, count: int) -> bytes:
        """The next rows as one frame, at most ``count`` of them; a frame without rows is the end."""
        if not self.frames:
            rows = list(islice(self.pending, count))
            self.frames = _frames(self.position, rows, self.settings["cell"])
            self.position += len(rows)
        return self.frames.pop(0)

    def _findings(self, name: str, index: int) -> Findings:
        limit = self.settings["formulas"]
        if self.kind == "xlsx":
            if name not in self.parts:
                raise Refusal("corrupt")
            return scan_sheet(self.archive, self.parts[name], self.percents, limit)
        if self.kind == "xls":
            found = scan_xls(self.content, limit)
            return found[index] if index < len(found) else Findings()
        return Findings()

    def _read(self, name: str) -> Any:
        if self.kind == "text":
            return read_text(self.content, self.settings["rows"], self.settings["cell"])
        return self.book.get_sheet_by_name(name)

    def _extent(self, name: str) -> tuple[int, int, list[list[int]]]:
        merged: list[list[int]] = []
        if isinstance(self.current, list):
            height, width = len(self.current), len(self.current[0]) if self.current else 0
        else:
            end = self.current.end
            height, width = (end[0] + 1, end[1] + 1) if end else (0, 0)
            merged = [[*start, *stop] for start, stop in self.current.merged_cell_ranges or []]
        if self.findings.cells:  # a formula without a stored result may stand outside of what calamine sees
            height = max(height, max(self.findings.cells) + 1)
            width = max(width, max(max(row) for row in self.findings.cells.values()) + 1)
        if height > self.settings["rows"]:
            raise Refusal("too_many_rows", sheet=name, limit=self.settings["rows"])
        if width > self.settings["columns"]:
            raise Refusal("too_many_columns", sheet=name, limit=self.settings["columns"])
        merged = [[top, left, min(bottom, height - 1), right] for top, left, bottom, right in merged if top < height]
        covered = sum(bottom - top for top, _, bottom, _ in merged)
        if len(merged) > self.settings["merged"] or covered > 10 * self.settings["rows"]:
            raise Refusal("too_many_merged", sheet=name, limit=self.settings["merged"])
        return width, height, merged

    def _completed(self, rows: Iterator[list[Any]], width: int, height: int) -> Iterator[list[Any]]:
        """Rows of full width with formulas, errors and percentages in their cells; the usual sheet passes as it is."""
        special = self.findings.cells
        if not special:
            yield from rows
            return
        for number in range(height):
            row = next(rows, [])
            row = [*row, *[""] * (width - len(row))]
            for column, (tag, text) in special.get(number, {}).items():
                row[column] = _special(row[column], tag, text)
            yield row


def _special(value: Any, tag: str, text: str) -> Any:
    if tag == "f":
        return Tagged(["f", text, _cached(value, text)])
    if tag == "e":
        return Tagged(["e", text])
    return f"{value * 100:.12g}%" if type(value) in (int, float) else value


def _cached(value: Any, formula: str) -> Any:
    """The result that the office program stored; a formula that is only a constant is its own result."""
    if value != "":
        return value if not isinstance(value, datetime.time | datetime.timedelta) else str(value)
    if match := NUMBER_FORMULA.fullmatch(formula):
        return float(match[1])
    if match := TEXT_FORMULA.fullmatch(formula):
        return match[1].replace('""', '"')
    return ""


def _frames(first: int, rows: list[list[Any]], max_cell: int) -> list[bytes]:
    frame = encode_batch(first, rows, max_cell)
    if len(frame) <= FRAME or len(rows) < 2:
        return [frame]
    half = len(rows) // 2
    return _frames(first, rows[:half], max_cell) + _frames(first + half, rows[half:], max_cell)


def _open_with_calamine(content: bytes) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except python_calamine.PasswordError as problem:
        raise Refusal("encrypted") from problem


def _limit_resources(settings: dict[str, Any]) -> None:
    """From here on: bounded memory and CPU, no core, no file written, and no file or socket opened."""
    for what, bound in (
        (resource.RLIMIT_AS, settings["memory_bytes"]),
        (resource.RLIMIT_CPU, settings["cpu_seconds"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(what, (bound, bound))


def _send(out: BinaryIO, frame: bytes) -> None:
    out.write(b"%d\n" % len(frame))
    out.write(frame)
    out.flush()


def _say(out: BinaryIO, answer: dict[str, Any]) -> None:
    _send(out, json.dumps(answer, ensure_ascii=False).encode())


def _read_file(fd: int, limit: int) -> bytes:
    with open(fd, "rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise Refusal("file_too_large", limit=limit // 1_000_000)
    return content


def _converse(settings: dict[str, Any], out: BinaryIO) -> None:
    content = _read_file(settings["fd"], settings["file_bytes"])
    book = Workbook(content, settings)
    if not book.sheets:
        raise Refusal("no_sheet")
    _say(out, {"kind": book.kind, "sheets": book.sheets})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "open" in request:
            _say(out, book.open(request["open"]))
        else:
            _send(out, book.next(request["next"]))


def main(argument: str) -> None:
    """Serve one workbook until the parent closes its end; say why when it is refused."""
    settings = json.loads(argument)
    out = sys.stdout.buffer
    _limit_resources(settings)
    try:
        _converse(settings, out)
    except BrokenPipeError:
        os._exit(0)
    except Refusal as refusal:
        _say(out, {"refused": refusal.code, "facts": {"detail": repr(refusal.__cause__), **refusal.facts}})
    except MemoryError:
        _say(out, {"refused": "memory", "facts": {}})
    except BaseException as problem:  # a Rust panic is no Exception; whatever happened, the parent hears one word
        _say(out, {"refused": "corrupt", "facts": {"detail": f"{type(problem).__name__}: {problem}"[:300]}})
