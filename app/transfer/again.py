"""Single staged rows judged anew: somebody has corrected a cell in the browser, or decided otherwise about a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.core.errors import NotVisible
from app.core.messages import N_
from app.transfer import repeats
from app.transfer.hidden import open_cell
from app.transfer.reader import Cell, RawRow
from app.transfer.rows import typed_cell
from app.transfer.stage import Mode, Stager
from app.transfer.staging import Counts, Staging, compared_name

#: A row as somebody wants it: all its cells, or those that have changed by their column.
Cells = Mapping[int, Any] | Sequence[Any]


def judge(stager: Stager, rows: Mapping[int, Cells], mode: Mode | None = None) -> tuple[Counts, Counts]:
    """The rows (by Excel's number) are staged as if they had been typed so; how they counted before, and count now.

    Rows that had something in common with one of them, or have now, are judged anew as well: what was said about
    them may be true no longer. ``mode`` says what becomes of the rows themselves, if not what becomes of all.
    """
    session, staging, usual = stager.session, stager.staging, stager.mode
    before, judged = Counts(), set[int]()
    for _ in range(2):  # with those that were like them until now, then with those that are like them from now on
        waiting = (_alike(session, staging, rows) | rows.keys()) - judged
        before += staging.counts(session, sorted(waiting))
        given = _typed(session, staging, waiting, rows)
        session.execute(sa.delete(staging.sql).where(_among(staging.sql, waiting)))
        for is_asked in (True, False):
            stager.mode = mode if mode and is_asked else usual
            for _ in stager.take(RawRow(number, given[number]) for number in given if (number in rows) == is_asked):
                pass
        judged |= waiting
    stager.mode = usual
    return before, stager.finish(sorted(judged))


def _among(staged: Any, numbers: Iterable[int]) -> Any:
    return staged.c.row_no == sa.any_(sa.literal(sorted(numbers), ARRAY(sa.Integer())))


def _alike(session: Session, staging: Staging, numbers: Iterable[int]) -> set[int]:
    """The numbers of all staged rows that share the key with one of these, or what a rule calls a duplicate."""
    table, found = staging.table, set[int]()
    groups = [repeats.key_names(table)]
    groups += [[compared_name(table.__fields__[name]) for name in each.fields] for each in table.__duplicates__]
    for names in filter(None, groups):
        one, other = staging.sql.alias("one"), staging.sql.alias("other")
        same = [_told(one.c[name]) == _told(other.c[name]) for name in names]
        wanted = sa.select(other.c.row_no).join_from(one, other, sa.and_(*same))
        found |= set(session.scalars(wanted.where(_among(one, numbers))))
    return found


def _told(column: Any) -> Any:
    """The value as a text, nothing as an empty one: so that what is equal can be found by hashing."""
    return sa.func.coalesce(sa.cast(column, sa.Text), "")


def _typed(
    session: Session, staging: Staging, numbers: Iterable[int], rows: Mapping[int, Cells]
) -> dict[int, tuple[Cell, ...]]:
    """The cells of these rows as they were typed, with what is wanted now."""
    t = staging.sql.c
    kept = dict(
        session.execute(sa.select(t.row_no, t.raw).where(_among(staging.sql, numbers)).order_by(t.row_no)).all()
    )
    if missing := rows.keys() & set(numbers) - kept.keys():
        raise NotVisible(N_("这个批次里没有第 {row} 行", row=min(missing)))
    typed = {number: [typed_cell(open_cell(cell, full=True)) for cell in raw] for number, raw in kept.items()}
    return {number: _changed(cells, rows.get(number, {})) for number, cells in typed.items()}


def _changed(cells: list[Cell], given: Cells) -> tuple[Cell, ...]:
    if not isinstance(given, Mapping):
        return tuple("" if cell is None else cell for cell in given)
    cells += [""] * (max(given, default=-1) + 1 - len(cells))
    for index, cell in given.items():
        cells[index] = "" if cell is None else cell
    return tuple(cells)
