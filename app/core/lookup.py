"""References by their written names: thousands at a time, each looked up once, under the viewer's own eyes."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import BadValue
from app.core.fields import Field, read
from app.core.fields.field import CODE_KINDS
from app.core.messages import N_
from app.core.table import Table, by_class

#: Marks a written name that fits more than one row.
_AMBIGUOUS: Final = object()


class Lookup:
    """Finds the rows a reference names. A found row is a tuple with ``id``, the names it goes by, and the facts."""

    def __init__(self, session: Session, field: Field) -> None:
        assert field.target is not None
        self.session, self.field = session, field
        self.target: type[Table] = by_class(field.target)
        scope = ("department_id", "scope_region") if self.target.__rows__.is_scoped else ()
        scope = ("region_id", "high") if field.is_owner else scope
        names = list(dict.fromkeys(("id", *field.by, *field.facts, *scope)))
        self._columns = [self._column(name) for name in names]
        self.fact: Any = namedtuple("Fact", names)  # type: ignore[misc]
        self._known: dict[Any, Any] = {}
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
        """Look up every name not known yet, in one query for each way of naming."""
        wanted = {spelling for text in texts for spelling in self._spellings(text)} - self._known.keys()
        if not wanted:
            return
        self._known.update(dict.fromkeys(wanted))
        for name in reversed(self.field.by):
            column = self._column(name)
            found: dict[str, Any] = {}
            for row in self.session.execute(sa.select(*self._columns).where(column.in_(wanted))):
                key = row._mapping[column]
                found[key] = _AMBIGUOUS if key in found else self.fact(*row)
            self._known.update(found)

    def find(self, text: str) -> Any:
        """The row of that name. Raises BadValue when there is none the viewer may see, or more than one."""
        found = next((self._known[s] for s in self._spellings(text) if self._known.get(s) is not None), None)
        if found is None:
            raise BadValue(N_("没有找到{label}“{value}”", label=self.target.__label__, value=text[:60]))
        if found is _AMBIGUOUS:
            raise BadValue(N_("有多个{label}叫“{value}”，请改填代码", label=self.target.__label__, value=text[:60]))
        return found

    def one(self, text: str) -> Any:
        """``learn`` and ``find`` for a single name."""
        self.learn([text])
        return self.find(text)

    def by_id(self, key: Any) -> Any:
        """The row with that identifier. Raises BadValue when there is none the viewer may see."""
        value = self._identifier(key)
        if value is None:
            raise BadValue(N_("没有找到{label}“{value}”", label=self.target.__label__, value=str(key)[:60]))
        return self.by_ids([value])[value]

    def _identifier(self, key: Any) -> Any:
        """The text as an identifier of the target; ``None`` when it cannot be one."""
        python_type = self._column("id").type.python_type
        try:
            value = key if isinstance(key, python_type) else python_type(str(key))
        except (ValueError, TypeError):
            return None
        return None if isinstance(value, int) and abs(value) >= 2**63 else value

    def titles(self, keys: Iterable[str]) -> dict[str, str]:
        """What stands for the rows with those identifiers, in one query; those the viewer may not see are left out."""
        wanted = {self._identifier(key): key for key in keys}
        wanted.pop(None, None)
        rows = self.session.scalars(sa.select(self.target).where(self.target.id.in_(wanted))) if wanted else ()
        return {wanted[row.id]: row.title() for row in rows}

    def by_ids(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """The rows with those identifiers. Raises BadValue when one is missing."""
        wanted = list(keys)
        rows = self.session.execute(sa.select(*self._columns).where(self._column("id").in_(wanted)))
        found = {row[0]: self.fact(*row) for row in rows}
        for key in wanted:
            if key not in found:
                raise BadValue(N_("没有找到{label}“{value}”", label=self.target.__label__, value=str(key)[:60]))
        return found
