"""Lists: what is counted, which columns are seen, what addresses may ask, and the way back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from app.console.tally import Number, Question, expected, tally
from app.console.view.list import list_fields
from app.console.view.list.asked import local
from app.console.view.list.columns import status_field
from app.console.view.list.counts import _round, shown
from app.core import query, saving, sealing
from app.core.query import Criteria, read_criteria
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.console.pages import listed, states, total
from tests.every_table.values import fresh
from tests.every_table.world import World

SUBJECT, DAY = TABLES["subject"], TABLES["work_day"]
Sign = Callable[[str], Browser]


@pytest.fixture(scope="module")
def mark(world: World) -> str:
    """Seven departments' days of a name of their own, of two sources."""
    name = f"数{fresh()}"
    with world.session("own") as session:
        for number in range(7):
            day = date(1901, 1, 1) + timedelta(days=number)
            while session.scalar(sa.select(DAY.id).where(DAY.day == day)):
                day += timedelta(days=7)
            row = {"day": day, "is_workday": "是", "name": name}
            saving.save(session, DAY, row | {"source": "manual" if number < 5 else "estimated"})
        session.commit()
    return name


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calendar counts the sources of its days."""
    monkeypatch.setattr(DAY, "__status__", "source")
    from app.console.view.list import columns

    columns._status_field.cache_clear()
    yield
    monkeypatch.undo()
    columns._status_field.cache_clear()


def page_of(browser: Browser, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status, address
    return answer.get_data(as_text=True)


# ---- counts ---------------------------------------------------------------------------------------------------


def test_states_are_counted_and_lead_there(mark: str, counted: None, browser: Sign):
    reader = browser("t_own")
    page = page_of(reader, f"/work_day/list/?f.name={mark}")
    labels = {member.value: str(member.label) for member in DAY.__fields__["source"].choices}
    found = states(page)
    assert {label: number for label, (number, _) in found.items()} == {labels["manual"]: "5", labels["estimated"]: "2"}
    only = page_of(reader, found[labels["estimated"]][1])
    assert total(only) == "共 2 条"
    assert len(listed(only).rows) == 2
    again = states(only)
    assert again[labels["manual"]][0] == "5", "the other states stay counted"
    assert total(page_of(reader, again[labels["estimated"]][1])) == "共 7 条", "the state in force leads out again"
    both = page_of(reader, f"/work_day/list/?f.name={mark}&f.source=manual&f.source=estimated")
    assert total(both) == "共 7 条"


def test_states_are_those_of_the_other_conditions(mark: str, counted: None, browser: Sign):
    page = page_of(browser("t_own"), f"/work_day/list/?f.name={mark}&f.source=manual&f.is_workday=false")
    assert states(page)[str(DAY.__fields__["source"].choices("manual").label)][0] == "0"


def test_every_state_field_is_a_choice_that_may_be_asked_for():
    for table in TABLES.values():
        field = status_field(table)
        assert field is None or (field.choices is not None and query.searchable(field)), table
    assert status_field(TABLES["inspection"]).name == "check_result"
    assert status_field(TABLES["supervision_sub_item"]).name == "status"


@pytest.fixture(scope="module")
def analysed(world: World) -> None:
    """PostgreSQL knows its tables, as it does after a night."""
    from config import database_urls

    engine = sa.create_engine(database_urls().owner)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE inspection")
    engine.dispose()


def test_beyond_the_cap_the_planner_is_asked(world: World, analysed: None):
    table = TABLES["inspection"]
    with world.session(THE_SYSTEM) as session:
        found = Question(query.matching(table, Criteria(), THE_SYSTEM))
        values = [member.value for member in table.__fields__["check_result"].choices]
        exact = tally(session, found, found, table.check_result, values)
        assert not exact.total.is_estimate
        assert sum(number.rows for number in exact.by_value.values()) == exact.total.rows > 1000
        rough = tally(session, found, found, table.check_result, values, cap=5)
        assert rough.total.is_estimate
        assert all(number.is_estimate for number in rough.by_value.values())
        for value, number in exact.by_value.items():
            assert 0.7 < (rough.by_value[value].rows + 20) / (number.rows + 20) < 1.4, value
        assert 0.9 < rough.total.rows / exact.total.rows < 1.1
        few = Question(query.matching(table, read_criteria(table, [("f.check_result", "other")]), THE_SYSTEM))
        mixed = tally(session, few, found, table.check_result, values, cap=exact.by_value["other"].rows)
        assert mixed.total == exact.by_value["other"], "what was counted is not estimated"
        assert mixed.by_value["no_problem"].is_estimate


def test_the_estimate_is_the_viewers_own(world: World):
    table = TABLES["inspection"]
    numbers = {}
    for who in ("own", "parent"):
        with world.session(who) as session:
            numbers[who] = expected(session, [query.matching(table, Criteria(), world.viewers[who])])[0]
    assert numbers["own"] <= numbers["parent"]


@pytest.mark.parametrize(
    ("number", "text"),
    [(7, "7"), (999, "999"), (10_001, "1 万"), (123_456, "12.3 万"), (9_998_765, "1000 万"), (123_456_789, "1.23 亿")],
)
def test_estimates_are_rounded(number: int, text: str, app):
    with app.test_request_context():
        assert _round(number) == text
        assert shown(Number(number)) == str(number)
        assert shown(Number(number, is_estimate=True)) == f"约 {text}"


# ---- columns --------------------------------------------------------------------------------------------------


def test_columns_are_those_asked_for_in_that_order(mark: str, browser: Sign):
    page = page_of(browser("t_own"), f"/work_day/list/?f.name={mark}&cols=source,day,name,day")
    labels = [str(DAY.__fields__[name].label) for name in ("source", "day", "name")]
    assert listed(page).headers == labels
    for link in re.findall(r'<th[^>]*><a href="([^"]*)"', page):
        assert "cols=source%2Cday%2Cname%2Cday" in html.unescape(link), "sorting keeps the columns"


def test_every_field_can_be_a_column_and_stays_masked(world: World, browser: Sign):
    for name in ("subject", "inspection", "department", "account", "inspector"):
        table, row = TABLES[name], world.row(name)
        answer = browser("t_own").get(f"/{name}/list/?q={row.mark}&cols={','.join(table.__fields__)}")
        assert answer.status_code == 200
        with world.session("own") as session:
            stored = session.get(table, row.id)
            secrets = [f for f in table.__fields__.values() if f.grade == "sensitive" and getattr(stored, f.name)]
            for field in secrets:
                assert str(sealing.value_of(stored, field)) not in answer.get_data(as_text=True)


def test_columns_are_remembered_for_the_person_alone(browser: Sign):
    person, colleague = browser("t_own"), browser("t_role_dept_admin")
    usual = listed(page_of(person, "/code_entry/list/")).headers
    answer = person.post("/code_entry/columns", col=["name", "code"], back="/code_entry/list/?order=-code&size=50")
    place = urlsplit(answer.headers["Location"])
    assert (place.path, parse_qs(place.query)) == (
        "/code_entry/list/",
        {"order": ["-code"], "size": ["50"], "cols": ["name,code"]},
    )
    mine = [str(TABLES["code_entry"].__fields__[name].label) for name in ("name", "code")]
    assert listed(page_of(person, "/code_entry/list/")).headers == mine
    assert listed(page_of(colleague, "/code_entry/list/")).headers == usual
    person.post("/code_entry/columns", col=["code"], back="https://example.com/code_entry/list/")
    assert listed(page_of(person, "/code_entry/list/")).headers == mine[1:]
    person.post("/code_entry/columns", do="reset", back="")
    assert listed(page_of(person, "/code_entry/list/")).headers == usual


def test_a_column_that_is_none_is_refused(browser: Sign):
    for address in (
        "/work_day/list/?cols=nonsense",
        "/work_day/list/?cols=day,__class__",
        "/work_day/export?seen=1&cols=id",
    ):
        assert "没有名为" in page_of(browser("t_own"), address, 400)
    assert browser("t_own").post("/work_day/columns", col="nonsense").status_code == 400


# ---- addresses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("view=nonsense", 404),
        ("view=00000000-0000-7000-8000-000000000000", 404),
        ("any.f.nonsense=1", 400),
        ("any.f.day.from=abc", 400),
        ("f.name.not=" + "a" * 3000, 400),
        ("order=" + ",".join(["day"] * 9), 400),
        ("cols=" + "day," * 4000, 400),
        ("after=WyJhIiwiYiJd", 400),
        ("&".join(f"any.f.name={n}" for n in range(101)), 400),
        ("size=-1&n=٣&before=end", 200),
        ("w1=nonsense&o1=is&v1=1", 302),
        ("w1=day&o1=nonsense&v1=1", 302),
        ("how=nonsense", 302),
        ("w999=day&o999=is&v999=1", 200),
    ],
)
def test_nonsense_is_answered_for_people(asked: str, status: int, browser: Sign):
    answer = browser("t_own").get(f"/work_day/list/?{asked}")
    assert answer.status_code == status
    if status == 302:
        answer = browser("t_own").get(answer.headers["Location"])
        assert answer.status_code in (200, 400)
    if answer.status_code >= 400:
        assert 'role="alert"' in answer.get_data(as_text=True)


def test_a_token_of_another_order_is_refused(mark: str, browser: Sign):
    page = page_of(browser("t_own"), "/subject/list/?size=20&order=name")
    token = parse_qs(urlsplit(html.unescape(re.search(r'href="([^"]*after=[^"]*)"', page).group(1))).query)["after"][0]
    page_of(browser("t_own"), f"/subject/list/?order=name,collected_at&after={token}", 400)
    page_of(browser("t_own"), f"/subject/list/?order=collected_at&after={token}", 400)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/work_day/list/",
        "//example.com/work_day/list/",
        "/\\example.com",
        "\\\\example.com",
        "javascript:alert(1)",
        "/inspection/list/",
        "/logout/",
        "/work_day/list/\r\nX: y",
        "/work_day/list/?" + "a" * 9000,
    ],
)
def test_the_way_back_stays_in_the_house(address: str):
    assert local(address, "/work_day/list/") == "/work_day/list/"


def test_the_way_back_keeps_what_was_asked():
    assert local("/work_day/list/?q=1&order=-day", "/work_day/list/") == "/work_day/list/?q=1&order=-day"


def test_the_builder_works_without_scripts(mark: str, browser: Sign):
    reader = browser("t_own")
    sent = f"/work_day/list/?f.name={mark}&how=any&w1=day&o1=from&v1=1900-01-01&w2=source&o2=not&v2=manual&v2=estimated&w3=&o3=is&v3="
    answer = reader.get(sent)
    assert answer.status_code == 302
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked == {"f.name": [mark], "any.f.day.from": ["1900-01-01"], "any.f.source.not": ["manual", "estimated"]}
    page = page_of(reader, answer.headers["Location"])
    assert total(page) == "共 7 条"
    assert re.search(r'name="how" value="any" checked', page)
    assert re.search(r'name="w1".*?<option value="day" selected>', page, re.S)
    assert len(re.findall(r'name="v2" value="\w+" checked', page)) == 2


def test_a_row_is_asked_for_by_its_name_where_scripts_are_off(world: World, browser: Sign):
    row = world.row("inspection")
    with world.session("own") as session:
        name = session.get(TABLES["inspection"], row.id).sub_item.title()
    answer = browser("t_own").get(f"/inspection/list/?q={row.mark}&how=all&w1=sub_item&o1=is&v1={name}")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["f.sub_item.sub_name"] == [name]
    assert len(listed(page_of(browser("t_own"), answer.headers["Location"])).rows) == 1


def test_a_row_of_the_builder_fits_its_field(browser: Sign):
    reader = browser("t_own")
    row = page_of(reader, "/inspection/condition?n=3&w=subject.name&o=not")
    assert 'name="o3"' in row and '<option value="not" selected>' in row
    assert 'name="v3"' not in page_of(reader, "/inspection/condition?n=3&w=checked_on&o=empty")
    assert 'type="date"' in page_of(reader, "/inspection/condition?n=3&w=checked_on&o=from")
    assert 'data-pick="/subject/pick"' in page_of(reader, "/inspection/condition?n=3&w=subject")
    for nonsense in ("n=x&w=nonsense", "w=inspectors.id_no", "n=99999999999&w=name.name&o=%00"[:30]):
        assert "selected" not in re.sub(
            r'<select[^>]*name="o.*', "", page_of(reader, f"/inspection/condition?{nonsense}"), flags=re.S
        )


def test_only_tables_one_may_read_are_offered(world: World, browser: Sign):
    page = page_of(browser("t_own"), "/inspection/list/")
    assert '<option value="subject.name">' in page
    assert "inspectors.id_no" not in page


def test_conditions_are_told_and_can_be_taken_away(mark: str, browser: Sign):
    page = page_of(browser("t_own"), f"/work_day/list/?f.name={mark}&f.source=manual&f.day.from=1900-01-01&size=50")
    chips = re.findall(r'<span class="jg-chip">([^<]*)<a href="([^"]*)"', page)
    assert len(chips) == 3
    without = parse_qs(urlsplit(html.unescape(chips[1][1])).query)
    assert without == {"f.name": [mark], "f.day.from": ["1900-01-01"], "size": ["50"]}


def test_pages_keep_what_was_asked(mark: str, browser: Sign):
    page = page_of(browser("t_own"), "/subject/list/?f.name=公司&any.f.name.not=x&order=-name&cols=name,id_no&size=50")
    after = html.unescape(re.search(r'href="([^"]*after=[^"]*)"', page).group(1))
    kept = parse_qs(urlsplit(after).query)
    kept.pop("after")
    assert kept == {
        "f.name": ["公司"], "any.f.name.not": ["x"], "order": ["-name"], "cols": ["name,id_no"], "size": ["50"], "n": ["51"],
    }  # fmt: skip
    last = html.unescape(re.search(r'href="([^"]*before=end[^"]*)"', page).group(1))
    assert len(listed(page_of(browser("t_own"), last)).rows) == 50


def test_names_stand_first_and_owners_last():
    for table in TABLES.values():
        fields = list_fields(table)
        assert not any(field.is_owner for field in fields[:-1]), table
