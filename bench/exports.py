"""Exports of inspections in 20 columns: ours against COPY to a deflated text file, XlsxWriter and openpyxl.

Every way reads the same rows in the same order with the same four joins, as the clerk and under his row policies, in a
process of its own; rounds take turns. The limit is PostgreSQL's own COPY of the bare columns to CSV, deflated as ours
is. The peers get the values as PostgreSQL says them for our own sheets, so that they have nothing to do but write.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from isal import isal_zlib
from sqlalchemy.orm import Session

from app.core import query
from app.core.table import by_name
from app.core.viewer import looking_as, must_have, person
from app.extensions import db
from app.transfer.export import Export
from bench import ground, pages, world
from bench.measure import Cost, backends, cpu_of, own_cpu, peak_memory

COLUMNS = (
    "department", "record_uid", "impl_org", "subject_kind", "party_name", "party_nature", "party_id_type",
    "party_id_no", "address_registered", "address_operating", "region", "submitted_at", "submitted_by", "action_no",
    "sub_item", "subject", "check_form", "check_type", "check_result", "checked_on",
)  # fmt: skip
ROWS, LARGE = 100_000, 1_000_000
OURS, LIMIT, BARE, XLSXWRITER, OPENPYXL = "ours", "limit", "bare", "xlsxwriter", "openpyxl"
ROUNDS = 3
_CHUNK = 2000


def database(rows: int) -> str:
    """A copy of the world with so many inspections; made once."""
    name = f"bench_exports_{rows}"
    if ground.exists(name, world.stamp()):
        return name
    world.ready()
    ground.fresh(name)
    with ground.uncaptured(name, "inspection"), ground.connected(name) as connection:
        there = ground.ask(connection, "SELECT count(*) FROM inspection")[0][0]
        others = ground.ask(
            connection,
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'inspection'::regclass AND NOT indisunique",
        )
        for (index,) in others:  # what lists are found by; an export reads whole tables
            ground.ask(connection, f"DROP INDEX {index}")
        columns = [name for (name,) in ground.ask(
            connection,
            "SELECT attname FROM pg_attribute WHERE attrelid = 'inspection'::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attgenerated = ''",
        )]  # fmt: skip
        new = {"id": "uuidv7()", "record_uid": "record_uid || '-' || n", "action_no": "action_no || '-' || n"}
        wanted = ", ".join(new.get(name, name) for name in columns)
        ground.ask(
            connection,
            f"INSERT INTO inspection ({', '.join(columns)}) SELECT {wanted} FROM inspection, generate_series(1, %s) n"
            " LIMIT %s",
            -(-rows // there),
            max(rows - there, 0),
        )
    ground.settle(name)
    ground.mark(name, world.stamp())
    return name


def wanted(as_csv: bool = False) -> Export:
    """What is exported."""
    table = by_name("inspection")
    return Export(table, query.read_criteria(table, []), [table.__fields__[name] for name in COLUMNS], as_csv)


class Counted:
    """A file that is thrown away: how many bytes it had."""

    def __init__(self) -> None:
        self.size = 0

    def send(self, content: bytes) -> None:
        """More of it."""
        self.size += len(content)


def ours(session: Session, file: Counted) -> int:
    """As a person downloads it, with the entry on the log."""
    from app.console.outgoing import Outgoing

    leaving = Outgoing(session, wanted())
    leaving.begin()
    for piece in leaving:
        file.send(piece)
    return leaving.rows


def csv(session: Session, file: Counted) -> int:
    """The same as a text file."""
    return wanted(as_csv=True).prepared(must_have(session)).write(session, file.send)


def limit(session: Session, file: Counted) -> int:
    """COPY of the same values to CSV, deflated."""
    return _copied(session, file, wanted(as_csv=True).prepared(must_have(session)).statement)


def bare(session: Session, file: Counted) -> int:
    """COPY of what is stored, deflated: codes instead of labels, moments in another zone, seals instead of masks."""
    return _copied(session, file, wanted()._selected(must_have(session), render=lambda field, value: value))


def _copied(session: Session, file: Counted, statement: sa.Select[Any]) -> int:
    from app.transfer.copying import copy_csv

    deflate = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
    lines: list[bytes] = []

    class Sink:
        rows = 0

        def write(self, line: bytes) -> int:
            self.rows += 1
            lines.append(line)
            if len(lines) == 400:
                file.send(deflate.compress(b"".join(lines)))
                lines.clear()
            return len(line)

    sink = Sink()
    copy_csv(session, statement, sink)
    file.send(deflate.compress(b"".join(lines)) + deflate.flush())
    return sink.rows


def _values(session: Session) -> Iterator[Any]:
    statement = wanted().prepared(must_have(session)).statement
    yield from session.execute(statement, execution_options={"yield_per": _CHUNK})


def xlsxwriter(session: Session, file: Counted) -> int:
    """XlsxWriter in constant memory, texts by ``write_string``, days by ``write_number``."""
    import xlsxwriter as library

    number = 0
    with tempfile.TemporaryFile() as stream:
        book = library.Workbook(stream, {"constant_memory": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        write, write_number, last = sheet.write_string, sheet.write_number, len(COLUMNS) - 1
        for number, row in enumerate(_values(session), 1):
            for at, value in enumerate(row):
                if at == last:
                    write_number(number, at, int(value), day)
                elif value is not None:
                    write(number, at, value)
        book.close()
        file.size = stream.tell()
    return number


def openpyxl(session: Session, file: Counted) -> int:
    """openpyxl's write-only workbook."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(COLUMNS)
    number = 0
    for row in _values(session):
        sheet.append([*row[:-1], int(row[-1])])
        number += 1
    stream = io.BytesIO()
    book.save(stream)
    file.size = len(stream.getvalue())
    return number


WAYS: dict[str, Callable[[Session, Counted], int]] = {
    OURS: ours, LIMIT: limit, BARE: bare, XLSXWRITER: xlsxwriter, OPENPYXL: openpyxl, "csv": csv,
}  # fmt: skip


def measured(way: str, rows: int) -> dict[str, Any]:
    """One export in this process."""
    name = f"bench_exports_{rows}"
    with ground.application(name).app_context():
        session = db.session()
        account = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": world.CLERK})
        clerk = person(session, account)
        session.rollback()
        with looking_as(session, clerk):
            wanted().prepared(clerk)  # what is done once in the life of a server
            apart = Session(db.engine)  # a second connection is there, as it is in a server that has run for a while
            apart.connection(), session.connection()
            apart.close()
            before, pids = peak_memory()[0], backends(name)
            own, served, began = own_cpu(), sum(map(cpu_of, pids)), time.monotonic()
            file = Counted()
            number = WAYS[way](session, file)
            own, served = own_cpu() - own, sum(map(cpu_of, pids)) - served
            seconds = time.monotonic() - began
        session.rollback()
    peak = peak_memory()[0]
    told = {"rows": number, "bytes": file.size, "memory": peak, "added": peak - before, "seconds": seconds}
    return vars(Cost(own, served)) | {"cpu": own + served} | told


def first(rows: int) -> dict[str, Any]:
    """Until the first byte has left the whole application: the request, its checks, the entry on the log."""
    name = f"bench_exports_{rows}"
    app = ground.application(name)
    client = pages.signed_in(app, world.CLERK)
    found = []
    form = client.get("/inspection/export_as").get_data(as_text=True)
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    for _ in range(6):
        pids = backends(name)
        own, served, began = own_cpu(), sum(map(cpu_of, pids)), time.monotonic()
        data = {"csrf_token": token, "do": "now"}
        answer = client.post(f"/inspection/export_as?seen=1&cols={','.join(COLUMNS)}", data=data)
        assert answer.status_code == 200, answer.status_code
        pieces = answer.response
        next(iter(pieces))
        cost = Cost(own_cpu() - own, sum(map(cpu_of, pids)) - served)
        found.append({**vars(cost), "cpu": cost.total, "seconds": time.monotonic() - began})
        answer.close()
    middle = sorted(found[1:], key=lambda each: each["cpu"])[len(found) // 2 - 1]
    return {**middle, "most": max(each["cpu"] for each in found[1:])}


def bench(rows: int = LARGE) -> list[dict[str, Any]]:
    """A tenth of the rows, then all of them."""
    return [compared(size) for size in dict.fromkeys((min(ROWS, rows), min(LARGE, rows)))]


def compared(rows: int) -> dict[str, Any]:
    """Every way in turns, and the first byte."""
    database(rows)
    ways = [OURS, LIMIT, BARE, "csv", XLSXWRITER, OPENPYXL]
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for at in range(ROUNDS):
        for way in ways:
            if at and rows > ROWS and way in (XLSXWRITER, OPENPYXL):
                continue  # minutes each: once is enough
            found[way].append(ground.run("bench.exports", way, str(rows)))
    middle = {
        way: {key: statistics.median(each[key] for each in costs) for key in costs[0]} for way, costs in found.items()
    }
    return {"rows": rows, "ways": middle, "first": ground.run("bench.exports", "first", str(rows))}


if __name__ == "__main__":
    way, size = sys.argv[1], int(sys.argv[2])
    print(json.dumps(first(size) if way == "first" else measured(way, size)))
