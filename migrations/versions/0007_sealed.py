"""sensitive values are sealed, with marks where they are compared

Revision ID: 0007
Revises: 0006

Must run before the audit log begins to record rows: a log entry of a plain value could never be taken back.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op
from psycopg2.extras import execute_values

from app.core import secrecy
from app.core.secrecy import Sealed

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BATCH = 2000


class Column(NamedTuple):
    """One column as it was, and how it is kept from now on."""

    name: str
    length: int
    label: str
    kind: str
    marked: bool = False
    needed: bool = False
    hidden_by: tuple[str, str] | None = None


def _party(length: int = 20) -> tuple[Column, ...]:
    return (Column("party_id_no", length, "行政相对人编码", "number", True, True, ("party_nature", "citizen")),)


TABLES: dict[str, tuple[Column, ...]] = {
    "department": (Column("contact_phone", 50, "联系电话", "phone"),),
    "account": (
        Column("citizen_no", 18, "身份证号", "number", True),
        Column("phone", 50, "联系电话", "phone"),
    ),
    "subject": (
        Column("id_no", 64, "证件号码", "number", True, True, ("kind", "natural_person")),
        Column("legal_person_id_no", 64, "法定代表人证件号码", "number"),
        Column("home_address", 400, "家庭住址", "text"),
        Column("contact_phone", 50, "联系电话", "phone"),
    ),
    "inspector": (
        Column("id_no", 18, "身份证号", "number"),
        Column("phone", 50, "联系电话", "phone"),
        Column("birth_date", 0, "出生日期", "day"),
    ),
    "inspection": _party(),
    "penalty": _party(),
    "coercion": _party(),
    "other_action": _party(),
}
NUMBERED = ("department",)

#: Indexes that go by the value, and by its mark: table, name, columns.
TWINS = {
    "inspection": ("ix_inspection_twins_2", "sub_item_id, checked_on, check_type"),
    "penalty": ("ix_penalty_twins_2", "sub_item_id, decided_on"),
    "coercion": ("ix_coercion_twins_2", "sub_item_id, started_on, coercion_kind"),
    "other_action": ("ix_other_action_twins_1", "sub_item_id, started_on, measure"),
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        _widen(table, columns)
        _rewrite(table, columns, _seal)
        _bind(table, columns)
    op.execute("ALTER TABLE saved_view ALTER COLUMN parameters TYPE varchar(12000)")
    op.execute("ALTER TABLE subject DROP CONSTRAINT uq_subject_key")
    op.execute("ALTER TABLE subject ADD CONSTRAINT uq_subject_key UNIQUE NULLS NOT DISTINCT (id_no_mark)")
    op.execute("ALTER TABLE account ADD CONSTRAINT account_citizen_no_mark_key UNIQUE (citizen_no_mark)")
    for table, (index, rest) in TWINS.items():
        op.execute(f"DROP INDEX {index}")
        op.execute(f"CREATE INDEX {index} ON {table} (party_id_no_mark, {rest})")


def downgrade() -> None:
    op.execute("DELETE FROM saved_view WHERE length(parameters) > 8000 OR parameters LIKE '~view|%'")
    op.execute("ALTER TABLE saved_view ALTER COLUMN parameters TYPE varchar(8000)")
    op.execute("ALTER TABLE account DROP CONSTRAINT account_citizen_no_mark_key")
    op.execute("ALTER TABLE subject DROP CONSTRAINT uq_subject_key")
    for index, _ in TWINS.values():
        op.execute(f"DROP INDEX {index}")
    for table, columns in TABLES.items():
        for each in columns:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{each.name}")
        _rewrite(table, columns, _open)
        for each in columns:
            kind = "date" if each.kind == "day" else f"varchar({each.length})"
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {each.name} TYPE {kind} USING {each.name}::{kind}")
            if each.marked:
                op.execute(f"ALTER TABLE {table} DROP COLUMN {each.name}_mark")
        if table in NUMBERED:
            op.execute(f"ALTER TABLE {table} DROP COLUMN sealed_as")
    op.execute("ALTER TABLE subject ADD CONSTRAINT uq_subject_key UNIQUE NULLS NOT DISTINCT (id_no)")
    for table, (index, rest) in TWINS.items():
        op.execute(f"CREATE INDEX {index} ON {table} (party_id_no, {rest})")


def _widen(table: str, columns: tuple[Column, ...]) -> None:
    if table in NUMBERED:
        op.execute(f"ALTER TABLE {table} ADD COLUMN sealed_as uuid NOT NULL DEFAULT gen_random_uuid()")
        op.execute(f"COMMENT ON COLUMN {table}.sealed_as IS '加密绑定标识'")
    for each in columns:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {each.name} TYPE text USING {each.name}::text")
        if each.marked:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {each.name}_mark uuid")
            op.execute(f"COMMENT ON COLUMN {table}.{each.name}_mark IS '{each.label}：比对标记'")


def _bind(table: str, columns: tuple[Column, ...]) -> None:
    """No row that hides a value can hold it in plain from now on."""
    for each in columns:
        if each.marked and each.needed:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {each.name}_mark SET NOT NULL")
        check = f"(strpos({each.name}, '|k') > 0)"
        if each.hidden_by:
            check = f"coalesce({each.hidden_by[0]} IN ('{each.hidden_by[1]}'), false) = {check}"
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{each.name} CHECK ({check})")


def _rewrite(table: str, columns: tuple[Column, ...], change: Any) -> None:
    """Every row with what ``change`` makes of its values, a few thousand at a time; nothing is held in memory."""
    connection = op.get_bind()
    bound = "sealed_as" if table in NUMBERED else "id"
    names = [each.name for each in columns]
    deciders = list(dict.fromkeys(each.hidden_by[0] for each in columns if each.hidden_by))
    read = ", ".join(["id", bound, *deciders, *names])
    written = [*names, *(f"{each.name}_mark" for each in columns if each.marked)] if change is _seal else names
    sets = ", ".join(f"{name} = v.{name}" for name in written)
    types = {name: "uuid" if name.endswith("_mark") else "text" for name in written}
    values = ", ".join(f"CAST({name} AS {types[name]}) AS {name}" for name in written)
    key = "uuid" if bound == "id" else "bigint"
    statement = (
        f"UPDATE {table} t SET {sets} FROM (SELECT CAST(key AS {key}) AS key, {values} "
        f"FROM (VALUES %s) AS given (key, {', '.join(written)})) v WHERE t.id = v.key"
    )
    for rows in _batches(connection, table, read, columns):
        changed = [(str(row.id), *change(table, columns, row, bound)) for row in rows]
        with connection.connection.cursor() as cursor:
            execute_values(cursor, statement, changed, page_size=BATCH)


def _batches(connection: Any, table: str, read: str, columns: tuple[Column, ...]) -> Iterator[list[Any]]:
    some = " OR ".join(f"{each.name} IS NOT NULL" for each in columns)
    last: Any = None
    while True:
        beyond = "" if last is None else "AND id > :last"
        wanted = f"SELECT {read} FROM {table} WHERE ({some}) {beyond} ORDER BY id LIMIT {BATCH}"
        rows = connection.execute(sa.text(wanted), {} if last is None else {"last": last}).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _seal(table: str, columns: tuple[Column, ...], row: Any, bound: str) -> tuple[Any, ...]:
    values, marks = [], []
    for each in columns:
        plain = getattr(row, each.name)
        hides = each.hidden_by is None or getattr(row, each.hidden_by[0]) == each.hidden_by[1]
        mask = "****-**-**" if each.kind == "day" else None
        if plain is not None and hides:
            values.append(secrecy.seal(table, each.name, getattr(row, bound), plain, mask).stored)
        else:
            values.append(None if plain is None else plain.replace("|", "/"))
        if each.marked:
            marks.append(None if plain is None else secrecy.mark(each.kind, values[-1] if not hides else plain))
    return (*values, *marks)


def _open(table: str, columns: tuple[Column, ...], row: Any, bound: str) -> tuple[Any, ...]:
    values = [getattr(row, each.name) for each in columns]
    return tuple(
        secrecy.reveal(Sealed(value), table, each.name, getattr(row, bound))
        if value is not None and secrecy.is_sealed(value)
        else value
        for each, value in zip(columns, values, strict=True)
    )
