"""A page of an upload as people see it: cells with their messages, what an update changes, boxes for what is wrong."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from app.console.history import difference
from app.console.history.titles import titles
from app.core.fields import Field
from app.core.messages import N_, joined
from app.core.table import Table, by_class
from app.extensions import db
from app.transfer.error_book import offered
from app.transfer.rows import StagedRow, plain
from app.transfer.staging import STORED, Staging
from app.transfer.updates import Row, before_and_after

_PLACE = re.compile(r"([A-Z]{1,3})?([1-9]\d{0,6})")
#: A text in a cell is cut here; the whole of it stands on the page of its row.
_LONGEST = 300
#: So many choices are offered in a list.
_OFFERED = 300
Change = difference.Change
#: What somebody typed into cells: by row number, then by column index.
Typed = Mapping[int, Mapping[int, str]]


def place(text: str) -> tuple[str, int] | None:
    """The column letters (may be empty) and the row of ``C1234`` or ``1234``; ``None`` for anything else."""
    found = _PLACE.fullmatch(unicodedata.normalize("NFKC", text).replace("$", "").strip().upper())
    return (found[1] or "", int(found[2])) if found else None


def base_of(row: StagedRow) -> str:
    """A mark of how a row stands and was judged: it is another after anybody has changed the row."""
    told = json.dumps([row.state, row.cells, list(row.problems)], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def changes_of(staging: Staging, rows: Sequence[StagedRow]) -> dict[int, dict[str, Change]]:
    """What the update of each row changes, by field: as the history tells it, masked by grade."""
    numbers = [row.number for row in rows if row.state == "update"]
    if not numbers:
        return {}
    found = before_and_after(db.session(), staging, numbers)
    table = staging.table
    many = [field for field in staging.fields if field.kind == "many"]
    wanted = difference.references(table.__tablename__, *(row for pair in found.values() for row in pair))
    for field in many:
        target = by_class(str(field.target)).__tablename__
        wanted |= {(target, str(key)) for pair in found.values() for row in pair for key in row[field.name]}
    names = titles(db.session(), wanted)
    told = {}
    for number, (old, new) in found.items():
        changes = difference.changes(table.__tablename__, old, new, names, old)
        told[number] = {change.field: change for change in changes} | _many(many, old, new, names)
    return told


def _many(fields: Sequence[Field], old: Row, new: Row, names: difference.Titles) -> dict[str, Change]:
    found = {}
    for field in fields:
        before, after = ({str(key) for key in row[field.name]} for row in (old, new))
        if before != after:
            target = by_class(str(field.target)).__tablename__
            told = [joined(sorted(names.get((target, key), key) for key in keys)) for keys in (before, after)]
            found[field.name] = Change(field.name, str(field.label), told[0], told[1])
    return found


class Sheet:
    """Shows rows of one upload. ``editable``: bad cells are boxes, with ``whole`` all that are read.

    ``typed`` is what stands in the boxes already. ``is_stored``: the rows are shown as what they have become.
    """

    def __init__(
        self,
        table: type[Table],
        headers: Sequence[tuple[int, str, str]],
        columns: Mapping[int, str],
        *,
        editable: bool = False,
        marked: tuple[str, int] | None = None,
        typed: Typed | None = None,
        whole: bool = False,
        is_stored: bool = False,
    ) -> None:
        self.table, self.headers, self.columns = table, headers, columns
        self.context = _context(table, columns)
        self.editable, self.marked, self.typed, self.whole = editable, marked, typed or {}, whole
        self.states = STORED if is_stored else {}

    def row(
        self, row: StagedRow, changes: Mapping[str, Change] | None = None, url: str | None = None
    ) -> dict[str, Any]:
        """One row for the page."""
        changed = dict(changes or {})
        cells = [self._cell(row, *header, changed) for header in self.headers]
        return {
            "number": row.number,
            "state": self.states.get(row.state, row.state),
            "warned": row.state != "error" and bool(row.messages),
            "cells": cells,
            "problem": joined(row.at_row, N_("；")) or None,
            "changes": list(changed.values()),
            "base": base_of(row) if self.editable else None,
            "url": url,
            "marked": bool(self.marked and self.marked[1] == row.number),
            "edits": any(cell["edit"] for cell in cells),
        }

    def _cell(self, row: StagedRow, index: int, letter: str, header: str, changed: dict[str, Change]) -> dict[str, Any]:
        value = str(plain(row.cells[index])) if index < len(row.cells) else ""
        name = self.columns.get(index)
        is_wrong = index in row.wrong
        return {
            "text": value if self.whole or len(value) <= _LONGEST else value[:_LONGEST] + "…",
            "index": index,
            "letter": letter,
            "header": header,
            "label": str(self.table.__fields__[name].label) if name else None,
            "problem": joined(row.at_cells.get(index, []), N_("；")) or None,
            "wrong": is_wrong,
            "change": changed.pop(name, None) if name else None,
            "edit": self.box(row, index, value) if self.editable and name and (is_wrong or self.whole) else None,
            "marked": self.marked == (letter, row.number),
            "context": name in self.context,
        }

    def box(self, row: StagedRow, index: int, value: str) -> dict[str, Any]:
        """The box of one cell: what it offers and what stands in it. A masked value is replaced, not corrected."""
        field = self.table.__fields__[self.columns[index]]
        is_masked = field.is_secret and "*" in value
        typed = self.typed.get(row.number, {}).get(index)
        return {
            "name": f"c.{row.number}.{index}",
            "value": typed if typed is not None else ("" if is_masked else value),
            "hint": value if is_masked else "",
            "options": offered(field)[:_OFFERED],
            "long": field.kind == "long_text" or len(value) > 60,
            "code": field.kind in ("code", "uscc", "citizen_id", "phone"),
        }


def _context(table: type[Table], columns: Mapping[int, str]) -> frozenset[str]:
    """The fields by which people know a row: its key and its title, else the first two that the file has."""
    told = {*table.__key__, table.__title__} & set(columns.values())
    return frozenset(told or [name for _, name in sorted(columns.items())][:2])


def telling(rows: Sequence[dict[str, Any]]) -> set[int]:
    """The places of the columns that say something on this page: a problem, a change, or which row it is."""
    return {
        at
        for row in rows
        for at, cell in enumerate(row["cells"])
        if cell["problem"] or cell["wrong"] or cell["change"] or cell["context"]
    }
