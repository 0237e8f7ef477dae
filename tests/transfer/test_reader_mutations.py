"""Two thousand workbooks changed at random: read or refused in words, nothing else.

In the test a spread of them; all with ``MUTATED_WORKBOOKS=2000``. Each has its own number as seed, so that one that
fails can be made again.
"""

from __future__ import annotations

import io
import os
import random
import re
import struct
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwt

from app.transfer.reader import HeaderGuess, Limits, Unreadable, count, open_book
from app.transfer.reader.refusals import WORDS
from tests.transfer.corpus import HEAVY, READ, REFUSED, void
from tests.transfer.test_reader_differs import by_openpyxl, by_xlsxwriter

ALL = 2_000
SPREAD = int(os.environ.get("MUTATED_WORKBOOKS", "240"))
SHARDS = 8
LIMITS = Limits(inflated_bytes=300_000_000, disordered=2_000, formulas=1_000, cpu_seconds=10, answer_seconds=20)
#: Suffix and content.
Seeds = list[tuple[str, bytes]]
CELL_TYPES = ("str", "int", "float", "bool", "Day", "Formula", "Fault")
#: What is put into XML: pieces of the language, of workbooks, and what they must not hold.
TOKENS = [b"<", b">", b"&", b'"', b"'", b"/", b"]]>", b"<!--", b"-->", b"<![CDATA[", b"<?x?>", b"&amp;", b"&#0;",
          b"&#xD800;", b"<!DOCTYPE a>", b"</row>", b"<row>", b"</c>", b"<c>", b"<v>", b"</v>", b"<f>", b"</sheetData>",
          b"<sheetData>", b"<si>", b"</si>", b"<t>", b"\0", b"\xff", b"\xc3", b"\r\n", b"-1", b"99999999999", b"XFE1",
          b"A1048577", b"1E999", b"NaN", b' t="s"', b' t="e"', b' s="7"', b' r="A1"', b' r=""', b"_x0000_",
          "\u202e".encode(), b"x:", b"inlineStr"]  # fmt: skip
SAMPLE = [[("text", "编号"), ("text", "名称"), ("text", "日期")],
          *([("text", f"n{n}"), ("rich", "甲", f"乙{n}"), ("shaped", 45_000 + n, "yyyy-mm-dd"), ("formula", "=1+1", 2),
             ("truth", n % 2 == 0), ("number", n / 4)] for n in range(12))]  # fmt: skip


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    """Suffix and content of what is changed: the corpus without its giants, and good workbooks of every kind."""
    folder = tmp_path_factory.mktemp("seeds")
    made: Seeds = []
    corpus = {
        name: (make, suffix) for name, (make, suffix, *_) in [*REFUSED.items(), *READ.items()] if name not in HEAVY
    }
    for make, suffix in corpus.values():
        path = folder / f"seed.{suffix}"
        make(path)
        made.append((suffix, path.read_bytes()))
    good: Seeds = []
    for suffix, write in GOOD:
        path = folder / f"good.{suffix}"
        write(path)
        good.append((suffix, path.read_bytes()))
    return [*made, *good * (len(made) // len(good))]


def old(path: Path) -> None:
    """An .xls with text, numbers, a date, a formula and merged cells."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("旧表")
    for number in range(30):
        sheet.write(number, 0, f"编号{number}")
        sheet.write(number, 1, number / 3)
    sheet.write_merge(40, 42, 0, 1, "合并")
    sheet.write(43, 0, xlwt.Formula("1+1"))
    book.save(str(path))


GOOD: list[tuple[str, Callable[[Path], None]]] = [
    ("xlsx", lambda path: by_xlsxwriter(path, SAMPLE, (0, 0), {})),
    ("xlsx", lambda path: by_xlsxwriter(path, SAMPLE, (1, 1), {"constant_memory": True})),
    ("xlsx", lambda path: by_openpyxl(path, SAMPLE, (0, 0))),
    ("xls", old),
    ("csv", lambda path: void(path.write_bytes('编号,名称\r\n1,"甲\n乙"\r\n'.encode("gb18030") * 20))),
]


def mutated(seed: int, seeds: Seeds) -> tuple[str, bytes]:
    """The workbook of this number: bytes of the file or of one of its parts are changed, taken away, doubled, put in."""
    chance = random.Random(seed)
    suffix, content = chance.choice(seeds)
    if content.startswith(b"PK\x03\x04") and chance.random() < 0.75:
        try:
            return suffix, _with_part_changed(content, chance)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            OSError,
            zlib.error,
            EOFError,
            ValueError,
            struct.error,
        ):
            pass  # a seed that is no zip archive any more: its bytes are changed instead
    return suffix, _changed(content, chance)


def _with_part_changed(content: bytes, chance: random.Random) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        names = archive.namelist()
        weights = [6 if re.search("sheet|shared|styles", name) else 1 for name in names]
        victims = set(chance.choices(names, weights, k=chance.randint(1, 2)))
        for name in names:
            part = archive.read(name)
            if chance.random() < 0.03:
                continue
            target.writestr(name, _changed(part, chance) if name in victims else part)
    return stream.getvalue()


def _changed(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) + 1)
        end = min(len(changed), at + chance.choice((1, 1, 4, 30, 500)))
        match chance.randrange(6):
            case 0:
                changed[at:end] = chance.randbytes(end - at)
            case 1:
                del changed[at:end]
            case 2:
                changed[at:at] = changed[at:end] * chance.choice((1, 2, 50))
            case 3 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 4:
                other = chance.randrange(len(changed) + 1)
                changed[at:end] = changed[other : other + end - at]
            case _:
                changed[at : at + chance.choice((0, 0, 3))] = chance.choice(TOKENS)
    return bytes(changed)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_mutated_workbook_is_read_or_refused_in_words(tmp_path: Path, seeds: Seeds, shard: int) -> None:
    step = max(1, ALL // SPREAD)
    outcomes: Counter[str] = Counter()
    for seed in range(shard * step, ALL, SHARDS * step):
        suffix, content = mutated(seed, seeds)
        path = tmp_path / f"mutated.{suffix}"
        path.write_bytes(content)
        begun = time.monotonic()
        try:
            counts = count(path, limits=LIMITS)
            with open_book(path, limits=LIMITS) as book:
                for at in range(len(book.sheets)):
                    for row in book.sheet(at).rows(HeaderGuess(0, ())):
                        assert all(type(cell).__name__ in CELL_TYPES for cell in row.cells), seed
            assert list(counts) == list(dict.fromkeys(sheet.name for sheet in book.sheets)), seed
            outcomes["read"] += 1
        except Unreadable as refusal:
            words = str(refusal)
            assert refusal.code in WORDS and refusal.code != "cpu", (seed, refusal.code, refusal.detail)
            assert re.search("[\u4e00-\u9fff]", words) and not re.search("{[a-z]+}", words), (seed, words)
            outcomes[refusal.code] += 1
        assert time.monotonic() - begun < LIMITS.answer_seconds, seed
    print(dict(outcomes))
    assert outcomes["read"] and outcomes["damaged_rows"]
