"""Who is looking, as PostgreSQL knows him: in every transaction, and not a moment longer."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import viewer
from app.core.errors import Refused
from app.core.rows import LINE, REGION
from app.core.viewer import THE_SYSTEM, Viewer, look_as, looking_as, must_have
from app.extensions import db
from tests.every_table.world import CITY, OWN, World

SHOWN = sa.text("SELECT current_role::text, current_setting('app.low', true), current_setting('app.actor', true)")


def seen(session: Session) -> tuple[str, ...]:
    return tuple(value or "" for value in session.execute(SHOWN).one())


def test_the_settings_come_with_every_transaction(world: World):
    own = world.viewers["own"]
    with world.session("own") as session:
        for _ in range(2):
            assert seen(session) == (LINE, str(own.low), str(own.user_id))
            session.commit()
        session.rollback()
        assert seen(session)[0] == LINE


def test_a_look_within_a_look_ends_where_it_began(world: World):
    own, office = world.viewers["own"], world.viewers["office"]
    with world.session("own") as session:
        with looking_as(session, office):
            assert seen(session) == (REGION, str(office.low), str(office.user_id))
            with looking_as(session, None):
                assert seen(session) == ("app", "", "")
            with looking_as(session, THE_SYSTEM):
                assert seen(session)[0] == "viewer_system"
        assert seen(session) == (LINE, str(own.low), str(own.user_id))


def test_a_look_ends_with_an_error_too(world: World):
    with world.session("own") as session:
        with pytest.raises(ZeroDivisionError), looking_as(session, THE_SYSTEM):
            seen(session)
            _ = 1 / 0
        assert seen(session)[0] == LINE
        with pytest.raises(sa.exc.ProgrammingError), looking_as(session, THE_SYSTEM):
            session.execute(sa.text("SELECT nonsense"))
        session.rollback()
        assert seen(session)[0] == LINE


def test_a_connection_goes_back_to_the_pool_with_nobody_looking(world: World, app: Flask):
    with world.session("own") as session:
        seen(session)
        session.commit()
    with app.app_context():
        assert seen(db.session()) == ("app", "", "")
        db.session.rollback()


def test_work_without_a_viewer_is_refused(app: Flask):
    with app.app_context():
        session = db.session()
        with pytest.raises(Refused) as refused:
            must_have(session)
        assert refused.value.status == 401
        look_as(session, THE_SYSTEM)
        assert must_have(session).is_system


def test_settings_hold_numbers_and_nothing_else():
    evil = Viewer(LINE, low="0'; DROP TABLE department; --", high=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="invalid literal"):
        viewer._settings(Session(), evil)


def test_a_person_is_known_by_his_post(world: World, app: Flask):
    own, parent, office = (world.viewers[name] for name in ("own", "parent", "office"))
    assert (own.department, parent.department) == (OWN, CITY)
    assert own.low == own.department_id
    assert own.roles >= {"sys_admin"}
    assert (office.low, office.high) == (610113000, 610113999)
    with app.app_context():
        assert viewer.person(db.session(), -1) is None
        db.session.rollback()


@pytest.mark.parametrize("change", ["employment = 'left'", "employment = 'retired'"])
def test_a_person_who_has_left_sees_nothing(change: str, world: World):
    with world.session(THE_SYSTEM) as session:
        states = session.execute(sa.text("SELECT DISTINCT employment FROM account")).scalars().all()
        assert "in_post" in states
        from app.core.table import TABLES

        known = [member.value for member in TABLES["account"].__fields__["employment"].choices]
        gone = next(value for value in known if value != "in_post")
        statement = sa.text("UPDATE account SET employment = :gone WHERE username = 't_own'")
        session.execute(statement, {"gone": gone})
        assert viewer.person(session, world.viewers["own"].user_id or 0) is None
        session.rollback()
        assert viewer.person(session, world.viewers["own"].user_id or 0) is not None
