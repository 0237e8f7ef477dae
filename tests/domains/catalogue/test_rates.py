"""Rates of departments: every figure is the number of the rows behind it, formulas as domain.md §9.2 has them."""

import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
import sqlalchemy as sa

from app.core import clock, viewer
from app.core.ids import uuid7
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, look_as, looking_as
from app.domains.catalogue.models import ItemClaim
from app.domains.catalogue.operations import rates
from app.domains.catalogue.operations.rates import Figure, percentage
from app.domains.catalogue.pages import rates as rates_page
from app.extensions import db


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 0, None), (3, 0, None), (1, -1, None), (0, 7, "0.00"), (7, 7, "100.00"), (1, 3, "33.33"), (2, 3, "66.67"),
        (99999, 100000, "99.99"),
    ],
)  # fmt: skip
def test_percentages(part, whole, told):
    found = percentage(part, whole)
    assert found == (Decimal(told) if told is not None else None)


@pytest.fixture
def office(session):
    """The market bureau of Yanta with no claims and no items of its own, and five published items of others."""
    look_as(session, THE_SYSTEM)
    unit = session.execute(
        sa.text("SELECT d.id, d.region_id FROM department d JOIN account a ON a.department_id = d.id "
                "WHERE a.username = 'clerk_yanta'")
    ).one()  # fmt: skip
    session.execute(sa.delete(ItemClaim).where(ItemClaim.department_id == unit.id))
    items = TABLES["supervision_sub_item"]
    session.execute(
        sa.update(items)
        .where(items.department_id == unit.id)
        .values(status="abolished", valid_to=clock.today() - timedelta(days=1))
    )
    lists = TABLES["implementation_list"]
    session.execute(sa.update(lists).where(lists.department_id == unit.id).values(status="abolished", valid_to=None))
    found = session.scalars(
        sa.select(items).where(
            items.status == "published", items.measure_type == "inspection", items.department_id != unit.id,
            sa.or_(items.valid_to.is_(None), items.valid_to > clock.today()),
        ).limit(5)
    ).all()  # fmt: skip
    assert len(found) == 5
    return unit, found


def claim(session, unit, item, status, **values):
    row = {"id": uuid7(), "sub_item_id": item.id, "department_id": unit.id, "scope_region": unit.region_id,
           "status": status, "version": 1, "pushed_on": clock.today()} | values  # fmt: skip
    session.execute(sa.insert(ItemClaim.__table__).values(row))


def of(session, unit):
    found = rates.of_departments(session, THE_SYSTEM, clock.today())
    return next((each for each in found if each.unit_id == unit.id), None)


def test_a_claim_counts_as_it_stands(session, office):
    unit, items = office
    assert of(session, unit) is None
    for item, status in zip(items, ["pending", "excusing", "excused", "claimed", "submitted"], strict=True):
        claim(session, unit, item, status)
    found = of(session, unit)
    numbers = {
        figure: found.numbers[figure] for figure in (Figure.SHOULD, Figure.EXCUSED, Figure.CLAIMED, Figure.WAITING)
    }
    assert numbers == {Figure.SHOULD: 5, Figure.EXCUSED: 1, Figure.CLAIMED: 2, Figure.WAITING: 2}
    assert found.claim_rate == Decimal("50.00")
    assert (found.element_rate, found.list_rate) == (None, None)


def test_what_was_excused_and_abolished_does_not_count(session, office):
    unit, items = office
    claim(session, unit, items[0], "excused")
    claim(session, unit, items[1], "abolished")
    found = of(session, unit)
    assert (found.numbers[Figure.SHOULD], found.claim_rate) == (1, None)


def test_only_what_is_in_force_needs_a_list(session, office):
    unit, items = office
    today = clock.today()
    for item in items[:2]:
        claim(session, unit, item, "published", edition=1, valid_from=today)
    claim(session, unit, items[2], "published", edition=1, valid_from=today + timedelta(days=1))
    claim(session, unit, items[3], "suspended", edition=1, valid_from=today)
    claim(session, unit, items[4], "changing", edition=2, valid_from=today)
    found = of(session, unit)
    assert (found.numbers[Figure.IN_USE], found.numbers[Figure.UNLISTED], found.list_rate) == (3, 3, Decimal("0.00"))
    lists = TABLES["implementation_list"].__table__
    like = session.execute(sa.select(lists).limit(1)).mappings().one()
    made = dict(like) | {
        "id": uuid7(), "list_code": "T" * 35, "sub_item_id": items[0].id, "department_id": unit.id,
        "scope_region": unit.region_id, "status": "published", "edition": 1, "valid_from": today, "valid_to": None,
    }  # fmt: skip
    session.execute(sa.insert(lists).values(made))
    session.execute(
        sa.insert(lists).values(
            made
            | {"id": uuid7(), "list_code": "U" * 35, "sub_item_id": items[1].id, "status": "drafting", "edition": None}
        )
    )
    found = of(session, unit)
    assert (found.numbers[Figure.LISTED], found.numbers[Figure.UNLISTED]) == (1, 2)
    assert found.list_rate == Decimal("33.33")


def test_completeness_is_of_ten_elements(session, office):
    unit, items = office
    claim(session, unit, items[0], "published", edition=1, valid_from=clock.today())
    claim(session, unit, items[1], "published", edition=1, valid_from=clock.today())
    session.execute(sa.text("UPDATE supervision_sub_item SET element_count = 7 WHERE id = :id"), {"id": items[0].id})
    session.execute(sa.text("UPDATE supervision_sub_item SET element_count = 10 WHERE id = :id"), {"id": items[1].id})
    found = of(session, unit)
    assert (found.element_rate, found.numbers[Figure.INCOMPLETE]) == (Decimal("85.00"), 1)


def test_every_figure_is_the_number_of_its_rows(session, office):
    unit, items = office
    for item, status in zip(items, ["pending", "excused", "published", "claimed", "changing"], strict=True):
        claim(session, unit, item, status, edition=1, valid_from=clock.today())
    all_units = rates.of_departments(session, THE_SYSTEM, clock.today())
    assert len(all_units) > 1
    for each in [*all_units, rates.summed(all_units)]:
        for figure in Figure:
            rows = rates.behind(session, THE_SYSTEM, clock.today(), figure, each.unit_id, limit=100_000)
            assert len(rows) == each.numbers[figure], (each.unit, figure)
            assert each.unit_id is None or {row.unit for row in rows} <= {each.unit}


@pytest.mark.parametrize(
    ("who", "sees", "not_"),
    [
        ("zfb_xian", "西安市雁塔区市场监督管理局", "合作市市场监督管理局"),
        ("admin_yanta", "西安市雁塔区市场监督管理局", "西安市碑林区市场监督管理局"),
    ],
)
def test_departments_are_those_that_the_viewer_watches_over(session, office, who, sees, not_):
    with looking_as(session, THE_SYSTEM):
        units = session.execute(
            sa.text("SELECT id, region_id, name FROM department WHERE name IN (:a, :b)"), {"a": sees, "b": not_}
        ).all()
        assert len(units) == 2
        session.execute(sa.delete(ItemClaim))
        for unit in units:
            claim(session, unit, office[1][0], "pending")
    person = viewer.person(session, session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :n"), {"n": who}))
    with looking_as(session, person):
        names = {each.unit for each in rates.of_departments(session, person, clock.today())}
    assert sees in names
    assert not_ not in names


def test_the_page_shows_what_is_counted_and_opens_it(browser):
    page = browser("zfb_xian").get("/rates/").get_data(as_text=True)
    assert "完备率" in page
    assert "合计" in page
    rows = browser("zfb_xian").get("/rates/rows", of="unlisted")
    assert rows.status_code == 200
    assert browser("zfb_xian").get("/rates/rows", of="nothing").status_code == 404
    assert browser("zfb_xian").get("/rates/rows", unit="999").status_code == 404
    assert browser("clerk_yanta").get("/rates/").status_code == 403
    book = browser("zfb_xian").get("/rates/export")
    assert book.status_code == 200
    assert book.get_data().startswith(b"PK")


def test_departments_are_paged_with_the_sum_of_all_on_every_page(browser, monkeypatch):
    reader = browser("zfb_xian")

    def page(**asked):
        found = reader.get("/rates/", **asked).get_data(as_text=True)
        lines = re.findall(r'<tr(?: class="jg-total")?><td class="c-no">(\d*)</td><th[^>]*>(.*?)</th>(.*?)</tr>', found)
        return [(no, unit) for no, unit, _ in lines if no], next(cells for no, _, cells in lines if not no), found

    whole, total, found = page()
    assert len(whole) > 4
    assert 'class="jg-pager"' not in found
    monkeypatch.setattr(rates_page, "SIZE", 3)
    shown, at = [], 0
    while len(shown) < len(whole):
        at += 1
        lines, sums, found = page(page=at)
        assert 1 <= len(lines) <= 3
        assert sums == total
        assert f"全部 {len(whole)} 个部门" in found
        shown += lines
    assert shown == whole
    assert page(page=999)[0] == lines  # beyond the last is the last
    book = openpyxl.load_workbook(BytesIO(reader.get("/rates/export").get_data())).active
    assert book.max_row == len(whole) + 2


def test_the_rows_of_a_figure_are_paged(browser, monkeypatch):
    reader = browser("zfb_xian")
    monkeypatch.setattr(rates_page, "SIZE", 7)
    found = reader.get("/rates/rows", of="claimed", page=2).get_data(as_text=True)
    assert re.findall(r'<td class="c-no">(\d+)</td>', found) == [str(n) for n in range(8, 15)]
    assert "of=claimed&amp;page=3" in found


def test_taking_the_figures_along_stands_on_the_log(app, browser):
    def exports():
        with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
            wanted = "SELECT count(*) FROM audit.log WHERE action = 'export' AND rel = 'item_claim'"
            return session.scalar(sa.text(wanted))

    before = exports()
    browser("zfb_xian").get("/rates/export")
    assert exports() == before + 1
