"""Workbooks that are malformed, hostile or strange, each made by a function: what must be refused, and what is read.

The kinds are those of ``security.md`` §4.4 and beyond. ``REFUSED`` says by which code and what its words must name,
``READ`` how many rows below the header there are.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import xlwt

from tests.transfer.books import RELATIONS, SHEET, WORKBOOK, cell, raw_xlsx

Maker = Callable[[Path], None]
TABLE = f'<row r="1">{cell("A1", "编号")}{cell("B1", "名称")}</row><row r="2">{cell("A2", "a")}{cell("B2", "b")}</row>'
HEAD = f'<row r="1">{cell("A1", "编号")}{cell("B1", "名称")}</row>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SHEET_PART, STRINGS_PART, STYLES_PART = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
WORKBOOK_RELATIONS = "xl/_rels/workbook.xml.rels"
SPREADSHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
STRINGS = f"<sst {SPREADSHEET}><si><t>编号</t></si><si><t>名称</t></si><si><t>甲</t></si></sst>"
STYLES = f'<styleSheet {SPREADSHEET}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY c SYSTEM "file:///etc/passwd">]>'


def second(*cells: str) -> str:
    """A table whose second row is given."""
    return f'{HEAD}<row r="2">{"".join(cells)}</row>'


def data(rows: str) -> Maker:
    """A workbook with these rows."""
    return lambda path: void(raw_xlsx(path, rows))


def parts(rows: str = TABLE, **changed: str | bytes) -> Maker:
    """A workbook with parts replaced: ``sheet``, ``strings``, ``styles``, ``workbook``, ``relations``, ``types``."""
    names = {"sheet": SHEET_PART, "strings": STRINGS_PART, "styles": STYLES_PART, "workbook": "xl/workbook.xml",
             "relations": WORKBOOK_RELATIONS, "types": "[Content_Types].xml", "macros": "xl/vbaProject.bin"}  # fmt: skip
    return lambda path: void(raw_xlsx(path, rows, parts={names[name]: text for name, text in changed.items()}))


def content(given: bytes) -> Maker:
    """A file of these bytes."""
    return lambda path: void(path.write_bytes(given))


def void(_: object) -> None:
    """Nothing."""


def changed(change: Callable[[bytearray], bytes | bytearray | None], rows: str = TABLE) -> Maker:
    """A good workbook whose bytes were changed."""

    def make(path: Path) -> None:
        book = bytearray(raw_xlsx(path, rows).read_bytes())
        path.write_bytes(change(book) or book)

    return make


def central(book: bytearray, part: str = SHEET_PART) -> int:
    """Where the directory entry of a part begins."""
    return book.rfind(part.encode()) - 46


def set_entry(offset: int, form: str, value: int) -> Callable[[bytearray], None]:
    """Overwrite one field of the sheet's directory entry."""
    return lambda book: struct.pack_into(form, book, central(book) + offset, value)


def counted(length: int) -> str:
    """A text that compresses as tables do, not as bombs do."""
    return "".join(f"{number:08d}abcdefghijkl" for number in range(length // 20))


def zipped(path: Path, entries: list[tuple[str, bytes | str]], method: int = zipfile.ZIP_DEFLATED) -> None:
    """A zip archive of exactly these entries."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, text in entries:
            archive.writestr(name, text)


def good_parts(path: Path) -> list[tuple[str, bytes]]:
    """The entries of a good workbook."""
    with zipfile.ZipFile(raw_xlsx(path, TABLE)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def many_bytes(path: Path) -> None:
    """Parts that are small each and too large together."""
    zipped(path, [("xl/workbook.xml", WORKBOOK), *((f"xl/media/{n}.bin", counted(20_000_000)) for n in range(6))])


def overlapping(path: Path) -> None:
    """Many directory entries that point to the same data (David Fifield's bomb)."""
    zipped(path, [("xl/workbook.xml", WORKBOOK), ("xl/media/00000.bin", counted(8_000_000))])
    book = path.read_bytes()
    start = book.rfind(b"PK\x01\x02")
    end = book.rfind(b"PK\x05\x06")
    entry = book[start:end]
    copies = b"".join(entry.replace(b"/00000.", b"/%05d." % n) for n in range(1_000))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1_002, 1_002, 0, 0, 0)
    directory = book.find(b"PK\x01\x02")
    tail = tail[:12] + struct.pack("<II", end - directory + len(copies), directory) + b"\0\0"
    path.write_bytes(book[:end] + copies + tail)


def duplicated(path: Path) -> None:
    """Two parts whose names differ by case only: which one is meant?"""
    zipped(path, [*good_parts(path), ("xl/worksheets/SHEET1.xml", SHEET.format(HEAD))])


def encrypted_zip(path: Path) -> None:
    """Every entry says that it is encrypted."""
    book = bytearray(raw_xlsx(path, TABLE).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = book.find(signature)
        while at >= 0:
            book[at + offset] |= 1
            at = book.find(signature, at + 4)
    path.write_bytes(book)


def truncated_xls(path: Path) -> None:
    """Half of an .xls."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    for number in range(500):
        sheet.write(number, 0, f"n{number}")
    stream = io.BytesIO()
    book.save(stream)
    path.write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])


def zip64(path: Path) -> None:
    """Every size is written in the fields of zip64."""
    entries = good_parts(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries:
            with archive.open(name, "w", force_zip64=True) as part:
                part.write(text)


def endless_merges(path: Path) -> None:
    """Few merged ranges that cover very many cells."""
    merges = '<mergeCells count="5000">' + '<mergeCell ref="A1:B300000"/>' * 5_000 + "</mergeCells></worksheet>"
    rows = TABLE + f'<row r="300000">{cell("A300000", "z")}</row>'
    raw_xlsx(path, parts={SHEET_PART: SHEET.format(rows).replace("</worksheet>", merges)})


def merged(ref: str) -> str:
    """A sheet with one merged range."""
    return SHEET.format(TABLE).replace("</worksheet>", f'<mergeCells><mergeCell ref="{ref}"/></mergeCells></worksheet>')


def numbered(count: int, order: int = 1) -> str:
    """So many rows of one number, upwards or downwards."""
    return "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, count + 1)[::order])


#: name -> maker, suffix, code, what the words have to name.
REFUSED: dict[str, tuple[Maker, str, str, str]] = {
    "far cell": (data(f'{HEAD}<row r="1048576">{cell("XFD1048576", "z")}</row>'), "xlsx", "too_many_columns", "XFD"),
    "cell beyond Excel": (data(f'<row r="1">{cell("ZZZZZZ99999999999", "a")}</row>'), "xlsx", "no_such_cell", "ZZZZZZ"),
    "column beyond Excel": (data(second(cell("ZZZ999", "a"))), "xlsx", "no_such_cell", "ZZZ999"),
    "row beyond Excel": (data(f'{HEAD}<row r="1048577"><c/></row>'), "xlsx", "no_such_row", "“1048577”"),
    "row zero": (data(f'{HEAD}<row r="0">{cell("A0", "a")}</row>'), "xlsx", "no_such_cell", "A0"),
    "row without number": (data(f'{HEAD}<row r="x"><c><v>1</v></c></row>'), "xlsx", "no_such_row", "“x”"),
    "bad string index": (parts(second('<c r="A2" t="s"><v>3</v></c>'), strings=STRINGS), "xlsx", "bad_string", "A2"),
    "negative string index": (parts(second('<c r="B2" t="s"><v>-1</v></c>'), strings=STRINGS), "xlsx", "bad_string", "B2"),
    "no shared strings": (data(second('<c r="A2" t="s"><v>0</v></c>')), "xlsx", "bad_string", "A2"),
    "number that is none": (data(second('<c r="B2" t="n"><v>1,5</v></c>')), "xlsx", "bad_number", "B2"),
    "unknown type": (data(second('<c r="B2" t="zz"><v>1</v></c>')), "xlsx", "bad_cell_type", "B2"),
    "unknown entity": (data(second(cell("B2", "a&nbsp;b"))), "xlsx", "bad_text", "B2"),
    "half a character": (data(second(cell("B2", "a&#xD83D;b"))), "xlsx", "bad_text", "B2"),
    "endless number": (data(second(cell("B2", f"&#{'9' * 5_000};"))), "xlsx", "bad_text", "B2"),
    "bad UTF-8": (parts(sheet=SHEET.format(TABLE).encode().replace("名".encode(), b"\xff\xfe")), "xlsx", "damaged_rows", "1"),
    "UTF-16 sheet": (parts(sheet=SHEET.format(TABLE).encode("utf-16")), "xlsx", "damaged_part", ""),
    "zip bomb": (lambda path: void(raw_xlsx(path, parts={"xl/media/b.xml": b"<a>" + b"\0" * 290_000_000})), "xlsx",
                 "inflates_too_far", "100 MB"),
    "many bytes": (many_bytes, "xlsx", "inflates_too_far", "100 MB"),
    "overlapping entries": (overlapping, "xlsx", "inflates_too_far", "100 MB"),
    "many entries": (lambda path: void(raw_xlsx(path, parts={f"xl/media/{n}": "" for n in range(2_001)})), "xlsx",
                     "too_many_entries", "2000"),
    "70,000 entries": (lambda path: zipped(path, [("xl/workbook.xml", ""), *((str(n), "") for n in range(70_000))], 0),
                       "xlsx", "too_many_entries", "2000"),
    "billion laughs": (parts(sheet=LAUGHS + SHEET.format(TABLE).replace("编号", "&d;")), "xlsx", "dtd", SHEET_PART),
    "file from outside": (parts(strings=OUTSIDE + STRINGS.replace("甲", "&c;")), "xlsx", "dtd", STRINGS_PART),
    "DTD behind a comment": (parts(sheet=f"<!--{'x' * 70_000}-->{OUTSIDE}{SHEET.format(TABLE)}"), "xlsx",
                             "damaged_part", SHEET_PART),
    "DTD among rows": (data(TABLE + LAUGHS), "xlsx", "damaged_rows", "第 3 行"),
    "encrypted zip": (encrypted_zip, "xlsx", "encrypted", ""),
    "encrypted office": (content(OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(3_000)), "xlsx",
                         "encrypted", ""),
    "climbing path": (lambda path: void(raw_xlsx(path, TABLE, parts={"../../etc/cron.d/x": "x"})), "xlsx",
                      "strange_entry", "../../etc"),
    "truncated": (changed(lambda book: book[:-200]), "xlsx", "corrupt", ""),
    "flipped bytes": (changed(lambda book: book.__setitem__(slice(central(book) - 300, central(book) - 280), bytes(20))),
                      "xlsx", "damaged_part", ""),
    "wrong offset": (changed(set_entry(42, "<I", 7)), "xlsx", "damaged_part", SHEET_PART),
    "offset behind the end": (changed(set_entry(42, "<I", 10**8)), "xlsx", "damaged_part", SHEET_PART),
    "size too small": (changed(set_entry(24, "<I", 50)), "xlsx", "damaged_part", SHEET_PART),
    "size too large": (changed(set_entry(24, "<I", 5_000)), "xlsx", "damaged_part", SHEET_PART),
    "wrong checksum": (changed(set_entry(16, "<I", 1)), "xlsx", "damaged_part", SHEET_PART),
    "unknown compression": (lambda path: zipped(path, list(good_parts(path)), zipfile.ZIP_BZIP2), "xlsx", "damaged_part", ""),
    "two of one name": (duplicated, "xlsx", "duplicate_entry", ""),
    "broken rows": (data(TABLE + "<row"), "xlsx", "damaged_rows", "第 3 行"),
    "sheet cut off": (parts(sheet=SHEET.format(TABLE)[:-40]), "xlsx", "damaged_rows", "Sheet1"),
    "broken styles": (parts(styles="<styleSheet><cellXfs>"), "xlsx", "damaged_part", STYLES_PART),
    "broken strings": (parts(second('<c r="A2" t="s"><v>9</v></c>'), strings=STRINGS[:-6]), "xlsx", "damaged_part", "sharedStrings"),
    "broken workbook": (parts(workbook=WORKBOOK[:-9]), "xlsx", "damaged_part", "workbook.xml"),
    "no workbook": (lambda path: zipped(path, [("word/document.xml", "<a/>")]), "xlsx", "not_a_workbook", ""),
    "no sheet": (parts(workbook=f"<workbook {SPREADSHEET}><sheets/></workbook>"), "xlsx", "no_sheet", ""),
    "no relations": (lambda path: zipped(path, [("xl/workbook.xml", WORKBOOK)]), "xlsx", "no_relations", ""),
    "relation to itself": (parts(relations=RELATIONS.format(kind="worksheet", target="workbook.xml")), "xlsx", "damaged_part", ""),
    "relation in a circle": (parts(relations=RELATIONS.format(kind="worksheet", target="_rels/workbook.xml.rels")),
                             "xlsx", "damaged_part", ""),
    "relation to nothing": (parts(relations=RELATIONS.format(kind="worksheet", target="worksheets/no.xml")), "xlsx",
                            "no_part", "Sheet1"),
    "sheet on the web": (parts(relations=RELATIONS.format(kind="worksheet", target="http://example.com/s.xml")), "xlsx",
                         "no_part", "Sheet1"),
    "xlsb": (lambda path: zipped(path, [("xl/workbook.bin", "")]), "xlsb", "xlsb", ""),
    "picture": (content(b"\x89PNG\r\n\x1a\n" + bytes(1_000)), "xlsx", "not_a_workbook", ""),
    "picture as csv": (content(b"\x89PNG\r\n\x1a\n" + bytes(1_000)), "csv", "not_text", ""),
    "empty": (content(b""), "xlsx", "empty_file", ""),
    "only zeros": (content(bytes(70_000)), "xlsx", "empty_file", ""),
    "empty zip": (content(b"PK\x05\x06" + bytes(18)), "xlsx", "not_a_workbook", ""),
    "web page": (content(b"<html><table><tr><td>1</td></tr></table></html>"), "xls", "web_page", ""),
    "broken OLE": (content(OLE + random.Random(1).randbytes(20_000)), "xls", "corrupt", ""),
    "truncated xls": (truncated_xls, "xls", "corrupt", ""),
    "csv in no encoding": (content("编号,名称\n".encode() + b"\xff\xff\x80,\x81\n"), "csv", "encoding", ""),
    "csv with an open quote": (content(b'a,b\n1,2\n"' + counted(5_000_000).encode()), "csv", "open_quote", "第 3 行"),
    "csv with a long cell": (content(b"a,b\n1," + b"x" * 40_000), "csv", "cell_too_long", "B2"),
    "long cell": (data(f'{TABLE}<row r="3">{cell("B3", "x" * 40_000)}</row>'), "xlsx", "cell_too_long", "B3"),
    "long shared string": (parts(second('<c r="B2" t="s"><v>2</v></c>'), strings=STRINGS.replace("甲", "甲" * 32_768)),
                           "xlsx", "cell_too_long", "B2"),
    "long formula": (data(second(f'<c r="B2"><f>{"1+" * 20_000}1</f><v>1</v></c>')), "xlsx", "cell_too_long", "B2"),
    "giant cell": (data(second(cell("B2", counted(20_000_000)))), "xlsx", "cell_too_long", "B2"),
    "gigantic cell": (data(second(cell("B2", counted(40_000_000)))), "xlsx", "item_too_large", "32 MB"),
    "inflated cell": (data(f'<row r="1">{cell("A1", "编号")}{cell("B1", "x" * 250_000_000)}</row>'), "xlsx", "inflates_too_far", ""),
    "too many rows": (data(numbered(3_001)), "xlsx", "too_many_rows", "3001 行"),
    "too many columns": (data(f'<row r="1">{cell("A1", "编号")}{cell("HA1", "名称")}</row>'), "xlsx", "too_many_columns", "HA"),
    "too many rows in no order": (data(numbered(2_001, -1)), "xlsx", "too_disordered", "2000 行"),
    "endless merges": (endless_merges, "xlsx", "too_many_merged", "Sheet1"),
    "merge of nothing": (parts(sheet=merged("A1:?")), "xlsx", "bad_merge", "A1:?"),
    "only formulas": (data("".join(f'<row r="{n}"><c r="A{n}"><f>1</f></c></row>' for n in range(1, 1_002))), "xlsx",
                      "too_many_formulas", "1000"),
    "deep nesting": (data(f'{TABLE}<row r="3">{"<x>" * 100_000}</row>'), "xlsx", "damaged_rows", "Sheet1"),
    "endless attribute": (parts(sheet=SHEET.format(TABLE).replace("<sheetData", f'<cols a="{counted(17_000_000)}"/><sheetData')),
                          "xlsx", "item_too_large", "16 MB"),
}  # fmt: skip

NASTY = "甲_x0000__x0007_乙\u202e丙\u200b"
#: name -> maker, suffix, rows below the header.
READ: dict[str, tuple[Maker, str, int]] = {
    "lying dimension": (parts(sheet=SHEET.format(TABLE).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')),
                        "xlsx", 1),
    "entries that are not there": (changed(lambda book: struct.pack_into("<HH", book, len(book) - 14, 99, 99)), "xlsx", 1),
    "macros": (parts(macros=b"\0" * 100), "xlsm", 1),
    "wrong content types": (parts(types="<Types/>"), "xlsx", 1),
    "hidden characters": (data(second(cell("A2", NASTY))), "xlsx", 1),
    "huge numbers": (data(second('<c r="A2"><v>1E400</v></c>', f'<c r="B2"><v>{"9" * 400}</v></c>')), "xlsx", 1),
    "dates out of the world": (parts(second('<c r="A2" s="1"><v>1E10</v></c>', '<c r="B2" s="1"><v>-9E18</v></c>'), styles=STYLES),
                               "xlsx", 1),
    "unknown style": (data(second('<c r="A2" s="999"><v>1</v></c>', '<c r="B2" s="-1"><v>2</v></c>')), "xlsx", 1),
    "rows in no order": (data(f'<row r="3">{cell("A3", "c")}</row>{TABLE}'), "xlsx", 2),
    "cells in no order": (data(second(cell("B2", "b"), cell("A2", "a"))), "xlsx", 1),
    "cell of another row": (data(f'{HEAD}<row r="2">{cell("A3", "a")}</row>'), "xlsx", 1),
    "merge far away": (parts(sheet=merged("A1:XFD1048576")), "xlsx", 1),
    "last row of Excel": (data(f'{HEAD}<row r="1048576">{cell("A1048576", "z")}</row>'), "xlsx", 1),
    "empty formatted rows": (data(TABLE + "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(3, 60_000))),
                             "xlsx", 1),
    "zip64": (zip64, "xlsx", 1),
    "stored": (lambda path: zipped(path, list(good_parts(path)), zipfile.ZIP_STORED), "xlsx", 1),
    "no rows": (data(""), "xlsx", 0),
    "no sheet data": (parts(sheet=f"<worksheet {SPREADSHEET}/>"), "xlsx", 0),
}  # fmt: skip

#: Kinds that take seconds to make: nothing to change at random.
HEAVY = {"zip bomb", "many bytes", "overlapping entries", "70,000 entries", "giant cell", "gigantic cell",
         "inflated cell", "endless attribute", "csv with an open quote"}  # fmt: skip
