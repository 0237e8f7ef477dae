"""What makes the rows of a table quick to find: pieces of its words, masked numbers as a whole, its orders.

These indexes are made from the declarations, beside Alembic, which cannot compare such expressions: each carries what
it was made from as its comment, and ``differences`` says what has to be done where that is no longer what is declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.core.fields import Field
from app.core.fields.field import TEXT_KINDS
from app.core.spelling import spelling_of

if TYPE_CHECKING:
    from app.core.table.base import Table

#: The column that holds full pinyin and initials of the names in a row.
SPELLING = "spelling"
PREFIX = "find"


@dataclass(frozen=True)
class FindIndex:
    """One index: its name, its table, what stands between the brackets, and how it is made."""

    name: str
    table: str
    content: str
    method: str = "btree"

    @property
    def note(self) -> str:
        """What the index was made from, as it is kept with the index."""
        return f"{self.method} ({self.content})"

    def create(self) -> list[str]:
        """The statements that make the index."""
        made = [
            f'CREATE INDEX "{self.name}" ON "{self.table}" USING {self.method} ({self.content})',
            f"COMMENT ON INDEX \"{self.name}\" IS '{self.note}'",
        ]
        return [*made, known_pieces(self.name)] if self.method == "gin" else made

    def drop(self) -> str:
        """The statement that removes it."""
        return f'DROP INDEX IF EXISTS "{self.name}"'


def known_pieces(index: str) -> str:
    """The statement that lets PostgreSQL know how often each piece stands in the rows, also the rarer ones.

    With its usual 1,000 it took a word of 2,047 rows of 10,000,000 for one of 49,999, and read too much.
    """
    return f'ALTER INDEX "{index}" ALTER COLUMN 1 SET STATISTICS 3000'


_spelled: dict[type[Table], list[Field]] = {}


def spelled_fields(table: type[Table]) -> list[Field]:
    """The fields whose pinyin is kept. Asked for every row, so found out once."""
    if table not in _spelled:
        _spelled[table] = [field for field in table.__fields__.values() if field.spelled]
    return _spelled[table]


def spelling(table: type[Table], values: Mapping[str, Any]) -> str | None:
    """The pinyin of a row with those values; ``None`` when it has none."""
    return spelling_of([(values.get(field.name), field.spelled == "person") for field in spelled_fields(table)])


def has_spelling(table: type[Table]) -> bool:
    """True when rows carry the pinyin of their names."""
    return SPELLING in table.__table__.c


def in_words(field: Field) -> bool:
    """True for fields whose parts may be searched for: never those that may be masked, a part would tell the rest."""
    return field.search and field.kind in TEXT_KINDS and field.grade != "sensitive" and not field.masked_when


def whole_only(field: Field) -> bool:
    """True for search fields that are found by their whole value only."""
    return field.search and field.kind in TEXT_KINDS and field.grade != "sensitive" and bool(field.masked_when)


def word_columns(table: type[Table]) -> list[str]:
    """The columns whose pieces are indexed, the long ones first: a text inside one before it costs nothing."""
    fields = sorted(filter(in_words, table.__fields__.values()), key=lambda field: -(field.length or 9999))
    names = [field.name for field in fields]
    return [*names, SPELLING] if has_spelling(table) else names


def indexes_of(table: type[Table]) -> Iterator[FindIndex]:
    """Every index that finding needs and the keys of the table do not give."""
    name = table.__tablename__
    if not table.__pages__:
        return
    if words := word_columns(table):
        listed = ", ".join(f'"{column}"::text' for column in words)
        yield FindIndex(f"{PREFIX}_{name}_words", name, f"public.grams(VARIADIC ARRAY[{listed}])", "gin")
    first = _first_columns(table)
    for field in table.__fields__.values():
        if whole_only(field) and field.compared not in first:
            yield FindIndex(f"{PREFIX}_{name}_{field.compared}", name, f'"{field.compared}"')
    for number, order in enumerate((table.__order__, *table.__sorted__)):
        content = ", ".join(_ordered(table, order))
        if content not in _primary(table):
            yield FindIndex(f"{PREFIX}_{name}_order_{number}", name, content)


def _primary(table: type[Table]) -> set[str]:
    """The orders that the keys of a table answer, backwards as well."""
    stored = table.__table__
    keys = [[column.name for column in c.columns] for c in stored.constraints if isinstance(c, sa.UniqueConstraint)]
    scoped = ["id", "department_id", "scope_region"]
    named = [["id"], *([scoped] if scoped in keys else [])]
    return {", ".join([f'"id"{down}', *(f'"{c}"' for c in names[1:])]) for names in named for down in ("", " DESC")}


def _first_columns(table: type[Table]) -> set[str]:
    """The columns that an index of the table begins with."""
    stored = table.__table__
    lists = [list(index.columns) for index in stored.indexes]
    lists += [list(c.columns) for c in stored.constraints if isinstance(c, sa.UniqueConstraint)]
    return {columns[0].name for columns in lists if columns}


def _ordered(table: type[Table], order: tuple[str, ...]) -> list[str]:
    """The columns of an order with their directions, then whose the row is: a policy is checked inside the index."""
    stored, names, parts, down = table.__table__, list[str](), list[str](), False
    for each in order:
        field, down = table.__fields__.get(each.removeprefix("-")), each.startswith("-")
        column = stored.c[field.column if field else each.removeprefix("-")]
        names.append(column.name)
        parts.append(f'"{column.name}"' + (" DESC" + (" NULLS LAST" if column.nullable else "") if down else ""))
    if "id" not in names:
        parts.append('"id" DESC' if down else '"id"')
    if table.__rows__.is_private:
        parts += [f'"{column}"' for column in ("department_id", "scope_region") if column not in names]
    return parts


def differences(connection: sa.Connection, tables: Mapping[str, type[Table]]) -> list[str]:
    """What makes the indexes of those tables the declared ones."""
    found = connection.execute(
        sa.text(
            "SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c "
            "JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_class t ON t.oid = i.indrelid "
            "WHERE t.relname = ANY(:tables) AND c.relname LIKE :prefix"
        ),
        {"tables": list(tables), "prefix": f"{PREFIX}\\_%"},
    )
    stored = {row[0]: row[1] for row in found}
    declared = {index.name: index for table in tables.values() for index in indexes_of(table)}
    statements = [f'DROP INDEX "{name}"' for name in stored if name not in declared]
    for name, index in declared.items():
        if stored.get(name) != index.note:
            statements += [*([index.drop()] if name in stored else []), *index.create()]
    return statements
