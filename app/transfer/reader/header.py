"""Where the header row is, and what its columns are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from app.transfer.reader.cells import Cell, column_letters

SERIAL_HEADER = "序号"
#: The two columns that an error workbook adds; an import does not read them.
ROW_HEADER, ERROR_HEADER = "原行号", "错误原因"
#: What stands under 序号 in the sample row of a template.
SAMPLE_MARK = "示例"
#: Columns (normalised) that only number the rows or talk about them: a row that holds nothing else is blank.
IGNORED_HEADERS = frozenset({SERIAL_HEADER, "行号", "行次", "项次", "no", "no.", ROW_HEADER, ERROR_HEADER})
#: A unit that changes the value: 金额（万元） is another column than 金额.
UNITS = frozenset({"万元", "亿元", "千元", "百万元"})
BRACKETED = re.compile(r"[(\[{<【〔《]([^()\[\]{}<>【】〔〕《》]*)[)\]}>】〕》]")
NOISE = re.compile(r"[\s*★:]+")
LONGEST_HEADER = 40
DEEPEST_HEADER = 3


@dataclass(frozen=True)
class Merged:
    """A merged range; rows and columns from 0, both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def width(self) -> int:
        """The number of columns it covers."""
        return self.right - self.left + 1


@dataclass(frozen=True)
class HeadRow:
    """A row near the top as it stands in the sheet, nothing filled in; ``number`` is Excel's."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Header:
    """One column of the table: its place in the sheet (from 0), Excel's letter, and the header text (may be empty)."""

    index: int
    letter: str
    text: str

    @property
    def is_serial(self) -> bool:
        """Whether the column only numbers the rows."""
        return normalise_header(self.text) in IGNORED_HEADERS


@dataclass(frozen=True)
class HeaderGuess:
    """The last row of the header (Excel's number), its columns from left to right, and how many names were known."""

    row_number: int
    headers: tuple[Header, ...]
    matches: int = 0

    @property
    def serial(self) -> int | None:
        """The index of the column 序号, if there is one."""
        return next((one.index for one in self.headers if normalise_header(one.text) == SERIAL_HEADER), None)


def normalise_header(text: str) -> str:
    """Return the text by which headers are compared: half width, without blanks, stars, colons and bracketed remarks.

    A bracketed unit that changes the value (万元) stays, so that no amount is taken for ten thousand times itself.
    """
    plain = NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()
    bare = BRACKETED.sub(lambda match: match[0] if match[1] in UNITS else "", plain)
    return bare or plain


def guess_header(
    rows: Sequence[HeadRow], known: Collection[str] = (), merged: Collection[Merged] = ()
) -> HeaderGuess | None:
    """Find the header among the first rows: the row with most ``known`` names, else the first that looks like one.

    Titles, notes and blank rows above it are passed over. Headers of two or three rows (an upper cell merged over
    several lower ones) are joined as ``上/下``. None when nothing looks like a header.
    """
    wanted = {normalise_header(name) for name in known}
    best: HeaderGuess | None = None
    for position in range(len(rows)):
        for guess in _headers_at(rows, position, merged, wanted):
            if guess.matches and (best is None or guess.matches > best.matches):
                best = guess
    if best is not None:
        return best
    for position in range(len(rows)):
        if _looks_like_header(rows, position):
            return next(_headers_at(rows, position, merged, wanted))
    return None


def _headers_at(
    rows: Sequence[HeadRow], position: int, merged: Collection[Merged], wanted: set[str]
) -> Iterator[HeaderGuess]:
    """The header that begins at this row: with the rows it is joined with first, then the row alone."""
    depth = 1
    while depth < DEEPEST_HEADER and _goes_on(rows, position + depth - 1, merged):
        depth += 1
    if depth > 1:
        yield _guess(rows, position, depth, merged, wanted)
    yield _guess(rows, position, 1, merged, wanted)


def _goes_on(rows: Sequence[HeadRow], position: int, merged: Collection[Merged]) -> bool:
    """Whether a cell of this row is a heading over several cells of the next one; a title over the table is not."""
    if position + 1 >= len(rows):
        return False
    row, below = rows[position], rows[position + 1]
    if below.number != row.number + 1 or len(_texts(row)) < 2:
        return False
    for area in merged:
        if area.top == area.bottom == row.number - 1 and area.width > 1:
            under = [cell for cell in below.cells[area.left : area.right + 1] if type(cell) is str and cell.strip()]
            if len(set(under)) > 1:
                return True
    return False


def _guess(
    rows: Sequence[HeadRow], position: int, depth: int, merged: Collection[Merged], wanted: set[str]
) -> HeaderGuess:
    joined = rows[position : position + depth]
    levels = [_spread(row, merged, above=level < depth - 1) for level, row in enumerate(joined)]
    last = rows[position + depth - 1]
    following = rows[position + depth :]
    headers: list[Header] = []
    matches: set[str] = set()
    for index in range(max((len(row.cells) for row in rows), default=0)):
        parts = list(dict.fromkeys(level[index] for level in levels if index < len(level) and level[index]))
        text = "/".join(parts)
        if not text and all(index >= len(row.cells) or row.cells[index] == "" for row in following):
            continue
        headers.append(Header(index, column_letters(index), text))
        matches |= {normalise_header(name) for name in (text, *parts[-1:]) if name} & wanted
    return HeaderGuess(last.number, tuple(headers), len(matches))


def _spread(row: HeadRow, merged: Collection[Merged], *, above: bool) -> list[str]:
    """The texts of one header row; in an upper row a merged cell speaks for every column below it."""
    texts = [_text(cell) for cell in row.cells]
    if above:
        for area in merged:
            if area.top == row.number - 1 and area.left < len(texts):
                for index in range(area.left, min(area.right + 1, len(texts))):
                    texts[index] = texts[area.left]
    return texts


def _looks_like_header(rows: Sequence[HeadRow], position: int) -> bool:
    """At least two short, different texts, nothing else, across most of the table, and something below."""
    row = rows[position]
    filled = [cell for cell in row.cells if cell != ""]
    texts = _texts(row)
    if len(texts) < 2 or len(texts) < len(filled) or len(set(texts)) < 2:
        return False
    if any(len(text) > LONGEST_HEADER for text in texts):
        return False
    below = [sum(cell != "" for cell in other.cells) for other in rows[position + 1 : position + 11]]
    return any(below) and len(filled) * 2 >= max(below)


def _texts(row: HeadRow) -> list[str]:
    return [text for text in map(_text, row.cells) if text]


def _text(cell: Cell) -> str:
    return " ".join(cell.split()) if type(cell) is str else ""
