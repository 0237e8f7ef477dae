"""``class Permit(Table)``: a class with declared fields becomes a mapped table with constraints and a row rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column

from app.core.fields.field import Field
from app.core.messages import N_, Message, joined
from app.core.paper import Paper
from app.core.roles import ACTIONS, Grants, may
from app.core.rows import ASKED, RowRule, everyone
from app.core.table import columns, search

if TYPE_CHECKING:
    from app.core.corrections import Correcting
    from app.core.rules import Context, Duplicate, Rule
    from app.core.workflow.declare import Workflow

#: Every table by its database name, in the order of declaration.
TABLES: dict[str, type[Table]] = {}

#: Every link table (of a many-field) by its database name.
LINKS: dict[str, Link] = {}

#: What the column ``asked_of`` says in the database.
_ASKED = "the department outside that was asked to review it"

Derivation = Callable[[Any, "Context"], Mapping[str, Any]]


@dataclass(frozen=True)
class Link:
    """The table between an owner and the rows its many-field names; it is under the owner's row rule."""

    table: sa.Table
    owner: str
    field: Field

    @property
    def rows(self) -> RowRule:
        """The owner's row rule; who reads the row reads its links, and nobody learns anything of theirs alone."""
        return replace(TABLES[self.owner].__rows__, once=None)

    @property
    def owner_column(self) -> str:
        """The column that names the owning row."""
        return f"{self.owner}_id"

    @property
    def target_column(self) -> str:
        """The column that names the other row."""
        return columns.link_target_column(self.owner, self.field)


def snake(name: str) -> str:
    """``JointDrawItem`` -> ``joint_draw_item``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _own_fields(cls: type) -> dict[str, Field]:
    """Take the declared fields out of a class (table or mixin) so that SQLAlchemy meets only what it knows."""
    if "__declared__" not in cls.__dict__:
        found: dict[str, Field] = {}
        annotations = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 - taken out of the class itself
        for name, value in list(vars(cls).items()):
            if isinstance(value, Field):
                field = copy(value)
                field.name = name
                annotation = str(annotations.pop(name, ""))
                field.required = field.is_input and not re.search(r"\bNone\b|Optional", annotation)
                found[name] = field
                delattr(cls, name)
        if not found:
            return {}
        cls.__declared__ = found  # type: ignore[attr-defined]
    declared: dict[str, Field] = cls.__dict__["__declared__"]
    return declared


class Table(Model):
    """A table of the house. See shared/design.md §3 for what follows from one class."""

    __abstract__ = True
    __table_args__: Any = ()

    __label__: ClassVar[Message]
    #: What clerks read about the table, in their language; the docstring speaks to developers.
    __help__: ClassVar[Message]
    __key__: ClassVar[tuple[str, ...]] = ()
    __rows__: ClassVar[RowRule] = everyone()
    __may__: ClassVar[Grants] = may()
    __order__: ClassVar[tuple[str, ...]] = ("-id",)
    #: Other orders that are answered from an index of their own.
    __sorted__: ClassVar[tuple[tuple[str, ...], ...]] = ()
    __title__: ClassVar[str] = "name"
    __rules__: ClassVar[Sequence[Rule]] = ()
    __derive__: ClassVar[Sequence[Derivation]] = ()
    __duplicates__: ClassVar[Sequence[Duplicate]] = ()
    __menu__: ClassVar[bool] = True
    #: The table's place in the search of the whole console; 0 stands for none.
    __found__: ClassVar[int] = 0
    #: The field whose values are counted above the list; without it the one that is a state by its name, if any is.
    __status__: ClassVar[str | None] = None
    #: What one record after another has in common, when somebody enters many: kept by "save and enter another".
    __repeats__: ClassVar[tuple[str, ...]] = ()
    #: What is a record's own: no copy takes it over (numbers of papers, when it was reported or published).
    __own__: ClassVar[tuple[str, ...]] = ()
    #: False for what only the code reads and writes (drafts, what was sent): no pages, no REST, no permissions.
    __pages__: ClassVar[bool] = True
    #: The life of the rows: states, moves, who is waited for (core/workflow).
    __flow__: ClassVar[Workflow | None] = None
    #: The field with the day a row speaks of, where it is not the first listed day (console/shape.py).
    __day__: ClassVar[str] = ""
    #: What the page with everything about one row is called, and the lines for ink on its printed record.
    __dossier__: ClassVar[Message] = N_("全景档案")
    __signatures__: ClassVar[tuple[Message, ...]] = ()
    #: The sheet that is signed in ink; without one it shows whatever is filled in (console/paper.py).
    __paper__: ClassVar[Paper | None] = None
    #: True where nobody writes without having proved himself lately (console/sign_in/step_up.py).
    __fresh__: ClassVar[bool] = False
    #: The column with the account (ab_user.id) that holds a row. When its holder leaves, the row goes to whoever
    #: follows him (org/operations/handing_over.py): drafts, views, to-dos, seats are handed over by this one line.
    __held_by__: ClassVar[str] = ""
    #: When rows are out (published, reported) and so corrected with a reason only (core/corrections.py).
    __corrected__: ClassVar[Correcting | None] = None
    #: "region" and "department" are numbered in pre-order; every other table has UUIDs.
    __id__: ClassVar[str] = "uuid"

    __fields__: ClassVar[dict[str, Field]]

    if TYPE_CHECKING:
        id: Mapped[Any]
        created_at: Mapped[datetime]
        created_by: Mapped[int | None]
        updated_at: Mapped[datetime]
        updated_by: Mapped[int | None]
        version: Mapped[int]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.__dict__.get("__abstract__"):
            super().__init_subclass__(**kwargs)
            return
        name = cls.__dict__.get("__tablename__") or snake(cls.__name__)
        if name in TABLES:
            raise TypeError(f"two classes declare the table {name}")
        fields: dict[str, Field] = {}
        for base in reversed(cls.__mro__):
            fields |= {key: copy(field) for key, field in _own_fields(base).items()}
        cls.__tablename__ = name
        cls.__fields__ = fields
        for field in fields.values():
            field.table = name
        _map(cls)
        TABLES[name] = cls
        super().__init_subclass__(**kwargs)

    @classmethod
    def actions(cls) -> tuple[str, ...]:
        """The permissions that there are for this table."""
        more = cls.__flow__.actions() if cls.__flow__ is not None else frozenset()
        return (*ACTIONS, *sorted(more - set(ACTIONS)))

    @classmethod
    def key_of(cls, given: Any) -> Any:
        """What was given as an identifier of this table; ``None`` when it cannot be one."""
        python_type = cls.__table__.c.id.type.python_type
        try:
            key = given if isinstance(given, python_type) else python_type(str(given))
        except (ValueError, TypeError):
            return None
        return None if isinstance(key, int) and abs(key) >= 2**63 else key

    def title(self) -> str:
        """What stands for this row where another refers to it."""
        return str(getattr(self, self.__title__) or "")

    def shown(self, field: Field) -> str:
        """What people read of a field; references by their title. A sealed value is its masked form."""
        value = getattr(self, field.name)
        if field.kind == "ref":
            return value.title() if value is not None else ""
        if field.kind == "many":
            return joined(each.title() for each in value)
        return field.show(value)

    def __str__(self) -> str:
        return self.title()


def _map(cls: type[Table]) -> None:
    """Give the class its columns, relationships and constraints."""
    for name, column in columns.of_system(cls.__id__).items():
        setattr(cls, name, column)
    cls.__mapper_args__ = {"version_id_col": cls.version}
    constraints: list[Any] = []
    compared = {*cls.__key__, *(name for each in cls.__duplicates__ for name in each.fields)}
    for field in cls.__fields__.values():
        field.is_marked = field.is_secret and (field.masked_when is not None or field.unique or field.name in compared)
        if field.is_marked:
            setattr(cls, field.compared, columns.mark_column(field))
        if field.is_secret and cls.__id__ != "uuid":
            cls.sealed_as = columns.identity_column()
        if field.kind == "many":
            link = columns.link_table(Model.metadata, cls.__tablename__, field, cls.__rows__)
            LINKS[link.name] = Link(link, cls.__tablename__, field)
            setattr(cls, field.name, columns.many_relationship(link, field))
        elif field.kind == "ref":
            setattr(cls, field.column, columns.reference_column(cls.__tablename__, field))
            setattr(cls, field.name, columns.reference_relationship(cls, field))
        else:
            setattr(cls, field.name, columns.plain_column(field))
        constraints += columns.checks_of(cls.__tablename__, field)
    if any(field.spelled for field in cls.__fields__.values()):
        setattr(cls, search.SPELLING, columns.spelling_column())
    if cls.__rows__.once:
        setattr(cls, ASKED, mapped_column(sa.BigInteger, comment=_ASKED))
    constraints += columns.scope(cls, cls.__rows__)
    constraints += columns.keys(cls)
    cls.__table_args__ = (*constraints, {"comment": cls.__label__.msgid, "extend_existing": False})


def links_of(table: type[Table]) -> list[Link]:
    """The link tables of a table's many-fields."""
    return [link for link in LINKS.values() if link.owner == table.__tablename__]


def tables_with_pages() -> dict[str, type[Table]]:
    """The tables people work with, by their database names."""
    return {name: table for name, table in TABLES.items() if table.__pages__}


def by_name(name: str) -> type[Table]:
    """The table of that database name. Raises KeyError."""
    return TABLES[name]


def by_class(name: str) -> type[Table]:
    """The table declared by the class of that name. Raises KeyError."""
    return TABLES[snake(name)]
