"""What rows of one sheet mean for those of another that refer to them: judged anew with them, refused with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import Problem
from app.core.fields import Field
from app.core.messages import Message
from app.core.table import Table, by_name
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.books.known import WRONG_PARENT, Parent, parents_of
from app.transfer.books.order import references
from app.transfer.staging import Staging, compared_name
from app.transfer.work import ROW, pointed, pointing


def concerned(session: Session, batch: ImportBatch, rows: Sequence[int]) -> Iterator[tuple[ImportBatch, list[int]]]:
    """The rows of other sheets that have to be judged anew because these rows of the batch were: by batch.

    They refer to one of them, to a row that is wrong or is no longer there, or did not find what they refer to.
    """
    if batch.book_id is None:
        return
    later = sa.select(ImportBatch).where(
        ImportBatch.book_id == batch.book_id,
        ImportBatch.book_place > batch.book_place,
        ImportBatch.state == BatchState.CHECKED.value,
    )
    parent = Staging(by_name(batch.table_name), batch.staging)
    for other in session.scalars(later.order_by(ImportBatch.book_place)).all():
        child = Staging(by_name(other.table_name), other.staging)
        found: set[int] = set()
        for field, _ in references(child.table, [parent.table]):
            found |= set(session.scalars(sa.text(_concerned(child, parent, field)), {"rows": list(rows)}))
        if found:
            yield other, sorted(found)


def _concerned(child: Staging, parent: Staging, field: Field) -> str:
    one, source = _one(field)
    name, target = parent.full_name, parent.table.__tablename__
    no_such = f"NOT EXISTS (SELECT FROM {name} p WHERE p.row_id = {one})"
    conditions = [
        f"EXISTS (SELECT FROM {name} p WHERE p.row_id = {one} AND (p.state = 'error' OR p.row_no = ANY(:rows)))",
        f'{one} IS NOT NULL AND {no_such} AND NOT EXISTS (SELECT FROM "{target}" t WHERE t.id = {one})',
        f"""jsonb_path_exists(c.problems, '$[*].f[*] ? (@ == "{field.name}")')""",
        *_matched(child.table, parent.table, field, name),
    ]
    return f"SELECT c.row_no FROM {child.full_name} c {source} WHERE {' OR '.join(map('({})'.format, conditions))}"  # noqa: S608


def _matched(child: type[Table], parent: type[Table], field: Field, name: str) -> Iterator[str]:
    """The condition under which a row names one of these rows, where the system refers it by what it is called."""
    called = child.__fields__.get(str(field.match))
    target = parent.__fields__.get(field.by[0]) if field.by else None
    if called is not None and target is not None and called.is_marked == target.is_marked:
        same = f'p."{compared_name(target)}" = c."{compared_name(called)}"'
        yield f"EXISTS (SELECT FROM {name} p WHERE p.row_no = ANY(:rows) AND {same})"


def _one(field: Field) -> tuple[str, str]:
    """What a row ``c`` refers to, one at a time, and where that is taken from."""
    if field.kind == "ref":
        return f'c."v_{field.name}"', ""
    return "m.id", f'LEFT JOIN LATERAL unnest(c."v_{field.name}") AS m(id) ON true'


def refuse(session: Session, batch: ImportBatch) -> None:
    """Rows that refer to rows of the same workbook which were refused are refused too, and say which."""
    child = Staging(by_name(batch.table_name), batch.staging)
    parents = parents_of(session, batch)
    for field, table in references(child.table, parents):
        session.execute(sa.text(_refused(child, parents[table], field)), _words(parents[table], field))


def _refused(child: Staging, parent: Parent, field: Field) -> str:
    refers = "p.row_id = {}" if field.kind == "ref" else "p.row_id = ANY({})"
    return f"""
        UPDATE {child.full_name} s SET state = 'error', problems = coalesce(s.problems, '[]')
            || {pointing("p.row_no")}
        FROM {parent.staging.full_name} p
        WHERE p.state = 'error' AND s.state IN ('insert', 'update') AND {refers.format(f's."v_{field.name}"')}"""  # noqa: S608 - declared names


def _words(parent: Parent, field: Field) -> dict[str, str]:
    message = Message(WRONG_PARENT.msgid, {"sheet": parent.sheet, "row": ROW})
    return pointed(Problem(message, (field.name,)))
