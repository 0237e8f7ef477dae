"""Raw rows -> staging table: read, look up, judge, COPY. Chunk by chunk, so memory stays flat at any size."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from app.core.context import context_of
from app.core.errors import BadValue, Problem
from app.core.fields import Field
from app.core.fields.write import masked
from app.core.ids import uuid7_series
from app.core.judge import Judged, is_inside, judge, scope_of, with_defaults
from app.core.lookup import Lookup
from app.core.messages import N_, joined
from app.core.table import Table
from app.core.viewer import looking_as, must_have
from app.transfer import existing, suspects
from app.transfer.encode import line
from app.transfer.reader import Fault, Formula, RawRow, as_json
from app.transfer.staging import Staging

CHUNK = 2000

#: Values remembered per column: workbooks repeat themselves.
_MEMO = 20_000


@dataclass
class Counts:
    """What became of the rows of a file."""

    rows: int = 0
    insert: int = 0
    update: int = 0
    unchanged: int = 0
    error: int = 0
    warning: int = 0


@dataclass
class _Work:
    """One row on its way to the staging table."""

    number: int
    raw: tuple[Any, ...]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    state: str = "insert"
    row_id: Any = None
    version: int | None = None
    kept: existing.Existing | None = None
    is_owned: bool = False


class Stager:
    """Stages rows for one table. ``mapping`` says which column index carries which field."""

    def __init__(
        self,
        session: Session,
        table: type[Table],
        mapping: Mapping[int, str],
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.session, self.table = session, table
        self.viewer, self.context = must_have(session), context_of(session)
        self.staging = Staging(table)
        self.counts = Counts()
        self.fields = {index: table.__fields__[name] for index, name in mapping.items()}
        self._readers = [(index, each, _reader(each)) for index, each in self.fields.items()]
        self._lookups = {f.name: Lookup(session, f) for f in table.__fields__.values() if f.is_reference}
        self._matches = [f for f in table.__fields__.values() if f.match]
        self._owner = next((f for f in table.__fields__.values() if f.is_owner), None)
        self._seen: dict[tuple[Any, ...], int] = {}
        self._ids = uuid7_series()
        self._progress = progress

    def run(self, rows: Iterable[RawRow]) -> Counts:
        """Stage every row; afterwards ``counts`` is true and the staging table holds all rows with their problems."""
        with looking_as(self.session, None):
            self.staging.create(self.session)
        for chunk in _chunks(rows):
            works = [self._read(row) for row in chunk]
            self._look_up(works)
            self._own(works)
            self._recognise(works)
            self._copy(works)
            if self._progress:
                self._progress(self.counts.rows)
        warned, refused = suspects.flag(self.session, self.table, self.staging)
        self.counts.warning += warned
        for state, number in refused.items():
            setattr(self.counts, state, getattr(self.counts, state) - number)
            self.counts.error += number
        return self.counts

    # -- one step each -------------------------------------------------------------------------------------------

    def _read(self, row: RawRow) -> _Work:
        work, cells, width = _Work(row.number, row.cells), row.cells, len(row.cells)
        values = work.values
        for index, each, read in self._readers:
            cell = cells[index] if index < width else None
            if cell is None or cell == "":
                values[each.name] = None
                continue
            try:
                values[each.name] = read(cell)
            except BadValue as error:
                work.problems.append(Problem(error.message, (each.name,)))
        return work

    def _look_up(self, works: list[_Work]) -> None:
        for each in self.fields.values():
            if each.kind == "ref":
                lookup = self._lookups[each.name]
                lookup.learn({w.values[each.name] for w in works if w.values.get(each.name)})
            elif each.kind == "many":
                lookup = self._lookups[each.name]
                lookup.learn({name for w in works for name in w.values.get(each.name) or ()})
            else:
                continue
            for work in works:
                given = work.values.get(each.name)
                if given:
                    self._resolve(work, each, lookup, given)

    @staticmethod
    def _resolve(work: _Work, each: Field, lookup: Lookup, given: Any) -> None:
        try:
            work.values[each.name] = lookup.find(given) if each.kind == "ref" else [lookup.find(name) for name in given]
        except BadValue as error:
            work.values.pop(each.name)
            work.problems.append(Problem(error.message, (each.name,)))

    def _own(self, works: list[_Work]) -> None:
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

    def _recognise(self, works: list[_Work]) -> None:
        """Tell new rows from stored ones by the business key, and rows that repeat one another inside the file."""
        for work in works:
            work.row_id = next(self._ids) if self.table.__id__ == "uuid" else None
        keys = {work.number: existing.key_of(self.table, work.values) for work in works}
        stored = existing.load(self.session, self.table, {key for key in keys.values() if key}, self._lookups)
        for work in works:
            key = keys[work.number]
            if key is None:
                continue
            if key in self._seen:
                names = joined(self.table.__fields__[name].label for name in self.table.__key__)
                message = N_("{names}与本文件第 {row} 行重复", names=names, row=self._seen[key])
                work.problems.append(Problem(message, self.table.__key__, "KEY"))
                continue
            self._seen[key] = work.number
            found = stored.get(key)
            if found is not None:
                self._meet(work, found)

    def _meet(self, work: _Work, found: existing.Existing) -> None:
        work.kept, work.row_id, work.version, work.state = found, found.id, found.version, "update"
        if work.is_owned and self._owner is not None:
            work.values.pop(self._owner.name)
        if found.scope and not is_inside(self.viewer, *found.scope):
            message = N_("这条记录由其他部门维护，您不能修改")
            work.problems.append(Problem(message, self.table.__key__, "ROW"))
        for name, value in list(work.values.items()):
            stored = found.values.get(name)
            hidden = isinstance(value, str) and "*" in value and self.table.__fields__[name].hides(found.values.get)
            if hidden and value == masked(stored):
                work.values[name] = stored
        work.problems = [p for p in work.problems if not self._is_mask(work, p)]

    def _is_mask(self, work: _Work, problem: Problem) -> bool:
        """A masked value that comes back unchanged means "as it was": it is no bad value."""
        name = problem.fields[0] if len(problem.fields) == 1 else ""
        each = self.table.__fields__.get(name)
        if each is None or work.kept is None or not each.hides(work.kept.values.get):
            return False
        index = next(i for i, f in self.fields.items() if f.name == name)
        stored = work.kept.values.get(name)
        if stored is None or str(work.raw[index]).strip() != masked(stored):
            return False
        work.values[name] = stored
        return True

    def _judge(self, work: _Work) -> dict[str, Any]:
        values = with_defaults(self.table, work.values) if work.kept is None else work.kept.values | work.values
        for each in self._matches:
            wanted = values.get(str(each.match))
            values[each.name] = None
            if wanted:
                try:
                    values[each.name] = self._lookups[each.name].find(str(wanted))
                except BadValue:
                    pass
        if work.kept is not None and not work.problems and work.kept.is_same(work.values):
            work.state = "unchanged"
            return values
        judged: Judged = judge(self.table, values, self.context, self.viewer, work.row_id)
        told = {name for problem in work.problems for name in problem.fields}
        if work.problems:
            judged.problems = [p for p in judged.problems if not p.code and not told.intersection(p.fields)]
        work.problems += judged.problems
        return judged.values

    def _copy(self, works: list[_Work]) -> None:
        for each in self._matches:
            wanted = {w.values.get(str(each.match)) or (w.kept and w.kept.values.get(str(each.match))) for w in works}
            self._lookups[each.name].learn({str(value) for value in wanted if value})
        buffer = io.StringIO()
        for work in works:
            values = self._judge(work)
            if any(not problem.is_warning for problem in work.problems):
                work.state = "error"
            elif work.problems:
                self.counts.warning += 1
            self.counts.rows += 1
            setattr(self.counts, work.state, getattr(self.counts, work.state) + 1)
            buffer.write(self._line(work, values))
        buffer.seek(0)
        self.staging.copy(self.session, buffer)

    def _line(self, work: _Work, values: dict[str, Any]) -> str:
        scope = scope_of(self.table, values)
        head = (work.number, work.state, work.row_id, work.version, _told(work.problems), _raw(work.raw))
        numbers = (scope.get("department_id"), scope.get("scope_region")) if self.staging.is_scoped else ()
        return line((*head, *numbers, *(self._stored(each, values.get(each.name)) for each in self.staging.fields)))

    @staticmethod
    def _stored(each: Field, value: Any) -> Any:
        if value is None or each.kind not in ("ref", "many"):
            return value
        if each.kind == "ref":
            return value.id if hasattr(value, "id") else None
        return [item.id for item in value if hasattr(item, "id")]


def _chunks(rows: Iterable[RawRow]) -> Iterator[list[RawRow]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _reader(each: Field) -> Callable[[Any], Any]:
    """``field.read`` with a memory, and with formulas and error cells refused."""
    memo: dict[Any, Any] = {}

    def read(cell: Any) -> Any:
        if isinstance(cell, str | int | float | bool):
            key = (type(cell), cell)
            if key in memo:
                return memo[key]
            value = each.read(cell)
            if len(memo) < _MEMO:
                memo[key] = value
            return value
        if isinstance(cell, Formula):
            raise BadValue(N_("单元格是公式 {formula}，请改为数值或文本后再上传", formula=cell.text[:60]))
        if isinstance(cell, Fault):
            raise BadValue(N_("单元格是错误值 {fault}", fault=cell.text))
        return each.read(cell)

    return read


def _told(problems: list[Problem]) -> str | None:
    if not problems:
        return None
    told = [{"f": p.fields, "m": str(p.message), "c": p.code, "w": p.is_warning} for p in problems]
    return json.dumps(told, ensure_ascii=False)


def _raw(cells: tuple[Any, ...]) -> str:
    if any(isinstance(cell, tuple) for cell in cells):
        cells = tuple(as_json(cell) for cell in cells)
    return json.dumps(cells, ensure_ascii=False)
