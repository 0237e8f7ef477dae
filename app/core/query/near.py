"""The few rows that somebody most likely means by a word: for pickers and for the search box of the console."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core import grams, sealing
from app.core.fields import Field, read
from app.core.fields.field import CODE_KINDS
from app.core.query.where import in_order, ordering
from app.core.query.words import any_field_holds
from app.core.saving import visible
from app.core.table import Table, search
from app.core.viewer import Viewer

#: So many rows are looked at when the best are chosen; a word that more of them have is no word to choose by.
LOOKED_AT = 300


def title_field(table: type[Table]) -> Field | None:
    """The field that stands for a row, if it is one."""
    return table.__fields__.get(table.__title__)


def code_fields(table: type[Table]) -> list[Field]:
    """The codes that a row is known by, besides its title; its key first, one that may be masked last."""
    found = [f for f in table.__fields__.values() if f.search and f.kind in CODE_KINDS and f.name != table.__title__]
    open_ones = [field for field in found if field.grade != "sensitive"]
    return sorted(open_ones, key=lambda field: (field.name not in table.__key__, bool(field.masked_when)))


def title_of(table: Any) -> Any:
    """What stands for a row, as text."""
    field = title_field(table)
    return sa.cast(getattr(table, field.column if field else table.__title__), sa.Text)


def nearness(table: type[Table], word: str) -> Any:
    """0 for the very row that is meant, more for what only begins with the word, most for what has it inside."""
    title, typed = sa.func.lower(title_of(table)), grams.lowered(read.half_width(word))
    code = read.code(word) or word
    codes = [_is(table, field, code) for field in code_fields(table)]
    open_codes = [getattr(table, field.name) for field in code_fields(table) if not field.masked_when]
    steps: list[tuple[Any, int]] = [(sa.or_(title == typed, title == word, *codes), 0)]
    if search.has_spelling(table):
        spelled = sa.literal(" ") + getattr(table, search.SPELLING) + sa.literal(" ")
        steps.append((sa.func.strpos(spelled, f" {typed} ") > 0, 1))
    steps.append((sa.func.starts_with(title, typed), 2))
    if open_codes:
        steps.append((sa.or_(*(sa.func.starts_with(c, code) for c in open_codes)), 3))
    if search.has_spelling(table):
        steps.append((sa.func.strpos(spelled, f" {typed}") > 0, 4))
    steps.append((sa.func.strpos(title, typed) > 0, 5))
    return sa.case(*steps, else_=6)


def _is(table: type[Table], field: Field, code: str) -> Any:
    """The field has that value, compared by its mark where it may be sealed."""
    return getattr(table, field.compared) == (sealing.mark_of(field, code) if field.is_marked else code)


def owner_column(table: type[Table]) -> Any:
    """The column that says whose a row is; ``None`` for tables without owners."""
    return getattr(table, "department_id", None) if table.__rows__.is_scoped else None


def candidates(table: type[Table], viewer: Viewer, words: str, only: Any = None) -> Any:
    """Identifiers of some of the viewer's rows with all the words, to choose the nearest from (``only``: of those)."""
    holding = visible(table, viewer).where(any_field_holds(table, words), sa.true() if only is None else only)
    return holding.with_only_columns(table.id).limit(LOOKED_AT).subquery()


def nearest(table: type[Table], viewer: Viewer, words: str, most: int, only: Any = None) -> sa.Select[Any]:
    """The viewer's rows with all the words, those most likely meant first, his own unit's before others as near."""
    some = candidates(table, viewer, words, only)
    return (
        sa.select(table)
        .join(some, some.c.id == table.id)
        .order_by(*order_of_nearness(table, viewer, words))
        .limit(most)
    )


def order_of_nearness(table: type[Table], viewer: Viewer, words: str) -> list[Any]:
    """How rows that have the words are ordered."""
    owner, title = owner_column(table), title_of(table)
    own = [] if owner is None or viewer.department_id is None else [owner != viewer.department_id]
    return [nearness(table, words.split()[0]), *own, sa.func.length(title), title, table.id]


def own_first(table: type[Table], viewer: Viewer, most: int) -> list[sa.Select[Any]]:
    """The questions for some rows when no word was given: the viewer's own unit's, then others as a list shows them."""
    owner = owner_column(table)
    if table.__tablename__ == "department":
        owner = table.id
    rest = visible(table, viewer)
    order = ordering(table, ())
    if owner is None or viewer.department_id is None:
        return [in_order(rest, order).limit(most)]
    mine = rest.where(owner == viewer.department_id).order_by(table.id.desc()).limit(most)
    return [mine, in_order(rest.where(owner != viewer.department_id), order).limit(most)]
