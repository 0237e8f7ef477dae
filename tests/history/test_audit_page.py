"""The audit page: who opens it, what he finds there, and that nothing on it can do harm."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from app.console.history import trail
from app.core import audit
from app.core.roles import Role
from app.core.viewer import THE_SYSTEM, Origin, Viewer, come_from, looking_as
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.world import World

WATCHERS = (Role.AUDIT_ADMIN, Role.AUDITOR, Role.SUPERVISION_OFFICE)
#: What a browser or a person may send of itself to write lines of its own into a log.
NASTY = '甲\r\n2026-11-22 伪造\u2028行\u202e倒写\x00\x1b[31m<script>alert(1)</script>=HYPERLINK("http://x")'
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u202e]")


def rows(page: str) -> list[str]:
    """The lines of the list, as text."""
    body = re.search(r'jg-audit">.*?<tbody>(.*?)</tbody>', page, re.S)
    found = re.findall(r"<tr>(.*?)</tr>", body.group(1), re.S) if body else []
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in found]


def numbers(page: str) -> list[int]:
    """The entries of the list; the alarms above it have links too."""
    return [int(each) for each in re.findall(r'c-when"[^>]*><a href="/audit/(\d+)"', page)]


@pytest.mark.parametrize("role", list(Role))
def test_who_opens_the_log(role: Role, world: World, browser: Callable[[str], Browser]):
    reader = browser(f"t_role_{role.value}")
    wanted = 200 if role in WATCHERS else 403
    for address in ("/audit/", "/audit/export?action=export"):
        answer = reader.get(address)
        assert answer.status_code == wanted, (role, address)
        answer.close()
    assert reader.get("/audit/mine/").status_code == 200
    menu = reader.get("/audit/mine/").get_data(as_text=True)
    assert ('href="/audit/"' in menu) == (role in WATCHERS)


def test_row_security_of_the_log_applies(world: World, browser: Callable[[str], Browser]):
    ours, theirs = world.another("inspection"), world.another("inspection", "stranger")
    office, auditor = browser("zfb_xian"), browser("t_role_auditor")
    for row, seen in ((ours, True), (theirs, False)):
        page = auditor.get("/audit/", key=str(row.id)).get_data(as_text=True)
        assert bool(rows(page)) == seen, row
    for row in (ours, theirs):  # both counties lie in the city
        assert rows(office.get("/audit/", key=str(row.id)).get_data(as_text=True))
    number = numbers(office.get("/audit/", key=str(theirs.id)).get_data(as_text=True))[0]
    assert office.get(f"/audit/{number}").status_code == 200
    assert auditor.get(f"/audit/{number}").status_code == 404
    assert auditor.get(f"/audit/{number}/proof").status_code == 404
    assert auditor.get("/audit/999999999999").status_code == 404


def test_events_of_people_are_seen_by_who_watches_over_them(world: World, browser: Callable[[str], Browser]):
    browser("t_role_clerk").get("/audit/")
    page = browser("t_role_auditor").get("/audit/", action="denied").get_data(as_text=True)
    assert any("t_role_clerk" in row and "审计日志" in row for row in rows(page))


def test_ones_own_acts(world: World, browser: Callable[[str], Browser]):
    browser("t_role_clerk").get("/audit/")
    page = browser("t_role_clerk").get("/audit/mine/").get_data(as_text=True)
    assert rows(page)
    number = re.search(r"/audit/mine/(\d+)", page).group(1)  # type: ignore[union-attr]
    assert browser("t_role_clerk").get(f"/audit/mine/{number}").status_code == 200
    assert browser("t_stranger").get(f"/audit/mine/{number}").status_code == 404
    assert browser("t_stranger").get(f"/audit/mine/{number}/proof").status_code == 404


def test_filters_find_what_they_say(world: World, browser: Callable[[str], Browser]):
    row, office = world.another("inspection"), browser("zfb_xian")

    def found(**asked: str) -> list[str]:
        answer = office.get("/audit/", **asked)
        assert answer.status_code == 200, asked
        return rows(answer.get_data(as_text=True))

    key = {"key": str(row.id)}
    assert len(found(**key)) == 1
    assert found(**key, action="insert", table="inspection")
    assert found(**key, action="changes")
    assert not found(**key, action="delete")
    assert not found(**key, action="events")
    assert not found(**key, table="penalty")
    assert found(**key, who="t_own")
    assert found(**key, who="测试t_own")
    assert not found(**key, who="t_stranger")
    assert found(**key, unit="万事甲县测试局")
    assert found(**key, unit="万事市测试局"), "with what stands below"
    assert not found(**key, unit="万事乙县测试局")
    assert not found(**key, unit="没有这个单位")
    assert not found(**key, **{"from": "2099-01-01"})
    assert not found(**key, address="203.0.113.9")
    stored = browser("t_own").get(f"/api/v1/inspection/{row.id}").json["result"]
    assert any(str(row.id) for _ in found(table="inspection", key=stored["action_no"] or stored["name"]))


@pytest.mark.parametrize(
    "asked", [{"from": "nonsense"}, {"action": "hack"}, {"table": "pg_class"}, {"who": "x" * 200}, {"key": "a\x01b"}]
)
def test_what_cannot_be_asked_is_refused_on_the_page(asked: dict[str, str], browser: Callable[[str], Browser]):
    answer = browser("zfb_xian").get("/audit/", **asked)
    assert answer.status_code == 400
    assert "查询条件" in answer.get_data(as_text=True)


@pytest.mark.parametrize("place", ["before", "after"])
def test_places_that_are_none(place: str, browser: Callable[[str], Browser]):
    assert browser("zfb_xian").get("/audit/", **{place: "x"}).status_code in (400, 404)


def test_pages_lead_on_and_back(browser: Callable[[str], Browser]):
    office = browser("zfb_xian")

    def link(page: str, rel: str) -> str:
        return html.unescape(re.search(rf'href="([^"]+)" rel="{rel}"', page).group(1))  # type: ignore[union-attr]

    first = office.get("/audit/", **{"from": "", "to": ""}).get_data(as_text=True)
    second = office.get(link(first, "next")).get_data(as_text=True)
    assert len(numbers(first)) == len(numbers(second)) == 50
    assert min(numbers(first)) > max(numbers(second))
    assert sorted(numbers(first) + numbers(second), reverse=True) == numbers(first) + numbers(second)
    back = office.get(link(second, "prev")).get_data(as_text=True)
    assert set(numbers(back)) >= set(numbers(first)) - set(numbers(back)) or len(numbers(back)) == 50
    assert min(numbers(back)) > max(numbers(second))


def nasty(app: Flask, world: World) -> None:
    """Somebody whose browser, name and words try to write lines of their own."""
    with world.session("own") as session:
        person = world.viewers["own"]
        who = Viewer(
            person.kind, person.low, person.high, person.user_id, NASTY.replace("\x00", ""), person.department_id
        )
        come_from(session, Origin("web", "r", NASTY.replace("\x00", ""), "s\u202e"), who)
        audit.note(
            session, "export", table="inspection", key="k\r\n\u202e", rows=1, agent=NASTY, filters={NASTY: NASTY}
        )
        session.commit()


def test_nobody_writes_lines_of_his_own(app: Flask, world: World, browser: Callable[[str], Browser]):
    nasty(app, world)
    watcher = browser("t_role_auditor")
    page = watcher.get("/audit/", action="export").get_data(as_text=True)
    number = numbers(page)[0]
    entry = watcher.get(f"/audit/{number}").get_data(as_text=True)
    for told in (page, entry):
        assert not CONTROL.search(told)
        assert "<script>alert" not in told
        assert "伪造" in told
    answer = watcher.get("/audit/export?action=export")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    answer.close()
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert not any(CONTROL.search(str(cell.value)) for cell in cells)
    who = [str(row[2].value) for row in sheet.iter_rows(min_row=2)]
    assert any("伪造" in each for each in who)
    assert not any("\n" in each for each in who)


def test_the_export_holds_what_the_page_shows(world: World, browser: Callable[[str], Browser]):
    row, watcher = world.another("inspection"), browser("t_role_auditor")
    answer = watcher.get(f"/audit/export?key={row.id}")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    answer.close()
    table = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert table[0][:5] == ["编号", "时间", "操作人", "单位", "操作"]
    assert len(table) == 2
    assert table[1][2:6] == ["测试t_own", "万事甲县测试局", "新增", "行政检查"]
    assert row.mark in table[1][8]


def test_an_entry_is_proven_once_it_is_sealed(
    app: Flask, world: World, browser: Callable[[str], Browser], tmp_path: Path
):
    import config
    from app.core.audit.sealer import Sealer

    row, writer = world.another("subject_tag"), browser("t_own")
    number = writer.get(f"/api/v1/subject_tag/{row.id}/history").json["result"][0]["id"]
    address = f"/subject_tag/history/{row.id}/{number}/proof"
    assert "还没有封存" in writer.get(address).get_data(as_text=True)
    assert writer.get(f"{address}?download=1").status_code == 404
    places = config.audit_places()
    done = Sealer(config.database_urls().sealer, places).once(quiet=0.0)
    assert done.seal is not None
    page = writer.get(address).get_data(as_text=True)
    assert "在第" in page
    assert "jg-checks" in page
    assert 'class="jg-bad"' not in page
    proof = writer.get(f"{address}?download=1")
    assert proof.headers["Content-Disposition"] == f'attachment; filename="proof-{number}.json"'
    assert trail.is_root(proof.json)
    assert trail.is_signed(proof.json)
    forged = proof.json | {"line": proof.json["line"].replace("insert", "update", 1)}
    assert not trail.is_root(forged)
    assert not trail.is_signed(proof.json | {"seal": proof.json["seal"] | {"n": 1}})
    import subprocess
    import sys

    file = tmp_path / "proof.json"
    file.write_bytes(proof.data)
    script = Path(__file__).parents[2] / "docs" / "verify_record.py"
    command = [sys.executable, str(script), str(file), "--anchor", str(places.anchor), "--key", str(places.public)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    board = browser("zfb_xian").get("/audit/").get_data(as_text=True)
    assert "号封印" in board
    assert "已封存" in board


def test_alarms_stand_on_the_board(app: Flask, browser: Callable[[str], Browser]):
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        audit.note(session, "alarm", message="封存中断测试")
        session.commit()
    page = browser("zfb_xian").get("/audit/").get_data(as_text=True)
    assert "封存中断测试" in page
    assert sa
