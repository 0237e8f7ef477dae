"""The list of what is overdue, as people meet it: who sees which departments, who may do something about it."""

import re
from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.messages import N_
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.core.workflow import todos
from app.core.workflow.models import FlowStep, Notice, Todo
from app.core.workflow.people import Unit
from app.domains.org.pages.urging import page as urging_page
from app.extensions import db

CLERKS = {
    "clerk_yanta": "西安市雁塔区市场监督管理局",
    "clerk_beilin": "西安市碑林区市场监督管理局",
    "clerk_hezuo": "合作市市场监督管理局",
}


@pytest.fixture(scope="module")
def waiting(app):
    """An overdue to-do for each of three departments, of two regions; gone afterwards."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        item = session.scalars(sa.select(TABLES["supervision_sub_item"]).limit(1)).one()
        keys = {}
        for name in CLERKS:
            unit = session.execute(
                sa.text("SELECT d.id, d.region_id, d.name FROM department d JOIN account a "
                        "ON a.department_id = d.id WHERE a.username = :name"), {"name": name},
            ).one()  # fmt: skip
            todo = todos.ask(
                session, item, Unit(*unit), needs="read", what=N_("待处理"), due_on=clock.today() - timedelta(days=9)
            )
            todo.title_text = f"催办试验{name}"
            keys[name] = str(todo.id)
        session.commit()
    yield keys
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        session.execute(sa.delete(FlowStep).where(FlowStep.table_name == "todo"))
        session.execute(sa.delete(Todo).where(Todo.title_text.startswith("催办试验")))
        session.execute(sa.delete(Notice))
        session.commit()


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("zfb_xian", {"clerk_yanta", "clerk_beilin"}),
        ("admin_yanta", {"clerk_yanta"}),
        ("evaluator_xian", {"clerk_yanta", "clerk_beilin"}),
    ],
)
def test_everybody_sees_his_own_departments(browser, waiting, who, sees):
    page = browser(who).get("/urging/").get_data(as_text=True)
    assert {name for name in CLERKS if f"催办试验{name}" in page} == sees


@pytest.mark.parametrize("who", ["clerk_yanta", "inspector_yanta"])
def test_others_do_not_open_it(browser, waiting, who):
    assert browser(who).get("/urging/").status_code == 403
    assert browser(who).get("/urging/export").status_code == 403


def test_only_the_lead_office_decides(browser, waiting):
    page = browser("admin_yanta")
    assert 'name="ids"' not in page.get("/urging/").get_data(as_text=True)
    answer = page.post("/urging/decide", verb="supervise", ids=waiting["clerk_yanta"], reason="试")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"verb": "supervise", "reason": ""}, 422),
        ({"verb": "supervise", "reason": "试", "ids": ""}, 422),
        ({"verb": "nothing", "reason": "试"}, 400),
        ({"verb": "supervise", "reason": "试", "ids": "clerk_hezuo"}, 404),
        ({"verb": "release", "reason": "试"}, 409),
    ],
)
def test_what_cannot_be_decided_is_refused(browser, waiting, sent, status):
    name = sent.get("ids", "clerk_yanta")
    answer = browser("zfb_xian").post("/urging/decide", **(sent | {"ids": waiting.get(name, "")}))
    assert answer.status_code == status


def test_the_lead_office_supervises_and_releases(browser, waiting):
    page, key = browser("zfb_xian"), waiting["clerk_beilin"]
    assert page.post("/urging/decide", verb="supervise", ids=key, reason="专项督查").status_code == 302
    listed = page.get("/urging/", tab="supervised").get_data(as_text=True)
    assert "催办试验clerk_beilin" in listed
    assert "专项督查" in listed
    assert page.post("/urging/decide", verb="release", ids=key, reason="已同意延期").status_code == 302
    assert "催办试验clerk_beilin" not in page.get("/urging/", tab="supervised").get_data(as_text=True)
    assert "已同意延期" in page.get("/urging/").get_data(as_text=True)


def test_the_workbook_has_the_rows_of_the_page(browser, waiting):
    answer = browser("zfb_xian").get("/urging/export")
    sheet = openpyxl.load_workbook(BytesIO(answer.get_data())).active
    titles = {row[2] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert {"催办试验clerk_yanta", "催办试验clerk_beilin"} <= titles
    assert "催办试验clerk_hezuo" not in titles


def test_settings_of_urging_are_the_lead_office_s(browser):
    page = browser("zfb_xian")
    shown = page.get("/urging_settings/").get_data(as_text=True)
    assert 'name="supervise_at"' in shown
    assert 'name="password_length"' not in shown
    assert page.post("/urging_settings/change", supervise_at="99").status_code == 422
    assert page.post("/urging_settings/change", password_length="8", supervise_at="2").status_code == 302
    assert browser("secadmin").get("/urging_settings/").status_code == 403
    assert 'name="supervise_at"' not in browser("secadmin").get("/settings/").get_data(as_text=True)
    with page.client.application.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        stored = sa.select(TABLES["setting"]).where(TABLES["setting"].code == "password_length")
        assert session.scalars(stored).first() is None


def test_departments_and_to_dos_are_paged(browser, waiting, monkeypatch):
    reader = browser("zfb_xian")

    def units(**asked):
        found = reader.get("/urging/", **asked).get_data(as_text=True)
        board = found[found.index('id="units"') : found.index("</details>", found.index('id="units"'))]
        names = re.findall(r'<td class="c-no">(\d+)</td><td class="c-name"[^>]*><a [^>]*>([^<]+)</a>', board)
        return names, re.search(r'<tr class="jg-total">.*?</tr>', board, re.S).group(0), found

    whole, total, found = units()
    assert len(whole) >= 2
    titles = re.findall(r'name="ids" value="([^"]+)"', found)
    monkeypatch.setattr(urging_page, "SIZE", 1)
    pages = [units(units=at) for at in range(1, len(whole) + 1)]
    assert [each for names, _, _ in pages for each in names] == whole
    assert {sums for _, sums, _ in pages} == {total}
    second = reader.get("/urging/", page=2, units=2).get_data(as_text=True)
    assert re.findall(r'name="ids" value="([^"]+)"', second) == titles[1:2]
    assert 'name="page" value="2"' in second
    # What was refused is shown where it was asked.
    answer = reader.post("/urging/decide", verb="supervise", ids=titles[1], reason="", page="2", tab="overdue")
    assert answer.status_code == 422
    assert f'value="{titles[1]}" checked' in answer.get_data(as_text=True)


def test_the_admin_is_led_to_whom_he_may_assign(browser, waiting):
    assert "/todo/?tab=unit" in browser("admin_yanta").get("/urging/").get_data(as_text=True)
    assert "/todo/?tab=unit" not in browser("zfb_xian").get("/urging/").get_data(as_text=True)
