"""What an entry changed, field by field, as people read it. Pure: stored values and known names in, words out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from app.core.fields import Field, Grade
from app.core.fields.write import masked
from app.core.messages import N_
from app.core.table import LINKS, TABLES, Table, by_class

#: Titles by (table, identifier as text).
Titles = Mapping[tuple[str, str], str]

#: A sealed value as it is stored: the masked form, the key, the cipher (core/secrecy).
_SEALED = re.compile(r"(?P<masked>[^|]*)\|[A-Za-z0-9._-]+\|[A-Za-z0-9+/=_-]{16,}", re.S)
#: Columns of tables that are none of ours whose values stay where they are.
_SECRET = ("password", "secret", "token", "hash", "digest")
#: Signs that nobody sees but that move, hide or end what stands around them: control signs, marks of direction, half
#: characters. What people or their browsers send must not be able to write lines of its own.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
#: Longer texts are not compared sign by sign.
_COMPARED = 2000

GONE = N_("（已删除或无权查看）")
HIDDEN = N_("（不显示）")


@dataclass(frozen=True)
class Change:
    """One field before and after. ``is_masked``: what is shown is not all; equal texts still stand for a change."""

    field: str
    label: str
    before: str
    after: str
    is_masked: bool = False
    #: Where each side differs, as (text, differs) pieces; empty where the whole values stand for themselves.
    pieces_before: tuple[tuple[str, bool], ...] = ()
    pieces_after: tuple[tuple[str, bool], ...] = ()


def clean(text: Any) -> str:
    """The text as a page or a workbook can show it: each sign that would not be seen is told by a replacement mark."""
    return _UNSEEN.sub("\ufffd", str(text).replace("\r\n", "\n"))


def line(text: Any, most: int = 300) -> str:
    """``clean``, and on one line: for names, addresses and whatever else a browser or a script says of itself."""
    plain = " ".join(clean(text).split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def text(field: Field, value: Any, titles: Titles) -> str:
    """A stored value as people read it: references by title, choices by label, days and amounts as on pages."""
    if value is None or value == "" or value == []:
        return ""
    if field.is_reference:
        table = by_class(str(field.target)).__tablename__
        return clean(titles.get((table, str(value))) or GONE)
    try:
        return clean(field.show(_typed(field, value)))
    except (ValueError, TypeError, ArithmeticError):
        return clean(value)


def _typed(field: Field, value: Any) -> Any:
    if field.kind == "day":
        return date.fromisoformat(value)
    if field.kind == "moment":
        return datetime.fromisoformat(value)
    if field.kind in ("decimal", "money", "percent"):
        return Decimal(str(value))
    return value


def hidden(field: Field, *rows: Mapping[str, Any]) -> bool:
    """True when the value is shown masked. What depends on another value that is not known is masked as well."""
    if field.masked_when is None:
        return field.grade is Grade.SENSITIVE
    other, values = field.masked_when
    known = [row[other] for row in rows if row.get(other) is not None]
    return not known or any(value in values for value in known)


def veiled(value: str) -> str:
    """The part of a sensitive value that everybody may see; a sealed one carries it."""
    sealed = _SEALED.fullmatch(value)
    if sealed:
        return clean(sealed["masked"])
    return value if "*" in value else masked(value)


def is_sealed(value: Any) -> bool:
    """True for a value that is stored sealed: it is sensitive, whatever else is known of its row."""
    return isinstance(value, str) and _SEALED.fullmatch(value) is not None


def changes(
    rel: str, old: Mapping[str, Any], new: Mapping[str, Any], titles: Titles, around: Mapping[str, Any] | None = None
) -> list[Change]:
    """The fields that differ, in the order of the form. ``around`` is the row as it is otherwise known."""
    table = TABLES.get(rel)
    if table is None:
        return _raw(old, new)
    found = []
    for field in table.__fields__.values():
        if field.kind == "many":
            continue
        before, after = old.get(field.column), new.get(field.column)
        if field.column not in old and field.column not in new:
            continue
        if before == after or (before in (None, "", []) and after in (None, "", [])):
            continue
        found.append(_change(table, field, before, after, titles, (old, new, around or {})))
    return found


def _change(
    table: type[Table], field: Field, before: Any, after: Any, titles: Titles, rows: tuple[Mapping[str, Any], ...]
) -> Change:
    label = str(field.label)
    if table.__rows__.kind == "hidden":
        said = [str(HIDDEN) if value not in (None, "", []) else "" for value in (before, after)]
        return Change(field.name, label, said[0], said[1], is_masked=True)
    is_masked = hidden(field, *rows) or is_sealed(before) or is_sealed(after)
    shown = [_shown(field, value, titles, is_masked) for value in (before, after)]
    if is_masked or field.kind not in ("text", "long_text"):
        return Change(field.name, label, shown[0], shown[1], is_masked)
    return Change(field.name, label, shown[0], shown[1], False, *pieces(shown[0], shown[1]))


def shown(table: type[Table], field: Field, row: Mapping[str, Any], titles: Titles) -> tuple[str, bool]:
    """A field of a whole stored row, and whether what is shown is masked."""
    value = row.get(field.column)
    if table.__rows__.kind == "hidden":
        return (str(HIDDEN) if value not in (None, "", []) else ""), True
    is_masked = hidden(field, row) or is_sealed(value)
    said = _shown(field, value, titles, is_masked)
    return said, is_masked and bool(said)


def _shown(field: Field, value: Any, titles: Titles, is_masked: bool) -> str:
    if is_sealed(value):
        return veiled(str(value))
    shown = text(field, value, titles)
    return veiled(shown) if is_masked and shown else shown


def _raw(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Columns of tables that are not declared (accounts and grants of the framework), by their own names."""
    found = []
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if any(word in name for word in _SECRET):
            said = [str(HIDDEN) if value is not None else "" for value in (before, after)]
            found.append(Change(name, name, said[0], said[1], is_masked=True))
        else:
            found.append(Change(name, name, _plain(before), _plain(after)))
    return found


def _plain(value: Any) -> str:
    return "" if value is None else clean(value)


def pieces(before: str, after: str) -> tuple[tuple[tuple[str, bool], ...], tuple[tuple[str, bool], ...]]:
    """Two texts in pieces that are marked where they differ; empty when they have little in common or are too long."""
    if not before or not after or max(len(before), len(after)) > _COMPARED:
        return (), ()
    match = SequenceMatcher(None, before, after, autojunk=False)
    if match.ratio() < 0.4:
        return (), ()
    left, right = [], []
    for tag, a, b, c, d in match.get_opcodes():
        if b > a:
            left.append((before[a:b], tag != "equal"))
        if d > c:
            right.append((after[c:d], tag != "equal"))
    return tuple(left), tuple(right)


def references(rel: str, *rows: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Every row that stored values of the table refer to: what titles are needed for."""
    table = TABLES.get(rel)
    if table is None:
        link = LINKS.get(rel)
        if link is None:
            return set()
        target = by_class(str(link.field.target)).__tablename__
        return {(target, str(row[link.target_column])) for row in rows if row.get(link.target_column) is not None}
    found = set()
    for field in table.__fields__.values():
        if field.kind == "ref":
            target = by_class(str(field.target)).__tablename__
            found |= {(target, str(row[field.column])) for row in rows if row.get(field.column) is not None}
    return found


def title_of(rel: str, row: Mapping[str, Any]) -> str:
    """What a row was called by its stored values; the empty string when that is not known."""
    table = TABLES.get(rel)
    if table is None or not row or table.__rows__.kind == "hidden":
        return ""
    field = table.__fields__.get(table.__title__)
    value = row.get(field.column if field else table.__title__)
    if value is None or field is None:
        return clean(value or "")
    if field.is_reference:
        return ""
    return _shown(field, value, {}, hidden(field, row) if field.masked_when else field.grade is Grade.SENSITIVE)
