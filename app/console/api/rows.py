"""Rows as JSON, written by PostgreSQL itself: one statement for each table and choice of fields, made once.

References are told by their names, hidden values masked (a masked name with the row it means, so that it can be given
back), numbers with decimals as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import sealing
from app.core.fields import Field
from app.core.table import LINKS, TABLES, Table, by_class
from app.core.viewer import Viewer

#: Kinds whose exact value JSON's numbers would lose.
_EXACT = frozenset({"decimal", "money", "percent"})


def texts(
    session: Session, table: type[Table], keys: Sequence[Any], viewer: Viewer, *, names: tuple[str, ...]
) -> list[str]:
    """The rows with those identifiers as JSON texts, in that order; what the viewer may not see is left out."""
    if not keys:
        return []
    values = {"keys": [key if isinstance(key, int) else str(key) for key in keys]}
    return list(session.connection().execute(_statement(table.__tablename__, names), values).scalars())


@lru_cache(maxsize=2000)
def _statement(name: str, names: tuple[str, ...]) -> sa.TextClause:
    """The statement that writes rows of a table with those fields."""
    table = TABLES[name]
    shown = [f'{_value(table.__fields__[each])} AS "{each}"' for each in names]
    columns = ", ".join(["x.id", "x.version", *shown])
    key = "uuid" if table.__id__ == "uuid" else "bigint"
    identity = "x.id" if key == "uuid" else "x.id::text AS id"
    return sa.text(
        f"SELECT row_to_json(r)::text FROM unnest(CAST(:keys AS {key}[])) WITH ORDINALITY p(key, place) "  # noqa: S608
        f'JOIN "{name}" x ON x.id = p.key '
        f"CROSS JOIN LATERAL (SELECT {columns.replace('x.id', identity, 1)}) r ORDER BY p.place"
    )


def _value(field: Field) -> str:
    """A field of the row ``x`` as an expression."""
    column = f'x."{field.column}"'
    if not field.is_reference:
        return _plain(field, column)
    target = by_class(str(field.target))
    named = target.__fields__.get(field.by[0])
    name = f't."{named.column if named else field.by[0]}"'
    if named is not None and named.is_secret and field.is_input:
        name = sealing.name_sql(name, "t.id")
    elif named is not None:
        name = _plain(named, name)
    if field.kind == "ref":
        return f'(SELECT {name} FROM "{target.__tablename__}" t WHERE t.id = {column})'  # noqa: S608 - declared names
    link = LINKS[f"{field.table}_{field.name}"]
    return (
        f"(SELECT coalesce(json_agg({name} ORDER BY {name}), '[]') FROM \"{link.table.name}\" l "  # noqa: S608
        f'JOIN "{target.__tablename__}" t ON t.id = l."{link.target_column}" WHERE l."{link.owner_column}" = x.id)'
    )


def _plain(field: Field, column: str) -> str:
    """A value of its own: what is stored sealed is told masked, as it stands in front."""
    if field.is_secret:
        return f"split_part({column}, '|', 1)"
    return f"{column}::text" if field.kind in _EXACT else column
