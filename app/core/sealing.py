"""Fields whose values are kept sealed: how a row stores them, how they are compared and named, who opens them.

A field is secret when it is sensitive, or masked in some rows (``masked_when``); then it is sealed in those rows. Rules
and look-ups work with plain values, which live in memory only; rows, pages and workbooks carry the masked form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from app.core import secrecy
from app.core.errors import BadValue, Problem
from app.core.fields import Field
from app.core.fields.write import masked
from app.core.ids import uuid7
from app.core.messages import N_, Message
from app.core.secrecy import Sealed, Shown

if TYPE_CHECKING:
    from app.core.table import Table
    from app.core.viewer import Viewer

#: The identity of rows whose number may change; others are known by their ``id``.
SEALED_AS = "sealed_as"
#: What a masked value shows and no real one holds, and what is said of one that is sent as if it were.
MASK = "**"
INCOMPLETE = N_("请填写完整内容；带 * 号的是脱敏后的内容，不能保存")
#: A masked name with the row it is the name of, as exports write it and imports read it.
_POINTER = re.compile(r"(.*\*.*)#([0-9A-Fa-f]{32})", re.DOTALL)
#: Kinds of one family have the same mark: a citizen number is the same number wherever it stands.
_NUMBERS = frozenset({"code", "uscc", "citizen_id"})
#: What looks like the number of a person: birth day in its midst, fifteen or eighteen digits.
_PERSONAL = re.compile(r"[1-8]\d{5}(?:(?:18|19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d{4}[\dXx]|\d{9})")
_TELEPHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
#: Kinds that are masked as a whole, and how.
_MASKS = {"day": "****-**-**", "moment": "****-**-** **:**"}
#: A part of a number that is shorter tells nothing.
_TELLING = 4


_secrets: dict[type[Table], list[Field]] = {}


def secrets_of(table: type[Table]) -> list[Field]:
    """The fields of a table whose values are sealed, in all rows or in some. Asked for every row, so found out once."""
    if table not in _secrets:
        _secrets[table] = [field for field in table.__fields__.values() if field.is_secret]
    return _secrets[table]


def identity_column(table: type[Table]) -> str:
    """The column with what a row's values are bound to."""
    return SEALED_AS if SEALED_AS in table.__table__.c else "id"


def identity(row: Table) -> Any:
    """What the row's values are bound to; a new numbered row is given it here."""
    name = identity_column(type(row))
    if getattr(row, name) is None and name == SEALED_AS:
        setattr(row, name, uuid7())
    return getattr(row, name)


def mark_of(field: Field, plain: str | None) -> str | None:
    """What rows are compared by instead of the value."""
    return None if plain is None else secrecy.mark("number" if field.kind in _NUMBERS else field.kind, plain)


def sealed(field: Field, bound_to: Any, plain: Any) -> Sealed:
    """The typed value, sealed for that row."""
    return secrecy.seal(field.table, field.column, bound_to, field.show(plain), masked_form(field, plain))


def opened(field: Field, bound_to: Any, value: Any) -> Any:
    """The typed value of what a row stores. Raises SealBroken."""
    if isinstance(value, Sealed):
        plain = secrecy.reveal(value, field.table, field.column, bound_to)
        return plain if field.is_textual else field.read(plain)
    return str(value) if isinstance(value, str) else value


def value_of(row: Table, field: Field) -> Any:
    """The typed value of a row's field, opened if it is sealed."""
    return opened(field, identity(row), getattr(row, field.name))


def masked_form(field: Field, plain: Any) -> str:
    """What is shown of a typed value where it is hidden; of days and amounts nothing, few others are as likely."""
    if field.is_textual:
        return secrecy.sealed.shown(field.show(plain))
    return _MASKS.get(field.kind, "****")


def is_unchanged(field: Field, given: Any, kept: Mapping[str, Any]) -> bool:
    """True for the masked form of what a stored row (its plain values) hides: given back it means "as it was"."""
    stored = kept.get(field.name)
    return stored is not None and field.hides(kept.get) and str(given).strip() == masked_form(field, stored)


def put(row: Table, field: Field, values: Mapping[str, Any]) -> None:
    """The row stores the typed value as it must: sealed where it hides, with its mark. The same stays as it is."""
    plain, bound_to, stored = values.get(field.name), identity(row), getattr(row, field.name)
    hidden = field.hides(values.get)
    if plain is None:
        setattr(row, field.name, None)
    elif not hidden:
        setattr(row, field.name, Shown(plain))
    elif not isinstance(stored, Sealed) or opened(field, bound_to, stored) != plain:
        setattr(row, field.name, sealed(field, bound_to, plain))
    if field.is_marked:
        setattr(row, field.compared, mark_of(field, plain))


def columns_of(table: type[Table], values: Mapping[str, Any], bound_to: Any) -> dict[str, Any]:
    """Values by column name, with what stands for the secret ones: for whoever inserts without the importer."""
    found = dict(values)
    for field in secrets_of(table):
        plain = found.get(field.name)
        if plain is None:
            continue
        found[field.name] = sealed(field, bound_to, plain) if field.hides(values.get) else Shown(plain)
        if field.is_marked:
            found[field.compared] = mark_of(field, plain)
    return found


def head_of(table: type[Table]) -> list[Any]:
    """The columns by which ``opens`` decides."""
    scope = ("department_id", "scope_region") if table.__rows__.is_scoped else ()
    return [table.__table__.c[name] for name in (identity_column(table), *scope)]


def opens(table: type[Table], head: Sequence[Any], viewer: Viewer) -> Any:
    """What the row's values are bound to, if they are the viewer's to open: rows that are his unit's to answer for.

    Other units' rows stay masked however widely they may be read (Xi'an 2021-28 art. 24: not without their consent).
    """
    return head[0] if not table.__rows__.is_scoped or viewer.holds(head[1], head[2]) else None


# -- names of rows that are masked ---------------------------------------------------------------------------------


def shown_column(column: Any) -> Any:
    """What everybody may read of a stored value, as text."""
    return sa.func.split_part(sa.cast(column, sa.Text), "|", 1)


def name_column(column: Any, key: Any) -> Any:
    """The same, and where it is masked the row it names: so that who gives it back means this row and no other."""
    text, hex_key = sa.cast(column, sa.Text), sa.func.upper(sa.func.replace(sa.cast(key, sa.Text), "-", ""))
    is_open = sa.func.strpos(text, "|") == 0
    return sa.case((is_open, text), else_=sa.func.split_part(text, "|", 1) + "#" + hex_key)


def name_sql(column: str, key: str) -> str:
    """``name_column`` as SQL text."""
    told = f"split_part({column}, '|', 1) || '#' || upper(replace({key}::text, '-', ''))"
    return f"CASE WHEN strpos({column}, '|') > 0 THEN {told} ELSE {column} END"


def pointed_at(text: Any) -> tuple[str, UUID] | None:
    """The masked form and the row of such a name; ``None`` for any other text."""
    found = _POINTER.fullmatch(text.strip()) if isinstance(text, str) and "#" in text else None
    return (found[1], UUID(found[2])) if found else None


# -- messages ------------------------------------------------------------------------------------------------------


def discreet(message: Message, plain: Any) -> Message:
    """The message, quoting the value (or a part of it) masked only."""
    whole = str(plain)
    params = {name: _discreet(word, whole) for name, word in message.params.items()}
    return message if params == message.params else Message(message.msgid, params)


def _discreet(word: Any, whole: str) -> Any:
    text = "" if word is None else str(word)
    if len(text) < _TELLING or len(whole) < _TELLING:
        return word
    if whole in text:
        return text.replace(whole, secrecy.sealed.shown(whole))
    return masked(text) if text in whole else word


def discreet_value(field: Field, error: BadValue, given: Any) -> BadValue:
    """The refusal of a value, quoting it masked when the field is secret."""
    return BadValue(discreet(error.message, given)) if field.is_secret else error


def discreet_problems(table: type[Table], problems: list[Problem], value_of: Callable[[str], Any]) -> list[Problem]:
    """The problems of a row, without what the row hides."""
    for field in secrets_of(table):
        plain = value_of(field.name)
        if plain is not None and field.hides(value_of):
            problems = [
                Problem(discreet(each.message, field.show(plain)), each.fields, each.code, each.is_warning)
                for each in problems
            ]
    return problems


def without_persons(text: str) -> str:
    """The text with every number of a person in it masked: for what is kept beyond the row, as the log is."""
    return _PERSONAL.sub(lambda found: masked(found[0]), text)


def names_a_person(text: str) -> bool:
    """True when something in the text looks like the number of a person."""
    return _PERSONAL.search(text) is not None


def looks_personal(text: str) -> bool:
    """True for the number of a person or of his telephone: what stands in no header, and is masked where it does."""
    return names_a_person(text) or _TELEPHONE.search(text) is not None


def discreet_name(text: str) -> str:
    """A name that nothing was found by: masked when it looks like the number of a person."""
    return masked(text) if _PERSONAL.fullmatch(text.strip()) else text
