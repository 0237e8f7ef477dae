"""Workbooks up to Excel's last row, with inline strings as streaming writers make them: a million rows in two minutes."""

from __future__ import annotations

import zlib
from datetime import date, datetime
from pathlib import Path
from string import ascii_uppercase
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from app.core.table import by_name
from bench import book, ground

_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="行政检查" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
}  # fmt: skip
_HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_ZERO = datetime(1899, 12, 30)


def _cell(place: str, value: Any) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    if isinstance(value, datetime):
        return f'<c r="{place}" s="2"><v>{(value - _ZERO).total_seconds() / 86400!r}</v></c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="1"><v>{(value - _ZERO.date()).days}</v></c>'
    return "" if value is None else f'<c r="{place}"><v>{value}</v></c>'


def _row(number: int, values: list[Any]) -> str:
    cells = (_cell(f"{letter}{number}", value) for letter, value in zip(ascii_uppercase, values, strict=False))
    return f'<row r="{number}">{"".join(cells)}</row>'


def path(count: int) -> Path:
    """A workbook of so many inspections, the same as ``book.path(count)`` holds; made once and kept."""
    folder = ground.cache() / "books"
    folder.mkdir(exist_ok=True)
    file = folder / f"inline-{count}-{ground.stamp_of(Path(book.__file__), Path(__file__))}.xlsx"
    if file.exists():
        return file
    fields, partial = by_name("inspection").__fields__, file.with_suffix(".part")
    with ZipFile(partial, "w", ZIP_DEFLATED, compresslevel=zlib.Z_BEST_SPEED) as package:
        for name, text in _PARTS.items():
            package.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write((_HEAD + _row(1, [str(fields[name].label) for name in book.FIELDS])).encode())
            lines = list[str]()
            for number, row in enumerate(book.rows(count, "now"), 2):
                lines.append(_row(number, [row[name] for name in book.FIELDS]))
                if len(lines) == 2000:
                    sheet.write("".join(lines).encode())
                    lines.clear()
            sheet.write(("".join(lines) + "</sheetData></worksheet>").encode())
    partial.rename(file)
    return file
