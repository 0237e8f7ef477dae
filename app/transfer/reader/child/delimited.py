"""Text files: csv and its relatives, in UTF-8, UTF-16 or GB 18030, separated by comma, tab or semicolon."""

from __future__ import annotations

import csv
import io
import re

from .refusal import Refusal

SNIFFED_LINES = 20
#: Our own export puts a quote before what Excel would take for a formula; reading takes it off again.
GUARDED = re.compile(r"'(?='*[=+\-@\t\r])")
#: The trick with which many systems keep Excel from reading a code as a number: ="0123".
KEPT_AS_TEXT = re.compile(r'="([^"]*)"')


def read_text(content: bytes, max_rows: int, max_cell: int) -> list[list[str]]:
    """Return the rows of the file, all of one width."""
    text = _decoded(content)
    csv.field_size_limit(max_cell)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text)):
            rows.append([_plain(cell) if cell[:1] in ("'", "=") else cell for cell in row])
            if len(rows) > max_rows:
                raise Refusal("too_many_rows", sheet="CSV", limit=max_rows)
    except csv.Error as problem:
        if "field larger" in str(problem):
            raise Refusal("cell_too_long", cell=str(len(rows) + 1), limit=max_cell) from problem
        raise Refusal("corrupt") from problem
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    width = max(map(len, rows), default=0)
    for row in rows:
        row.extend([""] * (width - len(row)))
    return rows


def _plain(cell: str) -> str:
    kept = KEPT_AS_TEXT.fullmatch(cell)
    return kept[1] if kept else GUARDED.sub("", cell, count=1) if GUARDED.match(cell) else cell


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("encoding")


def delimiter_of(text: str) -> str:
    """The separator that divides the first lines into the most columns, the same number in most lines."""
    lines = text[:65_536].splitlines()[:SNIFFED_LINES]
    best, best_score = ",", (0, 0)
    for candidate in (",", "\t", ";"):
        counts = [len(row) - 1 for row in csv.reader(lines, delimiter=candidate) if row]
        usual = max(set(counts), key=counts.count, default=0)
        score = (counts.count(usual) if usual else 0, usual)
        if score > best_score:
            best, best_score = candidate, score
    return best
