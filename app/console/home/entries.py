"""The ways into a person's work, by what his roles let him do: the first page offers them, the most usual first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from app.console import shape
from app.core.messages import N_, Message
from app.core.roles import Role
from app.core.table import Table

May = Callable[[str, str], bool]
#: Entries offered at once.
MOST = 10

#: Roles that keep the catalogue, that look at everybody's rows, and that look after people.
_KEEPERS = frozenset({Role.CATALOG_EDITOR.value, Role.CATALOG_REVIEWER.value})
_LOOKERS = frozenset({Role.EVALUATOR.value, Role.SUPERVISION_OFFICE.value, Role.AUDITOR.value})
_MANAGERS = frozenset({Role.DEPT_ADMIN.value, Role.SYS_ADMIN.value})


@dataclass(frozen=True)
class Entry:
    """A way into a table's page."""

    label: Message
    table: type[Table]
    page: Literal["index", "add", "upload"]
    icon: str


def entries(tables: Iterable[type[Table]], roles: frozenset[str], may: May) -> list[Entry]:
    """What a person with these roles does most, as far as he may."""
    known = [table for table in tables if may("read", table.__tablename__)]
    events = [table for table in known if table.__rows__.kind == "department_tree" and shape.event_day(table)]
    catalogue = [table for table in known if table.__rows__.kind == "shared" and shape.waiting(table)]
    people = [table for table in known if table.__rows__.kind == "department_tree" and not shape.event_day(table)]
    found: list[Entry] = []
    if roles & _KEEPERS:
        found += [*_kept(catalogue, may), *(_list(table) for table in catalogue)]
    if roles & _MANAGERS:
        found += [*(_list(table) for table in people), *_kept(people, may)]
    if roles & _LOOKERS:
        found += [_list(table) for table in (*events, *catalogue)]
    found += [*_written(events, may), *_kept([*people, *catalogue], may), *(_list(table) for table in events)]
    unique = {(each.table, each.page): each for each in reversed(found)}
    return [each for each in dict.fromkeys(found) if unique[each.table, each.page] is each][:MOST]


def _list(table: type[Table]) -> Entry:
    return Entry(table.__label__, table, "index", "list-search")


def _written(tables: Iterable[type[Table]], may: May) -> Iterator[Entry]:
    """Record and import, for tables that people write every day."""
    for table in tables:
        name = table.__tablename__
        if may("add", name):
            yield Entry(N_("录入{label}", label=table.__label__), table, "add", "pencil-plus")
        if may("import", name):
            yield Entry(N_("导入{label}", label=table.__label__), table, "upload", "file-import")


def _kept(tables: Iterable[type[Table]], may: May) -> Iterator[Entry]:
    """A new row of tables that are kept rather than filled."""
    for table in tables:
        if may("add", table.__tablename__):
            yield Entry(N_("新增{label}", label=table.__label__), table, "add", "plus")
