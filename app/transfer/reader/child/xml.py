"""A large XML part as a stream of blocks, each of complete items (rows of a sheet, shared strings).

Between items a block can be cut, so that a regular expression may read what is written in the usual way, and expat the
rest. Only UTF-8 is read: no office program writes anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from .refusal import Refusal

BLOCK = 1 << 18
#: A row of 200 cells that are as long as Excel allows, in Chinese, is 20 MB.
LARGEST_ITEM = 32_000_000
LARGEST_HEAD = 16_000_000
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
ENCODING = re.compile(rb"""<\?xml[^>]*encoding=["']([\w-]+)""")


class Blocks:
    """The items inside of one element of a part.

    ``prefix`` is that of the part's elements (``x:`` or nothing). After the last block, ``tail`` is what follows it.
    """

    def __init__(self, pieces: Iterator[bytes], part: str, root: str, inside: str, item: str) -> None:
        self.pieces, self.part = pieces, part
        self.root, self.inside = root, inside
        self.prefix = ""
        self.found = self.opened = False
        self.tail = b""
        self.rest = self._head()
        self.close = f"</{self.prefix}{item}>".encode()

    def __iter__(self) -> Iterator[bytes]:
        data, enough = self.rest, BLOCK
        parts, size = [data], len(data)
        while True:
            piece = next(self.pieces, None)
            if piece is not None:
                parts.append(piece)
                size += len(piece)
                if size < enough:
                    continue
            data = b"".join(parts)
            at = data.rfind(self.close) + len(self.close)
            if at >= len(self.close):
                yield data[:at]
                data, enough = data[at:], BLOCK
            elif size > LARGEST_ITEM:
                raise Refusal("item_too_large", limit=LARGEST_ITEM // 1_000_000)
            else:
                enough = min(2 * size, LARGEST_ITEM + 1)
            if piece is None:
                self.tail = data
                return
            parts, size = [data], len(data)

    def closing(self) -> bytes:
        """The tail as a document of its own: what stands behind the last item, in the elements it is written in."""
        if not self.found:
            return self.tail
        opened = f"<{self.prefix}{self.root}>"
        if self.inside != self.root and self.opened:
            opened += f"<{self.prefix}{self.inside}>"
        return opened.encode() + self.tail

    def _head(self) -> bytes:
        """Read up to the first item, and give back what has been read of it; a part without items is all tail."""
        head, root = b"", None
        for piece in self.pieces:
            head += piece
            if len(head) > LARGEST_HEAD:
                raise Refusal("item_too_large", limit=LARGEST_HEAD // 1_000_000)
            bare = COMMENT.sub(b"", head)
            root = re.search(rb"<((?:[\w.-]+:)?)(\w+)[\s/>]", bare)
            if root is None:
                continue
            if root[2].decode() != self.root:
                raise Refusal("damaged_part", part=self.part)
            self.prefix = root[1].decode()
            inner = re.search(rb"<%s%s(?:\s[^>]*?)?(/?)>" % (root[1], self.inside.encode()), bare)
            if inner is not None:
                self._check_encoding(bare)
                self.found, self.opened = True, not inner[1]
                return bare[inner.end() :]
        if root is None:
            raise Refusal("damaged_part", part=self.part)
        return head

    def _check_encoding(self, head: bytes) -> None:
        declared = ENCODING.search(head[:200])
        if declared is not None and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
            raise Refusal("damaged_part", part=self.part)


def walk(
    document: bytes | Iterator[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
    wrapped: bool = False,
    prefixed: bool = True,
) -> None:
    """Let expat read a document, or several elements (``wrapped``); names are given without their prefix."""
    parser: Any = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    if prefixed:
        parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    if prefixed and end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if wrapped:
        parser.Parse(b"<_>", False)
    for piece in [document] if isinstance(document, bytes) else document:
        parser.Parse(piece, False)
    parser.Parse(b"</_>" if wrapped else b"", True)


def _refuse_doctype(*_: object) -> None:
    raise Refusal("dtd", part="xml")
