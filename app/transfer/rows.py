"""Staged rows as people see them: like the sheet, with each message at its cell; any page of them at the same cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.transfer.hidden import open_cell
from app.transfer.kinds import Kind, Summary, Where
from app.transfer.reader import Cell, Fault, Formula
from app.transfer.staging import Staging

#: The number of a rule, which people look up in the help: R07, R04W, K08.
_RULE = re.compile(r"[A-Z]\d\d[A-Z]?")
#: What rows can be filtered by.
FILTERS = ("error", "warning", "insert", "update", "unchanged", "skipped")
_CHUNK = 1000


@dataclass(frozen=True)
class StagedRow:
    """One row of an upload: Excel's number, what becomes of it, its cells as typed, messages by column index."""

    number: int
    state: str
    cells: list[Any]
    at_cells: dict[int, list[str]]
    at_row: list[str]
    has_errors: bool
    #: Every column that an error speaks of; of several, only the first carries the message.
    wrong: frozenset[int] = frozenset()
    row_id: Any = None
    problems: Sequence[Mapping[str, Any]] = field(default=(), repr=False)

    @property
    def messages(self) -> list[tuple[int | None, str]]:
        """Every message with its column index (``None`` for the whole row)."""
        cells = [(index, text) for index, texts in self.at_cells.items() for text in texts]
        return [*cells, *((None, text) for text in self.at_row)]


def staged_rows(
    session: Session,
    staging: Staging,
    mapping: Mapping[int, str],
    *,
    only: str = "",
    kind: Kind | None = None,
    summary: Summary | None = None,
    full: bool = False,
    after: int = 0,
    before: int | None = None,
    numbers: Sequence[int] | None = None,
    limit: int | None = None,
) -> Iterator[StagedRow]:
    """Rows of an upload in the order of the sheet; ``only`` is one of ``FILTERS``, ``kind`` a kind of problem;
    ``summary`` tells where they are.

    With ``before`` the nearest rows above that number come first. What a row hides is masked, unless ``full``: for the
    person who corrects his own file.
    """
    column_of = {name: index for index, name in mapping.items()}
    column = staging.sql.c
    query = sa.select(column.row_no, column.state, column.row_id, column.raw, column.problems)
    query = query.where(column.row_no > after, *_filter(column, only, kind, summary))
    if numbers is not None:
        query = query.where(column.row_no == sa.any_(sa.literal(list(numbers), sa.ARRAY(sa.Integer))))
    if before is not None:
        query = query.where(column.row_no < before).order_by(column.row_no.desc())
    else:
        query = query.order_by(column.row_no)
    found = session.execute(query.limit(limit), execution_options={} if limit else {"yield_per": _CHUNK})
    for number, state, row_id, raw, problems in found:
        yield _row(number, state, row_id, [open_cell(cell, full=full) for cell in raw], problems or [], column_of)


def _filter(column: Any, only: str, kind: Kind | None, summary: Summary | None) -> list[Any]:
    """The conditions of a filter; what is known of where its rows are keeps the search short."""
    conditions: list[Any] = []
    if only == "warning":
        conditions += [column.state != "error", column.problems.is_not(None)]
    elif only in FILTERS:
        conditions.append(column.state == only)
        if summary and only in summary.states:
            conditions += _inside(column, summary.states[only])
    if kind is not None:
        told = [{"w": kind.is_warning, "f": [kind.field]}] if kind.field else [{"w": kind.is_warning}]
        conditions += [*_inside(column, kind.where), column.problems.contains(told)]
        conditions.append(
            sa.text(
                "EXISTS (SELECT FROM jsonb_array_elements(problems) p WHERE coalesce(p->>'k', p->>'m') = :kind_said "
                "AND p->'f'->>0 IS NOT DISTINCT FROM :kind_at AND (p->>'w')::boolean = :kind_mild)"
            ).bindparams(
                sa.bindparam("kind_said", kind.message),
                sa.bindparam("kind_at", kind.field, sa.Text),
                sa.bindparam("kind_mild", kind.is_warning),
            )
        )
    return conditions


def _inside(column: Any, where: Where) -> list[Any]:
    if where.is_listed:
        return [column.row_no == sa.any_(sa.literal(list(where.numbers), sa.ARRAY(sa.Integer)))]
    return [column.row_no.between(where.first, where.last)]


def _row(
    number: int, state: str, row_id: Any, cells: list[Any], problems: list[dict[str, Any]], column_of: dict[str, int]
) -> StagedRow:
    at_cells: dict[int, list[str]] = {}
    at_row: list[str] = []
    wrong: set[int] = set()
    for problem in problems:
        places = [column_of[name] for name in problem["f"] if name in column_of]
        text = f"[{problem['c']}] {problem['m']}" if _RULE.fullmatch(problem["c"] or "") else problem["m"]
        if places:
            at_cells.setdefault(places[0], []).append(text)
        else:
            at_row.append(text)
        if not problem["w"]:
            wrong.update(places)
    errors = any(not problem["w"] for problem in problems)
    return StagedRow(number, state, cells, at_cells, at_row, errors, frozenset(wrong), row_id, problems)


def typed_cell(told: Any) -> Cell:
    """A kept cell as the reader gave it."""
    if isinstance(told, dict):
        return Fault(told["error"]) if "error" in told else Formula(told["formula"], told.get("value") or "")
    cell: Cell = "" if told is None else told
    return cell


def plain(told: Any) -> Any:
    """A kept cell as it is written and shown: a formula as its text, nothing as an empty text."""
    if isinstance(told, dict):
        told = told.get("formula") or told.get("error")
    return "" if told is None else told
