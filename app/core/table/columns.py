"""Fields -> columns, relationships, constraints and indexes. Everything PostgreSQL is told about a declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import MappedColumn, mapped_column, relationship

from app.core.fields.field import Field
from app.core.ids import uuid7
from app.core.rows import RowRule
from app.core.secrecy import SealedText

if TYPE_CHECKING:
    from app.core.table.base import Table

#: Tables numbered in pre-order, and the type of their number.
NUMBERED: dict[str, type[sa.types.TypeEngine[Any]]] = {"region": sa.Integer, "department": sa.BigInteger}

_TYPES: dict[str, Any] = {
    "long_text": sa.Text,
    "choices": lambda: ARRAY(sa.String(40)),
    "flags": lambda: ARRAY(sa.String(8)),
    "integer": sa.Integer,
    "decimal": lambda: sa.Numeric(18, 4),
    "money": lambda: sa.Numeric(18, 2),
    "percent": lambda: sa.Numeric(9, 4),
    "day": sa.Date,
    "moment": lambda: sa.DateTime(timezone=True),
    "boolean": sa.Boolean,
}


def type_of(field: Field) -> sa.types.TypeEngine[Any]:
    """The database type of a plain field."""
    if field.is_secret:
        return SealedText(sometimes=field.masked_when is not None)
    make = _TYPES.get(field.kind)
    return make() if make else sa.String(field.length)


def key_type(table: str) -> sa.types.TypeEngine[Any]:
    """The type of a table's primary key."""
    return NUMBERED.get(table, sa.Uuid)()


def target_table(field: Field) -> str:
    """Database name of the table a reference points at."""
    from app.core.table.base import snake

    assert field.target is not None
    return snake(field.target)


def of_system(numbering: str) -> dict[str, MappedColumn[Any]]:
    """The columns every table has: identity, who and when, version."""
    if numbering == "region":
        # A region's number is its code padded to nine digits: codes are numbered in pre-order already.
        number = sa.Computed("rpad(code, 9, '0')::integer", persisted=True)
        identity = mapped_column(sa.Integer, number, primary_key=True, autoincrement=False)
    elif numbering == "department":
        # A trigger numbers departments inside their superior's interval (migrations, rows.sql).
        identity = mapped_column(sa.BigInteger, sa.FetchedValue(), primary_key=True, autoincrement=False)
    else:
        identity = mapped_column(sa.Uuid, primary_key=True, default=uuid7)
    columns = {"id": identity}
    if numbering == "department":
        columns["high"] = mapped_column(sa.BigInteger, sa.FetchedValue(), nullable=False)
    now = sa.text("now()")
    return columns | {
        "created_at": mapped_column(sa.DateTime(timezone=True), nullable=False, server_default=now),
        "created_by": mapped_column(sa.Integer),
        "updated_at": mapped_column(sa.DateTime(timezone=True), nullable=False, server_default=now),
        "updated_by": mapped_column(sa.Integer),
        "version": mapped_column(sa.Integer, nullable=False, server_default=sa.text("1")),
    }


def spelling_column() -> MappedColumn[Any]:
    """The column that holds the pinyin of a row's names; written with the row, never by people."""
    return mapped_column(sa.Text, comment="全拼与首字母")


def plain_column(field: Field) -> MappedColumn[Any]:
    """The column of a field that holds its own value. Derived values may be empty until they are derived."""
    return mapped_column(
        type_of(field),
        nullable=not field.required,
        default=field.default,
        unique=True if field.unique and not field.is_marked else None,
        comment=field.label.msgid,
        info={"field": field},
    )


def mark_column(field: Field) -> MappedColumn[Any]:
    """The column that rows are compared by where the value itself is sealed."""
    return mapped_column(
        sa.Uuid(as_uuid=False),
        nullable=not field.required,
        unique=True if field.unique else None,
        comment=f"{field.label.msgid}：比对标记",
    )


def identity_column() -> MappedColumn[Any]:
    """What the sealed values of a row are bound to where the row's own number may change."""
    now = sa.text("gen_random_uuid()")
    return mapped_column(sa.Uuid, nullable=False, default=uuid7, server_default=now, comment="加密绑定标识")


def reference_column(table: str, field: Field) -> MappedColumn[Any]:
    """The foreign-key column of a reference; owning departments are bound by the scope's own key instead."""
    target = target_table(field)
    arguments: list[Any] = [key_type(target)]
    if not field.is_owner:
        arguments.append(_foreign(target, f"fk_{table}_{field.column}"))
    index = None if field.is_owner else True
    return mapped_column(
        *arguments, nullable=not field.required, index=index, comment=field.label.msgid, info={"field": field}
    )


def _foreign(target: str, name: str) -> sa.ForeignKey:
    """A foreign key; the numbers of regions and departments may change, and references follow."""
    return sa.ForeignKey(f"{target}.id", name=name, onupdate="CASCADE" if target in NUMBERED else None)


def reference_relationship(cls: type[Table], field: Field) -> Any:
    """The many-to-one of a reference; written by its key column, never by a back-reference."""
    column = getattr(cls, field.column)
    target = target_table(field)
    options: dict[str, Any] = {"foreign_keys": [column], "viewonly": False, "lazy": "select"}
    join = f"{field.target}.id == {cls.__name__}.{field.column}"
    if target == cls.__tablename__:
        options["remote_side"] = f"{field.target}.id"
    return relationship(field.target, primaryjoin=join, overlaps="__*", **options)


def link_target_column(owner: str, field: Field) -> str:
    """Name of a link table's second column."""
    target = target_table(field)
    return f"{target}_id" if target != owner else f"other_{target}_id"


def link_table(metadata: sa.MetaData, owner: str, field: Field, rows: RowRule) -> sa.Table:
    """The table behind a many-field; under a scoped owner it carries its two numbers, so its policy is plain."""
    target, second = target_table(field), link_target_column(owner, field)
    name, first = f"{owner}_{field.name}", f"{owner}_id"
    parts: list[Any] = [
        sa.Column(first, key_type(owner), primary_key=True),
        sa.Column(second, key_type(target), _foreign(target, f"fk_{name}_{second}"), primary_key=True),
        sa.Index(f"ix_{name}_{second}", second),
    ]
    if rows.is_scoped:
        parts += [
            sa.Column("department_id", sa.BigInteger, nullable=False),
            sa.Column("scope_region", sa.Integer, nullable=False),
            _follow(owner, first, f"fk_{name}_{owner}"),
        ]
    else:
        parts.append(sa.ForeignKeyConstraint([first], [f"{owner}.id"], name=f"fk_{name}_{owner}", ondelete="CASCADE"))
    return sa.Table(name, metadata, *parts, comment=field.label.msgid)


def many_relationship(link: sa.Table, field: Field) -> Any:
    """The many-to-many of a many-field, for reading: ``saving`` writes the link, with the numbers of its owner."""
    return relationship(field.target, secondary=link, lazy="select", viewonly=True)


def checks_of(table: str, field: Field) -> list[Any]:
    """The database's own check of a field's values."""
    if field.is_secret:
        return [_sealed_where_hidden(table, field)]
    if field.choices is None:
        return []
    words = ", ".join(f"'{member.value}'" for member in field.choices)
    name = f"ck_{table}_{field.name}"
    if field.kind == "choices":
        return [sa.CheckConstraint(f"{field.name} <@ ARRAY[{words}]::varchar[]", name=name)]
    return [sa.CheckConstraint(f"{field.name} IN ({words})", name=name)]


def _sealed_where_hidden(table: str, field: Field) -> sa.CheckConstraint:
    """The truth about a secret value: no row that hides it holds it in plain, however it was written."""
    is_sealed = f"(strpos({field.column}, '|k') > 0)"
    if field.masked_when is not None:
        other, values = field.masked_when
        words = ", ".join(f"'{value!s}'" for value in values)
        is_sealed = f"coalesce({other} IN ({words}), false) = {is_sealed}"
    return sa.CheckConstraint(is_sealed, name=f"ck_{table}_{field.name}")


def _follow(parent: str, column: str, name: str) -> sa.ForeignKeyConstraint:
    """A child's numbers are its parent's: foreign-key checks see no policies, so the key itself keeps them equal."""
    return sa.ForeignKeyConstraint(
        [column, "department_id", "scope_region"],
        [f"{parent}.id", f"{parent}.department_id", f"{parent}.scope_region"],
        name=name,
        ondelete="CASCADE",
        onupdate="CASCADE",
    )


def scope(cls: type[Table], rows: RowRule) -> list[Any]:
    """The two numbers of a scoped row, what keeps them true, and the indexes the policies use."""
    table = cls.__tablename__
    if rows.kind == "personal":
        return [sa.Index(f"ix_{table}_person", "created_by", "id")]
    if not rows.is_scoped:
        return []
    if not hasattr(cls, "department_id"):
        cls.department_id = mapped_column(sa.BigInteger, nullable=False)
    cls.scope_region = mapped_column(sa.Integer, nullable=False)
    if rows.kind == "follows":
        field = cls.__fields__[str(rows.field)]
        truth: sa.ForeignKeyConstraint = _follow(target_table(field), field.column, f"fk_{table}_scope")
    else:
        truth = sa.ForeignKeyConstraint(
            ["department_id", "scope_region"],
            ["department.id", "department.region_id"],
            name=f"fk_{table}_scope",
            onupdate="CASCADE",
        )
    # An office asks for its own rows of a month or a year: the day they tell of stands behind whose they are.
    day = event_day(cls)
    second = day.column if day is not None else "id"
    return [
        truth,
        sa.Index(f"ix_{table}_line", "department_id", second),
        sa.Index(f"ix_{table}_region", "scope_region", second),
    ]


#: Endings of the names of days on which something happened (``_until`` and ``_to`` are the days on which it ends).
_HAPPENED = ("_on", "_at", "_from")
#: Days on which something runs out or must be done.
ENDS = ("_until", "expires_on", "list_due_on", "next_inspection_on")


def event_day(cls: type[Table]) -> Field | None:
    """The day on which what the row tells of happened; ``None`` when it tells of no event (then its entry is one)."""
    if cls.__day__:
        return cls.__fields__[cls.__day__]
    for field in cls.__fields__.values():
        happened = field.kind in ("day", "moment") and field.is_input and field.in_list
        if happened and field.name.endswith(_HAPPENED) and field.name not in ENDS:
            return field
    return None


def keys(cls: type[Table]) -> list[Any]:
    """The business key, unique per department where rows are private, so that nobody learns of hidden rows by it.

    With it an index for each duplicate rule: looking for twins must not read the whole table.
    """
    table = cls.__tablename__
    constraints: list[Any] = []
    if cls.__id__ == "department":
        constraints.append(sa.UniqueConstraint("id", "region_id", name="uq_department_scope"))
    if cls.__key__:
        names = [cls.__fields__[name].compared for name in cls.__key__]
        if cls.__rows__.kind == "department_tree" and "department_id" not in names:
            names.insert(0, "department_id")
        if cls.__rows__.kind == "personal":
            names.insert(0, "created_by")
        constraints.append(sa.UniqueConstraint(*names, name=f"uq_{table}_key", postgresql_nulls_not_distinct=True))
    for number, each in enumerate(cls.__duplicates__, 1):
        names = [cls.__fields__[name].compared for name in each.fields]
        constraints.append(sa.Index(f"ix_{table}_twins_{number}", *names))
    return constraints
