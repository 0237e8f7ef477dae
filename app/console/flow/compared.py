"""Two editions of a row side by side: the fields that differ, in the words of the history. Reads titles only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy.orm import Session

from app.console.history import difference
from app.console.history.difference import Change, Titles
from app.console.history.titles import titles
from app.core.fields import Field
from app.core.messages import N_, joined
from app.core.table import Table, by_class
from app.core.workflow import editions, lines

Contents = Mapping[str, Any]


def changes(session: Session, table: type[Table], before: Contents, after: Contents) -> list[dict[str, Any]]:
    """What ``after`` says differently, field by field in the order of the form."""
    found = _changed(table, before, after, _titles(session, table, (before, after)))
    for each in lines.tables_of(table):
        found += _of_lines(session, each, _lines(before, each), _lines(after, each))
    return [asdict(change) for change in found]


def _changed(table: type[Table], before: Contents, after: Contents, names: Titles) -> list[Change]:
    found = []
    for field in _fields(table):
        old, new = before.get(field.name), after.get(field.name)
        if is_same(field, old, new):
            continue
        left, right = (_text(field, value, names) for value in (old, new))
        pieces = difference.pieces(left, right) if field.kind in ("text", "long_text") else ((), ())
        found.append(Change(field.name, str(field.label), left, right, False, *pieces))
    return found


def _lines(contents: Contents, table: type[Table]) -> dict[str, Contents]:
    return dict(contents.get(editions.LINES, {}).get(table.__tablename__, {}))


def _of_lines(
    session: Session, table: type[Table], before: dict[str, Contents], after: dict[str, Contents]
) -> list[Change]:
    """Lines that came, went or say something else; one that came or went is told as a whole."""
    names, found = _titles(session, table, [*before.values(), *after.values()]), []
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        called = _called(table, new or old or {})
        if old is not None and new is not None:
            changed = _changed(table, old, new, names)
            found += [replace(each, label=f"{called} · {each.label}") for each in changed]
        else:
            left, right = (_line(table, each, names) if each is not None else "" for each in (old, new))
            found.append(Change(table.__tablename__, called, left, right))
    return found


def _called(table: type[Table], said: Contents) -> str:
    """What a line is called: by its key, which stays."""
    name = table.__key__[0] if table.__key__ else table.__title__
    return f"{table.__label__} {said.get(name) or ''}".strip()


def _line(table: type[Table], said: Contents, names: Titles) -> str:
    """Everything a line says, one field after the other; whose line it is and how it is called stand in its name."""
    left_out = {str(table.__rows__.field), *table.__key__}
    told = [(f, _text(f, said.get(f.name), names)) for f in _fields(table) if f.name not in left_out]
    return "\n".join(f"{field.label}{N_('：')}{text}" for field, text in told if text)


def whole(session: Session, table: type[Table], contents: Contents) -> list[dict[str, str]]:
    """Everything an edition says, without what it leaves empty."""
    names = _titles(session, table, (contents,))
    told = ((field, _text(field, contents.get(field.name), names)) for field in _fields(table))
    found = [{"label": str(field.label), "text": text} for field, text in told if text]
    for each in lines.tables_of(table):
        said = _lines(contents, each).values()
        names = _titles(session, each, list(said))
        found += [{"label": _called(each, line), "text": _line(each, line, names)} for line in said]
    return found


def is_same(field: Field, old: Any, new: Any) -> bool:
    """True for values that say the same; nothing and an empty text are the same, and so are lists in another order."""
    if field.is_plural:
        return sorted(map(str, old or ())) == sorted(map(str, new or ()))
    return old == new or (old in (None, "") and new in (None, ""))


def _fields(table: type[Table]) -> Sequence[Field]:
    state = table.__flow__.field if table.__flow__ is not None else ""
    return [field for field in table.__fields__.values() if field.is_input and field.name != state]


def _titles(session: Session, table: type[Table], rows: Sequence[Contents]) -> dict[tuple[str, str], str]:
    wanted = set()
    for field in _fields(table):
        if field.is_reference:
            target = by_class(str(field.target)).__tablename__
            wanted |= {(target, str(key)) for row in rows for key in _keys(row.get(field.name))}
    return titles(session, wanted)


def _keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else ([value] if value else [])


def _text(field: Field, value: Any, names: Mapping[tuple[str, str], str]) -> str:
    if field.kind == "many":
        return joined(sorted(difference.text(field, key, names) for key in _keys(value)))
    return difference.text(field, value, names)
