"""References to rows of the same workbook: staged, not stored yet, and found by name like rows that are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import BadValue
from app.core.fields import Field
from app.core.lookup import Lookup, among
from app.core.messages import N_, Message
from app.core.table import Table, by_class, by_name
from app.core.viewer import looking_as
from app.transfer.batch import BatchState, ImportBatch, staging_name
from app.transfer.staging import Staging, compared_name

#: What is said of a row whose parent in the workbook is wrong.
WRONG_PARENT = N_("所引用的“{sheet}”第 {row} 行有错误")
_UNNUMBERED = N_(
    "所引用的“{sheet}”第 {row} 行是新记录，这张表的编号在写入时才产生，不能在同一个文件里引用；请先单独导入“{sheet}”"
)
#: Rows that will stand in the table as they are staged.
_GOOD = ("insert", "update")


@dataclass(frozen=True)
class Parent:
    """A sheet of the workbook that was checked before: its rows, and what the sheet is called."""

    staging: Staging
    sheet: str

    def wrong(self, row: int) -> Message:
        """What is said of a row that refers to this one, which is wrong."""
        return Message(WRONG_PARENT.msgid, {"sheet": self.sheet, "row": row})


Parents = Mapping[type[Table], Parent]


def parents_of(session: Session, batch: ImportBatch) -> Parents:
    """The sheets of the batch's workbook that are checked before it; none for a batch that stands alone."""
    if batch.book_id is None:
        return {}
    before = sa.select(ImportBatch.id, ImportBatch.table_name, ImportBatch.sheet).where(
        ImportBatch.book_id == batch.book_id,
        ImportBatch.book_place < batch.book_place,
        ImportBatch.state != BatchState.DISCARDED.value,
    )
    found = {}
    for key, name, sheet in session.execute(before):
        table = by_name(name)
        found[table] = Parent(Staging(table, staging_name(key)), sheet or str(table.__label__))
    return found


def lookups(session: Session, batch: ImportBatch) -> Callable[[Session, Field], Lookup]:
    """How the references of the batch's rows are looked up: among the rows of its workbook, and those stored."""
    parents = parents_of(session, batch)

    def lookup(session: Session, field: Field) -> Lookup:
        parent = parents.get(by_class(str(field.target)))
        return BookLookup(session, field, parent) if parent else Lookup(session, field)

    return lookup


class BookLookup(Lookup):
    """Finds rows of a parent sheet by name; of what will be changed it gives the facts as they will be."""

    def __init__(self, session: Session, field: Field, parent: Parent) -> None:
        super().__init__(session, field)
        self.parent = parent
        self._staged = [self._staged_column(name) for name in self.fact._fields]

    def _staged_column(self, name: str) -> Any:
        """What the staging table keeps of a fact, of the type that the table's own column has."""
        staging, stored = self.parent.staging, self._column(name)
        kept = staging_names(self.target).get(name)
        if kept is None:
            return sa.cast(sa.null(), stored.type)
        return sa.type_coerce(staging.sql.c[kept], stored.type)

    def _rows_of(self, condition: Any, *states: str) -> Iterator[Any]:
        rows = self.parent.staging.sql
        wanted = sa.select(rows.c.row_no, rows.c.state, *self._staged).where(condition, rows.c.state.in_(states))
        for number, state, *values in self.session.execute(wanted.order_by(rows.c.row_no)):
            yield number, state, self.fact(*values)

    def _named(self, compared: str, asked: Mapping[str, str]) -> Iterator[tuple[Any, Any]]:
        at = self.fact._fields.index(compared)
        good: list[tuple[Any, Any]] = []
        wrong: dict[Any, BadValue] = {}
        for number, state, fact in self._rows_of(among(self._staged[at], asked), *_GOOD, "error"):
            if state == "error":
                wrong.setdefault(fact[at], BadValue(self.parent.wrong(number)))
            elif fact.id is None:
                told = Message(_UNNUMBERED.msgid, {"sheet": self.parent.sheet, "row": number})
                good.append((fact[at], BadValue(told)))
            else:
                good.append((fact[at], fact))
        staged = {getattr(fact, "id", None) for _, fact in good}
        taken = wrong.keys() - {value for value, _ in good}
        for value, fact in super()._named(compared, asked):
            if fact.id not in staged and value not in taken:
                good.append((value, fact))
        yield from good
        yield from ((value, wrong[value]) for value in taken)

    def _with_ids(self, keys: set[Any]) -> dict[Any, Any]:
        column = self.parent.staging.sql.c.row_id
        staged = {fact.id: fact for _, _, fact in self._rows_of(among(column, keys), *_GOOD)}
        return super()._with_ids(keys) | staged


def staging_names(table: type[Table]) -> dict[str, str]:
    """The staging column of each attribute of a table that a reference may ask for."""
    names: dict[str, str] = {}
    for name, field in table.__fields__.items():
        names |= {name: f"v_{name}", field.column: f"v_{name}", field.compared: compared_name(field)}
    scope = ("department_id", "scope_region") if table.__rows__.is_scoped else ()
    return names | {"id": "row_id"} | {name: name for name in scope}


def prepare(session: Session, batch: ImportBatch) -> None:
    """The rows that the batch may refer to are found at once, however many they are."""
    parents = parents_of(session, batch)
    for field in by_name(batch.table_name).__fields__.values():
        parent = parents.get(by_class(str(field.target))) if field.is_reference else None
        if parent is None:
            continue
        fields = [parent.staging.table.__fields__.get(name) for name in field.by]
        names = {"row_id", *(compared_name(each) for each in fields if each is not None)}
        with looking_as(session, None):
            connection = session.connection()
            for name in sorted(names):
                index = f'CREATE INDEX IF NOT EXISTS "{parent.staging.name}_{name[:25]}"'
                connection.exec_driver_sql(f'{index} ON {parent.staging.full_name} ("{name}")')
            connection.exec_driver_sql(f"ANALYZE {parent.staging.full_name}")
