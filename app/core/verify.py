"""Every declaration checked at start. Each problem has an id, so that a message can be looked up and tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.fields import Field, Grade
from app.core.fields.field import CODE_KINDS, TEXT_KINDS
from app.core.table import TABLES, Table
from app.core.table.base import snake
from app.core.workflow import lines

#: Longer texts cannot be searched by their pieces.
_LONGEST_SEARCHED = 20_000
#: Kinds whose values can be written as a text and read back in every language.
_SEALED_KINDS = TEXT_KINDS | {"integer", "decimal", "money", "percent", "day", "moment"}


@dataclass(frozen=True)
class Finding:
    """One thing wrong with one declaration."""

    id: str
    table: str
    text: str

    def __str__(self) -> str:
        return f"{self.id} {self.table}: {self.text}"


class DeclarationError(Exception):
    """The house does not start: its declarations contradict each other."""


def check_all() -> None:
    """Raise DeclarationError naming every finding."""
    findings = [finding for table in TABLES.values() for finding in findings_of(table)]
    if findings:
        raise DeclarationError("\n".join(str(finding) for finding in findings))


def findings_of(table: type[Table]) -> Iterator[Finding]:
    """Everything wrong with one declaration."""
    for check in (_of_names, _of_rows, _of_rules):
        yield from (Finding(number, table.__tablename__, text) for number, text in check(table))
    for field in table.__fields__.values():
        for number, text in _of_field(field, table.__fields__):
            yield Finding(number, table.__tablename__, text)


def _of_names(table: type[Table]) -> Iterator[tuple[str, str]]:
    fields = table.__fields__
    if "__label__" not in table.__dict__:
        yield "T01", "no __label__"
    if "__help__" not in table.__dict__ or not (table.__doc__ or "").strip():
        yield "T02", "no __help__ for clerks, or no docstring for developers"
    named = {"__key__": table.__key__, "__title__": (table.__title__,)}
    named |= {"__status__": (table.__status__,) if table.__status__ else ()}
    named |= {"__order__": tuple(n.removeprefix("-") for n in table.__order__)}
    named |= {"__duplicates__": tuple(n for each in table.__duplicates__ for n in each.fields)}
    named |= {"__repeats__": table.__repeats__}
    told = table.__corrected__
    if told is not None:
        named |= {"__corrected__": (told.reason, *told.goes_on, *(each.partition(".")[0] for each in told.when))}
    for option, names in named.items():
        for unknown in [n for n in names if n not in fields and n not in table.__table__.c]:
            yield "T03", f"{option} names {unknown!r}, which is no field"
    for option, names in {
        "__order__": (*table.__order__, *sum(table.__sorted__, ())),
        "__title__": (table.__title__,),
    }.items():
        for secret in [n for n in names if n.removeprefix("-") in fields and fields[n.removeprefix("-")].is_secret]:
            yield "T11", f"{option} names {secret!r}, whose values are sealed"
    for each, count in Counter(field.label.msgid for field in fields.values()).items():
        if count > 1:
            yield "T04", f"label {each!r} is used {count} times: labels are Excel headers"


def _of_rows(table: type[Table]) -> Iterator[tuple[str, str]]:
    rule, fields = table.__rows__, table.__fields__
    if rule.is_scoped and (rule.field not in fields or fields[str(rule.field)].kind != "ref"):
        yield "T05", f"row rule names {rule.field!r}, which is no reference"
        return
    if rule.kind in ("shared", "department_tree") and rule.field != "department":
        yield "T06", "the owning department's field must be named department"
    if rule.kind == "follows" and not fields[str(rule.field)].required:
        yield "T07", f"{rule.field} must be required: rows follow it"
    if rule.kind == "follows" and rule.is_private and table.__key__ and rule.field not in table.__key__:
        yield "T10", f"the key must hold {rule.field}: a key of its own would tell that hidden rows exist"


def _of_rules(table: type[Table]) -> Iterator[tuple[str, str]]:
    fields = table.__fields__
    for each in table.__rules__:
        if any(name not in fields for name in each.fields):
            yield "T08", f"rule {each.code} speaks of {each.fields}, not all of them fields"
    if any(each.severity == "warning" for each in table.__rules__) and "quality_flags" not in fields:
        yield "T09", "warning rules need the field quality_flags = flags(…)"
    if table.__rows__.once is not None and table.__rows__.once not in fields:
        yield "T15", f"everybody reads a row from when {table.__rows__.once!r} is filled, which is no field"
    if table.__flow__ is not None:
        for name in table.__flow__.lines:
            line = TABLES.get(name)
            if (
                line is None
                or lines.head_of(line) is not table
                or not {lines.SINCE, lines.UNTIL} <= set(line.__fields__)
            ):
                yield "T16", f"{name!r} is part of its editions, but does not follow it or has no editions to stand in"
        yield from (("T12", fault) for fault in table.__flow__.faults())
        named = {table.__flow__.field, *(n for move in table.__flow__.moves for n in move.requires)}
        if table.__flow__.edition is not None:
            sealed = [field.name for field in fields.values() if field.is_secret]
            yield from (("T14", f"{name!r} is sealed, and editions keep values open") for name in sealed)
        yield from (("T13", f"the workflow names {name!r}, which is no field") for name in sorted(named - set(fields)))


def _of_field(field: Field, fields: dict[str, Field]) -> Iterator[tuple[str, str]]:
    if field.is_reference:
        target = TABLES.get(snake(field.target or ""))
        if target is None:
            yield "F01", f"{field.name} refers to {field.target!r}, which is no table"
            return
        columns = set(target.__fields__) | set(target.__table__.c.keys())
        for name in [n for n in (*field.by, *field.facts) if n not in columns]:
            yield "F02", f"{field.name} looks up {field.target}.{name}, which does not exist"
        if target.__rows__.kind == "department_tree" and field.required and not set(field.by) & set(target.__key__):
            yield "F03", f"{field.name} should be found by a part of the key {target.__key__}"
    if field.match and (field.match not in fields or field.required):
        yield "F04", f"{field.name} matches {field.match!r}: it must exist, and the reference must be optional"
    if field.only_when and (field.only_when[0] not in fields or field.required):
        yield "F05", f"{field.name} depends on {field.only_when[0]!r}: it must exist, and the field must be optional"
    if field.kind in ("choice", "choices") and not field.choices:
        yield "F06", f"{field.name} has no code list"
    if field.search and field.kind == "long_text" and not (field.length and field.length <= _LONGEST_SEARCHED):
        yield (
            "F07",
            f"{field.name} is searched: give it a length of {_LONGEST_SEARCHED} or less, an index holds no more",
        )
    if field.spelled and field.kind != "text":
        yield "F08", f"{field.name} is no text: only names are spelled"
    yield from _of_secrecy(field, fields)


def _of_secrecy(field: Field, fields: dict[str, Field]) -> Iterator[tuple[str, str]]:
    if field.grade not in set(Grade):
        yield "F09", f"{field.name} has no grade: say Grade.PUBLIC, INTERNAL or SENSITIVE"
        return
    if field.masked_when is not None:
        other = fields.get(field.masked_when[0])
        if other is None or other.kind != "choice" or field.kind not in CODE_KINDS or field.grade is Grade.SENSITIVE:
            yield "F10", f"{field.name} is masked by {field.masked_when[0]!r}: a choice may say so of a code"
    if field.grade is Grade.SENSITIVE and field.kind not in _SEALED_KINDS:
        yield "F11", f"{field.name} is sensitive: a {field.kind} cannot be sealed"
    if field.is_secret and (field.spelled or field.default is not None):
        yield "F12", f"{field.name} is secret: it is neither spelled nor filled in"
    if field.grade is Grade.PUBLIC and (field.is_secret or field.kind in ("citizen_id", "phone")):
        yield "F13", f"{field.name} is a person's: it is not public"
    if field.is_reference and field.target and (target := TABLES.get(snake(field.target))) is not None:
        for name in field.by:
            named = target.__fields__.get(name)
            if named is not None and named.is_secret and not named.is_marked:
                yield "F14", f"{field.name} looks up {field.target}.{name}, which is sealed and has no mark"
