"""The rows of one sheet of an xlsx, as a stream: most of them by one regular expression, whatever is odd by expat.

The expression knows the columns of the sheet and takes a whole row at C speed. A row that it does not know (a formula,
formatted runs of text, an attribute in another order, a name left out) is walked element by element, so that nothing
is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, groupby
from operator import itemgetter, not_
from typing import Any
from xml.parsers import expat

from .encode import Batch
from .refusal import Refusal, Unfit, column_letters
from .survey import NAMED, Extent
from .texts import PRESERVED, XML_BLANK, cell_texts
from .values import Meanings
from .walker import Walker
from .xml import Blocks

#: Where more than one row in eight is odd, the whole block is walked: there is nothing to win.
ODD_SHARE = 8


@dataclass
class SheetRows:
    """Reads the rows of one sheet, from its beginning or from behind a row."""

    name: str
    extent: Extent
    meanings: Meanings
    blocks: Callable[[], Blocks]

    def batches(self, after: int) -> Iterator[Batch]:
        """The rows below Excel's row ``after``, as far as anything is filled."""
        blocks = self.blocks()
        self.walker = Walker(self.name, self.meanings, blocks.prefix)
        if self.extent.disordered:
            yield from self._sorted(after)
            return
        last = 0
        is_named = False
        patterns: dict[tuple[bool, bool], re.Pattern[str]] = {}
        number = re.compile(rf'<{blocks.prefix}row r="([0-9]+)"'.encode())
        begin = f"<{blocks.prefix}row".encode()
        for block in blocks:
            if last >= self.extent.rows:
                return
            found = number.match(block, block.rfind(begin)) if after > last else None
            if found and int(found[1]) <= after:
                last = self.walker.row = int(found[1])
                self.walker.row -= 1
                continue
            is_named = is_named or NAMED.search(block) is not None
            kind = (b"i" in block and b"is>" in block, is_named)
            if kind not in patterns:
                patterns[kind] = row_pattern(blocks.prefix, self.extent.columns, *kind)
            try:
                batch = self._read(block, patterns[kind])
            except (expat.ExpatError, UnicodeDecodeError) as problem:
                raise Refusal("damaged_rows", sheet=self.name, row=last + 1) from problem
            if batch.numbers and batch.numbers[0] <= last:
                raise Refusal("disordered", sheet=self.name, row=batch.numbers[0])
            last = batch.numbers[-1] if batch.numbers else last
            yield batch.between(after, self.extent.rows)

    def _read(self, block: bytes, pattern: re.Pattern[str]) -> Batch:
        found = pattern.findall(block.decode()) if b"!" not in block else []
        odd = sum(1 for row in found if row[-1])
        if not found or odd * ODD_SHARE > len(found):
            return self._walked(block)
        if not odd:
            return self._matched(found, pattern)
        batches: list[Batch] = []
        for is_odd, rows in groupby(found, key=lambda row: row[-1] != ""):
            if is_odd:
                batches.append(self._walked("".join(map(itemgetter(-1), rows)).encode()))
            else:
                batches.append(self._matched(list(rows), pattern))
                self.walker.row = batches[-1].numbers[-1] - 1
        return Batch.joined(batches)

    def _walked(self, block: bytes) -> Batch:
        rows = self.walker.read(block)
        numbers = sorted(rows)
        width = max((column + 1 for row in rows.values() for column in row), default=0)
        columns = [[rows[row].get(column, "") for row in numbers] for column in range(max(width, self.extent.columns))]
        return Batch([row + 1 for row in numbers], columns)

    def _matched(self, found: Sequence[tuple[str, ...]], pattern: re.Pattern[str]) -> Batch:
        parts = list(zip(*found, strict=True))
        first = self.walker.row + 2
        numbers: Sequence[int] = list(map(int, parts[0])) if parts[0][0] else range(first, first + len(found))
        if any(map(int.__ge__, numbers, numbers[1:])):
            raise Refusal("disordered", sheet=self.name, row=numbers[0])
        step = 3 if pattern.groups == 3 * self.extent.columns + 2 else 2
        columns = []
        for at in range(self.extent.columns):
            part = parts[1 + at * step : 1 + at * step + step]
            columns.append(self._column(at, numbers, part[0], part[1], part[2] if step == 3 else ()))
        self.walker.row = numbers[-1] - 1
        return Batch(numbers, columns)

    def _column(
        self, at: int, numbers: Sequence[int], attributes: Sequence[str], values: Sequence[str], texts: Sequence[str]
    ) -> Sequence[Any]:
        """One column of rows that the expression took: attributes, contents of ``v``, and ``is`` with its ``t``."""
        kinds = set(attributes)
        if "" in kinds and not any(compress(values, map(not_, attributes))):
            kinds.discard("")  # empty cells, and empty means empty whatever it is
        try:
            if len(kinds) < 2:
                column: Sequence[Any] = self.meanings[kinds.pop() if kinds else ""].column(values)
            else:
                of_kind: dict[str, Iterator[Any]] = {}
                for kind in {*kinds, *attributes}:
                    own = [value for attribute, value in zip(attributes, values, strict=True) if attribute == kind]
                    of_kind[kind] = iter(self.meanings[kind].column(own))
                column = [next(of_kind[attribute]) for attribute in attributes]
            return _with_texts(texts, column) if any(texts) else column
        except Unfit:
            for row, number in enumerate(numbers):
                try:
                    self.meanings[attributes[row]].column(values[row : row + 1])
                    _with_texts(texts[row : row + 1], values[row : row + 1] if texts else ())
                except Unfit as problem:
                    raise problem.at(self.name, number - 1, at) from problem
            raise Refusal("damaged_rows", sheet=self.name, row=numbers[0]) from None

    def _sorted(self, after: int) -> Iterator[Batch]:
        """The rows of a sheet whose rows stand in no order: it has to be held as a whole."""
        rows: dict[int, dict[int, Any]] = {}
        try:
            for block in self.blocks():
                for row, cells in self.walker.read(block).items():
                    rows.setdefault(row, {}).update(cells)
        except expat.ExpatError as problem:
            raise Refusal("damaged_rows", sheet=self.name, row=self.walker.row + 1) from problem
        numbers = [row for row in sorted(rows) if after <= row < self.extent.rows]
        for start in range(0, len(numbers), 1000):
            chosen = numbers[start : start + 1000]
            columns = [[rows[row].get(column, "") for row in chosen] for column in range(self.extent.columns)]
            yield Batch([row + 1 for row in chosen], columns)


def row_pattern(prefix: str, columns: int, with_text: bool, is_named: bool = True) -> re.Pattern[str]:
    """The expression for a row as office programs write it; its last group takes what it does not know.

    Groups: the row's number; of each column the attributes, the content of ``v``, and (``with_text``) ``t`` and its
    text; anything else up to the end of its row. A column may be missing; empty cells behind the last one are skipped.
    Where nothing is named, the number is empty and the cells are those of the first columns.
    """
    row, c, v, t, text = (f"{prefix}{name}" for name in ("row", "c", "v", "t", "is"))
    value = rf"(?:<{v}>([^<]*)</{v}>"
    value += rf"|<{text}>(<{t}(?:{PRESERVED})?>[^<]*)</{t}></{text}>)?+" if with_text else ")?+"
    if not is_named:
        cells = rf"(?:<{c}((?:\s[^>/]*)?)(?:/>|>{value}</{c}>)\s*+)?+" * columns
        empty = rf"(?:<{c}(?:\s[^>/]*)?(?:/>|></{c}>)\s*+)*+"
        known = rf"<{row}()(?:\s[^>/]*)?(?:/>|>\s*+{cells}{empty}</{row}>)"
        return re.compile(rf"{known}|(<{row}[\s>][\s\S]*?</{row}>|\S[\s\S]*)")
    cells = "".join(rf'(?:<{c} r="{column_letters(at)}\1"([^>/]*)(?:/>|>{value}</{c}>)\s*+)?+' for at in range(columns))
    empty = rf'(?:<{c} r="[A-Z]+\1"[^>/]*(?:/>|></{c}>)\s*+)*+'
    known = rf'<{row} r="([1-9][0-9]{{0,6}})"[^>/]*(?:/>|>\s*+{cells}{empty}</{row}>)'
    return re.compile(rf"{known}|(<{row}[\s>][\s\S]*?</{row}>|\S[\s\S]*)")


def _with_texts(tagged: Sequence[str], values: Sequence[Any]) -> Sequence[Any]:
    """A column with inline texts, each behind its ``<t>``; where there is none, the value."""
    split = [text.partition(">") for text in tagged if text]
    texts = cell_texts([text if PRESERVED in tag else text.strip(XML_BLANK) for tag, _, text in split], False)
    if len(texts) == len(values):
        return texts
    given = iter(texts)
    return [next(given) if text else value for text, value in zip(tagged, values, strict=True)]
