"""The declared field: everything the engine knows about one column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from app.core.choices import Choice
from app.core.errors import BadValue
from app.core.fields import read, write
from app.core.messages import N_, Message

if TYPE_CHECKING:
    from app.core.rules import Person

Kind = Literal[
    "text", "long_text", "code", "uscc", "citizen_id", "phone", "choice", "choices", "integer", "decimal",
    "money", "percent", "day", "moment", "boolean", "ref", "many", "flags",
]  # fmt: skip
Check = Callable[[Any], "Message | None"]

#: Kinds whose values are digits and letters that Excel must never turn into numbers.
CODE_KINDS = frozenset({"code", "uscc", "citizen_id", "phone"})
#: Fields that hold words or signs to search in.
TEXT_KINDS = frozenset({"text", "long_text", "code", "uscc", "citizen_id", "phone"})


class Grade(StrEnum):
    """How widely a value may be shown: to the public, inside the system, or masked by default."""

    PUBLIC = "public"
    INTERNAL = "internal"
    SENSITIVE = "sensitive"


@dataclass(kw_only=True)
class Field:
    """One declared field. ``name``, ``table`` and ``required`` are filled in when the class becomes a table."""

    label: Message
    kind: Kind
    length: int | None = None
    help: Message | None = None
    in_list: bool = False
    search: bool = False
    #: Kept in pinyin too: as a name of a place, firm or thing, or as a person's.
    spelled: bool | Literal["person"] = False
    public: bool = False
    grade: Grade = Grade.INTERNAL
    masked_when: tuple[str, Sequence[str]] | None = None
    std: str | None = None
    aliases: Sequence[str] = ()
    sample: str | None = None
    checks: Sequence[Check] = ()
    default: Any = None
    unique: bool = False
    group: Message | None = None
    only_when: tuple[str, Sequence[str]] | None = None
    derived: bool = False
    choices: type[Choice] | None = None
    #: Which of the choices whoever asks may choose; the others are shown, and rules refuse them.
    allowed: Callable[[Person | None], frozenset[str]] | None = None
    # references
    target: str | None = None
    by: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    match: str | None = None
    at_least: int = 0
    is_owner: bool = False
    # filled in by the table
    name: str = ""
    table: str = ""
    required: bool = False
    #: Rows are compared by a keyed mark of the value, in a column of its own.
    is_marked: bool = False

    @property
    def is_reference(self) -> bool:
        """True for fields that point at rows of another table."""
        return self.kind in ("ref", "many")

    @property
    def is_plural(self) -> bool:
        """True for fields that hold a list of values."""
        return self.kind in ("many", "choices", "flags")

    @property
    def column(self) -> str:
        """Name of the database column (many-fields have none of their own)."""
        return f"{self.name}_id" if self.kind == "ref" else self.name

    @property
    def is_secret(self) -> bool:
        """True when the value is stored sealed: in every row (sensitive), or in those that hide it."""
        return not self.is_reference and (self.grade is Grade.SENSITIVE or self.masked_when is not None)

    @property
    def is_textual(self) -> bool:
        """True for values that are texts by themselves."""
        return self.kind in TEXT_KINDS

    @property
    def compared(self) -> str:
        """The column by which rows with the same value are found."""
        return f"{self.name}_mark" if self.is_marked else self.column

    @property
    def is_input(self) -> bool:
        """True when people and workbooks give the value; derived and matched fields are set by the system."""
        return not (self.derived or self.match or self.kind == "flags")

    def hides(self, value_of: Callable[[str], Any]) -> bool:
        """True when the row's value is shown masked: always if sensitive, otherwise as ``masked_when`` says."""
        if self.masked_when is None:
            return self.grade is Grade.SENSITIVE
        other, values = self.masked_when
        return value_of(other) in values

    def read(self, value: Any) -> Any:
        """The typed value of what a person, a cell or a request gave; ``None`` when empty. Raises BadValue.

        References come back as the look-up text (or a tuple of texts); finding the row is the caller's part.
        """
        if value is None or value == "" or value == []:
            return None
        if isinstance(value, dict) or (isinstance(value, list | tuple | set) and not self.is_plural):
            raise BadValue(N_("应填一项内容，不能是列表"))
        result = _READERS[self.kind](self, value)
        if result in (None, (), []):
            return None
        if self.masked_when is not None and "|" in result:
            raise BadValue(N_("不能含有“|”"))
        if self.length and isinstance(result, str) and len(result) > self.length:
            raise BadValue(N_("超过 {limit} 个字（现有 {length} 个）", limit=self.length, length=len(result)))
        for check in self.checks:
            problem = check(result)
            if problem is not None:
                raise BadValue(problem)
        return result

    def show(self, value: Any) -> str:
        """The value as people read it on a page or in a workbook; the empty string when there is none."""
        return write.show(self, value)

    def __hash__(self) -> int:
        return hash((self.table, self.name))


def _read_choice(field: Field, value: Any) -> Any:
    assert field.choices is not None
    return read.choice(field.choices, value)


def _read_choices(field: Field, value: Any) -> Any:
    assert field.choices is not None
    kinds = field.choices
    parts = list(dict.fromkeys(read.choice(kinds, part) for part in read.choice_parts(kinds, value)))
    order = {member.value: place for place, member in enumerate(kinds)}
    return sorted(parts, key=order.__getitem__)


def _read_percent(_: Field, value: Any) -> Decimal | None:
    return read.percent(value)


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "text": lambda _, value: read.text(value),
    "long_text": lambda _, value: read.long_text(value),
    "code": lambda _, value: read.code(value),
    "uscc": lambda _, value: read.code(value),
    "citizen_id": lambda _, value: read.code(value),
    "phone": lambda _, value: read.code(value),
    "choice": _read_choice,
    "choices": _read_choices,
    "integer": lambda _, value: read.integer(value),
    "decimal": lambda _, value: read.decimal(value),
    "money": lambda _, value: read.decimal(value, places=2),
    "percent": _read_percent,
    "day": lambda _, value: read.day(value),
    "moment": lambda _, value: read.moment(value),
    "boolean": lambda _, value: read.boolean(value),
    "ref": lambda _, value: read.text(value),
    "many": lambda _, value: tuple(dict.fromkeys(read.parts(value))),
    "flags": lambda _, value: read.parts(value),
}
