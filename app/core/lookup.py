"""References by their written names: thousands at a time, each looked up once, under the viewer's own eyes."""

from __future__ import annotations

import itertools
from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from app.core import sealing
from app.core.errors import BadValue
from app.core.fields import Field, read
from app.core.fields.field import CODE_KINDS
from app.core.messages import N_
from app.core.sight import visible
from app.core.table import Table, by_class
from app.core.viewer import THE_SYSTEM, current, looking_as

#: Marks a written name that fits more than one row.
_AMBIGUOUS: Final = object()

#: Names and rows remembered; a file with more of them asks again.
_REMEMBERED = 20_000


def array(column: Any, values: Iterable[Any]) -> Any:
    """The values as one parameter, an array that can be compared with the column."""
    kind = sa.Text() if isinstance(column.type, sa.String) else column.type  # varchar(n) would cut them
    return sa.literal(list(values), ARRAY(kind))


def among(column: Any, values: Iterable[Any]) -> Any:
    """The column is one of the values."""
    return column == sa.any_(array(column, values))


class Lookup:
    """Finds the rows a reference names. A found row is a tuple with ``id``, the names it goes by, and the facts."""

    def __init__(self, session: Session, field: Field) -> None:
        assert field.target is not None
        self.session, self.field = session, field
        self.target: type[Table] = by_class(field.target)
        scope = ("department_id", "scope_region") if self.target.__rows__.is_scoped else ()
        scope = ("region_id", "high") if field.is_owner else scope
        self._marks = {n: f.compared for n in field.by if (f := self.target.__fields__.get(n)) and f.is_marked}
        names = list(dict.fromkeys(("id", *field.by, *field.facts, *scope, *self._marks.values())))
        self._columns = [self._column(name) for name in names]
        self.fact: Any = namedtuple("Fact", names)  # type: ignore[misc]
        self._known: dict[str, Any] = {}
        self._rows: dict[Any, Any] = {}
        #: Rows that stored rows refer to although the viewer may not see them, by identifier.
        self.unseen: dict[Any, Any] = {}
        self._codes = {name for name in field.by if self._kind(name) in CODE_KINDS}

    def _kind(self, name: str) -> str:
        found = self.target.__fields__.get(name)
        return found.kind if found else ""

    def _column(self, name: str) -> Any:
        field = self.target.__fields__.get(name)
        return getattr(self.target, field.column if field else name)

    def _spellings(self, text: str) -> set[str]:
        return {text, read.code(text) or text} if self._codes else {text}

    def learn(self, texts: Iterable[str]) -> None:
        """Look up every name not known yet, in one query for each way of naming; sealed ones by their marks."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        unknown = set(texts) - self._known.keys()
        wanted = {spelling for text in unknown for spelling in self._spellings(text)} - self._known.keys()
        if not wanted:
            return
        self._known.update(dict.fromkeys(wanted))
        for name in reversed(self.field.by):
            marked, compared = name in self._marks, self._marks.get(name, name)
            asked = (
                {self._mark(name, text): text for text in wanted} if marked else dict(zip(wanted, wanted, strict=True))
            )
            found: dict[str, Any] = {}
            for value, fact in self._named(compared, asked):
                key = asked.get(value, value)
                found[key] = _AMBIGUOUS if key in found else fact
            self._known.update(found)
        self._point(wanted)

    def _named(self, compared: str, asked: Mapping[str, str]) -> Iterator[tuple[Any, Any]]:
        """The rows that a column calls by one of these names, each with that name."""
        for fact in self._facts(among(self._column(compared), asked)):
            yield getattr(fact, compared), fact

    def _mark(self, name: str, text: str) -> str:
        return str(sealing.mark_of(self.target.__fields__[name], text))

    def _point(self, texts: Iterable[str]) -> None:
        """Masked names that carry the row they mean: an export wrote them, and the row is still called so."""
        if not self._marks:
            return
        pointed = {text: found for text in texts if (found := sealing.pointed_at(text))}
        rows = self._seen({key for _, key in pointed.values()}) if pointed else {}
        for text, (shown, key) in pointed.items():
            if key in rows and shown == getattr(rows[key], self.field.by[0]):
                self._known[text] = rows[key]

    def _facts(self, condition: Any) -> Iterator[Any]:
        return itertools.starmap(self.fact, self.session.execute(self._own(*self._columns).where(condition)).all())

    def _own(self, *columns: Any) -> sa.Select[Any]:
        """The rows the viewer may see; nobody sees none, which the policies say."""
        viewer = current(self.session)
        if viewer is None:
            return sa.select(*columns)
        return visible(self.target, viewer).with_only_columns(*columns)

    def answers(self, texts: Iterable[str]) -> dict[str, Any]:
        """For each name its row, or the BadValue that says why there is none."""
        wanted = set(texts)
        self.learn(wanted)
        return {text: self._answer(text) for text in wanted}

    def _answer(self, text: str) -> Any:
        found = self._known.get(text)
        if found is None:
            found = next((self._known[s] for s in self._spellings(text) if self._known.get(s) is not None), None)
        if found is None:
            told = sealing.discreet_name(text[:60])
            return BadValue(N_("没有找到{label}“{value}”", label=self.target.__label__, value=told))
        if found is _AMBIGUOUS:
            return BadValue(N_("有多个{label}叫“{value}”，请改填代码", label=self.target.__label__, value=text[:60]))
        return found

    def find(self, text: str) -> Any:
        """The row of that name. Raises BadValue when there is none the viewer may see, or more than one."""
        answer = self._answer(text)
        if isinstance(answer, BadValue):
            raise answer
        return answer

    def one(self, text: str) -> Any:
        """``learn`` and ``find`` for a single name."""
        self.learn([text])
        return self.find(text)

    def by_id(self, key: Any) -> Any:
        """The row with that identifier. Raises BadValue when there is none the viewer may see."""
        value = self.target.key_of(key)
        if value is None:
            raise BadValue(N_("没有找到{label}“{value}”", label=self.target.__label__, value=str(key)[:60]))
        return self.unseen[value] if value in self.unseen else self.by_ids([value])[value]

    def titles(self, keys: Iterable[str]) -> dict[str, str]:
        """What stands for the rows with those identifiers, in one query; those the viewer may not see are left out."""
        wanted = {self.target.key_of(key): key for key in keys}
        wanted.pop(None, None)
        rows = self._at_hand(wanted)
        if unknown := wanted.keys() - {row.id for row in rows}:
            rows += self.session.scalars(self._own(self.target).where(self.target.id.in_(unknown)))
        return {wanted[row.id]: row.title() for row in rows}

    def _at_hand(self, keys: Iterable[Any]) -> list[Any]:
        """Those of the rows that the session holds already, whoever read them, and that the viewer may see."""
        rule, viewer = self.target.__rows__, current(self.session)
        is_for_all = rule.kind in ("everyone", "shared") and rule.once is None
        if not is_for_all and (viewer is None or not rule.is_private):
            return []
        held = (self.session.identity_map.get(identity_key(self.target, key)) for key in keys)
        known: list[Any] = [row for row in held if row is not None and not sa.inspect(row).expired]
        return [row for row in known if is_for_all or (viewer and viewer.holds(row.department_id, row.scope_region))]

    def by_ids(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """The rows with those identifiers. Raises BadValue when one is missing."""
        wanted = set(keys)
        found = self._seen(wanted)
        for key in wanted - found.keys():
            raise BadValue(N_("没有找到{label}“{value}”", label=self.target.__label__, value=str(key)[:60]))
        return found

    def kept(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """The rows that stored rows refer to. Rules judge them even where the viewer may not see them (``unseen``)."""
        wanted = set(keys)
        if len(self.unseen) > _REMEMBERED:
            self.unseen.clear()  # it is asked about the rows that are at hand, and those are told again
        found = self._seen(wanted - self.unseen.keys())
        hidden = wanted - found.keys() - self.unseen.keys()
        if hidden:
            with looking_as(self.session, THE_SYSTEM):
                self.unseen |= self._with_ids(hidden)
        return found | {key: self.unseen[key] for key in wanted if key in self.unseen}

    def _seen(self, keys: set[Any]) -> dict[Any, Any]:
        if len(self._rows) > _REMEMBERED:
            self._rows.clear()
        if unknown := keys - self._rows.keys():
            self._rows |= self._with_ids(unknown)
        return {key: self._rows[key] for key in keys if key in self._rows}

    def _with_ids(self, keys: set[Any]) -> dict[Any, Any]:
        return {fact.id: fact for fact in self._facts(among(self._column("id"), keys))}

    def keeping(self, given: Any, stored: Any) -> Any:
        """What was given for a stored row, with what stands there unseen: nobody removes what he is not shown."""
        if not self.unseen or not stored:
            return given
        if self.field.kind == "ref":
            return stored if given is None and stored.id in self.unseen else given
        there = {each.id for each in given or ()}
        return [*(given or ()), *(each for each in stored if each.id in self.unseen and each.id not in there)]
