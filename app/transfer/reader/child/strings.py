"""The shared strings of a workbook: read as far as they are asked for, remembered in part, the rest on disk.

Writers number strings in the order in which the rows use them, so that rows and strings are read side by side. What
was used long ago is read again from a scratch file, a few strings at once: memory stays flat whatever their number.
"""

from __future__ import annotations

import os
import re
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any
from xml.parsers import expat

from .refusal import Refusal, Unfit
from .texts import PRESERVED, XML_BLANK, cell_texts
from .walker import read_strings
from .xml import Blocks

#: Bytes of strings remembered: those that came last, and those that were asked for again after they were forgotten.
REMEMBERED, REMEMBERED_AGAIN = 100_000_000, 30_000_000
#: What a string takes besides its characters.
OVERHEAD = 64
GROUP = 16
PART = "xl/sharedStrings.xml"


class SharedStrings:
    """Texts by their index, as the cells write it."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]], scratch: int) -> None:
        self.pieces, self.scratch = pieces, scratch
        self.forgotten = True
        self.begin()

    def begin(self) -> None:
        """Make ready for reading a sheet from its first row: to read in step again is cheaper than to search."""
        if not self.forgotten:
            return
        self.forgotten = False
        #: By index; None where a text is only on disk.
        self.texts: list[str | None] = []
        self.blocks: deque[tuple[int, int, int]] = deque()
        self.again: list[int] = []
        self.held = self.held_again = self.size = 0
        #: Of each group on disk its first index, and where it begins.
        self.first, self.offset = array("Q"), array("Q")
        self.source = read_all(self.pieces())

    def __getitem__(self, key: str) -> str:
        return self.column([key])[0]

    def column(self, keys: Sequence[str]) -> list[str]:
        """The texts of a whole column; an empty cell is empty."""
        filled = list(filter(None, keys))
        found = self._found(filled)
        if len(filled) == len(keys):
            return found
        given = iter(found)
        return [next(given) if key else "" for key in keys]

    def _found(self, keys: Sequence[str]) -> list[str]:
        try:
            indexes = list(map(int, keys))
        except ValueError:
            indexes = [-1]
        if indexes and min(indexes) < 0:
            raise Unfit("bad_string", value=keys[0][:40])
        highest = max(indexes, default=-1)
        while highest >= len(self.texts):
            texts = next(self.source, None)
            if texts is None:
                raise Unfit("bad_string", value=str(highest)[:40])
            self._keep(texts)
        found: list[Any] = list(map(self.texts.__getitem__, indexes))
        if all(found):
            return found
        return [self._again(index) if text is None else text for index, text in zip(indexes, found, strict=True)]

    def _keep(self, texts: Sequence[str]) -> None:
        """Remember the next strings, write them to the scratch file, forget the oldest."""
        groups = ["\0".join(texts[at : at + GROUP]).encode() for at in range(0, len(texts), GROUP)]
        start, known = self.size, len(self.texts)
        for at, group in enumerate(groups):
            self.first.append(known + at * GROUP)
            self.offset.append(self.size)
            self.size += len(group)
        cost = self.size - start + OVERHEAD * len(texts)
        data = memoryview(b"".join(groups))
        while data:
            written = os.pwrite(self.scratch, data, start)
            data, start = data[written:], start + written
        self.texts += texts
        self.blocks.append((known, len(self.texts), cost))
        self.held += cost
        while self.held > REMEMBERED and len(self.blocks) > 1:
            self.forgotten = True
            begin, end, cost = self.blocks.popleft()
            self.texts[begin:end] = [None] * (end - begin)
            self.held -= cost

    def _again(self, index: int) -> str:
        at = bisect_right(self.first, index) - 1
        end = self.offset[at + 1] if at + 1 < len(self.offset) else self.size
        data = os.pread(self.scratch, end - self.offset[at], self.offset[at])
        text = data.decode().split("\0")[index - self.first[at]]
        if self.held_again > REMEMBERED_AGAIN:
            for old in self.again:
                self.texts[old] = None
            self.again.clear()
            self.held_again = 0
        self.texts[index] = text
        self.again.append(index)
        self.held_again += len(text) + OVERHEAD
        return text


def read_all(pieces: Iterator[bytes]) -> Iterator[Sequence[str]]:
    """The strings of the part ``sharedStrings.xml``, some at once, in their order."""
    first = next(pieces, None)
    if first is None:
        return
    blocks = Blocks(chain([first], pieces), PART, "sst", "sst", "si")
    si, t = f"{blocks.prefix}si", f"{blocks.prefix}t"
    simple = re.compile(rf"<{si}><{t}>([^<]*)</{t}></{si}>")
    mixed = re.compile(rf"<{si}><{t}({PRESERVED})?>([^<]*)</{t}></{si}>|(<{si}/>|<{si}[\s>][\s\S]*?</{si}>|\S[\s\S]*)")
    try:
        for block in blocks:
            if b"<!" in block:
                yield read_strings(block)
                continue
            text = block.decode()
            found = simple.findall(text)
            yield cell_texts(found, True) if len(found) == text.count(f"<{si}") else _mixed(mixed.findall(text))
        yield read_strings(blocks.closing(), wrapped=False)
    except (expat.ExpatError, UnicodeDecodeError, Unfit) as problem:
        raise Refusal("damaged_part", part=PART) from problem


def _mixed(found: Sequence[tuple[str, str, str]]) -> list[str]:
    texts: list[str] = []
    for is_odd, some in groupby(found, key=lambda one: one[2] != ""):
        if is_odd:
            texts += read_strings("".join(odd for _, _, odd in some).encode())
        else:
            texts += cell_texts([text if preserved else text.strip(XML_BLANK) for preserved, text, _ in some], False)
    return texts
