"""Rows that are stored already, recognised by their business key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.fields import Field
from app.core.lookup import Lookup, among, array
from app.core.table import LINKS, Table

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Existing:
    """A stored row: its identity, its two numbers, its values (references as facts)."""

    id: Any
    version: int
    scope: tuple[int, int] | None
    values: dict[str, Any]

    def is_same(self, given: Mapping[str, Any]) -> bool:
        """True when writing the given values would change nothing."""
        stored = self.values
        return all(
            value == stored.get(name) or _comparable(value) == _comparable(stored.get(name))
            for name, value in given.items()
        )

    def keeps_match(self, field: Field, wanted: Any, lookup: Lookup) -> bool:
        """True when the row was matched by somebody who saw more, and what it is matched by has not changed."""
        stored = self.values.get(field.name)
        return stored is not None and stored.id in lookup.unseen and wanted == self.values.get(str(field.match))


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
        if value is None and field.required:
            return None
        parts.append(value)
    told = [part for part, field in zip(parts, fields, strict=True) if part is not None and not field.is_owner]
    return tuple(parts) if told else None


def load(session: Session, table: type[Table], keys: set[Key], lookups: Mapping[str, Lookup]) -> dict[Key, Existing]:
    """The stored rows with those keys, by key, as far as the viewer may see them."""
    names = [field.column for field in key_fields(table)]
    columns = list(table.__table__.c.keys())
    found = chain.from_iterable(session.execute(query).all() for query in _queries(table, names, keys))
    rows = [dict(zip(columns, row, strict=True)) for row in found]
    values = _values(session, table, rows, lookups)
    scoped = table.__rows__.is_scoped
    return {
        tuple(row[name] for name in names): Existing(
            row["id"],
            row["version"],
            (row["department_id"], row["scope_region"]) if scoped else None,
            values[row["id"]],
        )
        for row in rows
    }


def _queries(table: type[Table], names: Sequence[str], keys: set[Key]) -> Iterator[sa.Select[Any]]:
    """One query for the keys that have all their parts, and one for those that lack the same."""
    stored = table.__table__
    for shape in {tuple(part is not None for part in key) for key in keys}:
        alike = [key for key in keys if shape == tuple(part is not None for part in key)]
        told = [place for place, is_told in enumerate(shape) if is_told]
        parts = [array(stored.c[names[place]], (key[place] for key in alike)) for place in told]
        wanted = sa.func.unnest(*parts).table_valued(*(names[place] for place in told)).render_derived("wanted")
        same = [stored.c[name] == wanted.c[name] if name in wanted.c else stored.c[name].is_(None) for name in names]
        yield sa.select(stored).where(*same)


def _values(
    session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]], lookups: Mapping[str, Lookup]
) -> dict[Any, dict[str, Any]]:
    plain = [name for name, field in table.__fields__.items() if not field.is_reference]
    found = {row["id"]: {name: row[name] for name in plain} for row in rows}
    for name, field in table.__fields__.items():
        if field.kind == "ref":
            facts = lookups[name].kept({row[field.column] for row in rows} - {None})
            for row in rows:
                found[row["id"]][name] = facts.get(row[field.column])
        elif field.kind == "many":
            for key, facts_of_row in _linked(session, table, field, list(found), lookups[name]).items():
                found[key][name] = facts_of_row
    return found


def _linked(session: Session, table: type[Table], field: Field, ids: list[Any], lookup: Lookup) -> dict[Any, list[Any]]:
    link = LINKS[f"{table.__tablename__}_{field.name}"]
    owner, target = link.table.c[link.owner_column], link.table.c[link.target_column]
    pairs = session.execute(sa.select(owner, target).where(among(owner, ids))).all() if ids else []
    facts = lookup.kept({pair[1] for pair in pairs})
    result: dict[Any, list[Any]] = {key: [] for key in ids}
    for key, other in pairs:
        result[key].append(facts[other])
    return result
