"""Words in text columns: what people type in a search box -> conditions that PostgreSQL answers from an index.

The columns themselves are always compared, so what is found is what a plain search of the text would find. The pieces
(``app.core.grams``) only say where to look, as a condition of its own beside the comparison: rows found in the index
are known to meet it and are not cut into pieces again; where rows are walked instead, the cheap comparison comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement

from app.core import grams, sealing
from app.core.fields import Field, read
from app.core.fields.field import CODE_KINDS
from app.core.table import TABLES, search
from app.core.table.search import in_words, whole_only

#: Brackets are typed in either width, and stored in either.
_WIDE = str.maketrans("(),:;", "（），：；")
_LETTER = re.compile(r"[A-Za-z]")
_TYPED = re.compile(r"[A-Za-z0-9]+")


class _Pieces(ColumnElement[Any]):
    """``grams(VARIADIC ARRAY[…])`` over a table's columns, as its index has it."""

    inherit_cache = True
    type = sa.Text()

    def __init__(self, columns: Sequence[Any]) -> None:
        self.columns = array([sa.cast(column, sa.Text) for column in columns])

    _traverse_internals = [("columns", sa.sql.visitors.InternalTraversal.dp_clauseelement)]


@compiles(_Pieces)
def _compile_pieces(element: _Pieces, compiler: Any, **options: Any) -> str:
    return f"public.grams(VARIADIC {compiler.process(element.columns, **options)})"


def variants(word: str) -> list[str]:
    """The word as it was typed, in half width, and with wide brackets: whichever way it was stored."""
    half = read.half_width(word)
    return list(dict.fromkeys((word, half, half.translate(_WIDE))))


def contains(column: Any, word: str) -> Any:
    """The column contains the word; A to Z in either case; the word's own % and _ mean themselves."""
    plain = sa.collate(column, "C")
    like = plain.ilike if _LETTER.search(word) else plain.like
    return like(_inside(word), escape="\\")


def _inside(word: str) -> str:
    """The pattern of texts that hold the word."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _in(field: Field, column: Any, word: str) -> Any:
    """``contains`` for a field; codes are stored in upper case, so their case need not be asked for."""
    if field.kind in CODE_KINDS and word.isascii():
        return sa.collate(column, "C").like(_inside(word.upper()), escape="\\")
    return contains(column, word)


def _found(
    table: Any,
    name: str,
    columns: Iterable[Any],
    words: Iterable[str],
    numbers: Sequence[Any] = (),
    *,
    roughly: bool = False,
) -> Any:
    """One of the conditions holds, and the pieces of the table's words say so of one of the ways to write the word.

    Whole numbers stand in both parts: only so PostgreSQL knows that the indexes answer all of the second, and does not
    cut every row it has found into pieces once more.
    """
    compared = sa.or_(*columns, *numbers)
    questions = [_question(word) for word in words]
    if not all(questions):
        return compared
    pieces = _Pieces([getattr(table, column) for column in search.word_columns(TABLES[name])])
    asked = sa.cast(sa.literal(" | ".join(f"({each})" for each in questions), sa.Text), _TSQuery)
    told = sa.or_(pieces.op("@@", is_comparison=True)(asked), *numbers)
    return told if roughly else sa.and_(compared, told)


def _question(word: str) -> str:
    return " & ".join(filter(None, (grams.wanted(part) for part in word.split())))


class _TSQuery(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "tsquery"


def any_field_holds(table: Any, words: str, *, roughly: bool = False) -> Any:
    """Each of the words stands in one of the table's search fields, or in their pinyin.

    ``roughly`` leaves the comparison out and only asks the pieces: for the planner's guess, which would count the same
    fact twice.
    """
    fields = list(table.__fields__.values())
    parts = [f for f in fields if in_words(f)]
    wholes = [f for f in fields if whole_only(f)]
    if not parts and not wholes:
        return sa.false()
    return sa.and_(*(_one_word(table, parts, wholes, word, roughly=roughly) for word in words.split()))


def _one_word(table: Any, parts: list[Field], wholes: list[Field], word: str, *, roughly: bool) -> Any:
    # What is found by its whole value only is a number: no word with Chinese in it can be one.
    numbers = (
        [holds(f, getattr(table, f.name), word) for f in wholes] if read.half_width(word).isascii() or not parts else []
    )
    if not parts:
        return sa.or_(*numbers)
    ways, compared = variants(word), []
    for variant in ways:
        compared += [_in(f, getattr(table, f.name), variant) for f in parts]
        if _TYPED.fullmatch(variant) and search.has_spelling(TABLES[table.__tablename__]):
            compared.append(sa.collate(getattr(table, search.SPELLING), "C").like(f"%{grams.lowered(variant)}%"))
    return _found(table, table.__tablename__, compared, ways, numbers, roughly=roughly)


def holds(field: Field, column: Any, word: str) -> Any:
    """The column contains the word; numbers that may be masked only match whole, or a search would give them away."""
    if field.masked_when:
        wanted = read.code(word)
        return getattr(column.parent.entity, field.compared) == sealing.mark_of(field, wanted) if wanted else sa.false()
    if not in_words(field):
        return sa.or_(*(_in(field, column, variant) for variant in variants(word)))
    table = column.parent.entity
    ways = variants(word)
    return _found(table, field.table, [_in(field, column, v) for v in ways], ways)
