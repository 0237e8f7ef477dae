"""A workbook of inspections and their results against the two files imported one after the other: CPU and memory.

``JIANGUAN_HOME=… python -m bench.books [inspections] [results of each]`` works in the database of that home (demo
data), where nothing is left behind: each transaction is rolled back.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.orm import Session

from app.core.table import by_name
from app.core.viewer import looking_as, person
from app.extensions import db
from bench.measure import Meter, peak_memory

CLERK = "clerk_yanta"
PARENT, CHILD = "inspection", "inspection_item_result"


def write(path: Path, facts: dict[str, Any], series: str, parents: int, each: int, only: str = "") -> Path:
    """The workbook of both tables, the child before its parent, or of one of them."""
    from tests.journeys.inspections import good_inspection

    def inspections() -> Iterator[dict[str, Any]]:
        for at in range(parents):
            numbers = {"检查行为编号": f"{series}{at:07}", "行政检查文书号": f"{series}文{at:07}"}
            yield good_inspection(facts, series, at) | numbers

    def results() -> Iterator[dict[str, Any]]:
        for at in range(parents):
            for item in range(each):
                yield {"检查行为编号": f"{series}{at:07}", "检查项名称": f"检查项{item}", "检查项结果": "合格"}

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False})
    for name, rows in ((CHILD, results()), (PARENT, inspections())):
        if only in ("", name):
            sheet, line = book.add_worksheet(str(by_name(name).__label__)), 0
            for line, row in enumerate(rows, 1):
                if line == 1:
                    sheet.write_row(0, 0, list(row))
                sheet.write_row(line, 0, list(row.values()))
    book.close()
    return path


def together(session: Session, meter: Meter, path: Path) -> list[int]:
    """Check and store the workbook; how many rows of each table were stored."""
    from app.transfer import glimpse, headers
    from app.transfer.books import book
    from app.transfer.books.recognise import recognise

    with meter.phase("receive"):
        batch = _received(session, path, PARENT)
        seen = glimpse.kept(batch)
        assert seen is not None
        found = recognise(seen, by_name(PARENT), lambda _: True, lambda table: headers.memory_of(session, table))
        book.make(session, batch, found)
        begun = book.begin(session, batch)
    for each in begun:
        with meter.phase(f"check {each.table_name}"):
            book.check_on(session, each)
    with meter.phase("commit"):
        return [outcome.inserted for _, outcome in book.commit(session, batch)]


def apart(session: Session, meter: Meter, files: Sequence[tuple[str, Path]]) -> list[int]:
    """Check and store one file after the other."""
    from app.transfer import first_sight, upload

    stored = []
    for name, path in files:
        with meter.phase("receive"):
            batch = _received(session, path, name)
            seen = first_sight.sighting_of(session, batch)
        with meter.phase(f"check {name}"):
            upload.check(session, batch, seen, seen.match.fields)
        with meter.phase("commit"):
            stored.append(upload.commit(session, batch).inserted)
    return stored


def _received(session: Session, path: Path, name: str) -> Any:
    from app.transfer import first_sight, upload

    with path.open("rb") as stream:
        batch = upload.receive(session, by_name(name), path.name, stream)
    first_sight.look(session, batch)
    return batch


def measured(parents: int, each: int) -> dict[str, Any]:
    """Both ways, with the memory before and after."""
    from app.factory import create_app
    from tests.journeys.inspections import inspection_facts

    app = create_app()
    facts, found = inspection_facts(app), dict[str, Any]()
    with tempfile.TemporaryDirectory() as folder, app.app_context():
        place = Path(folder)
        both = write(place / "both.xlsx", facts, "BB", parents, each)
        files = [(name, write(place / f"{name}.xlsx", facts, "BA", parents, each, name)) for name in (PARENT, CHILD)]
        session = db.session()
        account = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": CLERK})
        clerk = person(session, account)
        session.rollback()
        for way, work in (("together", together), ("apart", apart)):
            with looking_as(session, clerk):
                pid = session.scalar(sa.text("SELECT pg_backend_pid()"))
                meter = Meter({int(pid or 0)})
                before = peak_memory()[0]
                stored = work(session, meter, both if way == "together" else files)  # type: ignore[operator]
                costs = {name: [round(cost.own, 2), round(cost.database, 2)] for name, cost in meter.costs.items()}
                found[way] = {"stored": stored, "cpu": round(meter.total, 2), "phases": costs}
                found[way]["memory"] = [round(before), round(peak_memory()[0])]
                session.rollback()
    return found


if __name__ == "__main__":
    sizes = [int(each) for each in sys.argv[1:3]]
    print(json.dumps(measured(*(sizes or [20_000, 3])), ensure_ascii=False, indent=1))
