"""Which template a workbook was made from, and what has changed since: nobody fills in an old form unawares.

A template carries a hidden sheet with its columns, each by the name that never changes. An upload that was made from an
old one is told in words what is new, renamed, required now or gone, and its renamed columns are still understood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.messages import N_, Message, joined
from app.core.table import Table
from app.transfer.columns import Column, import_columns
from app.transfer.glimpse import MOST_COLUMNS, VERSION_SHEET, Glimpse
from app.transfer.reader import Book, normalise_header
from app.transfer.writer import Pen

_HEADERS = ("table", "field", "header", "kind", "required")


@dataclass(frozen=True)
class Told:
    """One column as a template tells it."""

    field: str
    header: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Change:
    """What is different since a template was made. Empty when nothing is."""

    added: tuple[str, ...] = ()
    added_required: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    required_now: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str, str], ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.added, self.added_required, self.renamed, self.required_now, self.kinds, self.removed))

    def as_json(self) -> dict[str, Any]:
        """The change as a batch keeps it."""
        return {name: value for name, value in vars(self).items() if value}


def from_json(kept: Mapping[str, Any]) -> Change:
    """What ``as_json`` told."""
    told: dict[str, Any] = {}
    for name, values in kept.items():
        told[name] = tuple(tuple(value) if isinstance(value, list) else value for value in values)
    return Change(**told)


def told_by(columns: Sequence[Column]) -> list[Told]:
    """The columns as a template tells them."""
    return [Told(column.field.name, column.header, column.field.kind, column.required) for column in columns]


def version(columns: Sequence[Column]) -> str:
    """A short word that changes when the columns of the template change."""
    told = "\n".join(f"{column.header}|{column.field.kind}|{column.required}" for column in columns)
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def difference(old: Sequence[Told], new: Sequence[Told]) -> Change:
    """What a template of the ``old`` columns lacks of the ``new``. Columns are the same when their field is."""
    before, now = {each.field: each for each in old}, {each.field: each for each in new}
    both = [(before[name], each) for name, each in now.items() if name in before]
    fresh = [each for name, each in now.items() if name not in before]
    return Change(
        added=tuple(each.header for each in fresh if not each.required),
        added_required=tuple(each.header for each in fresh if each.required),
        renamed=tuple((a.header, b.header) for a, b in both if a.header != b.header),
        required_now=tuple(b.header for a, b in both if b.required and not a.required),
        kinds=tuple((b.header, a.kind, b.kind) for a, b in both if a.kind != b.kind),
        removed=tuple(each.header for each in old if each.field not in now),
    )


def words(change: Change, formats: Mapping[str, Message]) -> list[str]:
    """The change in sentences, the weightiest first. ``formats`` tells what a kind of field is called."""
    return [str(message) for message in _messages(change, formats)]


def _messages(change: Change, formats: Mapping[str, Message]) -> Iterator[Message]:
    if change.added_required:
        yield N_("新增必填列：{names}", names=joined(change.added_required))
    if change.required_now:
        yield N_("改为必填的列：{names}", names=joined(change.required_now))
    for before, now in change.renamed:
        yield N_("列“{before}”已更名为“{now}”", before=before, now=now)
    for header, before, now in change.kinds:
        if before in formats and now in formats:
            yield N_("列“{name}”的格式由“{before}”改为“{now}”", name=header, before=formats[before], now=formats[now])
    if change.added:
        yield N_("新增选填列：{names}", names=joined(change.added))
    if change.removed:
        yield N_("不再使用的列：{names}", names=joined(change.removed))


def write_version(pen: Pen, tables: Mapping[str, Sequence[Column]]) -> None:
    """Put the columns of each table (by its name) on a hidden sheet."""
    sheet = pen.book.add_worksheet(VERSION_SHEET)
    sheet.very_hidden()
    for at, header in enumerate(_HEADERS):
        pen.text(sheet, 0, at, header)
    rows = [(name, each) for name, columns in tables.items() for each in told_by(columns)]
    for line, (name, each) in enumerate(rows, 1):
        for at, value in enumerate((name, each.field, each.header, each.kind, "1" if each.required else "0")):
            pen.text(sheet, line, at, value)


def read_version(book: Book | Glimpse, table: type[Table]) -> list[Told]:
    """The columns that the workbook's template had for the table; none when it was made from no template of ours."""
    if all(sheet.name != VERSION_SHEET for sheet in book.sheets):
        return []
    rows = book.sheet(VERSION_SHEET).head(MOST_COLUMNS)
    if not rows or tuple(map(str, rows[0].cells[:5])) != _HEADERS:
        return []
    found = (tuple(map(str, row.cells[:5])) for row in rows[1:])
    name = table.__tablename__
    return [Told(cells[1], cells[2], cells[3], cells[4] == "1") for cells in found if cells[0] == name]


def old_headers(table: type[Table], old: Sequence[Told]) -> dict[str, str]:
    """What the headers of an old template mean today, where they have another name now."""
    columns = {column.field.name: column for column in import_columns(table)}
    return {
        normalise_header(each.header): each.field
        for each in old
        if each.field in columns and columns[each.field].header != each.header
    }
