"""Rows and shared strings read by expat, element by element: whatever is not written in the usual way."""

from __future__ import annotations

import re
from typing import Any

from .refusal import Refusal, Unfit, column_number
from .texts import PRESERVED, XML_BLANK, unescaped
from .values import Day, Meaning, Meanings, Tagged, number_cell
from .xml import walk

CELL_NAME = re.compile(r"([A-Za-z]{1,9})([0-9]{1,20})")
NUMBER_FORMULA = re.compile(r"=([+-]?(?:\d+(?:\.\d*)?|\.\d+))")
TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
SPACE = PRESERVED.split("=")[0].strip()


class Text:
    """Collects the text of ``t`` elements, without phonetic runs, edge blanks only where they are said to count."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.phonetic = 0
        self.inside = self.kept = False
        self.parts: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "rPh":
            self.phonetic += 1
        elif name == "t" and not self.phonetic:
            self.inside, self.kept, self.parts = True, attributes.get(SPACE) == "preserve", []

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "rPh":
            self.phonetic -= 1
        elif name == "t" and self.inside:
            self.inside = False
            text = "".join(self.parts)
            self.runs.append(unescaped(text if self.kept else text.strip(XML_BLANK)))

    def text(self, data: str) -> None:
        """Text between them."""
        if self.inside:
            self.parts.append(data)

    def taken(self) -> str:
        """The text so far; the next begins empty."""
        text = "".join(self.runs)
        self.runs = []
        return text


def read_strings(document: bytes, wrapped: bool = True) -> list[str]:
    """The texts of the ``si`` elements."""
    found: list[str] = []
    text = Text()

    def end(name: str) -> None:
        text.end(name)
        if name == "si":
            found.append(text.taken())

    walk(document, text.start, end, text.text, wrapped)
    return found


class Walker:
    """Follows rows and cells, with or without their ``r``; ``rows`` has the cells of the fragment read last.

    Rows and columns count from 0. A row that stands in the sheet, but holds nothing, is there, too.
    """

    def __init__(self, sheet: str, meanings: Meanings, prefix: str) -> None:
        self.sheet, self.meanings, self.prefix = sheet, meanings, prefix
        self.row = self.column = -1
        self.rows: dict[int, dict[int, Any]] = {}
        self.content = Text()
        self.kind = self.style = ""
        self.parts: dict[str, list[str]] = {}
        self.inside = ""

    def read(self, document: bytes) -> dict[int, dict[int, Any]]:
        """The rows of a fragment that follows on the one before."""
        self.rows = {}
        walk(document, self._start, self._end, self._text, wrapped=True, prefixed=bool(self.prefix))
        return self.rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._place(attributes.get("r"))
            self.kind, self.style = attributes.get("t", ""), attributes.get("s", "")
            self.parts = {}
        elif name == "v" or name == "f":
            self.inside, self.parts[name] = name, []
        elif name == "row":
            self._begin_row(attributes.get("r"))
        elif name == "is":
            self.parts[name] = []
            self.content = Text()
        elif "is" in self.parts:
            self.content.start(name, attributes)

    def _begin_row(self, number: str | None) -> None:
        if number is None:
            self.row += 1
        elif number.isascii() and number.isdigit() and 0 < int(number) <= LAST_ROW:
            self.row = int(number) - 1
        else:
            raise Refusal("no_such_row", sheet=self.sheet, row=number[:20])
        self.column = -1
        self.rows.setdefault(self.row, {})

    def _place(self, name: str | None) -> None:
        if name is None:
            self.column += 1
            return
        match = CELL_NAME.fullmatch(name)
        row = int(match[2]) if match else 0
        column = column_number(match[1].upper()) if match else LAST_COLUMN
        if not 0 < row <= LAST_ROW or column >= LAST_COLUMN:
            raise Refusal("no_such_cell", sheet=self.sheet, cell=name[:20])
        self.row, self.column = row - 1, column

    def _text(self, data: str) -> None:
        if self.inside:
            self.parts[self.inside].append(data)
        elif "is" in self.parts:
            self.content.text(data)

    def _end(self, name: str) -> None:
        if name == "c":
            self.rows.setdefault(self.row, {})[self.column] = self._cell()
            self.parts = {}
        elif name == "v" or name == "f":
            self.inside = ""
        elif "is" in self.parts:
            self.content.end(name)

    def _cell(self) -> Any:
        try:
            if "f" in self.parts:
                return self._formula("=" + "".join(self.parts["f"]))
            if "is" in self.parts:
                return self.content.taken()
            return self._value(self.style) if "v" in self.parts else ""
        except Unfit as problem:
            raise problem.at(self.sheet, self.row, self.column) from problem

    def _value(self, style: str) -> Any:
        text = "".join(self.parts["v"])
        if self.kind in ("str", "inlineStr", "is"):
            return unescaped(text)
        meaning = self.meanings.of(self.kind, style)
        if not isinstance(meaning, Meaning):
            return meaning[text]
        known = meaning.get(text)
        if known is not None and (text or self.kind != "e"):
            return known
        return meaning.of(text)

    def _formula(self, formula: str) -> Any:
        stored = self._value(self._number_style()) if "v" in self.parts else ""
        return Tagged(["f", formula, stored_result(stored, formula)])

    def _number_style(self) -> str:
        """The style of the cell, unless it is that of a percentage: the result of a formula is the bare number."""
        return "" if self.meanings.is_percent(self.style) else self.style


def stored_result(value: Any, formula: str) -> Any:
    """The result that the office program stored; a formula that is only a constant is its own result."""
    if type(value) is Day:
        return ["d", str(value)]
    if type(value) is Tagged:
        return ""
    if value != "":
        return value
    if match := NUMBER_FORMULA.fullmatch(formula):
        return number_cell(float(match[1]))
    if match := TEXT_FORMULA.fullmatch(formula):
        return match[1].replace('""', '"')
    return ""
