"""Exports that nobody waits for: a job makes the file, which is kept for a week."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import force_locale, get_locale
from sqlalchemy.orm import Session

from app import jobs
from app.console.outgoing import Outgoing
from app.core import clock, query
from app.core.fields import Field
from app.core.messages import N_, Message
from app.core.query import Criteria
from app.core.table import Table, by_name
from app.core.viewer import must_have
from app.transfer.export import Export
from app.transfer.writer import file_name

#: From here on one is asked whether to wait.
MANY = 100_000
#: Rows of twenty columns that a busy machine exports in a second (bench/exports.py tells how many a quiet one does).
_A_SECOND = 25_000
_MINUTE = 60


@dataclass(frozen=True)
class Wanted:
    """An export as it can be written down: what is asked for, and what of it."""

    table: type[Table]
    criteria: Criteria
    fields: Sequence[Field] | None = None
    as_csv: bool = False

    def export(self) -> Export:
        """The same, to be carried out."""
        return Export(self.table, self.criteria, self.fields, self.as_csv)

    def parameters(self) -> list[tuple[str, str]]:
        """As the address of an export has it."""
        asked = self.criteria.parameters() + ([("format", "csv")] if self.as_csv else [])
        if self.fields is None:
            return asked
        return [*asked, ("seen", "1"), ("cols", ",".join(field.name for field in self.fields))]

    def given(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "table": self.table.__tablename__,
            "asked": self.criteria.parameters(),
            "fields": None if self.fields is None else [field.name for field in self.fields],
            "csv": self.as_csv,
        }

    @staticmethod
    def read(given: dict[str, Any]) -> Wanted:
        """From JSON. Raises Refused for what cannot be asked any more."""
        table = by_name(given["table"])
        fields = given["fields"]
        asked = query.read_criteria(table, [(name, value) for name, value in given["asked"]])
        seen = None if fields is None else [table.__fields__[name] for name in fields]
        return Wanted(table, asked, seen, given["csv"])


def seconds_for(rows: int) -> int:
    """How long so many rows take, by experience."""
    return -(-rows // _A_SECOND)


def told(seconds: int) -> Message:
    """A time as people say it."""
    if seconds < _MINUTE:
        return N_("约 {n} 秒", n=max(seconds, 1))
    return N_("约 {n} 分钟", n=-(-seconds // _MINUTE))


def defer(session: Session, wanted: Wanted, expected: int) -> jobs.Job:
    """Ask for the file. The same asked for again before it is there is one job."""
    viewer, given = must_have(session), wanted.given()
    text = json.dumps(given, sort_keys=True, ensure_ascii=False)
    once = f"export:{viewer.user_id}:{hashlib.sha256(text.encode()).hexdigest()}"
    given |= {"expected": expected, "language": str(get_locale() or "zh")}
    title = N_("导出{table}（{form}）", table=wanted.table.__label__, form="CSV" if wanted.as_csv else "Excel")
    return jobs.defer(session, "export", given, title=title, once=once)


@jobs.task("export", N_("导出"), queue="exports")
def make(work: jobs.Work) -> None:
    """The file is kept for the person who asked, in his language, with the rows that he may see now."""
    with force_locale(work.args["language"]):
        wanted = Wanted.read(work.args)
        export = wanted.export()
        export.check(work.session)
        label = str(wanted.table.__label__)
        name = file_name(work.viewer.department, label, clock.today(), export.suffix)
        with (
            closing(Outgoing(work.session, export, is_download=False)) as leaving,
            work.keep(name, export.media_type) as file,
        ):
            leaving.begin(0)
            for piece in leaving.pieces(tick=1.0):
                file.write(piece)
                work.progress(leaving.rows, max(work.args["expected"], leaving.rows))
        work.result(message=N_("共 {n} 条", n=leaving.rows), rows=leaving.rows)


def page_of_jobs() -> str:
    """Where one sees how far it is, and finds the file."""
    return url_for("JobPage.index")
