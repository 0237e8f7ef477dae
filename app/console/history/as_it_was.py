"""A row as it was at an entry of the log: everything stored up to then, folded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.console.history import difference
from app.console.history.difference import Titles
from app.console.history.log import LINK_MARK, Entry
from app.core.messages import joined
from app.core.table import LINKS, Table


@dataclass(frozen=True)
class State:
    """What stood in a row. ``is_whole`` is false where the log begins after the row did; ``is_there`` once deleted."""

    values: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_whole: bool = True
    is_there: bool = False


def fold(table: type[Table], key: str, entries: Iterable[Entry], until: int) -> State:
    """The row and its links after the entry ``until``. Entries come in the order in which they were written."""
    values: dict[str, Any] = {}
    links: dict[str, set[str]] = {}
    is_whole = is_there = False
    for each in entries:
        if each.id > until:
            break
        if each.rel in LINKS:
            _linked(links, each)
        elif each.rel == table.__tablename__ and each.pk == key:
            if each.action == "insert":
                values, is_whole, is_there = dict(each.new), True, True
            elif each.action == "baseline":  # what was there before the log, or a column that came later
                values, is_whole, is_there = values | each.new, is_whole or not values, True
            elif each.action == "update":
                values |= each.new
                is_there = True
            elif each.action == "delete":  # what was there last stays to be read
                values, is_whole, is_there = dict(each.old), True, False
    return State(values, {name: frozenset(found) for name, found in links.items()}, is_whole, is_there)


def _linked(links: dict[str, set[str]], each: Entry) -> None:
    name, target = LINKS[each.rel].field.name, each.pk.partition(LINK_MARK)[2]
    found = links.setdefault(name, set())
    if each.action in ("insert", "baseline"):
        found.add(target)
    elif each.action == "delete":
        found.discard(target)


def references(table: type[Table], state: State) -> set[tuple[str, str]]:
    """The rows whose titles are needed to tell the state."""
    found = difference.references(table.__tablename__, state.values)
    for name, keys in state.links.items():
        link = LINKS[f"{table.__tablename__}_{name}"]
        for key in keys:
            found |= difference.references(link.table.name, {link.target_column: key})
    return found


def told(table: type[Table], state: State, titles: Titles) -> dict[str, tuple[str, bool]]:
    """Every field of the state as (text, is masked)."""
    found: dict[str, tuple[str, bool]] = {}
    for name, each in table.__fields__.items():
        if each.kind == "many":
            keys = state.links.get(name, frozenset())
            found[name] = (joined(sorted(difference.text(each, key, titles) for key in keys)), False)
        else:
            found[name] = difference.shown(table, each, state.values, titles)
    return found
