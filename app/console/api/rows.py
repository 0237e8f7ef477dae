"""Rows as JSON, written by PostgreSQL itself: one statement for each table and choice of fields, made once.

References are told by their names, sensitive values masked, numbers with decimals as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.fields import Field, Grade
from app.core.rows import REGION
from app.core.table import LINKS, TABLES, Table, by_class
from app.core.viewer import Viewer

#: Kinds whose exact value JSON's numbers would lose.
_EXACT = frozenset({"decimal", "money", "percent"})


def texts(
    session: Session, table: type[Table], keys: Sequence[Any], viewer: Viewer, *, names: tuple[str, ...], edits: bool
) -> list[str]:
    """The rows with those identifiers as JSON texts, in that order; what the viewer may not see is left out.

    ``edits`` says that the viewer's role may change rows of the table: in his own rows the numbers that he gave as
    references are written in full, as his workbooks need them.
    """
    if not keys:
        return []
    owned = "everything"
    if not edits:
        owned = "nothing"
    elif table.__rows__.is_scoped and not viewer.is_system:
        owned = "region" if viewer.kind == REGION else "line"
    values: dict[str, Any] = {"keys": [key if isinstance(key, int) else str(key) for key in keys]}
    if owned in ("region", "line"):
        values |= {"low": viewer.low, "high": viewer.high}
    statement = _statement(table.__tablename__, names, owned)
    return list(session.connection().execute(statement, values).scalars())


@lru_cache(maxsize=2000)
def _statement(name: str, names: tuple[str, ...], owned: str) -> sa.TextClause:
    """The statement that writes rows of a table with those fields for a viewer who owns so much of it."""
    table = TABLES[name]
    own = {
        "everything": "true",
        "nothing": "false",
        "line": "x.department_id BETWEEN :low AND :high",
        "region": "x.scope_region BETWEEN :low AND :high",
    }[owned]
    shown = [f'{_value(table.__fields__[each], own)} AS "{each}"' for each in names]
    columns = ", ".join(["x.id", "x.version", *shown])
    key = "uuid" if table.__id__ == "uuid" else "bigint"
    identity = "x.id" if key == "uuid" else "x.id::text AS id"
    return sa.text(
        f"SELECT row_to_json(r)::text FROM unnest(CAST(:keys AS {key}[])) WITH ORDINALITY p(key, place) "  # noqa: S608
        f'JOIN "{name}" x ON x.id = p.key '
        f"CROSS JOIN LATERAL (SELECT {columns.replace('x.id', identity, 1)}) r ORDER BY p.place"
    )


def _value(field: Field, own: str) -> str:
    """A field of the row ``x`` as an expression; ``own`` is true in rows that are the viewer's to write."""
    column = f'x."{field.column}"'
    if not field.is_reference:
        return _masked(_exact(field, column), _hides(field, "x"))
    target = by_class(str(field.target))
    named = target.__fields__.get(field.by[0])
    name = f't."{named.column if named else field.by[0]}"'
    if named is not None:
        hides = _hides(named, "t")
        name = _masked(_exact(named, name), f"({hides}) AND NOT ({own})" if hides and field.is_input else hides)
    if field.kind == "ref":
        return f'(SELECT {name} FROM "{target.__tablename__}" t WHERE t.id = {column})'  # noqa: S608 - declared names
    link = LINKS[f"{field.table}_{field.name}"]
    return (
        f"(SELECT coalesce(json_agg({name} ORDER BY {name}), '[]') FROM \"{link.table.name}\" l "  # noqa: S608
        f'JOIN "{target.__tablename__}" t ON t.id = l."{link.target_column}" WHERE l."{link.owner_column}" = x.id)'
    )


def _exact(field: Field, column: str) -> str:
    return f"{column}::text" if field.kind in _EXACT else column


def _hides(field: Field, row: str) -> str:
    """The condition under which the row's value is shown masked (``Field.hides``); empty where it never is."""
    if field.masked_when is None:
        return "true" if field.grade is Grade.SENSITIVE else ""
    other, values = field.masked_when
    words = ", ".join(f"'{value!s}'" for value in values)
    return f'coalesce({row}."{other}" IN ({words}), false)'


def _masked(value: str, hides: str) -> str:
    """The value, with its middle hidden where the condition holds (as ``write.masked`` does)."""
    if not hides:
        return value
    text, length = f"({value})::text", f"length(({value})::text)"

    def kept(head: int, tail: int) -> str:
        return f"left({text}, {head}) || repeat('*', {length} - {head + tail}) || right({text}, {tail})"

    return (
        f"CASE WHEN NOT ({hides}) THEN {text} WHEN {length} >= 15 THEN {kept(6, 4)} WHEN {length} >= 11 "
        f"THEN {kept(3, 4)} WHEN {length} >= 7 THEN {kept(2, 2)} WHEN {length} > 1 THEN {kept(1, 0)} "
        f"WHEN {length} = 1 THEN {text} || '*' ELSE {text} END"
    )
