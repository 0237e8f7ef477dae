"""The inventory of events that are put on the log here: each happening is exactly one entry, with what belongs to it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.console.history import denials, log
from app.console.history.log import LOG, Entry
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.sheets import workbook
from tests.every_table.world import World


@pytest.fixture
def noted(app: Flask) -> Callable[[], Any]:
    """``with noted() as events:`` the events that came onto the log inside the block."""

    @contextmanager
    def listening() -> Iterator[list[Entry]]:
        events: list[Entry] = []
        with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
            last = session.scalar(sa.select(sa.func.max(LOG.c.id))) or 0
            session.rollback()
        yield events
        with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
            others = (*log.CHANGES, "sign_in", "session_ended")  # somebody may come in for the first time here
            found = log.selected(LOG.c.id > last, LOG.c.action.not_in(others)).order_by(LOG.c.id)
            events += log.entries(session, found)
            session.rollback()

    return listening


def the_one(events: list[Entry], action: str) -> Entry:
    assert [each.action for each in events] == [action]
    return events[0]


def test_an_export_is_noted_with_rows_filters_columns(noted, browser: Callable[[str], Browser]):
    for address, form in (
        ("/inspection/export?f.check_result=no_problem&order=-checked_on", "xlsx"),
        ("/inspection/export?f.check_result=no_problem&format=csv&seen=1&cols=name,checked_on", "csv"),
    ):
        with noted() as events:
            answer = browser("clerk_yanta").get(address)
            assert answer.status_code == 200
            answer.close()
        event = the_one(events, "export")
        assert (event.rel, event.via, event.name) == ("inspection", "web", "示例录入员甲")
        assert event.new["format"] == form
        assert event.new["rows"] > 0
        assert event.new["filters"]["f.check_result"] == "no_problem"
        assert "checked_on" in event.new["columns"]
        assert ("name" in event.new["columns"]) and (form == "xlsx" or event.new["columns"] == ["name", "checked_on"])


def test_a_list_of_the_api_is_noted_when_it_takes_rows_out(noted, browser: Callable[[str], Browser]):
    with noted() as events:
        assert browser("clerk_yanta").get("/api/v1/inspection/?limit=200").status_code == 200
    assert events == []
    with noted() as events:
        answer = browser("clerk_yanta").get("/api/v1/inspection/?limit=500&fields=name")
    event = the_one(events, "export")
    assert (event.rel, event.via, event.new["format"], event.new["rows"]) == (
        "inspection", "api", "json", len(answer.json["result"]),
    )  # fmt: skip
    assert event.new["columns"] == ["name"]


def test_what_is_refused_is_noted_once(noted, world: World, browser: Callable[[str], Browser]):
    row = world.row("inspection")
    cases = (
        ("/audit/", 403, "", "", "can_read on audit"),
        ("/inspection/template", 403, "inspection", "", "can_import on inspection"),
        (f"/inspection/show/{row.id}", 404, "inspection", str(row.id), None),
        (f"/api/v1/inspection/{row.id}", 404, "inspection", str(row.id), None),
        (f"/inspection/history/{row.id}", 404, "inspection", str(row.id), None),
        ("/inspection/show/nonsense", 404, "inspection", "nonsense", None),
    )
    for address, status, table, key, permission in cases:
        reader = browser("catalog_xian" if "template" in address else "clerk_hezuo")
        with noted() as events:
            assert reader.get(address).status_code == status, address
        event = the_one(events, "denied")
        assert (event.rel, event.pk, event.new["status"], event.new["path"]) == (table, key, status, address)
        assert event.new.get("permission") == permission
        assert event.address
        assert event.request


def test_what_nobody_is_denied_is_not_noted(noted, browser: Callable[[str], Browser]):
    with noted() as events:
        assert browser("clerk_yanta").get("/nowhere/at/all").status_code == 404
        assert browser(None).get("/inspection/list/").status_code == 302
        assert browser(None).get("/api/v1/inspection/").status_code == 401
        assert browser("clerk_yanta").get("/inspection/list/?order=nonsense").status_code == 400
    assert events == []


def test_a_crawler_cannot_flood_the_log(noted, browser: Callable[[str], Browser]):
    with noted() as events:
        for number in range(denials.MOST * 2):
            browser("clerk_hezuo").get(f"/inspection/show/{number}")
    assert len(events) == denials.MOST


def test_an_import_is_noted_with_its_batch_and_counts(noted, world: World, browser: Callable[[str], Browser]):
    table, reader = TABLES["subject_tag"], browser("t_own")
    given = world.given("subject_tag", count=2)
    with noted() as events:
        answer = reader.post("/subject_tag/import", file=(io.BytesIO(workbook(table, given)), "标签.xlsx"))
        while answer.status_code == 302:
            place = answer.headers["Location"]
            answer = reader.get(place)
        done = reader.post(f"{place.rstrip('/')}/commit")
        assert done.status_code == 302, done.get_data(as_text=True)
    event = the_one(events, "import")
    assert (event.rel, event.new["file"], event.new["inserted"], event.new["failed"]) == (
        "subject_tag",
        "标签.xlsx",
        2,
        0,
    )
    with world.session(THE_SYSTEM) as session:
        written = log.entries(
            session,
            log.selected(LOG.c.rel == "subject_tag", LOG.c.action == "insert").order_by(LOG.c.id.desc()).limit(2),
        )
        assert {each.txid for each in written} == {event.txid}
        assert log.imports(session, written)[event.txid].new["batch"] == event.new["batch"]
    page = reader.get(f"/subject_tag/history/{written[0].pk}").get_data(as_text=True)
    assert "标签.xlsx" in page
    assert f"/import_batch/show/{event.new['batch']}" in page


def test_rows_sent_at_once_are_an_import(noted, world: World, browser: Callable[[str], Browser]):
    given = world.given("subject_tag")
    with noted() as events:
        answer = browser("t_own").send("POST", "/api/v1/subject_tag/bulk", {"rows": given})
        assert answer.status_code == 200, answer.json
    event = the_one(events, "import")
    assert (event.rel, event.via, event.new["inserted"]) == ("subject_tag", "api", 1)


def test_a_bulk_delete_is_noted_with_its_count(noted, world: World, browser: Callable[[str], Browser]):
    rows = [world.another("subject_tag") for _ in range(3)]
    with noted() as events:
        answer = browser("t_own").post("/subject_tag/action", action="delete", ids=[str(row.id) for row in rows])
        assert answer.status_code == 302
    event = the_one(events, "bulk")
    assert (event.rel, event.new["rows"], sorted(event.new["keys"])) == (
        "subject_tag",
        3,
        sorted(str(r.id) for r in rows),
    )


def test_asking_about_somebody_is_noted(noted, browser: Callable[[str], Browser]):
    with noted() as events:
        assert browser("admin_yanta").post("/access/ask", person="clerk_yanta", table="inspection").status_code == 200
    event = the_one(events, "asked")
    assert (event.rel, event.new["person"]) == ("inspection", "clerk_yanta")
    assert "read" in event.new["answer"]


def test_taking_the_log_is_on_the_log(noted, browser: Callable[[str], Browser]):
    with noted() as events:
        answer = browser("zfb_xian").get("/audit/export?action=export&from=&to=")
        assert answer.status_code == 200
        answer.close()
    event = the_one(events, "export")
    assert (event.rel, event.new["filters"]) == ("audit.log", {"action": "export"})


def test_commands_are_noted(noted, app: Flask, tmp_path: Path):
    runner = app.test_cli_runner()
    target = str(tmp_path / "out.xlsx")
    with noted() as events:
        done = runner.invoke(args=["data", "export", "inspection", "-o", target, "--as", "clerk_yanta"])
        assert done.exit_code == 0, done.output
    assert [each.action for each in events] == ["export", "command"]
    taken, command = events
    assert (taken.via, taken.name, taken.new["format"]) == ("command", "示例录入员甲", "xlsx")
    assert (command.actor, command.new["command"], command.new["status"]) == (0, "data export", "0")
    assert command.new["arguments"]["table"] == "inspection"
    with noted() as events:
        assert runner.invoke(args=["data", "export", "inspection", "-o", target, "--as", "ghost"]).exit_code == 2
    assert the_one(events, "command").new["status"] == "2"
    with noted() as events:
        assert runner.invoke(args=["routes"]).exit_code == 0
    assert events == []


def test_saved_settings_are_captured(world: World):
    """Configuration is a table: its trigger writes the entry, with who and both values."""
    with world.session(THE_SYSTEM) as session:
        setting = TABLES["setting"]
        session.execute(sa.insert(setting).values(code="lock_minutes", value="15"))
        session.execute(sa.update(setting).where(setting.code == "lock_minutes").values(value="20"))
        found = log.entries(session, log.selected(LOG.c.rel == "setting").order_by(LOG.c.id.desc()).limit(2))
        assert [(each.action, each.old.get("value"), each.new.get("value")) for each in found] == [
            ("update", "15", "20"), ("insert", None, "15"),
        ]  # fmt: skip
