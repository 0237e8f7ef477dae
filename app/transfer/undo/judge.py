"""What stands in the way of taking a row back: rows that refer to it, and what its old values need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.fields import Field
from app.core.table import TABLES, Table
from app.core.table.columns import NUMBERED, target_table
from app.transfer.undo.needed import Reference, references
from app.transfer.undo.plan import WHY, Plan, holder_column, key_type

#: A line that would be taken back so far: of a row that the import changed, of one that it made.
_RESTORED = f"NOT p.is_new AND {WHY} IS NULL"
_REMOVED = f"p.is_new AND {WHY} IS NULL"


def judge(plan: Plan, beside: Sequence[Plan] = ()) -> None:
    """Every line knows why its row cannot be taken back, if that is so.

    ``beside`` are the judged plans of the other tables of its workbook whose rows are taken back before.
    """
    changed = plan.changed()
    _find_home(plan, changed)
    for field in plan.table.__fields__.values():
        if field.kind == "ref" and field.column in changed:
            _find_bereft(plan, field)
    for link in plan.links:
        _find_bereft_links(plan, link.table.name, target_table(link.field))
    for key in unique_columns(plan.table):
        if set(key.columns) & set(changed):
            _find_taken(plan, key)
    _find_needed(plan, beside)


@dataclass(frozen=True)
class Unique:
    """Columns that no two rows share; with ``with_empty`` two empty ones are the same, too."""

    columns: tuple[str, ...]
    with_empty: bool


def unique_columns(table: type[Table]) -> list[Unique]:
    """Each key of the table other than the identifier."""
    stored = table.__table__
    found = [each for each in stored.constraints if isinstance(each, sa.UniqueConstraint)]
    found += [each for each in stored.indexes if each.unique]
    keys = {
        Unique(tuple(c.name for c in each.columns), bool(each.dialect_kwargs.get("postgresql_nulls_not_distinct")))
        for each in found
    }
    return sorted((key for key in keys if "id" not in key.columns), key=lambda key: key.columns)


def _find_home(plan: Plan, changed: list[str]) -> None:
    """Rows that the import moved know the two numbers they go back to, as these are today."""
    holder = holder_column(plan.table)
    if holder is None or holder not in changed:
        return
    field = next(each for each in plan.table.__fields__.values() if each.column == holder)
    parent = target_table(field)
    numbers = ("id", "region_id") if plan.table.__rows__.kind != "follows" else ("department_id", "scope_region")
    ours, interval = plan.ours(f"h.{numbers[0]}", f"h.{numbers[1]}")
    plan.as_system(
        f"UPDATE {{plan}} p SET home_department = h.{numbers[0]}, home_region = h.{numbers[1]}, "
        f'is_from_others = NOT ({ours}) FROM "{parent}" h '
        f"WHERE {_RESTORED} AND p.old ? :holder AND h.id = CAST(p.old->>:holder AS {key_type(TABLES[parent])})",
        holder=holder,
        **interval,
    )


def _find_bereft(plan: Plan, field: Field) -> None:
    """Rows whose old reference leads nowhere. A number that was given again since means another row now."""
    target = target_table(field)
    kind = key_type(TABLES[target])
    again = (
        "OR EXISTS (SELECT FROM audit.log l WHERE l.rel = :target AND l.pk = p.old->>:column AND l.id > p.place "
        "AND l.action = 'insert')"
        if target in NUMBERED
        else ""
    )
    plan.as_system(
        f"UPDATE {{plan}} p SET is_bereft = true WHERE {_RESTORED} AND p.old->>:column IS NOT NULL AND (NOT EXISTS "
        f'(SELECT FROM "{target}" x WHERE x.id = CAST(p.old->>:column AS {kind})) {again})',
        column=field.column,
        **({"target": target} if again else {}),
    )


def _find_bereft_links(plan: Plan, link: str, target: str) -> None:
    plan.as_system(
        f"UPDATE {{plan}} p SET is_bereft = true WHERE {_RESTORED} AND EXISTS ("
        f"SELECT FROM jsonb_array_elements_text(p.links->:link->'gone') each LEFT JOIN \"{target}\" x "
        f"ON x.id = CAST(each AS {key_type(TABLES[target])}) WHERE x.id IS NULL)",
        link=link,
    )


def _find_taken(plan: Plan, key: Unique) -> None:
    """Rows whose old key belongs to another row now."""
    stored = plan.table.__table__.c
    same = []
    for name in key.columns:
        before = f'CASE WHEN q.old ? \'{name}\' THEN b."{name}" ELSE t."{name}" END'
        same.append(
            f'o."{name}" {"IS NOT DISTINCT FROM" if key.with_empty and stored[name].nullable else "="} {before}'
        )
    changed = " OR ".join(f"q.old ? '{name}'" for name in key.columns)
    plan.as_system(
        "UPDATE {plan} p SET is_taken = true WHERE p.row_id IN (SELECT q.row_id FROM {plan} q JOIN {table} t "
        "ON t.id = q.row_id, LATERAL jsonb_populate_record(NULL::public.{table}, q.old) b "
        f"WHERE NOT q.is_new AND ({changed}) AND EXISTS (SELECT FROM {{table}} o WHERE o.id <> t.id AND "
        f"{' AND '.join(same)})) AND {_RESTORED}"
    )


def _find_needed(plan: Plan, beside: Sequence[Plan]) -> None:
    """Rows to be removed to which rows refer that stay. Those that go, or go back, as well do not count.

    What is found keeps rows of the same table in their place, which may refer to others: so it is asked again.
    """
    own = [(each, holder) for each in references(plan.table) if (holder := each.holder(plan.table))]
    for each in references(plan.table):
        if each.holder(plan.table) is None:
            going = ((other, holder) for other in beside if (holder := each.holder(other.table)))
            _mark_needed(plan, each, next(going, None))
    while sum(_mark_needed(plan, each, (plan, holder)) for each, holder in own):
        pass


def _mark_needed(plan: Plan, each: Reference, going: tuple[Plan, str] | None = None) -> int:
    """``going`` is the plan of the rows that refer, and the column with their identifiers."""
    leaves = ""
    if going is not None:
        other, holder = going
        leaves = f'AND NOT EXISTS (SELECT FROM {other.full_name} p WHERE p.row_id = r."{holder}" AND {WHY} IS NULL)'
    return plan.as_system(
        f"UPDATE {{plan}} p SET is_needed = true WHERE {_REMOVED} AND EXISTS "
        f'(SELECT FROM "{each.name}" r WHERE {each.names("r", "p.row_id", ":name")} {leaves})',
        **({"name": plan.table.__tablename__} if each.in_words else {}),
    )
