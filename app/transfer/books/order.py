"""Which tables belong together, and which has to come first: told by the references that they declare. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from app.core.errors import Refused
from app.core.fields import Field
from app.core.messages import N_, joined
from app.core.table import Table, by_class, tables_with_pages


def references(table: type[Table], others: Collection[type[Table]]) -> Iterator[tuple[Field, type[Table]]]:
    """The fields of a table that refer to one of the others, with the table they refer to."""
    for field in table.__fields__.values():
        if field.is_reference:
            target = by_class(str(field.target))
            if target in others and target is not table:
                yield field, target


def followed(table: type[Table]) -> type[Table] | None:
    """The table whose rows this one's follow."""
    rule = table.__rows__
    return by_class(str(table.__fields__[str(rule.field)].target)) if rule.kind == "follows" else None


def followers(table: type[Table]) -> list[type[Table]]:
    """The tables whose rows follow this one's, and those that follow them; each stands behind what it follows."""
    found: list[type[Table]] = []
    waiting = [table]
    while waiting:
        parent = waiting.pop(0)
        fresh = [each for each in tables_with_pages().values() if followed(each) is parent and each not in found]
        found += fresh
        waiting += fresh
    return found


def family(table: type[Table]) -> list[type[Table]]:
    """The table, what its rows follow, and what follows them: these are looked for in a workbook by their headers."""
    line: list[type[Table]] = []
    above = followed(table)
    while above is not None and above not in line:
        line.append(above)
        above = followed(above)
    return [table, *followers(table), *(each for each in line if each.__pages__)]


def ordered(tables: Iterable[type[Table]]) -> list[type[Table]]:
    """The tables so that each stands behind those it refers to; otherwise as they are given.

    A circle is cut at a reference that may be left empty: what it names has to be stored already. Refused when every
    reference of a circle is required.
    """
    waiting, done = list(dict.fromkeys(tables)), list[type[Table]]()
    while waiting:
        ready = next((each for each in waiting if not _needs(each, waiting)), None)
        ready = ready or next((each for each in waiting if not _needs(each, waiting, required=True)), None)
        if ready is None:
            labels = joined(each.__label__ for each in waiting)
            raise Refused(N_("{labels}互相引用，不能放在一个工作簿里导入，请分开导入", labels=labels))
        waiting.remove(ready)
        done.append(ready)
    return done


def _needs(table: type[Table], others: Collection[type[Table]], *, required: bool = False) -> bool:
    return any(field.required or not required for field, _ in references(table, others))
