"""Pieces of text, so that PostgreSQL finds any part of a word from one index. Pure: SQL as text, its mirror in Python.

Each place of a text gives one piece: two characters from a Chinese (or any other) character on, four from an ASCII
letter, digit or sign on, blanks behind the end. A word of that length or more is found by the pieces inside it, a
shorter one by its beginning (``'药':*``), which a ``tsvector`` answers and an array does not. One piece for a place
instead of two or three of every length: measured on 1,000,000 inspections (135 characters each with their pinyin), 90
pieces a row against 190, half the time to build and to insert. Four, because codes share their first digits and three
of them stand in one row of twenty: a whole code of 20 characters is found in a quarter of the time at 10,000,000 rows.

The index only tells where to look: the words are compared with the columns afterwards, so pieces may be left out of a
question. Of codes and pinyin those at the end tell most.
"""

from __future__ import annotations

from collections.abc import Iterator

#: Characters of a piece that begins with ASCII, and of any other.
_ASCII, _OTHER = 4, 2
#: Pieces asked for: each has to be compared with each row that the rarest of them finds.
_MOST = 8

NAME = "grams"
#: A text that stands inside one before it (the party in the name of an action) gives nothing new.
#: The four arrays are unnested in the list of what is selected: in FROM each would be stored first, a third dearer.
_BODY = r"""
DECLARE
    whole text := '';
    part text;
    a text[];
BEGIN
    FOREACH part IN ARRAY parts LOOP
        IF part IS NOT NULL AND strpos(whole, part) = 0 THEN
            whole := whole || part || '   ';
        END IF;
    END LOOP;
    a := string_to_array(translate(lower(whole COLLATE "C"), E'\t\n\r', '   '), NULL);
    RETURN (SELECT array_to_tsvector(array_agg(CASE WHEN ascii(x) < 127 THEN x || y || z || w ELSE x || y END))
              FROM (SELECT unnest(a) AS x, unnest(a[2:]) AS y, unnest(a[3:]) AS z, unnest(a[4:]) AS w) AS place
             WHERE ascii(x) > 32);
END """
#: COST: 40 microseconds a row, and as much again as a warning: rather look into the index than cut row by row.
CREATE = f"""
CREATE OR REPLACE FUNCTION public.grams(VARIADIC parts text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20000 AS $${_BODY}$$
"""
#: Needs a superuser. Without it a row policy keeps the index from being used: rows would be read before the policy.
LEAKPROOF = (
    "ALTER FUNCTION public.grams(text[]) LEAKPROOF",
    "ALTER FUNCTION pg_catalog.ts_match_vq(tsvector, tsquery) LEAKPROOF",
)
MISSING = "SELECT to_regprocedure('public.grams(text[])') IS NULL"
#: Missing, or by another body that a superuser may replace (from others it would lose its mark). Every body there ever
#: was cuts alike, so what is stored stays true.
OUTDATED = f"""
SELECT coalesce(prosrc <> $${_BODY}$$ AND current_setting('is_superuser') = 'on', true)
  FROM (SELECT to_regprocedure('public.grams(text[])') AS named) known LEFT JOIN pg_proc ON oid = named
"""  # noqa: S608 - our own text
UNMARKED = """
SELECT count(*) > 0 FROM pg_proc WHERE NOT proleakproof AND oid IN (
    to_regprocedure('public.grams(text[])'), to_regprocedure('pg_catalog.ts_match_vq(tsvector, tsquery)'))
"""


def lowered(text: str) -> str:
    """The text with A to Z in lower case, as the database's collation "C" has it."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in text)


def _size(sign: str) -> int:
    """How long a piece is that begins with that sign; 0 for blanks and control signs, which begin none."""
    if sign <= " ":
        return 0
    return _ASCII if sign < "\x7f" else _OTHER


def _pieces(word: str) -> Iterator[str]:
    """The whole pieces inside a word; behind one of ASCII alone the next begins where it ends."""
    place = 0
    while place < len(word):
        size = _size(word[place])
        piece = word[place : place + size]
        if size and len(piece) == size:
            yield piece
            place += size if piece.isascii() else 1
        else:
            place += 1
    last = word[-_ASCII:]
    if len(last) == _ASCII and _size(last[0]) == _ASCII:
        yield last


def _quoted(piece: str) -> str:
    return "'" + piece.replace("\\", "\\\\").replace("'", "''") + "'"


def wanted(word: str) -> str | None:
    """The question (a ``tsquery``) that finds at least every text which contains the word, which has no blanks.

    ``None`` when pieces cannot tell.
    """
    word = lowered(word)
    pieces = list(dict.fromkeys(_pieces(word)))
    if pieces:
        return " & ".join(map(_quoted, pieces[-_MOST:]))
    return _quoted(word) + ":*" if word and 0 < _size(word[0]) > len(word) else None
