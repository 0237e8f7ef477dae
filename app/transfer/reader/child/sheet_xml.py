"""What calamine does not tell about a sheet of an xlsx: formulas, error cells, percentages, hidden rows.

The XML is first searched as bytes (a quarter of a second for 90 MB). Only a sheet that holds a formula, an error or a
percentage is walked cell by cell.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from .refusal import Refusal

CHUNK = 1 << 20
OVERLAP = 512
SMALL_PART = 5_000_000
SPECIAL = re.compile(rb"<(?:\w+:)?f[\s/>]|\bt=[\"']e[\"']")
PREFIXED = re.compile(rb"<\w+:worksheet")
HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\bhidden=[\"'](?:1|true)[\"']")
CELL_NAME = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


PERCENT = ("p", "")
BUILT_IN_PERCENT = ("9", "10")


@dataclass
class Findings:
    """Cells of one sheet that are not plain values, by (row, column) from 0, and the number of hidden rows.

    A formula is ``("f", text)``, an error ``("e", text)``, a cell formatted as a percentage ``PERCENT``.
    """

    cells: dict[int, dict[int, tuple[str, str]]] = field(default_factory=dict)
    hidden_rows: int = 0
    formulas: int = 0
    errors: int = 0

    def add(self, row: int, column: int, tag: str, text: str, limit: int) -> None:
        """Note one cell; refuse the sheet when there are more than ``limit``."""
        self.cells.setdefault(row, {})[column] = (tag, text)
        if tag == "f":
            self.formulas += 1
        else:
            self.errors += 1
        if self.formulas + self.errors > limit:
            raise Refusal("too_many_formulas", limit=limit)


def scan_sheet(archive: zipfile.ZipFile, part: str, percents: frozenset[str], limit: int) -> Findings:
    """Return the findings of the sheet stored in ``part``; ``percents`` are the styles of percentages."""
    findings = Findings()
    special = False
    needles: tuple[bytes, ...] = (b"<f", b't="e"')
    styles = [b's="%s"' % style.encode() for style in percents]
    try:
        for number, chunk in enumerate(_overlapping(archive, part)):
            if number == 0 and (b"'" in chunk[:2000] or PREFIXED.search(chunk)):
                needles = (b"<f", b":f", b't="e"', b"t='e'")  # a writer of XML with manners of its own
            special = special or (any(needle in chunk for needle in needles) and SPECIAL.search(chunk) is not None)
            special = special or any(style in chunk for style in styles)
            if b"hidden=" in chunk:
                findings.hidden_rows += sum(1 for match in HIDDEN_ROW.finditer(chunk) if match.end() > OVERLAP)
        if special:
            _walk(archive, part, findings, percents, limit)
    except (zipfile.BadZipFile, expat.ExpatError, EOFError, OSError, KeyError, ValueError) as problem:
        raise Refusal("corrupt") from problem
    return findings


def _overlapping(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Chunks of the part, each preceded by the last bytes of the one before, so that no short text is cut in two."""
    tail = b" " * OVERLAP
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            yield tail + chunk
            tail = chunk[-OVERLAP:].rjust(OVERLAP)


def _walk(archive: zipfile.ZipFile, part: str, findings: Findings, percents: frozenset[str], limit: int) -> None:
    walker = _CellWalker(findings, percents, limit)
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            walker.parser.Parse(chunk, False)
    walker.parser.Parse(b"", True)


class _CellWalker:
    """Follows rows and cells, with or without their ``r`` attribute, and notes formulas, errors and percentages."""

    def __init__(self, findings: Findings, percents: frozenset[str], limit: int) -> None:
        self.findings, self.percents, self.limit = findings, percents, limit
        self.row = self.column = -1
        self.is_error = self.has_formula = self.is_percent = False
        self.text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.StartDoctypeDeclHandler = self.doctype

    def doctype(self, *_: object) -> None:
        raise Refusal("dtd", name="sheet")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            match = CELL_NAME.fullmatch(attributes.get("r", ""))
            self.column = column_number(match[1]) if match else self.column + 1
            self.is_error = attributes.get("t") == "e"
            self.has_formula = False
            self.is_percent = attributes.get("s") in self.percents
        elif local == "row":
            self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
        elif local == "f" or (local == "v" and self.is_error and not self.has_formula):
            self.text = []
            self.parser.CharacterDataHandler = self.text.append
            self.parser.EndElementHandler = self.end
        elif local == "v" and self.is_percent and not self.has_formula:
            self.findings.cells.setdefault(self.row, {})[self.column] = PERCENT

    def end(self, name: str) -> None:
        self.parser.CharacterDataHandler = None
        self.parser.EndElementHandler = None
        text = "".join(self.text)
        if name.rpartition(":")[2] == "f":
            self.has_formula = True
            self.findings.add(self.row, self.column, "f", "=" + text, self.limit)
        else:
            self.findings.add(self.row, self.column, "e", text, self.limit)


def column_number(letters: str) -> int:
    """``A`` is 0, ``XFD`` is 16383."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name -> name of the zip entry that holds it."""
    entries = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
    workbook = next(name for name in sorted(entries, key=len) if name.endswith("workbook.xml"))
    folder, base = posixpath.split(workbook)
    relations = entries.get(f"{folder}/_rels/{base}.rels".lstrip("/"))
    if relations is None:
        raise Refusal("corrupt")
    targets: dict[str, str] = {}
    for _, attributes in _elements(archive, relations, "Relationship"):
        target = attributes.get("Target", "").replace("\\", "/")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        targets[attributes.get("Id", "")] = path.lower()
    parts: dict[str, str] = {}
    for _, attributes in _elements(archive, entries[workbook], "sheet"):
        identity = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
        part = entries.get(targets.get(identity, ""))
        if part is not None:
            parts[attributes.get("name", "")] = part
    return parts


def percent_styles(archive: zipfile.ZipFile) -> frozenset[str]:
    """Cell styles (as written in ``s="…"``) whose number format shows a percentage."""
    names = (name for name in archive.namelist() if name.replace("\\", "/").lower().endswith("xl/styles.xml"))
    styles = next(names, None)
    if styles is None:
        return frozenset()
    formats = {
        attributes.get("numFmtId", ""): attributes.get("formatCode", "")
        for _, attributes in _elements(archive, styles, "numFmt")
    }
    percents = {identity for identity, code in formats.items() if is_percent(code)} | set(BUILT_IN_PERCENT)
    used = [(path, one) for path, one in _elements(archive, styles, "xf") if path == "cellXfs"]
    return frozenset(str(at) for at, (_, one) in enumerate(used) if one.get("numFmtId") in percents)


def is_percent(code: str) -> bool:
    """Whether a number format shows a percentage; a percent sign that is quoted or escaped is only decoration."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", code)


def _elements(archive: zipfile.ZipFile, part: str, wanted: str) -> list[tuple[str, dict[str, str]]]:
    """Every element of that local name in a small part: the name of its parent, and its attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    path = [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == wanted:
            found.append((path[-1], attributes))
        path.append(local)

    parser: Any = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: path.pop()
    try:
        with archive.open(part) as stream:
            parser.Parse(stream.read(SMALL_PART), True)
    except (zipfile.BadZipFile, expat.ExpatError, EOFError, OSError) as problem:
        raise Refusal("corrupt") from problem
    return found
