"""How an export leaves: alone for its person, on the log before it does, whole or visibly broken; or by a job."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from app import jobs
from app.console import export_work, outgoing
from app.console.history import log
from app.console.history.log import LOG, Entry
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from app.jobs.models import Job
from app.transfer import export as exports
from app.transfer.export import Export

WHO = "clerk_yanta"
LIST = "/inspection/export?seen=1&cols=name,party_name,checked_on&f.check_result=no_problem"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is answered in one piece: it is sent while it is made."""
    monkeypatch.setattr(outgoing, "AT_ONCE", 0.0)
    monkeypatch.setattr(outgoing.Outgoing.begin, "__defaults__", (0.0,))
    monkeypatch.setattr("app.transfer.sheets.copied._TOGETHER", 2_000)
    monkeypatch.setattr("app.transfer.flow._PIECE", 500)
    monkeypatch.setattr("app.transfer.flow._BETWEEN", 1)


@pytest.fixture
def logged(app: Flask) -> Iterator[Callable[[], list[Entry]]]:
    """The exports that came onto the log since the test began."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        last = session.scalar(sa.select(sa.func.max(LOG.c.id))) or 0
        session.rollback()

    def found() -> list[Entry]:
        with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
            return log.entries(session, log.selected(LOG.c.id > last, LOG.c.action == "export").order_by(LOG.c.id))

    yield found


def stages(entries: list[Entry]) -> list[tuple[Any, Any]]:
    return [(each.new.get("stage"), each.new.get("rows")) for each in entries]


def rows_in(content: bytes) -> int:
    return load_workbook(io.BytesIO(content)).worksheets[0].max_row - 1


def test_what_is_sent_while_it_is_made_is_on_the_log_before_and_after(at_once, logged, browser) -> None:
    answer = browser(WHO).get(LIST)
    assert stages(logged()) == [("begun", None)], "on the log before its first byte"
    content = answer.get_data()
    begun, done = logged()
    assert (done.new["stage"], done.new["rows"]) == ("done", rows_in(content))
    assert begun.request == done.request and begun.name == done.name == "示例录入员甲"
    for entry in (begun, done):
        assert entry.new["filters"] == {"f.check_result": "no_problem"}
        assert entry.new["columns"] == ["name", "party_name", "checked_on"]
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert re.search(r"filename\*=UTF-8''[^;]*\.xlsx", answer.headers["Content-Disposition"])


def test_a_small_file_is_one_entry(logged, browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing.Outgoing.begin, "__defaults__", (30.0,))
    content = browser(WHO).get(f"{LIST}&format=csv").get_data().decode("utf-8-sig")
    number = len(list(csv.reader(io.StringIO(content)))) - 1
    assert stages(logged()) == [(None, number)]


def test_who_leaves_is_told_of_by_the_log_and_nothing_runs_on(app: Flask, at_once, logged, browser) -> None:
    answer = browser(WHO).get("/inspection/export")
    pieces = iter(answer.response)
    assert next(pieces)
    again = browser(WHO).get("/inspection/export")
    assert again.status_code == 429, "one at a time"
    assert "正在进行" in again.get_data(as_text=True)
    answer.close()
    (begun, rows), (aborted, number) = stages(logged())
    assert (begun, rows, aborted) == ("begun", None, "aborted")
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY (%' AND state = 'active'"
        assert session.scalar(sa.text(busy)) == 0
        assert number < session.scalar(sa.select(sa.func.count()).select_from(TABLES["inspection"]))
    assert browser(WHO).get("/inspection/export?f.check_result=other").status_code == 200
    assert outgoing._room._value == outgoing.TOGETHER


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_breaks_on_the_way_is_never_whole(form: str, at_once, logged, browser, monkeypatch) -> None:
    whole = exports.Prepared.write

    def broken(self: Any, session: Any, send: Any, **more: Any) -> int:
        def fail(number: int) -> None:
            raise RuntimeError("the log is full")

        return whole(self, session, send, **{**more, "before_end": fail})

    monkeypatch.setattr(exports.Prepared, "write", broken)
    answer, taken = browser(WHO).get(f"/inspection/export?format={form}"), b""
    with pytest.raises(RuntimeError, match="the log is full"):
        for piece in answer.response:
            taken += piece
    answer.close()
    assert taken
    assert [stage for stage, _ in stages(logged())] == ["begun", "aborted"]
    if form == "csv":
        assert "导出中断，文件不完整" in taken.decode("utf-8-sig")
    else:
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(io.BytesIO(taken))


def test_what_fails_before_the_first_byte_is_a_page(logged, browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing.Outgoing.begin, "__defaults__", (30.0,))
    wrong = sa.text("1/0")
    monkeypatch.setattr(Export, "_render", lambda self, field, value: wrong)
    answer = browser(WHO).get(LIST)
    assert answer.status_code == 500
    assert "系统出错" in answer.get_data(as_text=True)
    assert logged() == []
    assert outgoing._room._value == outgoing.TOGETHER


def test_the_house_keeps_threads_for_others(browser, logged) -> None:
    taken = [outgoing._room.acquire(blocking=False) for _ in range(outgoing.TOGETHER)]
    try:
        answer = browser(WHO).get(LIST)
        assert answer.status_code == 429 and "后台生成" in answer.get_data(as_text=True)
    finally:
        for _ in taken:
            outgoing._room.release()
    assert logged() == []


def test_many_rows_are_asked_about_first(browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_work, "MANY", 10)
    reader = browser(WHO)
    answer = reader.get(f"{LIST}&order=-party_name&format=csv")
    assert answer.status_code == 303
    place = answer.headers["Location"]
    page = reader.get(place).get_data(as_text=True)
    for text in ("共", "约 1 秒", "3 列，与列表一致", "立即下载", "后台生成", "保留一周"):
        assert text in page
    assert re.search(r'value="csv" checked', page)
    now = reader.post(place, do="now", format="csv")
    assert now.status_code == 200
    assert now.get_data().decode("utf-8-sig").startswith("检查行为名称,")
    assert reader.post(f"{place}&f.nonsense=1", do="now").status_code == 400


def test_a_job_makes_the_same_file_and_only_once(app: Flask, browser, logged) -> None:
    reader = browser(WHO)
    place = LIST.replace("/export?", "/export_as?")
    for _ in range(3):
        answer = reader.post(place, do="job", format="xlsx")
        assert answer.status_code == 302
        assert reader.get(answer.headers["Location"]).status_code == 200
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        keys = session.scalars(sa.select(Job.id).where(Job.task_name == "export", Job.state == "waiting")).all()
        session.rollback()
    assert len(keys) == 1, "the same asked for again is one job"
    assert jobs.run_waiting(app) == 1
    (*begun, (done, number)) = stages(logged())
    assert (begun, done) in (([("begun", None)], "done"), ([], None)), "one entry if it was whole before it left"
    assert {each.via for each in logged()} == {"job"}
    file = reader.get(f"/jobs/{keys[0]}/file")
    assert file.status_code == 200
    content, direct = file.get_data(), reader.get(LIST).get_data()
    assert rows_in(content) == number
    cells = [[[c.value for c in row] for row in load_workbook(io.BytesIO(x)).worksheets[0]] for x in (content, direct)]
    assert cells[0] == cells[1]
    assert f"共 {number} 条" in reader.get("/jobs/").get_data(as_text=True)
    assert browser("clerk_beilin").get(f"/jobs/{keys[0]}/file").status_code == 404


def test_a_job_that_is_cancelled_leaves_no_file(app: Flask, at_once, browser, monkeypatch, logged) -> None:
    reader = browser(WHO)
    reader.post("/inspection/export_as", do="job", format="csv")

    def stop(self: jobs.Work, *_: Any) -> None:
        raise jobs.Cancelled

    monkeypatch.setattr(jobs.Work, "progress", stop)
    jobs.run_waiting(app)
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        job = session.scalars(sa.select(Job).where(Job.task_name == "export").order_by(Job.id.desc()).limit(1)).one()
        assert (job.state, job.file_id) == ("cancelled", None)
    assert [stage for stage, _ in stages(logged())] == ["begun", "aborted"]


def test_wanted_is_written_down_and_read_again(app: Flask) -> None:
    table = TABLES["inspection"]
    with app.test_request_context():
        for fields in (None, [table.__fields__["name"], table.__fields__["checked_on"]]):
            for given in ([], [("q", "公司"), ("f.check_result", "other"), ("order", "-name")]):
                asked = export_work.query.read_criteria(table, given)
                wanted = export_work.Wanted(table, asked, fields, as_csv=bool(given))
                assert export_work.Wanted.read(wanted.given()) == wanted
    assert str(export_work.told(export_work.seconds_for(0))) == "约 1 秒"
    assert str(export_work.told(export_work.seconds_for(1_000_000))) == "约 40 秒"
    assert str(export_work.told(export_work.seconds_for(20_000_000))) == "约 14 分钟"


def test_the_command_writes_both_forms(app: Flask, tmp_path: Any, logged) -> None:
    for suffix in ("xlsx", "csv"):
        target = tmp_path / f"out.{suffix}"
        given = ["data", "export", "inspection", "-o", str(target), "--as", WHO, "--filter", "check_result=other"]
        done = app.test_cli_runner().invoke(args=given)
        assert done.exit_code == 0, done.output
        with target.open("rb") as stream:
            assert stream.read(4) == (b"PK\x03\x04" if suffix == "xlsx" else b"\xef\xbb\xbf" + "所".encode()[:1])
    assert [each.new["format"] for each in logged()] == ["xlsx", "csv"]
    assert all(rows is not None for _, rows in stages(logged()))
