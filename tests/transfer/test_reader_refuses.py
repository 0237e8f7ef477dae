"""Files that would do harm: each is refused with words, within its limits, and the process that asked lives on."""

from __future__ import annotations

import io
import os
import random
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwt

from app.core.errors import Refused
from app.transfer.reader import Limits, Unreadable, open_book
from app.transfer.reader.refusals import WORDS
from tests.transfer.books import SHEET, WORKBOOK, cell, raw_xlsx, xlsx

TABLE = f'<row r="1">{cell("A1", "编号")}{cell("B1", "名称")}</row><row r="2">{cell("A2", "a")}{cell("B2", "b")}</row>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SMALL = Limits(memory_bytes=600_000_000, cpu_seconds=20, answer_seconds=30)


def read(path: Path, limits: Limits = SMALL) -> int:
    with open_book(path, limits=limits) as book:
        sheet = book.sheet()
        header = sheet.guess_header()
        return len(list(sheet.rows(header))) if header else 0


def counted(length: int) -> str:
    """A text that compresses as tables do, not as bombs do."""
    return "".join(f"{number:08d}abcdefghijkl" for number in range(length // 20))


def far_cell(path: Path) -> None:
    raw_xlsx(path, f'<row r="1">{cell("A1", "a")}</row><row r="1048576">{cell("XFD1048576", "z")}</row>')


def cell_beyond_excel(path: Path) -> None:
    raw_xlsx(path, f'<row r="1">{cell("ZZZZZZ99999999999", "a")}</row>')


def zip_bomb(path: Path) -> None:
    raw_xlsx(path, parts={"xl/media/bomb.xml": b"<a>" + b"\0" * 290_000_000})


def many_bytes(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(16):
            archive.writestr(f"xl/media/{number}.bin", counted(20_000_000))
        archive.writestr("xl/workbook.xml", WORKBOOK)


def many_entries(path: Path) -> None:
    raw_xlsx(path, parts={f"xl/media/{number}": "" for number in range(2_001)})


def dtd(path: Path) -> None:
    laughs = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]>' + SHEET.format(TABLE).replace("编号", "&c;")
    raw_xlsx(path, parts={"xl/worksheets/sheet1.xml": laughs})


def dtd_behind_a_comment(path: Path) -> None:
    outer = f'<?xml version="1.0"?><!--{"x" * 70_000}--><!DOCTYPE a SYSTEM "file:///etc/passwd">'
    raw_xlsx(path, parts={"xl/worksheets/sheet1.xml": outer + SHEET.format(TABLE)})


def encrypted_zip(path: Path) -> None:
    raw_xlsx(path, TABLE)
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 4)
    path.write_bytes(content)


def encrypted_office(path: Path) -> None:
    path.write_bytes(OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(3_000))


def climbing_path(path: Path) -> None:
    raw_xlsx(path, TABLE, parts={"../../etc/cron.d/x": "x"})


def truncated(path: Path) -> None:
    raw_xlsx(path, TABLE)
    path.write_bytes(path.read_bytes()[:-200])


def flipped(path: Path) -> None:
    raw_xlsx(path, TABLE * 50)
    content = bytearray(path.read_bytes())
    at = content.rfind(b"xl/worksheets/sheet1.xml", 0, len(content) - 400) + 40
    content[at : at + 40] = bytes(40)
    path.write_bytes(content)


def broken_xml(path: Path) -> None:
    raw_xlsx(path, TABLE + "<row")


def no_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")


def picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1_000))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def web_page(path: Path) -> None:
    path.write_text("<html><table><tr><td>编号</td></tr></table></html>")


def broken_ole(path: Path) -> None:
    path.write_bytes(OLE + random.Random(1).randbytes(20_000))


def truncated_xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    for number in range(500):
        sheet.write(number, 0, f"n{number}")
    stream = io.BytesIO()
    book.save(stream)
    path.write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])


def huge_cell(path: Path) -> None:
    raw_xlsx(path, f'{TABLE}<row r="3">{cell("B3", "x" * 40_000)}</row>')


def giant_cell(path: Path) -> None:
    raw_xlsx(path, f'<row r="1">{cell("A1", "编号")}{cell("B1", counted(20_000_000))}</row>')


def inflated_cell(path: Path) -> None:
    raw_xlsx(path, f'<row r="1">{cell("A1", "编号")}{cell("B1", "x" * 250_000_000)}</row>')


def every_row(path: Path) -> None:
    raw_xlsx(path, "".join(f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(1, 400_000)))


def every_column(path: Path) -> None:
    raw_xlsx(path, f'<row r="1">{cell("A1", "编号")}{cell("HA1", "名称")}</row>')


def endless_merges(path: Path) -> None:
    merges = '<mergeCells count="5000">' + '<mergeCell ref="A1:B300000"/>' * 5_000 + "</mergeCells></worksheet>"
    data = TABLE + f'<row r="300000">{cell("A300000", "z")}</row>'
    raw_xlsx(path, parts={"xl/worksheets/sheet1.xml": SHEET.format(data).replace("</worksheet>", merges)})


def only_formulas(path: Path) -> None:
    row = '<row r="{0}"><c r="A{0}"><f>1</f></c><c r="B{0}"><f>1</f></c></row>'
    raw_xlsx(path, "".join(row.format(number) for number in range(1, 160_000)))


CASES: list[tuple[Callable[[Path], None], str, str]] = [
    (far_cell, "xlsx", "memory"),
    (cell_beyond_excel, "xlsx", "too_many_rows"),
    (zip_bomb, "xlsx", "inflates_too_far"),
    (many_bytes, "xlsx", "inflates_too_far"),
    (many_entries, "xlsx", "too_many_entries"),
    (dtd, "xlsx", "dtd"),
    (dtd_behind_a_comment, "xlsx", "corrupt"),
    (encrypted_zip, "xlsx", "encrypted"),
    (encrypted_office, "xlsx", "encrypted"),
    (climbing_path, "xlsx", "strange_entry"),
    (truncated, "xlsx", "corrupt"),
    (flipped, "xlsx", "corrupt"),
    (broken_xml, "xlsx", "corrupt"),
    (no_workbook, "xlsx", "not_a_workbook"),
    (picture, "xlsx", "not_a_workbook"),
    (picture, "csv", "not_text"),
    (empty, "xlsx", "empty_file"),
    (web_page, "xls", "web_page"),
    (broken_ole, "xls", "corrupt"),
    (truncated_xls, "xls", "corrupt"),
    (huge_cell, "xlsx", "cell_too_long"),
    (giant_cell, "xlsx", "cell_too_long"),
    (inflated_cell, "xlsx", "inflates_too_far"),
    (every_row, "xlsx", "too_many_rows"),
    (every_column, "xlsx", "too_many_columns"),
    (endless_merges, "xlsx", "too_many_merged"),
    (only_formulas, "xlsx", "too_many_formulas"),
]


@pytest.mark.parametrize(("make", "suffix", "reason"), CASES, ids=[f"{case[0].__name__}.{case[1]}" for case in CASES])
def test_a_harmful_file_is_refused(tmp_path: Path, make: Callable[[Path], None], suffix: str, reason: str) -> None:
    path = tmp_path / f"bad.{suffix}"
    make(path)
    before, mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, os.getpid()
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Unreadable) as refusal:
        read(path)
    assert refusal.value.code == reason, refusal.value.detail
    assert isinstance(refusal.value, Refused) and str(refusal.value)
    assert "{" not in str(refusal.value)
    assert os.getpid() == mine
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "the parent holds none of it (KB)"


def test_the_far_cell_is_small(tmp_path: Path) -> None:
    """The file that would take half a terabyte to read is one that anybody can attach to a mail."""
    far_cell(tmp_path / "far.xlsx")
    assert (tmp_path / "far.xlsx").stat().st_size < 5_000


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="找不到"):
        open_book(tmp_path / "none.xlsx")


def test_a_child_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "slow.xlsx"
    every_row(path)
    with pytest.raises(Unreadable) as refusal:
        read(path, Limits(answer_seconds=0.05))
    assert refusal.value.code == "cpu"


def test_a_child_that_works_too_much_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "busy.xlsx"
    line = "".join(f'<c r="{letter}{{0}}"><f>{{0}}+1</f><v>2</v></c>' for letter in "ABCDEFGHIJ")
    raw_xlsx(path, "".join(f'<row r="{n}">{line.format(n)}</row>' for n in range(1, 120_000)))
    with pytest.raises(Unreadable) as refusal:
        read(path, Limits(cpu_seconds=1, formulas=10**9, rows=10**9))
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
    assert read(path) == 50_000


def test_the_child_can_open_nothing_and_sees_no_environment(tmp_path: Path) -> None:
    with open_book(raw_xlsx(tmp_path / "a.xlsx", TABLE)) as book:
        proc = Path(f"/proc/{book.child.process.pid}")
        limits = {line[:24].strip(): line[24:].split()[:2] for line in (proc / "limits").read_text().splitlines()}
        assert limits["Max open files"] == ["3", "3"]
        assert limits["Max file size"] == ["0", "0"]
        assert limits["Max core file size"] == ["0", "0"]
        assert limits["Max address space"] == ["1000000000", "1000000000"]
        assert (proc / "environ").read_bytes() in (b"", b"LC_CTYPE=C.UTF-8\0")
        assert sorted(os.listdir(proc / "fd")) == ["0", "1", "2"]


def test_mutated_workbooks_never_do_worse_than_a_refusal(tmp_path: Path) -> None:
    """Bytes changed at random: read or refused, nothing else (N from the environment for a long night)."""
    chance = random.Random(20260101)
    seeds = [raw_xlsx(tmp_path / "seed.xlsx", TABLE * 3).read_bytes()]
    old = xlwt.Workbook()
    old.add_sheet("s").write(0, 0, "编号")
    stream = io.BytesIO()
    old.save(stream)
    seeds.append(stream.getvalue())
    for number in range(int(os.environ.get("MUTATED_WORKBOOKS", "60"))):
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path = tmp_path / f"mutated.{chance.choice(('xlsx', 'xls'))}"
        path.write_bytes(content)
        try:
            read(path)
        except Unreadable as refusal:
            assert refusal.code in WORDS, number
