"""Rows that are accepted, for any table: values by kind and sample, mended by what the refusals say.

Nothing here knows a table by name. A row starts with each field's likeliest value; a refusal names fields, and each of
them takes its next possible value until the row is accepted. What a row refers to is made the same way when it is not
there.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import saving, sealing
from app.core.errors import Invalid, Refused
from app.core.fields import Field
from app.core.lookup import Lookup
from app.core.table import TABLES, Table, by_class
from app.core.table.columns import target_table
from app.core.viewer import THE_SYSTEM, looking_as
from tests.every_table.values import fresh, possible

Given = dict[str, Any]
Places = dict[str, int]

#: How often a row may be refused before we begin anew with more to refer to, and how often we begin.
PATIENCE, ROUNDS = 60, 6
#: How often in succession a refusal may speak of nothing but what was forced.
HOPELESS = 6


class NoSuchRow(AssertionError):
    """No values were found that the table accepts."""


def _closed(field: Field) -> dict[str, Field]:
    """The facts about a reference's rows that have only so many values."""
    fields = by_class(str(field.target)).__fields__ if field.target else {}
    return {name: fields[name] for name in field.facts if name in fields and fields[name].kind in ("choice", "boolean")}


def _named(refusal: Refused) -> set[str]:
    """The fields that a refusal speaks of."""
    return {name for problem in getattr(refusal, "problems", ()) for name in problem.fields}


def _badness(refusal: Refused) -> tuple[int, int]:
    """How bad a refusal is: rules are only asked about rows whose fields are right by themselves."""
    problems = getattr(refusal, "problems", ())
    return sum(not problem.code for problem in problems), sum(bool(problem.code) for problem in problems) or 1


def _twins(table: type[Table]) -> set[str]:
    """Codes of refusals that say: there is a row like this one."""
    return {"KEY", *(each.code for each in table.__duplicates__)}


class _Names(list[Any]):
    """Names that a reference may be given."""


class Maker:
    """Makes rows for one viewer's session. Every row made is committed."""

    def __init__(self, session: Session, memory: dict[tuple[Any, ...], Any] | None = None) -> None:
        self.session = session
        self.dice = random.Random(7)
        #: What was found and made to refer to; the makers of one person share it.
        self._made: dict[tuple[Any, ...], Any] = {} if memory is None else memory
        self._making: list[str] = []

    def make(self, table: type[Table], **forced: Any) -> tuple[Any, Given]:
        """A stored row of the table, and what was given for it (references by name)."""
        return self._solve(table, forced, keep=True)

    def _saved(self, table: type[Table], given: Given) -> tuple[Table, Any]:
        """The row, written by the viewer; what is in force already is loaded for his department by the system."""
        flow, viewer = table.__flow__, saving.must_have(self.session)
        if flow is None or given.get(flow.field) in (None, *flow.initial):
            return saving.save(self.session, table, given)
        owner = next((f.name for f in table.__fields__.values() if f.is_owner), None)
        whose = {owner: viewer.department} if owner and not given.get(owner) else {}
        with looking_as(self.session, THE_SYSTEM):
            return saving.save(self.session, table, given | whose)

    def given(self, table: type[Table], **forced: Any) -> Given:
        """What would be accepted as a new row, without storing it."""
        return self._solve(table, forced, keep=False)[1]

    def _solve(self, table: type[Table], forced: Given, *, keep: bool) -> tuple[Any, Given]:
        self._making.append(table.__tablename__)
        try:
            return self._tried(table, forced, keep=keep)
        finally:
            self._making.pop()

    def _tried(self, table: type[Table], forced: Given, *, keep: bool) -> tuple[Any, Given]:
        refusal: Refused | None = None
        for begun in range(ROUNDS):
            if begun == 1:
                self._fill_all(table)
            options = self._all_options(table, forced, fresh())
            known = self._made.get(("places", table.__tablename__), {}) if begun == 0 else {}
            places = {name: known.get(name, 0) for name in options}
            best, score, tried, hopeless = places, (99, 99), dict(places), 0
            for _attempt in range(max(PATIENCE, *(2 * len(choice) for choice in options.values()))):
                given = {name: choice[places[name] % len(choice)] for name, choice in options.items() if choice}
                given = {name: value for name, value in given.items() if value is not None}
                self._agree(table, given, forced)
                try:
                    row, _ = self._saved(table, given)
                except Refused as found:
                    self.session.rollback()
                    if _badness(found) <= score:
                        best, score, refusal = dict(places), _badness(found), found
                    hopeless = hopeless + 1 if _named(found) and _named(found) <= forced.keys() else 0
                    if hopeless == HOPELESS:
                        raise NoSuchRow(f"{table.__tablename__}: {found}") from None
                    assert refusal is not None
                    places = best | self._moved(table, refusal, options, best, tried, forced)
                    continue
                key = row.id
                self._made["places", table.__tablename__] = places
                self.session.commit() if keep else self.session.rollback()
                return key, given
        raise NoSuchRow(f"{table.__tablename__}: nothing that we tried was accepted; the last refusal: {refusal}")

    def _all_options(self, table: type[Table], forced: Given, number: int) -> dict[str, list[Any]]:
        inputs = [f for f in table.__fields__.values() if f.is_input and (not f.is_owner or f.name in forced)]
        return {f.name: [forced[f.name]] if f.name in forced else self._options(table, f, number) for f in inputs}

    def _moved(
        self, table: type[Table], refusal: Refused, options: Given, best: Places, tried: Places, forced: Given
    ) -> Places:
        """The fields that the refusal names at their next possible value; where all were tried, another field."""
        problems = refusal.problems if isinstance(refusal, Invalid) else ()
        free = [name for name, choice in options.items() if len(choice) > 1 and name not in forced]
        references = {
            name for name in free if isinstance(options[name], _Names) and table.__fields__[name].kind == "ref"
        }
        moved: set[str] = set()
        for problem in problems or (None,):
            named = [name for name in (problem.fields if problem else ()) if name in free]
            again = [name for name in named if problem and problem.code in _twins(table) and name in references]
            if again:  # there is a row like this one: refer to something new of the same kind
                name = again[0]
                now = best[name] % len(options[name])
                options[name].insert(now, self._like(table.__fields__[name], options[name][now]))
                return {}
            untried = [name for name in named if tried[name] - best[name] < len(options[name])]
            if moved.isdisjoint(named):
                moved.add(self.dice.choice(untried or self._others(table, named, options, free)))
        for name in moved:
            tried[name] = max(tried[name], best[name]) + 1
        return {name: tried[name] for name in moved}

    def _like(self, field: Field, name: str) -> str:
        """The name of a new row with the facts that the named one has."""
        target = by_class(str(field.target))
        facts = [getattr(target, fact) for fact in _closed(field)]
        key = Lookup(self.session, field).one(name).id
        stored = self.session.execute(sa.select(*facts, sa.literal(1)).where(target.id == key)).first()
        known = (
            {}
            if stored is None
            else {fact: str(value) for fact, value in zip(_closed(field), stored) if value is not None}
        )
        return str(self.make(target, **known)[1][field.by[0]])

    def _others(self, table: type[Table], named: list[str], options: Given, free: list[str]) -> list[str]:
        """Fields a message may mean without naming them: references, because rules ask for their facts, and choices."""
        likely = [name for name in free if name not in named and isinstance(options[name], _Names)]
        if not likely or self.dice.random() < 0.5:
            likely = [name for name in free if name not in named and table.__fields__[name].choices]
        return likely if likely and self.dice.random() < 0.8 else free

    def _options(self, table: type[Table], field: Field, number: int) -> list[Any]:
        if field.is_reference:
            # What may be left out is left out where it leads back to a table whose row is being made.
            leads_back = target_table(field) in {*self._making, table.__tablename__}
            if not field.required and leads_back:
                return [None]
            names = _Names(self._names(field, field.at_least or 1))
            if field.kind == "many":
                size = max(field.at_least, 1)
                names = _Names(names[at : at + size] for at in range(len(names) - size + 1))
            return names if field.required else _Names([*names[:2], None])
        if table.__flow__ is not None and field.name == table.__flow__.field:
            return list(table.__flow__.initial)  # the other states come by moves
        is_key = field.name in table.__key__ or field.unique
        return possible(field, number, is_key=is_key)

    def _names(self, field: Field, at_least: int) -> list[str]:
        """Names of rows the reference may point at: some for each combination of the facts that rules ask for."""
        target = by_class(str(field.target))
        mark = (target.__tablename__, tuple(_closed(field)), at_least, TABLES[field.table].__rows__.field == field.name)
        if mark not in self._made:
            for _ in range(max(0, at_least - len(self._stored(target, field)))):
                self.make(target)
            self._made[mark] = self._stored(target, field)
        return list(self._made[mark])

    def _fill_all(self, table: type[Table]) -> None:
        """Rows with every combination of the facts that the rules of this table may ask of what it refers to."""
        for field in table.__fields__.values():
            closed, target = _closed(field), by_class(str(field.target)) if field.target else None
            mark = ("filled", field.target, tuple(closed))
            if target is None or not closed or not field.required or field.is_owner or mark in self._made:
                continue
            ranges = [[m.value for m in f.choices] if f.choices else ["是", "否"] for f in closed.values()]
            for values in itertools.islice(itertools.product(*ranges), 100):
                with contextlib.suppress(NoSuchRow):
                    self.make(target, **dict(zip(closed, values, strict=True)))
            for stale in [each for each in self._made if each[0] == target.__tablename__]:
                del self._made[stale]
            self._made[mark] = True

    def _stored(self, target: type[Table], field: Field) -> list[str]:
        viewer = saving.must_have(self.session)
        columns = [getattr(target, name) for name in _closed(field)]
        by = target.__fields__.get(field.by[0])
        name = getattr(target, by.column if by else field.by[0])
        query = saving.visible(target, viewer).where(name.is_not(None))
        if by is not None and by.is_secret:
            name = sealing.name_column(name, target.id)
        rule = TABLES[field.table].__rows__
        follows = rule.kind == "follows" and rule.field == field.name
        if "department_id" in target.__table__.c and (target.__rows__.kind != "shared" or follows):
            query = query.where(target.__table__.c.department_id == viewer.department_id)
        place = sa.func.row_number().over(partition_by=columns or None, order_by=target.id.desc()).label("place")
        each = query.with_only_columns(name, *columns, place).subquery()
        wanted = sa.select(each.c[0]).where(each.c.place <= (max(field.at_least, 1) + 1 if columns else 40))
        first = () if field.kind == "many" else (each.c.place,)
        found = self.session.scalars(wanted.order_by(*first, *each.c[1:-1], each.c.place).limit(200))
        return [str(value) for value in found]

    def _agree(self, table: type[Table], given: Given, forced: Given) -> None:
        """Where rules compare a fact with another reference of the row, choose (or make) a row that agrees."""
        for name, field in table.__fields__.items():
            if field.kind != "ref" or name in forced or name not in given:
                continue
            for fact in field.facts:
                other = fact.removesuffix("_id")
                if fact != f"{other}_id" or other not in given or other not in table.__fields__:
                    continue
                given[name] = self._agreeing(field, other, given[other])

    def _agreeing(self, field: Field, other: str, value: str) -> str:
        target = by_class(str(field.target))
        mark = (target.__tablename__, other, value)
        if mark not in self._made:
            self._made[mark] = None
            with contextlib.suppress(NoSuchRow):
                flow = target.__flow__  # what is referred to is in force
                stands = {flow.field: flow.published} if flow is not None and flow.edition else {}
                if stands and "valid_from" in target.__fields__:
                    stands["valid_from"] = "2020-01-01"  # before whatever refers to it happened
                self._made[mark] = self.make(target, **{other: value}, **stands)[1][field.by[0]]
        return self._made[mark] or self.dice.choice(self._names(field, 1))
