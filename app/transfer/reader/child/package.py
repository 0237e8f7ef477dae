"""A workbook in the form of Office Open XML: its sheets, styles, strings and properties."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from .container import Archive, ContainerLimits
from .encode import Batch
from .refusal import Refusal
from .sheet import SheetRows
from .strings import SharedStrings
from .survey import Extent, Survey
from .values import Meanings, shape_of
from .walker import Walker
from .xml import Blocks, walk

LONGEST_FACT = 32_767
CORE, CUSTOM = "docprops/core.xml", "docprops/custom.xml"


@dataclass(frozen=True)
class Element:
    """An element of a small part: the name of its parent, its attributes, the text that stands in it."""

    parent: str
    attributes: dict[str, str]
    text: str


class Package:
    """An .xlsx or .xlsm that is open; ``sheets`` has the name of each worksheet and whether it is hidden."""

    kind = "xlsx"

    def __init__(self, fd: int, size: int, settings: dict[str, Any]) -> None:
        limits = ContainerLimits(settings["entries"], settings["inflated_bytes"], settings["ratio"])
        self.settings = settings
        self.archive = Archive(fd, size, limits)
        self.workbook = next(name for name in sorted(self.archive.entries, key=len) if name.endswith("workbook.xml"))
        targets = self._targets()
        self.parts: list[str] = []
        self.sheets: list[tuple[str, bool]] = []
        for sheet in self._elements(self.workbook, "sheet"):
            identity = next((text for key, text in sheet.attributes.items() if key.rpartition(":")[2] == "id"), "")
            kind, part = targets.get(identity, ("worksheet", ""))
            if kind == "worksheet":
                self.parts.append(part)
                self.sheets.append((sheet.attributes.get("name", ""), sheet.attributes.get("state", "") in HIDDEN))
        known = {kind: part for kind, part in targets.values() if part in self.archive.entries}
        folder = posixpath.dirname(self.workbook)
        self.strings_part = known.get("sharedStrings", f"{folder}/sharedstrings.xml")
        shapes = self._shapes(known.get("styles", f"{folder}/styles.xml"))
        since_1904 = any(
            one.attributes.get("date1904") in ("1", "true") for one in self._elements(self.workbook, "workbookPr")
        )
        self.strings = SharedStrings(self._strings, settings["scratch"])
        self.meanings = Meanings(shapes, since_1904, self.strings)
        self.facts = self._facts()

    def survey(self, index: int) -> Extent:
        """Measure a sheet."""
        name = self.sheets[index][0]
        if self.parts[index] not in self.archive.entries:
            raise Refusal("no_part", sheet=name)
        blocks = self._blocks(index)
        return Survey(name, blocks, Walker(name, self.meanings, blocks.prefix)).run(self.settings["formulas"])

    def batches(self, index: int, extent: Extent, after: int) -> Iterator[Batch]:
        """The rows of a sheet below Excel's row ``after``."""
        self.strings.begin()
        rows = SheetRows(self.sheets[index][0], extent, self.meanings, lambda: self._blocks(index))
        return rows.batches(after)

    def _blocks(self, index: int) -> Blocks:
        part = self.parts[index]
        return Blocks(self.archive.pieces(part), part, "worksheet", "sheetData", "row")

    def _strings(self) -> Iterator[bytes]:
        known = self.strings_part in self.archive.entries
        return self.archive.pieces(self.strings_part) if known else iter(())

    def _targets(self) -> dict[str, tuple[str, str]]:
        """Relations of the workbook: identity -> what it is, and the part (in small letters)."""
        folder, base = posixpath.split(self.workbook)
        relations = f"{folder}/_rels/{base}.rels".lstrip("/")
        if relations not in self.archive.entries:
            raise Refusal("no_relations")
        targets = {}
        for one in self._elements(relations, "Relationship"):
            target = one.attributes.get("Target", "").replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            kind = one.attributes.get("Type", "").rpartition("/")[2]
            targets[one.attributes.get("Id", "")] = (kind, path.lower())
        return targets

    def _shapes(self, part: str) -> list[str]:
        """What the number format of each cell style shows."""
        if part not in self.archive.entries:
            return []
        formats = {
            one.attributes.get("numFmtId", ""): one.attributes.get("formatCode", "")
            for one in self._elements(part, "numFmt")
            if one.parent == "numFmts"
        }
        used = [one.attributes.get("numFmtId", "") for one in self._elements(part, "xf") if one.parent == "cellXfs"]
        return [shape_of(number, formats.get(number)) for number in used]

    def _facts(self) -> dict[str, str]:
        """The document's properties: those of every office program under their names, and the ones made for it."""
        facts: dict[str, str] = {}
        try:
            if CORE in self.archive.entries:
                for name in ("title", "subject", "creator", "keywords", "description", "category", "lastModifiedBy"):
                    for one in self._elements(CORE, name):
                        facts[name] = one.text[:LONGEST_FACT]
            if CUSTOM in self.archive.entries:
                for one in self._elements(CUSTOM, "property"):
                    facts[one.attributes.get("name", "")] = one.text[:LONGEST_FACT]
        except Refusal:
            return {}  # what is said about a workbook is no reason not to read it
        return facts

    def _elements(self, part: str, wanted: str) -> list[Element]:
        """Every element of that local name in a small part."""
        found: list[Element] = []
        path = [""]
        text: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == wanted:
                found.append(Element(path[-1], attributes, ""))
                text.clear()
            path.append(name)

        def end(name: str) -> None:
            path.pop()
            if name == wanted:
                found[-1] = Element(found[-1].parent, found[-1].attributes, "".join(text).strip())

        try:
            walk(self.archive.small(part), start, end, text.append)
        except expat.ExpatError as problem:
            raise Refusal("damaged_part", part=self.archive.entries[part].filename[:80]) from problem
        return found


HIDDEN = ("hidden", "veryHidden")
