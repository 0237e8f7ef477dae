"""The dossier of a row: figures equal to what SQL counts, only the viewer's rows, one time line without gaps."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.console import dossier, shape
from app.core import saving, sealing
from app.core.table import TABLES, by_name, tables_with_pages
from app.core.viewer import THE_SYSTEM, Viewer, look_as, looking_as, person
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.world import World

ACTIONS = ("inspection", "penalty", "coercion", "other_action")
PEOPLE = ("clerk_yanta", "clerk_beilin", "zfb_xian")


#: The counties of Xi'an, whose office reads them all.
XIAN = "scope_region BETWEEN 610100000 AND 610199999"


def busiest(table: str, column: str, where: str = XIAN) -> Any:
    """The row that most rows of a table refer to."""
    with looking_as(db.session(), THE_SYSTEM):
        found = sa.text(
            f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL AND {where} GROUP BY 1 ORDER BY count(*) DESC"
        )
        return db.session().scalar(found)


def viewer_of(name: str) -> Viewer:
    from flask_appbuilder.security.sqla.models import User

    key = db.session().scalar(sa.select(User.id).where(User.username == name))
    found = person(db.session(), key)
    assert found is not None
    return found


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield
        db.session.rollback()
        db.session.remove()


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("name", PEOPLE)
def test_figures_are_what_sql_counts_for_the_viewer(name: str):
    key = busiest("inspection", "subject_id")
    viewer = viewer_of(name)
    look_as(db.session(), viewer)
    row = saving.find(db.session(), TABLES["subject"], key)
    references = shape.referring(TABLES["subject"])
    column = "scope_region" if viewer.kind == "viewer_region" else "department_id"
    for each in dossier.figures(db.session(), row, references, viewer):
        table = each.reference.table
        private = f" AND {column} BETWEEN {viewer.low} AND {viewer.high}" if table.__rows__.is_private else ""
        sql = f"SELECT count(*) FROM {table.__tablename__} WHERE {each.reference.field.column} = :key{private}"
        late = " AND is_late" if shape.late(table) else " AND false"
        with looking_as(db.session(), THE_SYSTEM):
            assert each.number == db.session().scalar(sa.text(sql), {"key": key}), table
            assert each.late == db.session().scalar(sa.text(sql + late), {"key": key}), table
        assert sum(each.outcomes.values()) <= each.number


@pytest.mark.usefixtures("context")
def test_the_time_line_has_every_row_once_and_newest_first():
    key = busiest("inspection", "subject_id")
    viewer = viewer_of("zfb_xian")
    look_as(db.session(), viewer)
    row = saving.find(db.session(), TABLES["subject"], key)
    kinds = [(each, ()) for each in shape.referring(TABLES["subject"])]
    expected = sum(each.number for each in dossier.figures(db.session(), row, [k for k, _ in kinds], viewer))
    seen, after, pages = [], None, 0
    while pages == 0 or after is not None:
        _, page, more = dossier.time_line(db.session(), row, kinds, viewer, after)
        seen += page
        after, pages = dossier.read_place(more or ""), pages + 1
    assert pages > 2
    assert len(seen) == expected == len({(each.reference.key, each.row.id) for each in seen})
    assert [each.day for each in seen] == sorted((each.day for each in seen), reverse=True)


@pytest.mark.usefixtures("context")
def test_rows_that_name_an_inspector_among_others_are_found():
    key = busiest("inspection_inspectors", "inspector_id")
    look_as(db.session(), THE_SYSTEM)
    row = saving.find(db.session(), TABLES["inspector"], key)
    figures = {
        each.reference.key: each
        for each in dossier.figures(db.session(), row, shape.referring(TABLES["inspector"]), THE_SYSTEM)
    }
    counted = db.session().scalar(
        sa.text("SELECT count(*) FROM inspection_inspectors WHERE inspector_id = :k"), {"k": key}
    )
    assert figures["inspection.inspectors"].number == counted > 0


def test_a_page_shows_only_what_its_reader_may_see(app: Flask, browser: Callable[[str], Browser]):
    """A subject that two counties inspected: each clerk reads his own rows, the region's office all of them."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        key = db.session().scalar(
            sa.text(
                "SELECT subject_id FROM inspection WHERE subject_id IS NOT NULL GROUP BY 1"
                " HAVING count(DISTINCT department_id) > 1 ORDER BY count(*) DESC LIMIT 1"
            )
        )
        rows = (
            db.session()
            .execute(
                sa.text("SELECT id, department_id, scope_region FROM inspection WHERE subject_id = :k"), {"k": key}
            )
            .all()
        )
        viewers = {name: viewer_of(name) for name in PEOPLE}
    for name, viewer in viewers.items():
        inside = {
            str(row.id)
            for row in rows
            if viewer.low <= (row.scope_region if viewer.kind == "viewer_region" else row.department_id) <= viewer.high
        }
        shown, address = set(), f"/subject/dossier/{key}"
        while address:
            page = browser(name).get(address).get_data(as_text=True)
            shown |= set(re.findall(r"/inspection/show/([0-9a-f-]{36})", page))
            more = re.search(r'href="([^"]*)" rel="next"', page)
            address = html.unescape(more.group(1)).split("#")[0] if more else ""
        assert shown == inside, name


def test_every_referred_table_has_its_dossier(world: World, browser: Callable[[str], Browser]):
    for name, table in tables_with_pages().items():
        if shape.referring(table):
            answer = browser("t_own").get(f"/{name}/dossier/{world.row(name).id}")
            assert answer.status_code == 200, name
            assert str(table.__dossier__) in answer.get_data(as_text=True)


def test_a_stranger_finds_no_dossier_of_a_hidden_row(world: World, browser: Callable[[str], Browser]):
    for name in ("inspector", "inspection"):
        assert browser("t_stranger").get(f"/{name}/dossier/{world.row(name).id}").status_code == 404


@pytest.mark.parametrize(
    "asked", ["after=x", "after=2026-13-01~a~b", "after=2026-01-01~inspection.subject~x", "kind=nonsense"]
)
def test_nonsense_in_the_address_is_no_error(asked: str, world: World, browser: Callable[[str], Browser]):
    assert browser("t_own").get(f"/subject/dossier/{world.row('subject').id}?{asked}").status_code == 200


def test_a_kind_can_be_chosen(app: Flask, browser: Callable[[str], Browser]):
    with app.app_context():
        key = busiest("penalty", "subject_id")
    page = browser("zfb_xian").get(f"/subject/dossier/{key}?kind=penalty.subject").get_data(as_text=True)
    assert "/penalty/show/" in page
    assert "/inspection/show/" not in page


def test_only_events_stand_on_the_time_line(app: Flask, browser: Callable[[str], Browser]):
    """A department's subjects and inspectors have their sections; what they are is no event."""
    with app.app_context():
        key = viewer_of("clerk_yanta").department_id
    page = browser("clerk_yanta").get(f"/department/dossier/{key}").get_data(as_text=True)
    line, sections = page[page.index('id="timeline"') :].split('class="jg-sections"')
    assert "/inspection/show/" in line and "/subject/show/" not in line and "/inspector/show/" not in line
    assert all(f"/{name}/show/" in sections for name in ("inspection", "subject", "inspector"))


def test_masked_values_stay_masked(app: Flask, browser: Callable[[str], Browser]):
    with app.app_context(), looking_as(db.session(), THE_SYSTEM):
        inspector, subject = by_name("inspector"), by_name("subject")
        row = db.session.scalars(
            sa.select(inspector).where(inspector.id_no.is_not(None), inspector.phone.is_not(None))
        ).first()
        hidden = [sealing.value_of(row, inspector.__fields__[name]) for name in ("id_no", "phone")]
        citizen = db.session.scalars(sa.select(subject).where(subject.id_type == "citizen_id")).first()
        number = sealing.value_of(citizen, subject.__fields__["id_no"])
        keys = row.id, citizen.id
    page = browser("sysadmin").get(f"/inspector/dossier/{keys[0]}").get_data(as_text=True)
    assert not [value for value in hidden if value in page]
    assert number not in browser("sysadmin").get(f"/subject/dossier/{keys[1]}").get_data(as_text=True)


def test_what_refers_is_read_off_the_declarations():
    assert {each.key for each in shape.referring(TABLES["inspector"])} == {
        "recusal_declaration.inspector",
        "inspection.inspectors",
    }
    assert {f"{name}.subject" for name in ACTIONS} <= {each.key for each in shape.referring(TABLES["subject"])}
    days = {
        name: getattr(shape.event_day(TABLES[name]), "name", None)
        for name in (*ACTIONS, "inspector", "abnormal_listing")
    }
    assert days == {
        "inspection": "checked_on",
        "penalty": "decided_on",
        "coercion": "started_on",
        "other_action": "started_on",
        "inspector": None,
        "abnormal_listing": "listed_on",
    }


def test_places_are_read_back():
    place = dossier.Place(date(2026, 3, 5), "inspection.subject", "x")
    assert dossier.read_place("2026-03-05~inspection.subject~x") == place
    assert dossier.read_place("") is dossier.read_place("2026-03-05") is dossier.read_place("x~y~z") is None


def test_a_full_dossier_asks_few_questions(app: Flask, browser: Callable[[str], Browser]):
    """The account, its scope and permissions, the row twice, the figures of nine kinds at once, the rows of each kind."""
    reader, statements = browser("zfb_xian"), []
    with app.app_context():
        key, engine = busiest("inspection", "subject_id"), db.engine
    reader.get("/")

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    answer = reader.get(f"/subject/dossier/{key}")
    sa.event.remove(engine, "before_cursor_execute", note)
    assert answer.status_code == 200
    kinds = len(re.findall(r'class="jg-tile-main"', answer.get_data(as_text=True)))
    asked = [each for each in statements if not each.startswith(("SET LOCAL", "SELECT 1"))]
    assert kinds >= 4
    assert len(asked) <= 7 + kinds
