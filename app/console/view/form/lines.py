"""Rows of a child table in the form of their parent: an inspection with its check items, entered and saved together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.console import drafts, guard
from app.console.view.form import fields
from app.console.view.form.aids import LINES
from app.core import saving
from app.core.errors import Invalid, Problem, Refused
from app.core.fields import Field
from app.core.messages import N_
from app.core.table import Table, by_name

#: The names under which a form carries its lines: how many, which ones, and each value.
COUNT, OF, _LINE = "_lines", "_lines_of", "_line"
#: More than this no form holds.
_MOST = 500

Line = dict[str, Any]


@dataclass(frozen=True)
class Lines:
    """Which rows of ``child`` are entered with a parent: those that ``asked`` names for what stands in its form.

    ``key`` tells the lines of one parent apart and is their title; ``fixed`` come with the line and are not entered;
    ``choice`` is the one decision about each; ``more`` are asked for where it fell as ``more_when`` says.
    """

    child: str
    parent: str
    key: str
    fixed: tuple[str, ...]
    choice: str
    more: tuple[str, ...]
    more_when: tuple[str, ...]
    #: The field of the parent after whose card they stand.
    beside: str
    #: What stands in the form -> the lines there should be, each with its key, fixed values and a ``hint``.
    asked: Callable[[Session, Mapping[str, Any]], Sequence[Line]]
    #: The lines as decided -> what follows for empty fields of the form; what is to be said about both. Pure.
    follows: Callable[[Sequence[Line]], Mapping[str, Any]]
    judge: Callable[[Mapping[str, Any], Sequence[Line]], Sequence[Problem]]

    @property
    def table(self) -> type[Table]:
        """The table of the lines."""
        return by_name(self.child)

    @property
    def entered(self) -> tuple[str, ...]:
        """What a person enters in a line."""
        return (self.choice, *self.more)


def of(table: type[Table]) -> Lines | None:
    """The lines in forms of the table, for who may write them."""
    found = LINES.get(table.__tablename__)
    return found if found is not None and guard.may("add", found.child) else None


def mark(lines: Sequence[Line], key: str) -> str:
    """The same for the same lines: a form says for which it was filled in."""
    return hashlib.sha256(json.dumps([line[key] for line in lines]).encode()).hexdigest()[:12] if lines else ""


def sent(plan: Lines, form: MultiDict[str, str]) -> list[Line]:
    """The lines that a form sent, as far as it had any."""
    text = form.get(COUNT, "")
    count = min(int(text), _MOST) if text.isascii() and text.isdigit() else 0
    names = (plan.key, *plan.fixed, *plan.entered)
    return [{name: form.get(f"{_LINE}.{at}.{name}", "").strip() for name in names} for at in range(count)]


def _stored(session: Session, plan: Lines, row: Table | None) -> dict[str, Table]:
    if row is None:
        return {}
    table = plan.table
    column = getattr(table, table.__fields__[plan.parent].column)
    found = session.scalars(saving.visible(table, guard.must_view()).where(column == row.id).order_by(table.id))
    return {getattr(each, plan.key): each for each in found.unique()}


def _line_of(plan: Lines, row: Table) -> Line:
    fields = plan.table.__fields__
    return {name: _text(getattr(row, fields[name].column)) for name in (plan.key, *plan.fixed, *plan.entered)}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def wanted(
    session: Session, plan: Lines, given: Mapping[str, Any], row: Table | None, typed: Sequence[Mapping[str, Any]]
) -> list[Line]:
    """The lines of a form: what is stored, what the form asks for now, with what was typed in lines of the same key."""
    asked = {line[plan.key]: dict(line) for line in plan.asked(session, given)}
    stored = {key: _line_of(plan, each) for key, each in _stored(session, plan, row).items()}
    known = {str(line.get(plan.key)): line for line in typed}
    found = []
    for key in dict.fromkeys((*asked, *stored)):
        line = dict.fromkeys(plan.entered, "") | {"hint": ""} | asked.get(key, {}) | stored.get(key, {})
        found.append(line | {name: known[key].get(name, "") for name in plan.entered if key in known})
    return found


def card(
    session: Session, plan: Lines, given: Mapping[str, Any], row: Table | None, typed: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The card of the lines as the template draws it."""
    lines = wanted(session, plan, given, row, typed)
    fields = plan.table.__fields__
    choice = fields[plan.choice]
    return {
        "label": str(plan.table.__label__),
        "head": str(fields[plan.key].label),
        "key": plan.key,
        "fixed": plan.fixed,
        "choice": {"name": plan.choice, "label": str(choice.label), "choices": _choices(choice)},
        "more": [_more(fields[name]) for name in plan.more],
        "more_when": list(plan.more_when),
        "beside": plan.beside,
        "lines": lines,
        "of": mark(lines, plan.key),
    }


def _choices(field: Field) -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in field.choices or ()]


def _more(field: Field) -> dict[str, Any]:
    return {"name": field.name, "label": str(field.label), "maxlength": field.length}


def kept(form: MultiDict[str, str], plan: Lines | None) -> dict[str, Any]:
    """The lines as a draft holds them."""
    return {COUNT: sent(plan, form)} if plan is not None and COUNT in form else {}


def of_draft(draft: drafts.Kept | None) -> list[Mapping[str, Any]]:
    """The lines that a draft holds."""
    found = draft.typed.get(COUNT) if draft is not None else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def save(
    session: Session, plan: Lines, parent: Table, given: Mapping[str, Any], form: MultiDict[str, str]
) -> list[Problem]:
    """The lines of a saved parent are stored; nothing is where none was decided. Returns the warnings.

    Raises Invalid when some are decided and others not, when the form shows lines of something else, or one is wrong.
    """
    lines = sent(plan, form)
    decided = [line for line in lines if line[plan.choice]]
    stored = _stored(session, plan, parent)
    if not decided and not stored:
        return []
    current = wanted(session, plan, given, parent, lines)
    if form.get(OF, "") != mark(current, plan.key):
        raise Invalid([Problem(N_("{label}已按所选事项重新载入，请核对后再保存", label=plan.table.__label__))])
    problems = [_undecided(plan, line) for line in lines if not line[plan.choice]]
    warnings: list[Problem] = []
    for line in decided if not problems else ():
        was = stored.get(line[plan.key])
        values = {name: line[name] for name in (plan.key, *plan.fixed, *plan.entered)}
        if was is not None and _line_of(plan, was) == values:
            continue
        values |= {name: given[name] for name in [fields.reason_of(plan.table)] if name and given.get(name)}
        try:
            _, told = saving.save(session, plan.table, values | {plan.parent: str(parent.id)}, row=was, by_id=True)
            warnings += [_about(line[plan.key], each) for each in told]
        except Invalid as error:
            problems += [_about(line[plan.key], each) for each in error.problems]
        except Refused as error:
            problems.append(Problem(error.message))
    if problems:
        raise Invalid(problems)
    return [*plan.judge(given, decided), *warnings]


def _undecided(plan: Lines, line: Line) -> Problem:
    label = plan.table.__fields__[plan.choice].label
    return Problem(N_("“{name}”没有选择{label}", name=line[plan.key], label=label))


def _about(name: str, problem: Problem) -> Problem:
    told = N_("“{name}”：{message}", name=name, message=problem.message)
    return Problem(told, (), problem.code, problem.is_warning)
