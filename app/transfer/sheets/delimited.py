"""Text files (CSV): UTF-8 with a byte order mark, as Excel expects; a quote stands before what looks like a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import IO, Any

from app.core import clock
from app.core.fields.write import NO, YES
from app.transfer.sheets.copied import CONTROLS, NEITHER
from app.transfer.sheets.signs import GUARD, UNWRITABLE

MARK = b"\xef\xbb\xbf"
_TOGETHER = 400


def write_csv(stream: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a header and every row. Returns how many rows there were."""
    return append(stream.write, rows) if stream.write(header(columns)) else 0


def header(columns: Sequence[str]) -> bytes:
    """The beginning of a file: the mark and the first line."""
    return MARK + _line(columns)


def append(send: Callable[[bytes], Any], rows: Iterable[Sequence[Any]]) -> int:
    """Every row as a line. Returns how many there were."""
    total = 0
    for row in rows:
        send(_line(row))
        total += 1
    return total


class CopiedText:
    """What COPY (CSV format) writes to: lines go on by hundreds, without what no text file should hold."""

    def __init__(self, send: Callable[[bytes], Any], told: Callable[[int], Any] = lambda number: None) -> None:
        self._send, self._lines, self.number, self._told = send, list[bytes](), 0, told

    def write(self, line: bytes) -> int:
        """One row."""
        self._lines.append(line)
        self.number += 1
        if len(self._lines) == _TOGETHER:
            self.close()
        return len(line)

    def close(self) -> None:
        """All lines are sent."""
        plain = b"".join(self._lines).translate(None, CONTROLS)
        for sign in NEITHER:
            plain = plain.replace(sign, b"")
        self._lines.clear()
        if plain:
            self._send(plain)
            self._told(self.number)


def _line(row: Sequence[Any]) -> bytes:
    """One line, ended as COPY ends it; the writer must see both line ends, or values with one would not be quoted."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow([_guarded(value) for value in row])
    return text.getvalue()[:-2].encode() + b"\n"


def _guarded(value: Any) -> Any:
    if isinstance(value, bool):
        return str(YES if value else NO)
    if isinstance(value, datetime):
        return value.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str):
        plain = UNWRITABLE.sub("", value)
        return "'" + plain if GUARD.match(plain) else plain
    return value
