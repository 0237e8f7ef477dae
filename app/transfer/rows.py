"""Staged rows as people see them: like the sheet, with each message at its cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.transfer.hidden import open_cell
from app.transfer.reader import Header, HeaderGuess, RawRow
from app.transfer.staging import Staging
from app.transfer.writer import write_error_rows

#: The number of a rule, which people look up in the help: R07, R04W, K08.
_RULE = re.compile(r"[A-Z]\d\d[A-Z]?")


@dataclass(frozen=True)
class StagedRow:
    """One row of an upload: Excel's number, what became of it, its cells as typed, messages by column index."""

    number: int
    state: str
    cells: list[Any]
    at_cells: dict[int, list[str]]
    at_row: list[str]
    has_errors: bool

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
    full: bool = False,
    after: int = 0,
    limit: int | None = None,
) -> Iterator[StagedRow]:
    """Rows of an upload in the order of the sheet; ``only`` is ``error``, ``warning`` or nothing.

    What a row hides is masked, unless ``full``: for the person who corrects his own file.
    """
    column_of = {name: index for index, name in mapping.items()}
    table = staging.sql
    query = sa.select(table.c.row_no, table.c.state, table.c.raw, table.c.problems).where(table.c.row_no > after)
    if only == "error":
        query = query.where(table.c.state == "error")
    elif only == "warning":
        query = query.where(table.c.state != "error", table.c.problems.is_not(None))
    for number, state, raw, problems in session.execute(query.order_by(table.c.row_no).limit(limit)):
        at_cells: dict[int, list[str]] = {}
        at_row: list[str] = []
        for problem in problems or []:
            places = [column_of[name] for name in problem["f"] if name in column_of]
            text = f"[{problem['c']}] {problem['m']}" if _RULE.fullmatch(problem["c"] or "") else problem["m"]
            if places:
                at_cells.setdefault(places[0], []).append(text)
            else:
                at_row.append(text)
        errors = any(not problem["w"] for problem in problems or [])
        cells = [open_cell(cell, full=full) for cell in raw]
        yield StagedRow(number, state, cells, at_cells, at_row, errors)


def write_failed(stream: IO[bytes], headers: Sequence[tuple[int, str, str]], rows: Iterable[StagedRow]) -> int:
    """Write the error workbook of the given rows (headers as index, letter, text). Returns how many rows it holds."""
    failed = {row.number: row for row in rows}
    told = {number: row.messages for number, row in failed.items()}
    header = HeaderGuess(0, tuple(Header(*parts) for parts in headers))
    raw = (RawRow(row.number, tuple(_typed(cell) for cell in row.cells)) for row in failed.values())
    return write_error_rows(stream, header, raw, told)


def _typed(cell: Any) -> Any:
    """A kept cell as the writer takes it: a formula as its text, nothing as an empty cell."""
    if isinstance(cell, dict):
        return cell.get("formula") or cell.get("error") or ""
    return "" if cell is None else cell
