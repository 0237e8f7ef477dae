"""A row of the file beside the stored one that it is, or looks like: field by field, masked by grade."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import Session

from app.console import guard
from app.console.history import difference
from app.console.history.difference import Change, Titles
from app.console.history.titles import titles
from app.core import saving
from app.core.fields import Field
from app.core.lookup import among
from app.core.messages import joined
from app.core.table import LINKS, Table
from app.core.table.columns import target_table
from app.core.viewer import must_have
from app.transfer.duplicates import Alike
from app.transfer.hidden import open_cell

Values = Mapping[str, Any]


def tell(
    session: Session, table: type[Table], rows: Sequence[Alike], column_of: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Each row with the stored row beside it (its own, or the first it looks like), what differs and what does not.

    ``column_of`` says in which column of the file a field stands.
    """
    keys = {each.row_id: table.key_of(each.row_id) for each in rows if each.is_stored}
    keys |= {key: key for each in rows for key in each.twins}
    stored = _stored(session, table, keys.values())
    wanted = {
        pair for values in [*stored.values(), *(each.values for each in rows)] for pair in _references(table, values)
    }
    wanted |= {(table.__tablename__, key) for key in stored}
    known = titles(session, wanted)
    return [_told(table, each, stored, known, column_of) for each in rows]


def _told(
    table: type[Table], each: Alike, stored: Mapping[str, Values], known: Titles, column_of: Mapping[str, int]
) -> dict[str, Any]:
    name = table.__tablename__
    twins = [str(key) for key in each.twins if str(key) in stored]
    beside = str(each.row_id) if each.is_stored else next(iter(twins), None)
    old = stored.get(str(beside))
    pairs = _pairs(table, old or {}, each, known, column_of)
    return {
        "number": each.number,
        "is_stored": each.is_stored,
        "choice": "keep" if each.is_kept else "take",
        "title": known.get((name, str(beside)), "") if beside else "",
        "url": url_for(f"{name}.show", pk=beside) if old is not None and guard.may("read", name) else None,
        "is_gone": each.is_stored and old is None,
        "is_stale": each.is_stored and old is not None and old.get("version") != each.base_version,
        "messages": list(dict.fromkeys(each.messages)),
        "earlier": each.earlier if not each.is_stored else None,
        "others": [
            {"title": known.get((name, key), key), "url": url_for(f"{name}.show", pk=key)}
            for key in twins
            if key != beside
        ],
        "changes": [pair for pair in pairs if pair["differs"]],
        "same": [pair for pair in pairs if not pair["differs"] and pair["after"]],
    }


def _pairs(
    table: type[Table], old: Values, each: Alike, known: Titles, column_of: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Every field that people give: as it is stored, and as the file has it."""
    new = each.values
    found = {change.field: asdict(change) | {"differs": True} for change in _changes(table, old, new, known)}
    told = []
    for field in table.__fields__.values():
        if not field.is_input or (not each.is_stored and field.name in table.__key__):  # a new row has a key of its own
            continue
        if field.is_secret and not each.is_judged:
            told.append(_typed(field, old, each, known, column_of))
        elif field.kind == "many":
            told.append(_many(field, old, new, known))
        elif field.name in found:
            told.append(found[field.name])
        else:
            text, is_masked = difference.shown(table, field, old or new, known)
            same = Change(field.name, str(field.label), text, text, is_masked)
            told.append(asdict(same) | {"differs": False})
    return told


def _changes(table: type[Table], old: Values, new: Values, known: Titles) -> list[Change]:
    columns = {field.column for field in table.__fields__.values() if field.is_input}
    before, after = ({name: side[name] for name in columns if name in side} for side in (old, new))
    return difference.changes(table.__tablename__, before, after, known, new)


def _many(field: Field, old: Values, new: Values, known: Titles) -> dict[str, Any]:
    target = target_table(field)
    before, after = (
        joined(sorted(known.get((target, str(key)), str(difference.GONE)) for key in side.get(field.column) or []))
        for side in (old, new)
    )
    return asdict(Change(field.name, str(field.label), before, after)) | {"differs": before != after}


def _typed(field: Field, old: Values, each: Alike, known: Titles, column_of: Mapping[str, int]) -> dict[str, Any]:
    """What a row that was not judged says of a secret value: the cell as it was typed, masked."""
    before = difference.veiled(str(old[field.column])) if old.get(field.column) else ""
    index = column_of.get(field.name)
    cell = open_cell(each.raw[index], full=False) if index is not None and index < len(each.raw) else None
    after = before if cell in (None, "") else str(cell)
    return asdict(Change(field.name, str(field.label), before, after, True)) | {"differs": before != after}


def _stored(session: Session, table: type[Table], keys: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """The stored rows, with their links, as JSON tells them; as far as the viewer may see them."""
    wanted = [key for key in dict.fromkeys(keys) if key is not None]
    if not wanted:
        return {}
    told: Any = sa.literal_column(f'to_jsonb("{table.__tablename__}".*)::text')
    query = saving.visible(table, must_have(session)).where(among(table.id, wanted)).with_only_columns(table.id, told)
    found = {str(key): json.loads(row, parse_float=Decimal) for key, row in session.execute(query)}
    for link in LINKS.values():
        if link.owner != table.__tablename__:
            continue
        owner, target = link.table.c[link.owner_column], link.table.c[link.target_column]
        for key, other in session.execute(sa.select(owner, target).where(among(owner, wanted))):
            if str(key) in found:
                found[str(key)].setdefault(link.field.column, []).append(str(other))
    return found


def _references(table: type[Table], values: Values) -> set[tuple[str, str]]:
    found = difference.references(table.__tablename__, values)
    for field in table.__fields__.values():
        if field.kind == "many":
            found |= {(target_table(field), str(key)) for key in values.get(field.column) or []}
    return found
