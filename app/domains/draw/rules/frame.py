"""The frame: one line for every subject of the draw, and the hashes that freeze it (SSJ1, 5.2).

A line is ``id,region,class,age[,band]``. Lines ascend by the bytes of the id, so the same subjects are the same file
everywhere, and nobody is in it twice. Who cannot be drawn stays in it, with the reason in place of the band.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.core.audit import hashes
from app.core.errors import Refused
from app.core.messages import N_, Message
from app.domains.draw.rules import merkle
from app.domains.draw.rules.cells import Cell, cell

_SUBJECT = re.compile(rb"[0-9A-Z-]{1,23}")


@dataclass(frozen=True)
class Seal:
    """What the freeze record says of a frame: how many lines, the two hashes, and how many subjects each cell has."""

    rows: int
    root: str
    flat: str
    counts: dict[Cell, int]


def line(subject: str, of: Cell) -> bytes:
    """The line of a subject."""
    return f"{subject},{of.text}\n".encode()


def seal(alg: str, lines: Iterable[bytes], frame_salt: bytes = b"") -> Seal:
    """The seal of a frame, in one pass. Raises Refused for a line that is none, stands twice or is out of order."""
    counts: dict[bytes, int] = {}
    flat = hashes.new(alg)

    def leaves() -> Iterator[bytes]:
        before, number = b"", 0
        for number, each in enumerate(lines, 1):
            subject, _, of = each.partition(b",")
            if of in counts:
                counts[of] += 1
            else:
                _cell_of(number, of)
                counts[of] = 1
            if subject <= before or not _SUBJECT.fullmatch(subject):
                raise Refused(_what_is_wrong(number, subject, before))
            before = subject
            flat.update(each)
            yield merkle.leaf(alg, each, merkle.salt_of(alg, frame_salt, subject))

    root = merkle.root(alg, leaves())
    if not counts:
        raise Refused(N_("抽查名录为空，不能冻结"))
    by_cell = {cell(of.decode()[:-1]): count for of, count in counts.items()}
    return Seal(sum(counts.values()), root.hex(), flat.digest().hex(), dict(sorted(by_cell.items())))


def _cell_of(number: int, of: bytes) -> Cell:
    try:
        if not of.endswith(b"\n"):
            raise ValueError("a line ends with a line feed")
        return cell(of[:-1].decode())
    except ValueError as error:
        text = of.decode(errors="replace").strip()
        raise Refused(N_("名录第 {number} 行的地区、类别、年数“{text}”不合规范", number=number, text=text)) from error


def _what_is_wrong(number: int, subject: bytes, before: bytes) -> Message:
    text = subject.decode(errors="replace")
    if not _SUBJECT.fullmatch(subject):
        return N_(
            "名录第 {number} 行：代码“{subject}”不合规范（1-23 位数字、大写字母或“-”）", number=number, subject=text
        )
    if subject == before:
        return N_("名录第 {number} 行：{subject} 重复出现，请先合并后再冻结", number=number, subject=text)
    return N_("名录第 {number} 行：{subject} 未按代码升序排列", number=number, subject=text)
