"""Words in text columns: what people type in a search box -> conditions that PostgreSQL answers from an index."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core.fields import Field, read
from app.core.query.criteria import searchable
from app.core.table import Table

TEXT_KINDS = frozenset({"text", "long_text", "code", "uscc", "citizen_id", "phone"})


def contains(column: Any, word: str) -> Any:
    """The column contains the word, in any case; the word's own % and _ mean themselves."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.ilike(f"%{escaped}%", escape="\\")


def any_field_holds(table: type[Table], words: str) -> Any:
    """Each of the words stands in one of the table's search fields."""
    fields = [f for f in table.__fields__.values() if f.search and f.kind in TEXT_KINDS and searchable(f)]
    if not fields:
        return sa.false()
    return sa.and_(*(sa.or_(*(holds(f, getattr(table, f.name), word) for f in fields)) for word in words.split()))


def holds(field: Field, column: Any, word: str) -> Any:
    """The column contains the word; numbers that may be masked only match whole, or a search would give them away."""
    return column == read.code(word) if field.masked_when else contains(column, word)
