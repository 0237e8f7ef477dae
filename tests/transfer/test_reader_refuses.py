"""Files that would do harm: each is refused with words, within its limits, and the process that asked lives on."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from app.core.errors import Refused
from app.transfer.reader import Cell, HeaderGuess, Limits, Unreadable, count, open_book
from tests.transfer.books import raw_xlsx, xlsx
from tests.transfer.corpus import READ, REFUSED, TABLE, numbered

SMALL = Limits(inflated_bytes=100_000_000, disordered=2_000, formulas=1_000, cpu_seconds=20, answer_seconds=30)
NARROW = {"too many rows": Limits(rows=3_000)}


def read(path: Path, limits: Limits = SMALL) -> list[tuple[Cell, ...]]:
    """Every sheet of the file is read; the rows of the first are returned."""
    with open_book(path, limits=limits) as book:
        found = [list(book.sheet(at).rows(HeaderGuess(1, ()))) for at in range(len(book.sheets))]
        return [row.cells for row in found[0]]


@pytest.mark.parametrize("kind", REFUSED)
def test_a_harmful_file_is_refused(tmp_path: Path, kind: str) -> None:
    make, suffix, code, named = REFUSED[kind]
    path = tmp_path / f"bad.{suffix}"
    make(path)
    before, mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, os.getpid()
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Unreadable) as refusal:
        read(path, NARROW.get(kind, SMALL))
    words = str(refusal.value)
    assert refusal.value.code == code, (words, refusal.value.detail)
    assert isinstance(refusal.value, Refused) and named in words, words
    assert "{" not in words and not words.isascii()
    assert os.getpid() == mine
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "the parent holds none of it (KB)"


@pytest.mark.parametrize("kind", READ)
def test_a_strange_file_is_read(tmp_path: Path, kind: str) -> None:
    make, suffix, rows = READ[kind]
    path = tmp_path / f"strange.{suffix}"
    make(path)
    assert len(read(path)) == rows
    assert count(path, limits=SMALL)["Sheet1"] >= rows


def test_there_are_enough_kinds() -> None:
    """Issue 6 wants at least 25."""
    assert len(REFUSED) > 70


def test_a_small_file_can_ask_for_half_a_terabyte(tmp_path: Path) -> None:
    """The file that calamine would take half a terabyte to read is one that anybody can attach to a mail."""
    REFUSED["far cell"][0](tmp_path / "far.xlsx")
    assert (tmp_path / "far.xlsx").stat().st_size < 5_000


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="找不到"):
        open_book(tmp_path / "none.xlsx")


def test_a_child_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "slow.xlsx"
    raw_xlsx(path, numbered(400_000))
    with pytest.raises(Unreadable) as refusal:
        read(path, Limits(answer_seconds=0.05))
    assert refusal.value.code == "cpu"


def test_a_child_that_works_too_much_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "busy.xlsx"
    line = "".join(f'<c r="{letter}{{0}}"><f>{{0}}+1</f><v>2</v></c>' for letter in "ABCDEFGHIJ")
    raw_xlsx(path, "".join(f'<row r="{n}">{line.format(n)}</row>' for n in range(1, 120_000)))
    with pytest.raises(Unreadable) as refusal:
        read(path, Limits(cpu_seconds=1, cpu_seconds_per_mb=0, formulas=10**9))
    assert refusal.value.code == "cpu", refusal.value.detail


def test_a_killed_child_is_a_refusal_and_the_next_file_is_read(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "long.xlsx", [["编号", "名称"], *([f"n{number}", "x" * 100] for number in range(50_000))])
    with open_book(path) as book:
        sheet = book.sheet()
        header = sheet.guess_header()
        assert header is not None
        rows = sheet.rows(header)
        next(rows)
        book.child.process.kill()
        with pytest.raises(Unreadable):
            list(rows)
    assert len(read(path)) == 50_000


def test_the_child_can_open_nothing_and_sees_no_environment(tmp_path: Path) -> None:
    with open_book(raw_xlsx(tmp_path / "a.xlsx", TABLE)) as book:
        proc = Path(f"/proc/{book.child.process.pid}")
        limits = {line[:24].strip(): line[24:].split()[:2] for line in (proc / "limits").read_text().splitlines()}
        assert limits["Max open files"] == ["3", "3"]
        assert limits["Max file size"] == ["4000000000", "4000000000"], "the scratch file, which has no name"
        assert limits["Max core file size"] == ["0", "0"]
        assert limits["Max address space"] == ["600000000", "600000000"]
        assert (proc / "environ").read_bytes() in (b"", b"LC_CTYPE=C.UTF-8\0")
        opened = {os.readlink(proc / "fd" / name) for name in os.listdir(proc / "fd")}
        assert len(opened) == 5
        assert {name for name in opened if not name.startswith("pipe:")} >= {str(tmp_path / "a.xlsx")}
        assert sum(name.endswith(" (deleted)") for name in opened) == 1
