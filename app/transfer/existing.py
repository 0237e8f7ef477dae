"""Rows that are stored already, recognised by their business key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.fields import Field
from app.core.lookup import Lookup
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
        return all(_comparable(value) == _comparable(self.values.get(name)) for name, value in given.items())


def _comparable(value: Any) -> Any:
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        ids = [getattr(item, "id", item) for item in value]
        return frozenset(ids) or None
    return getattr(value, "id", value)


def _key_fields(table: type[Table]) -> list[Field]:
    names = list(table.__key__)
    if names and table.__rows__.kind == "department_tree" and "department" not in names:
        names.insert(0, "department")
    return [table.__fields__[name] for name in names]


def key_of(table: type[Table], values: Mapping[str, Any]) -> Key | None:
    """The business key of a row as it would be stored; ``None`` when a required part, or every part, is missing."""
    fields = _key_fields(table)
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


def load(
    session: Session, table: type[Table], keys: set[Key], lookups: Mapping[str, Lookup]
) -> dict[Key, Existing]:
    """The stored rows with those keys, by key, as far as the viewer may see them."""
    if not keys:
        return {}
    names = [field.column for field in _key_fields(table)]
    stored = table.__table__
    conditions = [_among(stored.c[name], {key[place] for key in keys}) for place, name in enumerate(names)]
    rows = [row._mapping for row in session.execute(sa.select(stored).where(*conditions))]
    rows = [row for row in rows if tuple(row[name] for name in names) in keys]
    values = _values(session, table, rows, lookups)
    scoped = table.__rows__.is_scoped
    return {
        tuple(row[name] for name in names): Existing(
            row["id"], row["version"], (row["department_id"], row["scope_region"]) if scoped else None, values[row["id"]]
        )
        for row in rows
    }


def _among(column: Any, parts: set[Any]) -> Any:
    told = column.in_(parts - {None})
    return sa.or_(told, column.is_(None)) if None in parts else told


def _values(
    session: Session, table: type[Table], rows: list[Any], lookups: Mapping[str, Lookup]
) -> dict[Any, dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {row["id"]: {} for row in rows}
    for name, field in table.__fields__.items():
        if field.kind == "ref":
            facts = lookups[name].by_ids({row[field.column] for row in rows if row[field.column] is not None})
            for row in rows:
                found[row["id"]][name] = facts.get(row[field.column])
        elif field.kind == "many":
            for key, facts_of_row in _linked(session, table, field, list(found), lookups[name]).items():
                found[key][name] = facts_of_row
        else:
            for row in rows:
                found[row["id"]][name] = row[field.column]
    return found


def _linked(session: Session, table: type[Table], field: Field, ids: list[Any], lookup: Lookup) -> dict[Any, list[Any]]:
    link = LINKS[f"{table.__tablename__}_{field.name}"]
    owner, target = link.table.c[link.owner_column], link.table.c[link.target_column]
    pairs = session.execute(sa.select(owner, target).where(owner.in_(ids))).all() if ids else []
    facts = lookup.by_ids({pair[1] for pair in pairs})
    result: dict[Any, list[Any]] = {key: [] for key in ids}
    for key, other in pairs:
        result[key].append(facts[other])
    return result
