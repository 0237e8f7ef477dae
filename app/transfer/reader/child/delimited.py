"""Text files: csv and its relatives, in UTF-8, UTF-16 or GB 18030, separated by comma, tab or semicolon; a stream."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from .container import file_pieces
from .encode import Batch
from .refusal import Refusal
from .survey import Extent

NAME = "CSV"
SNIFFED_LINES = 20
SNIFFED = 65_536
ROWS = 2_000
#: A field above this is a quote that was never closed.
LARGEST_FIELD = 4_000_000
#: Our own export puts a quote before what Excel would take for a formula; reading takes it off again.
GUARDED = re.compile(r"'(?='*[=+\-@\t\r])")
#: The trick with which many systems keep Excel from reading a code as a number: ="0123".
KEPT_AS_TEXT = re.compile(r'="([^"]*)"')


class TextFile:
    """A text file that is open: one sheet."""

    kind = "text"
    facts: dict[str, str] = {}
    sheets = [(NAME, False)]

    def __init__(self, fd: int, size: int, settings: dict[str, Any]) -> None:
        self.fd, self.size = fd, size
        self.encoding = self._encoding()
        with self._text() as text:
            self.delimiter = delimiter_of(text.read(SNIFFED))
        csv.field_size_limit(LARGEST_FIELD)

    def survey(self, index: int) -> Extent:
        """Measure the table; blank lines at its end do not belong to it."""
        extent = Extent()
        for number, row in enumerate(self._records(), 1):
            if any(map(str.strip, row)):
                extent.rows = number
                extent.columns = max(extent.columns, len(row))
        return extent

    def batches(self, index: int, extent: Extent, after: int) -> Iterator[Batch]:
        """The rows below a row, all of one width."""
        records = islice(self._records(), after, extent.rows)
        number = after + 1
        while rows := list(islice(records, ROWS)):
            for row in rows:
                row += [""] * (extent.columns - len(row))
                del row[extent.columns :]
                for at, cell in enumerate(row):
                    if cell[:1] in ("'", "="):
                        row[at] = _plain(cell)
            yield Batch(range(number, number + len(rows)), list(zip(*rows, strict=True)))
            number += len(rows)

    def _records(self) -> Iterator[list[str]]:
        with self._text() as text:
            reader = csv.reader(text, delimiter=self.delimiter)
            try:
                yield from reader
            except csv.Error as problem:
                raise Refusal("open_quote", row=reader.line_num) from problem

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        os.lseek(self.fd, 0, os.SEEK_SET)
        with open(self.fd, encoding=self.encoding, newline="", closefd=False) as text:
            yield text

    def _encoding(self) -> str:
        head = next(file_pieces(self.fd, self.size), b"")
        wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
        for encoding in ["utf-16"] if wide else ["utf-8-sig", "gb18030"]:
            decoder = codecs.getincrementaldecoder(encoding)()
            try:
                for piece in file_pieces(self.fd, self.size):
                    decoder.decode(piece)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            return encoding
        raise Refusal("encoding")


def _plain(cell: str) -> str:
    kept = KEPT_AS_TEXT.fullmatch(cell)
    return kept[1] if kept else GUARDED.sub("", cell, count=1) if GUARDED.match(cell) else cell


def delimiter_of(text: str) -> str:
    """The separator that divides the first lines into the most columns, the same number in most lines."""
    lines = text.splitlines()[:SNIFFED_LINES]
    best, best_score = ",", (0, 0)
    for candidate in (",", "\t", ";"):
        counts = [len(row) - 1 for row in csv.reader(lines, delimiter=candidate) if row]
        usual = max(set(counts), key=counts.count, default=0)
        score = (counts.count(usual) if usual else 0, usual)
        if score > best_score:
            best, best_score = candidate, score
    return best
