"""The seeded database, as the importer left it."""

import sqlalchemy as sa

from app.core.table import by_name
from app.core.viewer import THE_SYSTEM, looking_as, person
from app.extensions import appbuilder, db
from seed.demo import accounts


def test_the_importer_stored_everything_and_judged_eight_in_a_hundred_late(seeded):
    session = db.session()
    with looking_as(session, THE_SYSTEM):
        total = late = 0
        for name in ("inspection", "penalty", "coercion", "other_action"):
            table = by_name(name)
            counted = sa.select(sa.func.count(), sa.func.count().filter(table.is_late)).select_from(table)
            rows, slow = session.execute(counted.where(table.created_by.is_(None))).one()  # the system's: no test's
            total, late = total + rows, late + slow
        assert total == 12_000
        assert 0.07 <= late / total <= 0.09
        penalty = by_name("penalty")
        linked = session.scalar(sa.select(sa.func.count()).where(penalty.inspection_id.is_not(None)))
        assert linked > 1_000


def test_a_clerk_of_another_county_sees_none_of_what_yanta_did(seeded):
    session = db.session()
    inspection = by_name("inspection")
    seen = {}
    for name in ("clerk_yanta", "clerk_beilin", "clerk_hezuo"):
        viewer = person(session, appbuilder.sm.find_user(name).id)
        with looking_as(session, viewer):
            seen[name] = set(session.scalars(sa.select(inspection.id)))
    assert all(seen.values())
    assert not seen["clerk_yanta"] & (seen["clerk_beilin"] | seen["clerk_hezuo"])


def test_demo_users_can_sign_in_with_their_role(seeded):
    for user in accounts.USERS:
        account = appbuilder.sm.auth_user_db(user.username, accounts.PASSWORD)
        assert account is not None
        assert [role.name for role in appbuilder.sm.find_user(user.username).roles] == [user.role.value]
