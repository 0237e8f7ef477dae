"""Who may grant which role to whom: the whole table by the pure rule, and the same table again by raw SQL."""

from __future__ import annotations

import itertools
from collections import namedtuple
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import saving
from app.core.calendar import WorkCalendar
from app.core.errors import Refused
from app.core.roles import GRANTABLE, SEPARATED, Role
from app.core.rules import Context, Person
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as, person
from app.domains.org.rules import granting
from tests.every_table.values import fresh
from tests.every_table.world import CITY, OFFICE, OWN, STRANGE, World

Unit = namedtuple("Unit", "id region_id name")

#: Departments as the granter stands to them: his line is 100-199, his region 610113000-610113999.
UNITS = {
    "own": Unit(100, 610113000, "本单位"),
    "below": Unit(150, 610116000, "下级"),
    "above": Unit(10, 610100000, "上级"),
    "in his region": Unit(900, 610113000, "本地区其他部门"),
    "elsewhere": Unit(700, 623000000, "其他地区"),
}
ORDINARY = {"catalog_editor", "catalog_reviewer", "clerk", "inspector", "handler"}
OFFICE_ROLES = ORDINARY | {"dept_admin", "evaluator"}
#: What each granter may grant where; a role that is not named grants nothing anywhere.
EXPECTED: dict[str, dict[str, set[str]]] = {
    "dept_admin": {"own": ORDINARY, "below": ORDINARY | {"dept_admin"}},
    "supervision_office": {"own": OFFICE_ROLES, "in his region": OFFICE_ROLES},
    "sec_admin": {"own": {role.value for role in Role}, "in his region": {role.value for role in Role}},
}


def granter(*roles: str, grants: dict[str, frozenset[str]] | None = None) -> Person:
    regional = bool({"supervision_office", "sec_admin"} & set(roles))
    low, high = (610113000, 610113999) if regional else (100, 199)
    own = {role: GRANTABLE[role] for role in roles if role in GRANTABLE}
    return Person("me", 100, 199, low, high, regional, frozenset(roles), own if grants is None else grants)


def context(who: Person | None) -> Context:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return Context(now.date(), now, WorkCalendar({}), {}, lambda: who)


def account(username: str = "other", *, unit: Unit = UNITS["own"], roles: Any = (), **more: Any) -> SimpleNamespace:
    plain = {"real_name": "某人", "citizen_no": None, "staff_number": None, "employment": "in_post", "was": None}
    plain |= {"valid_to": None, "access": "open"}
    return SimpleNamespace(username=username, department=unit, roles=list(roles), **(plain | more))


@pytest.mark.parametrize("by", [role.value for role in Role])
def test_each_role_grants_what_the_table_says(by: str):
    who = granter(by)
    for place, unit in UNITS.items():
        allowed = EXPECTED.get(by, {}).get(place, set())
        for role in Role:
            said = granting.may_grant(who, role.value, unit.id, unit.region_id)
            assert said == (role.value in allowed), (by, role.value, place)
            new = granting.roles_are_his_to_grant(account(unit=unit, roles=[role.value]), context(who))
            assert (new is None) == (role.value in allowed), (by, role.value, place)
            if new is not None:
                assert unit.name in str(new)


@pytest.mark.parametrize(("by", "before", "after"), list(itertools.product(["dept_admin", "sec_admin"], Role, Role)))
def test_a_change_needs_the_right_to_what_is_taken_and_to_what_is_given(by: str, before: Role, after: Role):
    who, held = granter(by), EXPECTED[by]["own"]
    was = account(roles=[before.value])
    row = account(roles=[after.value], was=was)
    refused = granting.roles_are_his_to_grant(row, context(who))
    assert (refused is None) == (before == after or {before.value, after.value} <= held)


@pytest.mark.parametrize("name", granting.GUARDED)
def test_what_an_account_is_stays_out_of_reach_of_those_below_it(name: str):
    changed = {"department": UNITS["below"], "roles": [], "employment": "left", "access": "locked"}.get(name, "x")
    was = account(roles=["supervision_office"])
    row = account(roles=["supervision_office"], was=was)
    setattr(row, name, changed)
    assert granting.roles_are_his_to_grant(row, context(granter("dept_admin"))) is not None
    row = account("me", roles=["dept_admin"], was=account("me", roles=["dept_admin"]))
    setattr(row, name, changed)
    for by in Role:
        assert granting.nobody_changes_his_own(row, context(granter(by.value))) is not None, by
    assert granting.nobody_changes_his_own(row, context(None)) is None


def test_telephone_and_post_are_nobodys_rank():
    row = account("me", roles=["dept_admin"], was=account("me", roles=["dept_admin"]), post="新岗位", phone="029-0")
    assert granting.nobody_changes_his_own(row, context(granter("dept_admin"))) is None
    assert granting.roles_are_his_to_grant(row, context(granter("dept_admin"))) is None


def test_a_move_needs_both_units():
    who = granter("dept_admin")
    for before, after in itertools.product(UNITS, UNITS):
        was = account(unit=UNITS[before], roles=["clerk"])
        row = account(unit=UNITS[after], roles=["clerk"], was=was)
        allowed = before == after or {before, after} <= {"own", "below"}
        assert (granting.roles_are_his_to_grant(row, context(who)) is None) == allowed, (before, after)


def test_more_data_does_not_lift_anybody_above_himself():
    """Even where somebody added the permission: a clerk who may grant everything grants no more than clerks' rank."""
    who = granter("clerk", grants={"clerk": frozenset(role.value for role in Role)})
    for role in Role:
        assert granting.may_grant(who, role.value, 150, 610116000) == (granting.RANK[role.value] <= 1), role


def test_administrators_are_nothing_else():
    for one, other in itertools.combinations(Role, 2):
        message = granting.an_administrator_is_nothing_else(account(roles=[one.value, other.value]), context(None))
        assert (message is not None) == bool({one, other} & set(SEPARATED)), (one, other)


def test_no_role_holds_both_of_a_sensitive_pair():
    """GB/T 22239-2019, 8.1.4.2 d: who keeps accounts keeps no data, who audits writes nothing."""
    writes = {"add", "edit", "delete", "import"}
    business = [
        table
        for name, table in TABLES.items()
        if table.__pages__ and not table.__module__.startswith("app.domains.org")
    ]
    for role in SEPARATED[1:]:
        for table in business:
            assert not table.__may__.get(role.value, frozenset()) & writes, (role, table.__tablename__)
    keepers = {role for role, may in TABLES["account"].__may__.items() if may & writes}
    assert keepers == {"sec_admin", "supervision_office", "dept_admin"} == set(GRANTABLE)
    assert not TABLES["account"].__may__["sys_admin"] & writes
    assert not any("delete" in may for may in TABLES["account"].__may__.values())
    for role in (*SEPARATED, Role.DEPT_ADMIN):
        assert "unmask" not in TABLES["account"].__may__.get(role.value, frozenset()) or role is Role.DEPT_ADMIN


# -- the same again by the database --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def granters(world: World) -> dict[str, str]:
    """Somebody with each role that grants, in the county's own department or its lead office."""
    found = {"dept_admin": "t_role_dept_admin", "clerk": "t_role_clerk", "sys_admin": "t_role_sys_admin"}
    with world.session(THE_SYSTEM) as session:
        for role in ("supervision_office", "sec_admin"):
            found[role] = f"g_{role}_{fresh()}"
            given = {"username": found[role], "real_name": "授权人", "department": OFFICE, "roles": [role]}
            saving.save(session, TABLES["account"], given)
        session.commit()
    return found


def as_person(session: Session, username: str) -> Any:
    key = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": username})
    found = person(session, key)
    assert found is not None
    return found


INSERT = sa.text(
    """INSERT INTO account (id, username, real_name, department_id, scope_region, roles, employment, access)
       SELECT gen_random_uuid(), :username, '某人', d.id, d.region_id, CAST(:roles AS varchar[]), 'in_post', 'open'
         FROM department d WHERE d.name = :unit"""
)
PLACES = {"dept_admin": {"own": OWN}, "clerk": {"own": OWN}, "sys_admin": {"own": OWN}}
PLACES |= {
    role: {"own": OFFICE, "in his region": OWN, "elsewhere": STRANGE} for role in ("supervision_office", "sec_admin")
}


@pytest.mark.parametrize("by", list(PLACES))
def test_raw_sql_grants_no_more_than_the_rule(by: str, world: World, granters: dict[str, str]):
    for place, unit in PLACES[by].items():
        allowed = EXPECTED.get(by, {}).get(place, set())
        for role in Role:
            with world.session(None) as session, looking_as(session, as_person(session, granters[by])):
                given = {"username": f"raw{fresh()}", "roles": [role.value], "unit": unit}
                try:
                    session.execute(INSERT, given)
                    done = True
                except DBAPIError as error:
                    assert error.orig.pgcode in ("JG001", "JG002", "42501"), error
                    done = False
                session.rollback()
            assert done == (role.value in allowed), (by, role.value, place)


@pytest.mark.parametrize(
    "change",
    ["roles = ARRAY['auditor']", "roles = '{}'", "valid_to = '2099-01-01'", "employment = 'left'", "access = 'locked'",
     "real_name = '别人'", "username = 'somebody_else'"],
)  # fmt: skip
@pytest.mark.parametrize("by", ["dept_admin", "sec_admin", "supervision_office", "clerk"])
def test_raw_sql_changes_nobodys_own_account(by: str, change: str, world: World, granters: dict[str, str]):
    with world.session(None) as session, looking_as(session, as_person(session, granters[by])):
        with pytest.raises(DBAPIError) as refused:
            session.execute(sa.text(f"UPDATE account SET {change} WHERE username = :me"), {"me": granters[by]})
        assert refused.value.orig.pgcode == "JG002"
        session.rollback()


def test_raw_sql_takes_nothing_from_those_above(world: World, granters: dict[str, str]):
    """A department's admin cannot end, rename or strip a colleague who has a role that he may not grant."""
    with world.session(None) as session, looking_as(session, as_person(session, granters["dept_admin"])):
        for change in (
            "access = 'locked'",
            "roles = '{}'",
            "username = 'taken_over'",
            "department_id = department_id + 0, roles = ARRAY['clerk']",
        ):
            with pytest.raises(DBAPIError) as refused:
                session.execute(sa.text(f"UPDATE account SET {change} WHERE username = 't_role_auditor'"))
            assert refused.value.orig.pgcode == "JG001"
            session.rollback()
        done = session.execute(sa.text("UPDATE account SET post = '新岗位' WHERE username = 't_role_auditor'"))
        assert done.rowcount == 1
        session.rollback()


def test_the_database_knows_no_combined_administrator(world: World):
    with world.session(THE_SYSTEM) as session, pytest.raises(DBAPIError) as refused:
        given = {"username": f"raw{fresh()}", "roles": ["sys_admin", "audit_admin"], "unit": CITY}
        session.execute(INSERT, given)
    assert refused.value.orig.pgcode == "23514"


def test_an_existing_sign_in_is_not_adopted(world: World, granters: dict[str, str]):
    """The emergency account has a sign-in and, while closed, no row: nobody makes himself one of that name."""
    name = f"lone{fresh()}"
    with world.session(THE_SYSTEM) as session:
        session.execute(
            sa.text("INSERT INTO ab_user (id, first_name, last_name, username, email, active) "
                    "VALUES (nextval('ab_user_id_seq'), 'x', '', :name, :mail, true)"),
            {"name": name, "mail": f"{name}@x.invalid"},
        )  # fmt: skip
        session.commit()
    with (
        world.session(None) as session,
        looking_as(session, as_person(session, granters["dept_admin"])),
        pytest.raises(Refused, match="已被系统使用"),
    ):
        saving.save(session, TABLES["account"], {"username": name, "real_name": "某人", "roles": ["clerk"]})
