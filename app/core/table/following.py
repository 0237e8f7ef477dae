"""Tables whose rows follow others: a child is read and written by whoever reads and writes its parent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.core.table.columns import target_table

if TYPE_CHECKING:
    from app.core.table.base import Table


def _leader(table: type[Table], tables: dict[str, type[Table]]) -> type[Table]:
    """The table at the head of a row of tables that follow one another."""
    while table.__rows__.kind == "follows":
        table = tables[target_table(table.__fields__[str(table.__rows__.field)])]
    return table


def followed(tables: dict[str, type[Table]]) -> None:
    """Tables that follow others: whoever reads the parent reads the child, and the parent has the key they point at."""
    for each in tables.values():
        if each.__rows__.kind == "follows":
            each.__rows__ = replace(each.__rows__, is_open=_leader(each, tables).__rows__.is_open)
    followers = [each for each in tables.values() if each.__rows__.kind == "follows"]
    parents = {target_table(each.__fields__[str(each.__rows__.field)]) for each in followers}
    for each in tables.values():
        if each.__rows__.is_scoped and any(field.kind == "many" for field in each.__fields__.values()):
            parents.add(each.__tablename__)
    for name in sorted(parents):
        table = tables[name].__table__
        wanted = f"uq_{name}_scope"
        if wanted not in {c.name for c in table.constraints}:
            table.append_constraint(
                sa.UniqueConstraint(table.c.id, table.c.department_id, table.c.scope_region, name=wanted)
            )
