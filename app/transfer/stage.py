"""Raw rows -> staging table: read, look up, judge, COPY. Chunk by chunk, so memory stays flat at any size."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Literal

from sqlalchemy.orm import Session

from app.core import sealing
from app.core.context import context_of
from app.core.errors import BadValue, Problem
from app.core.fields import Field
from app.core.ids import uuid7_series
from app.core.judge import Judged, is_inside, judge, scope_of, with_defaults
from app.core.lookup import Lookup
from app.core.messages import N_, Message, joined
from app.core.table import Table, search
from app.core.viewer import must_have
from app.transfer import existing, hidden, repeats, suspects
from app.transfer.collector import rare_collections
from app.transfer.encode import lines
from app.transfer.reader import RawRow
from app.transfer.reading import ColumnReader, Pointer
from app.transfer.staging import Counts, Staging
from app.transfer.work import Work, identifiers, problems_text, raw_text, refuse

CHUNK = 2_500
#: So many rows are written in slices, which are found by their numbers.
_MANY = 10_000
_WRITTEN = frozenset({"insert", "update"})

#: What becomes of rows whose business key is stored already, or is not: changed or new (upsert), only new and others
#: refused (insert), only changed and others refused (update), only new and others passed over (skip).
Mode = Literal["upsert", "insert", "update", "skip"]


class Stager:
    """Stages rows for one table. ``mapping`` says which column index carries which field.

    Nothing it holds grows with the file: what has to be known of all rows together is found out by ``finish``.
    """

    def __init__(
        self,
        session: Session,
        table: type[Table],
        mapping: Mapping[int, str],
        *,
        staging: Staging | None = None,
        mode: Mode = "upsert",
        lookup: Callable[[Session, Field], Lookup] = Lookup,
    ) -> None:
        self.session, self.table, self.mode = session, table, mode
        self.viewer, self.context = must_have(session), context_of(session)
        self.staging = staging or Staging(table)
        self.counts = Counts()
        self.fields = {index: table.__fields__[name] for index, name in mapping.items()}
        self._readers = {index: ColumnReader(each) for index, each in self.fields.items()}
        self._lookups = {f.name: lookup(session, f) for f in table.__fields__.values() if f.is_reference}
        self._matches = [f for f in table.__fields__.values() if f.match]
        self._matched: dict[str, dict[str, Any]] = {}
        self._key = existing.key_fields(table)
        self._owner = next((f for f in table.__fields__.values() if f.is_owner), None)
        self._secrets = {i: f for i, f in self.fields.items() if f.is_secret}
        self._ids = uuid7_series()

    def run(self, rows: Iterable[RawRow]) -> Counts:
        """Stage every row in one go; afterwards the staging table holds all rows with their problems."""
        self.staging.create(self.session)
        for _ in self.take(rows):
            pass
        return self.finish()

    def take(self, rows: Iterable[RawRow]) -> Iterator[tuple[int, int]]:
        """Add the rows to the staging table, chunk by chunk: after each, how many it had and the number of its last."""
        with rare_collections():
            for chunk in _chunks(rows):
                self._take(chunk)
                yield len(chunk), chunk[-1].number

    def finish(self, only: list[int] | None = None) -> Counts:
        """Judge the staged rows by one another (``only``: so far as it concerns these); afterwards they are counted."""
        repeats.flag(self.session, self.table, self.staging, only)
        suspects.flag(self.session, self.table, self.staging, only)
        self.counts = self.staging.counts(self.session, only)
        if only is None and (self.staging.is_kept or self.counts.rows > _MANY):
            self.staging.index(self.session)
        return self.counts

    def _take(self, chunk: list[RawRow]) -> None:
        works = self._read(chunk)
        self._look_up(works)
        self._own(works)
        self._recognise(works)
        self._copy(works)

    # -- one step each -------------------------------------------------------------------------------------------

    def _read(self, chunk: list[RawRow]) -> list[Work]:
        """Typed values, a column at a time; references are still the names that were written."""
        works = [Work(row.number, row.cells) for row in chunk]
        columns = {
            reader.field.name: reader.read([row.cells[index] if index < len(row.cells) else None for row in chunk])
            for index, reader in self._readers.items()
        }
        for work, row in zip(works, zip(*columns.values(), strict=True), strict=False):
            work.values = dict(zip(columns, row, strict=True))
        for name, column in columns.items():
            if BadValue not in set(map(type, column)):
                continue
            for work, value in zip(works, column, strict=True):
                if type(value) is BadValue:
                    refuse(work, name, value)
        return works

    def _look_up(self, works: list[Work]) -> None:
        for each in self.fields.values():
            if each.is_reference:
                given = [(work, work.values[each.name]) for work in works if work.values.get(each.name)]
                self._resolve(each, given)

    def _resolve(self, each: Field, given: list[tuple[Work, Any]]) -> None:
        names = (name for _, name in given)
        answers = self._lookups[each.name].answers(names if each.kind == "ref" else chain.from_iterable(names))
        for work, name in given:
            answer = answers[name] if each.kind == "ref" else [answers[one] for one in name]
            bad = next((one for one in ([answer] if each.kind == "ref" else answer) if type(one) is BadValue), None)
            if bad is None:
                work.values[each.name] = answer
            else:
                refuse(work, each.name, bad)

    def _own(self, works: list[Work]) -> None:
        """Rows without a department belong to the viewer's own."""
        if self._owner is None or self.viewer.department_id is None:
            return
        name = self._owner.name
        own = None
        for work in works:
            if work.values.get(name) is None and not any(name in p.fields for p in work.problems):
                own = own or self._lookups[name].by_id(self.viewer.department_id)
                work.values[name] = own
                work.is_owned = True

    def _recognise(self, works: list[Work]) -> None:
        """Tell new rows from stored ones by the business key, and rows that repeat one another inside the file."""
        for each in self._secrets.values():
            self._point(each, [work for work in works if type(work.values.get(each.name)) is Pointer])
        for work in works:
            work.bound_to = next(self._ids)
            work.row_id = work.bound_to if self.table.__id__ == "uuid" else None
        keys = [existing.key_of(self._key, work.values) for work in works]
        stored = existing.load(self.session, self.table, {key for key in keys if key}, self._lookups)
        for work, key in zip(works, keys, strict=True):
            found = stored.get(key) if key is not None else None
            if found is not None:
                self._meet(work, found)
        for each in self._secrets.values():
            for work in works:
                value = work.values.get(each.name)
                if type(value) is str and sealing.MASK in value:
                    refuse(work, each.name, BadValue(sealing.INCOMPLETE))
        if self.mode in ("insert", "update"):
            for work in works:
                if (work.kept is None) == (self.mode == "update") and not work.problems:
                    work.problems.append(Problem(self._unfit(), self.table.__key__, "KEY"))

    def _unfit(self) -> Message:
        labels = joined(self.table.__fields__[name].label for name in self.table.__key__)
        if self.mode == "update":
            return N_("没有找到{labels}相同的记录，不能更新", labels=labels)
        return N_("相同{labels}的记录已存在", labels=labels)

    def _point(self, each: Field, works: list[Work]) -> None:
        """What stands in the row that an export names, where it is still the masked value the export wrote."""
        keys = {work.values[each.name].key for work in works}
        rows = existing.with_ids(self.session, self.table, each, keys) if keys else {}
        for work in works:
            pointer = work.values[each.name]
            work.values[each.name] = hidden.found(each, pointer.shown, rows.get(pointer.key))
            if type(work.values[each.name]) is BadValue:
                refuse(work, each.name, work.values[each.name])

    def _meet(self, work: Work, found: existing.Existing) -> None:
        work.kept, work.row_id, work.version, work.state = found, found.id, found.version, "update"
        work.bound_to = found.bound_to
        if work.is_owned and self._owner is not None:
            work.values.pop(self._owner.name)
        for name, lookup in self._lookups.items():
            if name in work.values:
                work.values[name] = lookup.keeping(work.values[name], found.values.get(name))
        for name in [name for name, value in work.values.items() if type(value) is str and "*" in value]:
            if sealing.is_unchanged(self.table.__fields__[name], work.values[name], found.values):
                work.values[name] = found.values[name]
        work.problems = [p for p in work.problems if not self._is_mask(work, p)]

    def _is_mask(self, work: Work, problem: Problem) -> bool:
        """A masked value that comes back unchanged means "as it was": it is no bad value."""
        name = problem.fields[0] if len(problem.fields) == 1 else ""
        each = self.table.__fields__.get(name)
        if each is None or work.kept is None:
            return False
        index = next(i for i, f in self.fields.items() if f.name == name)
        if not sealing.is_unchanged(each, work.raw[index], work.kept.values):
            return False
        work.values[name] = work.kept.values[name]
        return True

    def _judge(self, work: Work) -> dict[str, Any]:
        values = with_defaults(self.table, work.values) if work.kept is None else work.kept.values | work.values
        for each in self._matches:
            wanted = values.get(str(each.match))
            if work.kept is not None and work.kept.keeps_match(each, wanted, self._lookups[each.name]):
                continue
            found = self._matched[each.name].get(str(wanted))
            values[each.name] = None if type(found) is BadValue else found
        if work.kept is not None and self.mode == "skip":
            work.state, work.problems = "skipped", []
            return values
        if work.kept is not None and work.kept.scope and not is_inside(self.viewer, *work.kept.scope):
            message = N_("这条记录由其他部门维护，您不能修改")
            work.problems.append(Problem(message, self.table.__key__, "ROW"))
        kept = work.kept.values if work.kept is not None else None
        judged: Judged = judge(self.table, values, self.context, self.viewer, work.row_id, kept)
        told = {name for problem in work.problems for name in problem.fields}
        if work.problems:
            judged.problems = [p for p in judged.problems if not p.code and not told.intersection(p.fields)]
        work.problems += judged.problems
        return judged.values

    def _copy(self, works: list[Work]) -> None:
        for work in works:
            if work.kept is not None and not work.problems and work.kept.is_same(work.values):
                work.state = "unchanged"
        others = [work for work in works if work.state != "unchanged"]
        for each in self._matches:
            wanted = {w.values.get(str(each.match)) or (w.kept and w.kept.values.get(str(each.match))) for w in others}
            self._matched[each.name] = self._lookups[each.name].answers(str(value) for value in wanted if value)
        judged = []
        for work in works:
            if work.kept is not None and work.state == "unchanged":
                judged.append(work.kept.values)
                continue
            judged.append(self._judge(work))
            if any(not problem.is_warning for problem in work.problems):
                work.state = "error"
        self.staging.copy(self.session, io.BytesIO(lines(self._columns(works, judged)).encode()))

    def _columns(self, works: list[Work], judged: list[dict[str, Any]]) -> Iterator[list[Any]]:
        """The columns of the staging table for these rows, in its order; of unchanged ones the key and the cells."""
        yield [work.number for work in works]
        yield [work.state for work in works]
        yield [work.row_id for work in works]
        yield [work.version for work in works]
        yield [problems_text(work.problems) for work in works]
        yield [
            raw_text(work.raw, self._secrets, values, self.fields) for work, values in zip(works, judged, strict=True)
        ]
        if self.staging.is_scoped:
            scopes = [scope_of(self.table, values) for values in judged]
            yield [scope.get("department_id") for scope in scopes]
            yield [scope.get("scope_region") for scope in scopes]
        written = [values if work.state in _WRITTEN else {} for work, values in zip(works, judged, strict=True)]
        if search.has_spelling(self.table):
            yield [search.spelling(self.table, values) if values else None for values in written]
        told: list[dict[str, Any]] = [
            {} if work.state == "unchanged" else values for work, values in zip(works, judged, strict=True)
        ]
        if self.staging.is_bound:
            yield [work.bound_to for work in works]
        for each in self.staging.marked:  # rows that repeat one another are found by their keys, whatever their state
            among = judged if each in self._key else written
            yield [sealing.mark_of(each, values.get(each.name)) for values in among]
        for each in self.staging.fields:
            if each.is_secret:
                yield [
                    hidden.stored(each, work.bound_to, values, work.kept)
                    for work, values in zip(works, written, strict=True)
                ]
                continue
            values = [values.get(each.name) for values in (judged if each in self._key else told)]
            yield [identifiers(each, value) for value in values] if each.is_reference else values


def _chunks(rows: Iterable[RawRow]) -> Iterator[list[RawRow]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
