"""Rows of COPY (text format) -> rows of a sheet. Most are woven between ready-made tags, hundreds at a time.

PostgreSQL says what a cell shows: texts as they are, numbers and days as numbers, nothing as nothing; ``@`` stands in
front of what is no number in a column of numbers. COPY doubles backslashes and writes tabs and line ends within values
as ``\\t`` and ``\\n``, so bare ones stand between values and rows only. A row with anything unusual in it (such a
value, a text that looks like a formula, blanks at an edge) is written value by value.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from itertools import repeat

from app.transfer.sheets import cells
from app.transfer.sheets.book import Book
from app.transfer.sheets.signs import LONGEST_TEXT

#: Rows woven at a time; the first are few, so that whoever waits sees that it goes on.
_FIRST, _TOGETHER = 50, 400
#: What no XML can hold: bytes that stand for control characters, wherever they are.
CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})
NEITHER = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
#: What a value may begin with only where it is written by itself, behind the end of the value before.
_BEGINNING = re.compile(rb"[\t\n][=+\-@ ]")
_UNUSUAL = (b"\\", b"_x", b" \t", b" \n", *NEITHER)
_MEANT = {"b": "", "f": "", "v": "", "n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
_WRITTEN = re.compile(r"\\(.)")

_NO_TEXT, _NO_NUMBER, _NOTHING = b' t="inlineStr"><is><t></t></is></c>', b"><v></v></c>", b"/>"


class CopiedRows:
    """What COPY writes to. ``close`` puts the last rows into the book."""

    def __init__(self, book: Book) -> None:
        self._book, self._lines = book, list[bytes]()
        self._looks = [int(heading.look) for heading in book.headings]
        self._is_number = [heading.kind == "number" for heading in book.headings]
        self._limit = _FIRST
        self._woven: dict[int, list[bytes]] = {}
        ends = [b"</v></c>" if is_number else b"</t></is></c>" for is_number in self._is_number]
        starts = [
            (cells.begun(look) + ("><v>" if is_number else ' t="inlineStr"><is><t>')).encode()
            for look, is_number in zip(self._looks, self._is_number, strict=True)
        ]
        self._tags = [b"<row>" + starts[0], *(end + start for end, start in zip(ends, starts[1:], strict=False))]
        self._end = ends[-1] + b"</row>"

    def write(self, line: bytes) -> int:
        """One row (libpq gives them one by one)."""
        self._lines.append(line)
        if len(self._lines) == self._limit:
            self._flush()
        return len(line)

    def close(self) -> None:
        """All rows are in the book."""
        self._flush()

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        while lines:
            some = lines[: self._book.room()]
            self._book.put(self._rows(some), len(some))
            lines = lines[len(some) :]
        self._limit = _TOGETHER

    def _rows(self, lines: list[bytes]) -> bytes:
        together = b"".join(lines)
        if max(map(len, lines)) <= LONGEST_TEXT and not _needs_care(together):
            return self._weave(together, len(lines))
        return b"".join(
            self._carefully(line, ahead) if len(line) > LONGEST_TEXT or _needs_care(line) else self._weave(line, 1)
            for ahead, line in enumerate(lines)
        )

    def _weave(self, lines: bytes, number: int) -> bytes:
        plain = lines.translate(None, CONTROLS)
        for sign, told in ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;")):
            if sign in plain:
                plain = plain.replace(sign, told)
        woven = self._pattern(number)
        values = plain.replace(b"\n", b"\t").split(b"\t")
        values.pop()
        woven[1::2] = values
        xml = b"".join(woven) + self._end
        return xml.replace(_NO_TEXT, _NOTHING).replace(_NO_NUMBER, _NOTHING)

    def _pattern(self, number: int) -> list[bytes]:
        """Tags with room between them for the values of so many rows."""
        if number not in self._woven:
            if len(self._woven) > 3:
                self._woven.clear()
            between = [self._end + self._tags[0], *self._tags[1:]]
            pattern = list(repeat(b"", 2 * number * len(between)))
            pattern[0::2] = between * number
            pattern[0] = self._tags[0]
            self._woven[number] = pattern
        return self._woven[number]

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


def _needs_care(lines: bytes) -> bool:
    if lines[:1] in (b"=", b"+", b"-", b"@", b" ") or any(sign in lines for sign in _UNUSUAL):
        return True
    return _BEGINNING.search(lines) is not None


def _marked(value: str, look: int) -> str:
    """A number that Excel may not hold exactly, or a day before its first: text, unless it is exact after all."""
    try:
        return cells.cell(Decimal(value), look)
    except InvalidOperation:
        return cells.text(value, look)


def _meant(value: str) -> str:
    return _WRITTEN.sub(lambda found: _MEANT[found[1]], value) if "\\" in value else value
