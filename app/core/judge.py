"""One row judged: required fields, conditions, derived values, rules. The same for a form, a request and a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.core import sealing
from app.core.corrections import unexplained
from app.core.errors import Problem
from app.core.fields import Field
from app.core.messages import N_
from app.core.rules import Context, broken
from app.core.table import Table
from app.core.viewer import Viewer
from app.core.workflow.locks import standing_in_the_way, stays_in_place


class Row:
    """The values of one row under their field names, as rules read them; what is derived meanwhile is seen at once."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__ = values


@dataclass
class Judged:
    """The row's values with what was derived, and everything that was found about it."""

    values: dict[str, Any]
    problems: list[Problem]

    @property
    def errors(self) -> list[Problem]:
        """The problems that refuse the row."""
        return [problem for problem in self.problems if not problem.is_warning]


def is_inside(viewer: Viewer, department_id: int, scope_region: int) -> bool:
    """True when rows with those two numbers are the viewer's to write."""
    return viewer.holds(department_id, scope_region)


def scope_of(table: type[Table], values: Mapping[str, Any]) -> dict[str, int]:
    """The two numbers of a row, from its owning department or from the parent it follows; empty when unknown."""
    rule = table.__rows__
    holder = values.get(str(rule.field)) if rule.is_scoped else None
    if holder is None:
        return {}
    if rule.kind == "follows":
        return {"department_id": holder.department_id, "scope_region": holder.scope_region}
    return {"department_id": holder.id, "scope_region": holder.region_id}


@dataclass(frozen=True)
class _Plan:
    """What judging needs to know of a table, found out once."""

    names: tuple[str, ...]
    lists: tuple[str, ...]
    shaped: tuple[tuple[str, Field], ...]
    defaults: dict[str, Any]


_plans: dict[type[Table], _Plan] = {}


def _plan(table: type[Table]) -> _Plan:
    if table not in _plans:
        fields = table.__fields__.items()
        _plans[table] = _Plan(
            names=tuple(table.__fields__),
            lists=tuple(name for name, field in fields if field.is_plural),
            shaped=tuple((name, each) for name, each in fields if each.required or each.at_least or each.only_when),
            defaults={name: field.default for name, field in fields if field.default is not None},
        )
    return _plans[table]


def with_defaults(table: type[Table], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a new row: what was left empty has the default of its field."""
    return dict(values) | {name: value for name, value in _plan(table).defaults.items() if values.get(name) is None}


def judge(
    table: type[Table],
    values: Mapping[str, Any],
    context: Context,
    viewer: Viewer,
    row_id: Any,
    kept: Mapping[str, Any] | None = None,
    *,
    guarded: bool = True,
    by_hand: bool = False,
) -> Judged:
    """Judge typed values (references as facts). Rules run only on rows whose fields are right by themselves.

    ``kept`` are the values of the stored row, which rules read as ``row.was``; it is None for a new row. ``guarded``
    is False for what is written into a proposal and not into the row: its workflow allows that. ``by_hand`` is True for
    forms and requests, which write one row; a workbook may load what was published before there was this system.
    """
    fields, plan = table.__fields__, _plan(table)
    known: dict[str, Any] = dict.fromkeys(plan.names) | {name: [] for name in plan.lists}
    known |= {name: value for name, value in values.items() if value is not None}
    known["id"] = row_id
    known["was"] = Row(dict(kept)) if kept is not None else None
    row = Row(known)
    problems: list[Problem] = []
    for derive in table.__derive__:
        known |= derive(row, context)
    for name, field in plan.shaped:
        problem = _shape(field, known[name], known, fields)
        if problem is not None:
            problems.append(Problem(problem, (name,)))
    scope = scope_of(table, known)
    if scope and not is_inside(viewer, **scope):
        message = N_("您不能为本单位及下级以外的部门录入或修改数据")
        problems.append(Problem(message, (str(table.__rows__.field),), "ROW"))
    if guarded:
        problems += standing_in_the_way(table, known, kept, viewer, by_hand=by_hand, context=context)
    else:
        problems += stays_in_place(table, known, kept or {})
    problems += unexplained(table, known, kept)
    if not problems:
        problems = broken(table.__rules__, row, context)
    if problems:
        problems = sealing.discreet_problems(table, problems, known.get)
    if "quality_flags" in fields:
        known["quality_flags"] = sorted({p.code for p in problems if p.is_warning and p.code})
    known.pop("id")
    known.pop("was")
    return Judged(known, problems)


def foretold(table: type[Table], values: Mapping[str, Any], context: Context) -> list[Problem]:
    """What the rules say already about an unfinished row: those whose own fields are all there."""
    known: dict[str, Any] = {name: values.get(name) for name in _plan(table).names}
    row, found = Row(known | {"id": None, "was": None}), []
    for each in table.__rules__:
        if each.fields and all(known[name] not in (None, [], ()) for name in each.fields):
            with suppress(AttributeError, KeyError, TypeError, ValueError):  # it asks for what is not there yet
                found += broken((each,), row, context)
    return sealing.discreet_problems(table, found, known.get)


def _shape(field: Field, value: Any, row: Mapping[str, Any], fields: Mapping[str, Field]) -> Any:
    if field.required and not value and value in (None, [], ()):
        return N_("{label}必填", label=field.label)
    if (field.kind == "many" and value is not None and 0 < len(value) < field.at_least) or (
        field.at_least and field.required and not value
    ):
        return N_("{label}至少要 {n} 个", label=field.label, n=field.at_least)
    if field.only_when and value not in (None, [], ()):
        other, allowed = field.only_when
        if row.get(other) not in allowed:
            return N_("{label}不适用于所选的{other}", label=field.label, other=fields[other].label)
    return None
