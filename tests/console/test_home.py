"""The first page: every number is the length of the list behind it, and the trend is what SQL counts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app.console import shape
from app.console.home import figures, trend
from app.console.home.entries import MOST, Entry, entries
from app.core import clock, words
from app.core.roles import Role
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, look_as, looking_as
from app.core.workflow import notices
from app.core.workflow.models import Notice
from app.extensions import db
from tests.conftest import Browser
from tests.console.test_dossier import viewer_of
from tests.every_table.values import fresh

PEOPLE = ("clerk_yanta", "clerk_beilin", "catalog_xian", "zfb_xian")


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    trend.forget()
    with app.app_context():
        yield
        db.session.rollback()
        db.session.remove()


def count_in_list(reader: Browser, url: str) -> str:
    page = reader.get(html.unescape(url)).get_data(as_text=True)
    found = re.search(r'class="jg-count"[^>]*>\s*共 ([\d,]+) 条', page)
    assert found, url
    return found.group(1).replace(",", "")


@pytest.mark.parametrize("who", PEOPLE)
def test_every_figure_is_the_number_of_rows_behind_its_link(who: str, browser: Callable[[str], Browser]):
    reader = browser(who)
    trend.forget()  # other tests have added rows since it was kept
    page = reader.get("/").get_data(as_text=True)
    unit = re.findall(r'<td><a href="([^"]+)"[^>]*>([\d,]+)</a></td>', page)
    due = re.findall(r'<li class="jg-due-\w+"><a href="([^"]+)"><span>[^<]*</span><strong>([\d,]+)</strong>', page)
    assert unit
    for url, number in [*unit, *due]:
        assert count_in_list(reader, url) == number.replace(",", ""), url


def test_a_clerks_unit_has_its_own_rows_only(app: Flask, browser: Callable[[str], Browser]):
    with app.app_context():
        viewer = viewer_of("clerk_yanta")
        with looking_as(db.session(), THE_SYSTEM):
            expected = db.session().scalar(
                sa.text("SELECT count(*) FROM inspection WHERE department_id = :d AND checked_on >= :f"),
                {"d": viewer.department_id, "f": clock.today().replace(day=1)},
            )
    page = browser("clerk_yanta").get("/").get_data(as_text=True)
    row = page[page.index('<th scope="row">行政检查</th><td>') :]
    assert f">{expected}</a>" in row[: row.index("</tr>")]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("who", ["clerk_yanta", "clerk_beilin", "zfb_xian"])
def test_the_trend_is_what_sql_counts(who: str):
    viewer = viewer_of(who)
    look_as(db.session(), viewer)
    tables = [TABLES[name] for name in ("inspection", "penalty")]
    found = trend.trend(db.session(), tables, viewer, clock.today())
    column = "scope_region" if viewer.kind == "viewer_region" else "department_id"
    for series in found.series:
        day = shape.event_day(series.table).column
        with looking_as(db.session(), THE_SYSTEM):
            rows = dict(
                db.session()
                .execute(
                    sa.text(
                        f"SELECT date_trunc('month', {day})::date, count(*) FROM {series.table.__tablename__}"
                        f" WHERE {column} BETWEEN {viewer.low} AND {viewer.high} GROUP BY 1"
                    )
                )
                .all()
            )
        assert series.numbers == tuple(rows.get(month, 0) for month in found.months)
        assert not series.is_estimate
        assert sum(series.numbers) > 0


@pytest.mark.usefixtures("context")
def test_large_tables_are_sampled_and_say_so(monkeypatch: pytest.MonkeyPatch):
    viewer = viewer_of("zfb_xian")
    look_as(db.session(), viewer)
    tables = [TABLES["inspection"], TABLES["serious_listing"]]
    exact = trend.trend(db.session(), tables, viewer, clock.today()).series[0]
    trend.forget()
    monkeypatch.setattr(trend, "EXACT", 1000)
    monkeypatch.setattr(trend, "SAMPLE", 3000)
    large, small = trend.trend(db.session(), tables, viewer, clock.today()).series
    assert large.is_estimate and not small.is_estimate
    assert 0.5 < sum(large.numbers) / sum(exact.numbers) < 2
    trend.forget()


@pytest.mark.usefixtures("context")
def test_the_trend_is_kept_for_those_who_see_the_same_and_for_nobody_else():
    statements: list[str] = []
    listen = lambda _c, _cur, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        answers = {}
        for who in ("clerk_yanta", "clerk_yanta", "clerk_beilin"):
            viewer = viewer_of(who)
            look_as(db.session(), viewer)
            before = len([each for each in statements if "date_trunc" in each])
            answers[who] = trend.trend(db.session(), [TABLES["inspection"]], viewer, clock.today())
            asked = len([each for each in statements if "date_trunc" in each]) - before
            assert asked == (0 if who in answers and before == 1 and who == "clerk_yanta" else 1)
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    assert answers["clerk_yanta"].series != answers["clerk_beilin"].series


def test_the_page_asks_few_questions(app: Flask, browser: Callable[[str], Browser]):
    reader, costs = browser("sysadmin"), []
    reader.get("/")
    for forget in (True, False):
        if forget:
            trend.forget()
        statements: list[str] = []
        listen = lambda _c, _cur, statement, *_, kept=statements: kept.append(statement)  # noqa: E731
        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", listen)
        assert reader.get("/").status_code == 200
        event.remove(engine, "before_cursor_execute", listen)
        costs.append(len([each for each in statements if not each.startswith(("SET LOCAL", "SELECT 1"))]))
    assert costs[0] <= 8
    assert costs[1] <= 6


def test_months_and_their_last_days():
    assert trend.months_until(date(2026, 2, 14), 3) == (date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1))
    assert [trend.last_day(date(2024, month, 1)).day for month in (1, 2, 4, 12)] == [31, 29, 30, 31]


def test_what_is_counted_follows_the_declarations(app: Flask):
    found = figures.wanted([TABLES["inspection"], TABLES["inspector"], TABLES["region"]], 7, date(2026, 11, 22))
    told = [(each.kind, each.table.__tablename__, each.parameters) for each in found]
    assert told == [
        ("week", "inspection", (("f.department", "7"), ("f.checked_on.from", "2026-11-16"))),
        ("month", "inspection", (("f.department", "7"), ("f.checked_on.from", "2026-11-01"))),
        ("late", "inspection", (("f.department", "7"), ("f.checked_on.from", "2026-10-23"), ("f.is_late", "true"))),
        ("ending", "inspector", (
            ("f.department", "7"), ("f.cert_valid_until.from", "2026-11-22"), ("f.cert_valid_until.to", "2026-12-22"))),
    ]  # fmt: skip


def test_entries_are_those_of_the_role(app: Flask):
    tables = [table for table in TABLES.values() if table.__menu__ and table.__pages__]

    def may_of(role: Role) -> Callable[[str, str], bool]:
        return lambda action, name: action in TABLES[name].__may__.get(role.value, frozenset())

    def first(role: Role) -> Entry:
        return entries(tables, frozenset({role.value}), may_of(role))[0]

    assert (first(Role.CLERK).page, first(Role.CLERK).table.__tablename__) == ("add", "inspection")
    assert first(Role.EVALUATOR).page == "index"
    assert first(Role.CATALOG_EDITOR).table.__tablename__ == "supervision_item"
    assert first(Role.DEPT_ADMIN).table.__tablename__ == "account"
    for role in Role:
        found = entries(tables, frozenset({role.value}), may_of(role))
        assert len({(each.table, each.page) for each in found}) == len(found) <= MOST
        for each in found:
            action = {"index": "read", "add": "add", "upload": "import"}[each.page]
            assert may_of(role)(action, each.table.__tablename__)


def test_the_first_page_has_an_urgent_notice_from_its_beginning(app: Flask, browser: Callable[[str], Browser]):
    """Nothing is shown later that would move what somebody is about to press: the bar is there, or it is not."""
    reader, said = browser("handler_yanta"), f"催办试验{fresh()}"

    def bar() -> str:
        found = re.search(
            r'<div class="[^"]*jg-bell-bar".*?</form></div>', reader.get("/").get_data(as_text=True), re.S
        )
        assert found
        return html.unescape(found.group(0))

    assert " hidden>" in bar()
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        person = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = 'handler_yanta'"))
        notices.tell(session, [person], words.read({"m": f"{said}<b>", "p": {}}))
        session.commit()
    try:
        shown = bar()
        assert " hidden>" not in shown
        assert f"<div data-bell-text>{said}<b></div>" in shown
        told = json.loads(re.search(r'data-told="(\{.*?\})"', shown).group(1))
        assert told == reader.get("/notices/bell.json").get_json()
        assert f'action="/notices/{told["urgent"]["id"]}/open"' in shown
        assert reader.post(f"/notices/{told['urgent']['id']}/open").status_code == 302
        assert " hidden>" in bar()
    finally:
        with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
            session.execute(sa.delete(Notice).where(Notice.created_by == person))
            session.commit()
