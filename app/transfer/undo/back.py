"""What was planned is done, as the viewer: rows that the import made go, those that it changed are as before."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.core.errors import Refused
from app.core.failures import explain
from app.core.lookup import array
from app.core.messages import N_
from app.core.table import Link, Table, by_name, search
from app.core.table.columns import target_table
from app.core.viewer import must_have
from app.core.workflow import waiting
from app.transfer.staging import SCHEMA
from app.transfer.undo.plan import WHY, Counts, Plan, holder_column, key_type
from app.transfer.writing import many_rows

_RESTORED = f"NOT p.is_new AND {WHY} IS NULL"
_REMOVED = f"p.is_new AND {WHY} IS NULL"
_SPELLED_AT_ONCE = 2_000


def put_back(plan: Plan, counts: Counts) -> None:
    """The rows of the plan that can be taken back are. Raises Refused, and then nothing was: roll back."""
    try:
        if counts.restored:
            _restore(plan, counts.restored)
        if counts.removed:
            _remove(plan, counts.removed)
    except DBAPIError as error:
        plan.session.rollback()
        raise explain(error, plan.table) from error
    plan.session.expire_all()
    waiting.settle(plan.session, plan.table)


def _must_be(plan: Plan, done: int, planned: int) -> None:
    if done != planned:
        plan.session.rollback()
        raise Refused(N_("有记录刚刚被他人修改，没有撤销任何记录，请重试"), status=409)


def _remove(plan: Plan, planned: int) -> None:
    for link in plan.links:  # they would go with the row anyway, each by a statement of its own
        plan.run(
            f'DELETE FROM "{link.table.name}" l USING {{plan}} p '
            f'WHERE l."{link.owner_column}" = p.row_id AND {_REMOVED}'
        )
    done = plan.run(
        f"DELETE FROM {{table}} t USING {{plan}} p WHERE t.id = p.row_id AND t.version = p.left_version AND {_REMOVED}"
    )
    _must_be(plan, done.rowcount, planned)


def _restore(plan: Plan, planned: int) -> None:
    table, changed = plan.table, set(plan.changed())
    columns = [name for name in restorable(table) if name in changed]
    sets = [f'"{name}" = CASE WHEN p.old ? \'{name}\' THEN b."{name}" ELSE t."{name}" END' for name in columns]
    holder = holder_column(table)
    if holder in changed:
        sets.append("department_id = coalesce(p.home_department, t.department_id)")
        sets.append("scope_region = coalesce(p.home_region, t.scope_region)")
    if spelled := _spell(plan, changed):
        sets.append(f"{search.SPELLING} = {spelled}")
    sets += ["version = t.version + 1", "updated_at = now()", "updated_by = :actor"]
    with many_rows(plan.session, table, planned):
        done = plan.run(
            f"UPDATE {{table}} t SET {', '.join(sets)} FROM {{plan}} p, "
            "LATERAL jsonb_populate_record(NULL::public.{table}, p.old) b "
            f"WHERE t.id = p.row_id AND t.version = p.left_version AND {_RESTORED}",
            actor=must_have(plan.session).user_id,
        )
        _must_be(plan, done.rowcount, planned)
    for link in plan.links:
        _link(plan, link)


def restorable(table: type[Table]) -> list[str]:
    """The columns that an undo puts back: what was declared, and the marks of what is sealed."""
    fields = [field for field in table.__fields__.values() if field.kind != "many"]
    names = [field.column for field in fields] + [field.compared for field in fields if field.is_marked]
    moving = {"department_id", "scope_region"} if table.__rows__.is_scoped else set()
    return [name for name in dict.fromkeys(names) if name not in moving]


def _spell(plan: Plan, changed: set[str]) -> str:
    """The plan holds the pinyin of rows whose names go back, which the log does not; the expression that takes it."""
    fields = search.spelled_fields(plan.table) if search.has_spelling(plan.table) else []
    if not changed & {field.column for field in fields}:
        return ""
    names = ", ".join(f"'{field.column}'" for field in fields)
    renamed = f"p.old ?| ARRAY[{names}]"
    told = ", ".join(
        f"CASE WHEN p.old ? '{f.column}' THEN p.old->>'{f.column}' ELSE t.\"{f.column}\" END" for f in fields
    )
    found = plan.run(
        f"SELECT p.row_id, {told} FROM {{plan}} p JOIN {{table}} t ON t.id = p.row_id WHERE {_RESTORED} AND {renamed}",
        by=_SPELLED_AT_ONCE,
    )
    own, key = [field.name for field in fields], plan.table.__table__.c.id
    for rows in found.partitions():
        spelled = [search.spelling(plan.table, dict(zip(own, row[1:], strict=True))) for row in rows]
        given = sa.func.unnest(array(key, [row[0] for row in rows]), sa.literal(spelled, sa.ARRAY(sa.Text())))
        told_again = given.table_valued("id", "spelled").render_derived("n")
        stored = sa.table(plan.name, sa.column("row_id", key.type), sa.column(search.SPELLING), schema=SCHEMA)
        plan.session.execute(
            sa.update(stored).where(stored.c.row_id == told_again.c.id).values({search.SPELLING: told_again.c.spelled})
        )
    return f"CASE WHEN {renamed} THEN p.{search.SPELLING} ELSE t.{search.SPELLING} END"


def _link(plan: Plan, link: Link) -> None:
    """Rows that go back have the links that they had."""
    owner, target = link.owner_column, link.target_column
    kind = key_type(by_name(target_table(link.field)))
    each = f"jsonb_array_elements_text(p.links->'{link.table.name}'"
    plan.run(
        f'DELETE FROM "{link.table.name}" l USING {{plan}} p, {each}->\'came\') other WHERE l."{owner}" = p.row_id '
        f'AND l."{target}" = CAST(other AS {kind}) AND {_RESTORED}'
    )
    numbers, own = ("", "")
    if link.rows.is_scoped:
        numbers, own = ", department_id, scope_region", ", t.department_id, t.scope_region"
    plan.run(
        f'INSERT INTO "{link.table.name}" ("{owner}", "{target}"{numbers}) '
        f"SELECT p.row_id, CAST(other AS {kind}){own} FROM {{plan}} p JOIN {{table}} t ON t.id = p.row_id, "
        f"{each}->'gone') other WHERE {_RESTORED} ON CONFLICT DO NOTHING"
    )
