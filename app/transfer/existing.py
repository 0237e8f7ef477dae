"""Rows that are stored already, recognised by their business key."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import sealing
from app.core.fields import Field
from app.core.lookup import Lookup, among, array
from app.core.secrecy import Sealed
from app.core.table import LINKS, Table

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Existing:
    """A stored row: its identity, its two numbers, its values (references as facts)."""

    id: Any
    version: int
    scope: tuple[int, int] | None
    values: dict[str, Any]
    #: What its sealed values are bound to, and how they are stored; in ``values`` they stand opened.
    bound_to: Any = None
    sealed: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def is_same(self, given: Mapping[str, Any]) -> bool:
        """True when writing the given values would change nothing."""
        stored = self.values
        return all(
            value == stored.get(name) or _comparable(value) == _comparable(stored.get(name))
            for name, value in given.items()
        )

    def keeps_match(self, matched: Field, wanted: Any, lookup: Lookup) -> bool:
        """True when the row was matched by somebody who saw more, and what it is matched by has not changed."""
        stored = self.values.get(matched.name)
        return stored is not None and stored.id in lookup.unseen and wanted == self.values.get(str(matched.match))


def _comparable(value: Any) -> Any:
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        ids = [getattr(item, "id", item) for item in value]
        return frozenset(ids) or None
    return getattr(value, "id", value)


def key_fields(table: type[Table]) -> list[Field]:
    """The fields of the business key; private rows are recognised within their department only."""
    names = list(table.__key__)
    if names and table.__rows__.kind == "department_tree" and "department" not in names:
        names.insert(0, "department")
    return [table.__fields__[name] for name in names]


def key_of(fields: Sequence[Field], values: Mapping[str, Any]) -> Key | None:
    """The business key of a row as it would be stored; ``None`` when a required part, or every part, is missing."""
    parts = []
    for field in fields:
        value = values.get(field.name)
        if field.kind == "ref":
            value = getattr(value, "id", None)
        elif field.is_marked:
            value = sealing.mark_of(field, value)
        if value is None and field.required:
            return None
        parts.append(value)
    told = [part for part, field in zip(parts, fields, strict=True) if part is not None and not field.is_owner]
    return tuple(parts) if told else None


def load(session: Session, table: type[Table], keys: set[Key], lookups: Mapping[str, Lookup]) -> dict[Key, Existing]:
    """The stored rows with those keys, by key, as far as the viewer may see them."""
    names = [field.compared for field in key_fields(table)]
    marks = [field.compared for field in key_fields(table) if field.is_marked]
    plain = [name for name, field in table.__fields__.items() if not field.is_reference]
    refs = [field for field in table.__fields__.values() if field.kind == "ref"]
    scope = ("department_id", "scope_region") if table.__rows__.is_scoped else ()
    bound_to = sealing.identity_column(table)
    head = list(dict.fromkeys(("id", "version", bound_to, *scope, *marks, *(field.column for field in refs))))
    columns = [_told(table.__table__.c[name]) for name in head] + [table.__table__.c[name] for name in plain]
    rows = list(chain.from_iterable(session.execute(query).all() for query in _queries(table, names, keys, columns)))
    heads = [dict(zip(head, row, strict=False)) for row in rows]
    values = [dict(zip(plain, row[len(head) :], strict=True)) for row in rows]
    for field in refs:
        _refer(field, heads, values, lookups[field.name])
    for field in (field for field in table.__fields__.values() if field.kind == "many"):
        _link(session, table, field, heads, values, lookups[field.name])
    sealed = [
        _open(sealing.secrets_of(table), row[bound_to], stored) for row, stored in zip(heads, values, strict=True)
    ]
    return {
        tuple(row[name] if name in row else stored[name] for name in names): Existing(
            row["id"], row["version"], (row["department_id"], row["scope_region"]) if scope else None, stored,
            row[bound_to], kept,
        )
        for row, stored, kept in zip(heads, values, sealed, strict=True)
    }  # fmt: skip


def _open(fields: Sequence[Field], bound_to: Any, stored: dict[str, Any]) -> dict[str, Sealed]:
    """The sealed values of a row as they are stored; in ``stored`` they are opened, for the rules to judge."""
    kept = {each.name: value for each in fields if isinstance(value := stored[each.name], Sealed)}
    for each in fields:
        if each.name in kept:
            stored[each.name] = sealing.opened(each, bound_to, stored[each.name])
    return kept


def with_ids(session: Session, table: type[Table], field: Field, keys: set[Any]) -> dict[Any, tuple[Any, Any]]:
    """A field's stored value and what it is bound to, of the rows with those identifiers that the viewer may see."""
    wanted = sa.select(table.id, getattr(table, field.name), getattr(table, sealing.identity_column(table)))
    return {key: (value, bound_to) for key, value, bound_to in session.execute(wanted.where(among(table.id, keys)))}


def _told(column: Any) -> Any:
    """References are told as texts: few different ones stand in many rows, and making a UUID of each is dear."""
    is_told = isinstance(column.type, sa.Uuid) and column.name not in ("id", sealing.SEALED_AS)
    return sa.cast(column, sa.Text) if is_told else column


def _queries(
    table: type[Table], names: Sequence[str], keys: set[Key], columns: Sequence[Any]
) -> Iterator[sa.Select[Any]]:
    """One query for the keys that have all their parts, and one for those that lack the same."""
    stored = table.__table__
    for shape in {tuple(part is not None for part in key) for key in keys}:
        alike = [key for key in keys if shape == tuple(part is not None for part in key)]
        told = [place for place, is_told in enumerate(shape) if is_told]
        parts = [array(stored.c[names[place]], (key[place] for key in alike)) for place in told]
        wanted = sa.func.unnest(*parts).table_valued(*(names[place] for place in told)).render_derived("wanted")
        same = [stored.c[name] == wanted.c[name] if name in wanted.c else stored.c[name].is_(None) for name in names]
        yield sa.select(*columns).where(*same)


def _keys_of(texts: set[Any]) -> dict[Any, Any]:
    """The identifier that each told reference means."""
    return {text: UUID(text) if isinstance(text, str) else text for text in texts if text is not None}


def _refer(field: Field, heads: list[dict[str, Any]], values: list[dict[str, Any]], lookup: Lookup) -> None:
    """Each row has the facts of what it refers to, and its identifier."""
    column, name = field.column, field.name
    keys = _keys_of({row[column] for row in heads})
    kept = lookup.kept(keys.values())
    facts = {text: kept.get(key) for text, key in keys.items()}
    for row, stored in zip(heads, values, strict=True):
        text = row[column]
        row[column], stored[name] = keys.get(text), facts.get(text)


def _link(
    session: Session,
    table: type[Table],
    field: Field,
    heads: list[dict[str, Any]],
    values: list[dict[str, Any]],
    lookup: Lookup,
) -> None:
    """Each row has the facts of the rows it is linked to."""
    link, name = LINKS[f"{table.__tablename__}_{field.name}"], field.name
    owner, target = link.table.c[link.owner_column], link.table.c[link.target_column]
    linked: dict[str, list[Any]] = {}
    for row, stored in zip(heads, values, strict=True):
        stored[name] = linked[str(row["id"])] = []
    told = sa.select(sa.cast(owner, sa.Text), _told(target)).where(among(owner, [row["id"] for row in heads]))
    pairs = session.execute(told).all() if heads else []
    keys = _keys_of({other for _, other in pairs})
    kept = lookup.kept(keys.values())
    for row_id, other in pairs:
        linked[row_id].append(kept[keys[other]])
