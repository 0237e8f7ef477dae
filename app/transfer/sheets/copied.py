"""Rows of COPY (text format) -> rows of a sheet. Most are woven between ready-made tags, hundreds at a time.

PostgreSQL says what a cell shows: texts as they are, numbers and days as numbers, nothing as nothing; ``@`` stands in
front of what is no number in a column of numbers. COPY doubles backslashes and writes tabs and line ends within values
as ``\\t`` and ``\\n``, so bare ones stand between values and rows only. A row with anything unusual in it (such a
value, a text that looks like a formula, blanks at an edge) is written value by value.

Every step works on a whole piece of lines at once, because a row must not cost more than a few microseconds.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from app.transfer.sheets import cells
from app.transfer.sheets.book import Book
from app.transfer.sheets.signs import LONGEST_TEXT

#: Bytes of lines that are woven together.
_TOGETHER = 1 << 17
#: What no XML can hold: bytes that stand for control characters, wherever they are; and two signs that are none.
CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})
NEITHER = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
#: What a value is written by itself for: its beginning, its end, signs in it. A literal first sign is searched fast.
_BEGINNING, _END, _NEITHER = re.compile(rb"\t[=+\-@ ]"), re.compile(rb" \t"), re.compile(rb"\xef\xbf[\xbe\xbf]")
#: The end of a row is that of its last value, too.
_TABS = bytes.maketrans(b"\n", b"\t")
_MEANT = {"b": "", "f": "", "v": "", "n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
_WRITTEN = re.compile(r"\\(.)")
_SIGNS = (b"=", b"+", b"-", b"@", b" ")


class _Pieces(io.RawIOBase):
    """What comes out of a buffer."""

    def __init__(self, take: Callable[[bytes], Any]) -> None:
        self._take = take

    def writable(self) -> bool:
        """It is only written."""
        return True

    def write(self, piece: Any) -> int:
        """A full buffer, or what was left."""
        self._take(bytes(piece))
        return len(piece)


class CopiedRows:
    """``with CopiedRows(book) as stream``: what COPY writes to the stream are rows of the book when the block ends."""

    def __init__(self, book: Book) -> None:
        self._book, self._rest, self._is_over = book, b"", False
        self._stream = io.BufferedWriter(_Pieces(self._taken), _TOGETHER)  # it gathers rows at next to no cost
        headings = book.headings
        self._looks = [int(heading.look) for heading in headings]
        self._is_number = [heading.kind == "number" for heading in headings]
        self._begins = [
            (cells.begun(look) + ("><v>" if is_number else ' t="inlineStr"><is><t>')).encode()
            for look, is_number in zip(self._looks, self._is_number, strict=True)
        ]
        self._ends = [b"</v></c>" if is_number else b"</t></is></c>" for is_number in self._is_number]
        self._nothing = [(cells.begun(look) + "/>").encode() for look in self._looks]
        self._may_lack = [at for at, heading in enumerate(headings) if not heading.is_filled]
        self._may_be_long = any(heading.may_be_long for heading in headings)

    def __enter__(self) -> IO[bytes]:
        return self._stream

    def __exit__(self, error: object, *_: object) -> None:
        if error is None:
            self._stream.flush()
        self._is_over = True

    def _taken(self, piece: bytes) -> None:
        """Some of the lines; the last may go on in the next piece."""
        if self._is_over:  # what a broken COPY left in the buffer
            return
        lines = self._rest + piece
        end = lines.rfind(b"\n") + 1
        self._rest = lines[end:]
        self._put(lines[:end])

    def _put(self, lines: bytes) -> None:
        number = lines.count(b"\n")
        while number:
            room = self._book.room()
            if number <= room:
                self._book.put(self._rows(lines, number), number)
                return
            parts = lines.split(b"\n", room)
            self._book.put(self._rows(b"\n".join(parts[:room]) + b"\n", room), room)
            lines, number = parts[room], number - room

    def _rows(self, lines: bytes, number: int) -> bytes:
        if not self._needs_care(lines):
            return self._weave(lines, number)
        return b"".join(
            self._carefully(line, ahead) if self._needs_care(line) else self._weave(line, 1)
            for ahead, line in enumerate(lines.splitlines(keepends=True))
        )

    def _needs_care(self, lines: bytes) -> bool:
        if b"\\" in lines or (b"_" in lines and b"_x" in lines) or _NEITHER.search(lines):
            return True
        if self._may_be_long and any(len(line) > LONGEST_TEXT for line in lines.split(b"\n")):
            return True
        values = lines.translate(_TABS, CONTROLS)  # what a control sign hides is at the edge when that has gone
        return values[:1] in _SIGNS or _BEGINNING.search(values) is not None or _END.search(values) is not None

    def _weave(self, lines: bytes, number: int) -> bytes:
        plain = lines.translate(_TABS, CONTROLS)
        for sign, told in ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;")):
            if sign in plain:
                plain = plain.replace(sign, told)
        values = plain.split(b"\t")
        values.pop()
        width = len(self._begins)
        begins, ends = self._begins.copy(), self._ends.copy()
        for at in self._may_lack:
            column = values[at::width]
            if not all(column):
                begin, end, nothing = begins[at], ends[at], self._nothing[at]
                values[at::width] = [begin + value + end if value else nothing for value in column]
                begins[at] = ends[at] = b""
        between = [b"</row><row>" + begins[0], *(end + begin for end, begin in zip(ends, begins[1:], strict=False))]
        between[0] = ends[-1] + between[0]
        woven = [b""] * (2 * width * number)
        woven[0::2] = between * number
        woven[1::2] = values
        woven[0] = b"<row>" + begins[0]
        return b"".join(woven) + ends[-1] + b"</row>"

    def _carefully(self, line: bytes, ahead: int) -> bytes:
        values = [_meant(value) for value in line.decode()[:-1].split("\t")]
        told = []
        for at, value in enumerate(values):
            try:
                if not self._is_number[at]:
                    told.append(cells.text(value, self._looks[at]))
                elif value.startswith("@"):
                    told.append(_marked(value[1:], self._looks[at]))
                else:
                    told.append(cells.number(value, self._looks[at]) if value else cells.cell(None, self._looks[at]))
            except cells.TooLong:
                raise self._book.too_long(values, at, ahead) from None
        return f"<row>{''.join(told)}</row>".encode()


def _marked(value: str, look: int) -> str:
    """A number that Excel may not hold exactly, or a day before its first: text, unless it is exact after all."""
    try:
        return cells.cell(Decimal(value), look)
    except InvalidOperation:
        return cells.text(value, look)


def _meant(value: str) -> str:
    return _WRITTEN.sub(lambda found: _MEANT[found[1]], value) if "\\" in value else value
