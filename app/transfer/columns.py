"""Fields <-> the header row of a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.core.fields import Field
from app.core.table import Table
from app.transfer.reader import normalise_header


@dataclass(frozen=True)
class Column:
    """One column of a workbook: its header and the field it carries."""

    header: str
    field: Field
    required: bool


def import_columns(table: type[Table]) -> list[Column]:
    """The columns of a template, in the order of declaration. Owning department and defaults may be left out."""
    return [
        Column(str(field.label), field, field.required and not field.is_owner and field.default is None)
        for field in table.__fields__.values()
        if field.is_input
    ]


def export_columns(table: type[Table]) -> list[Column]:
    """The columns of an export: everything a template has, then what the system derived (ignored on import)."""
    derived = [f for f in table.__fields__.values() if not f.is_input and not f.match]
    return import_columns(table) + [Column(str(field.label), field, False) for field in derived]


def known_headers(table: type[Table]) -> dict[str, str]:
    """Every normalised header that means a field of this table: label in either language, alias, national name."""
    headers: dict[str, str] = {}
    for name, field in reversed(table.__fields__.items()):
        for word in (name, field.std, *field.aliases, str(field.label), field.label.msgid):
            if word:
                headers[normalise_header(word)] = name
    for name, field in table.__fields__.items():
        headers[normalise_header(field.label.msgid)] = name
    return headers


@dataclass(frozen=True)
class Match:
    """What each header means: ``fields`` by column index; ``derived`` and ``unknown`` headers are not read."""

    fields: Mapping[int, str]
    derived: tuple[str, ...]
    unknown: tuple[str, ...]


def match_headers(
    table: type[Table], headers: Iterable[tuple[int, str]], remembered: Mapping[str, str] | None = None
) -> Match:
    """Find the field of each header; what people chose before (``remembered``, by normalised header) comes first.

    A remembered empty name means "this column is not read". Of two columns with one meaning the one that carries the
    field's own label wins, then the first.
    """
    known, memory = known_headers(table), remembered or {}
    fields: dict[int, str] = {}
    derived: list[str] = []
    unknown: list[str] = []
    labels = {normalise_header(field.label.msgid) for field in table.__fields__.values()}
    for index, text in sorted(headers, key=lambda header: normalise_header(header[1]) not in labels):
        word = normalise_header(text)[:200]
        if not word:
            continue
        name = memory[word] if word in memory else known.get(word)
        field = table.__fields__.get(name) if name else None
        if field is not None and field.is_input and name not in fields.values():
            fields[index] = field.name
        elif field is not None and not field.is_input:
            derived.append(text)
        elif word not in memory:
            unknown.append(text)
    return Match(dict(sorted(fields.items())), tuple(derived), tuple(unknown))
