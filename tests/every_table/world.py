"""Two counties with their people, and one marked row of every table that belongs to the first of them.

Everybody here is a system admin of his own department who may also keep its accounts, which no real account combines:
nothing but row security stands between these people.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.console.sign_in import passwords
from app.core import saving, viewer
from app.core.fields import Field
from app.core.roles import SEPARATED, Role
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, Viewer, look_as, looking_as
from app.extensions import appbuilder, db
from tests.every_table import tables
from tests.every_table.factory import Given, Maker
from tests.every_table.values import fresh

_ = tables  # every table is declared from here on
PASSWORD = "Jianguan@2026"
#: The role of tests that keeps accounts, and what it may do with them.
KEEPER, KEPT = "test_keeper", ("read", "add", "edit", "delete", "import", "export")
CITY, OWN, STRANGE, OFFICE = "万事市测试局", "万事甲县测试局", "万事乙县测试局", "万事甲县测试办公室"
#: Name, region, level, superior, lead office?
DEPARTMENTS = (
    (CITY, "610100", "city", "", "否"),
    (OWN, "610113", "county", CITY, "否"),
    (STRANGE, "610103", "county", CITY, "否"),
    (OFFICE, "610113", "county", CITY, "是"),
)
#: Who looks, and from where. The parent sees a county by its line, the office by its region.
PEOPLE = {"own": OWN, "parent": CITY, "stranger": STRANGE, "office": OFFICE}


@dataclass(frozen=True)
class Marked:
    """A row with a mark that stands nowhere else."""

    table: type[Table]
    id: Any
    given: Given
    mark: str
    field: Field | None


def private(table: type[Table]) -> bool:
    """True when strangers must not see the rows."""
    return table.__rows__.hides  # the rows of this world are drafts


def owned(table: type[Table]) -> bool:
    """True when strangers must not write the rows."""
    return table.__rows__.is_scoped


def mark_field(table: type[Table]) -> Field | None:
    """The field that can carry a mark: text that is searched and listed, if there is such a one."""
    fields = [
        each
        for each in table.__fields__.values()
        if each.kind in ("text", "long_text")
        and each.is_input
        and not (each.checks or each.only_when or each.grade == "sensitive")
        and (each.length or 99) >= 40
        and not any(other.match == each.name for other in table.__fields__.values())
    ]
    return max(fields, key=lambda each: (each.search, each.in_list, each.name not in table.__key__), default=None)


@dataclass
class World:
    """The people of the two counties and what they have written."""

    app: Flask
    _rows: dict[str, Marked] = field(default_factory=dict)
    _memories: dict[str, dict[tuple[Any, ...], Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.app.app_context(), looking_as(db.session(), THE_SYSTEM):
            self._found_departments()
            for name, department in PEOPLE.items():
                self._employ(f"t_{name}", Role.SYS_ADMIN, department)
                self._let_keep_accounts(f"t_{name}")
            for role in Role:
                self._employ(f"t_role_{role.value}", role, OWN)

    @contextmanager
    def session(self, who: str | Viewer | None) -> Iterator[Session]:
        """A session in which that person looks (or nobody)."""
        with self.app.app_context():
            session = db.session()
            person = self.viewers[who] if isinstance(who, str) else who
            look_as(session, person)
            try:
                yield session
            finally:
                session.rollback()
                db.session.remove()

    @cached_property
    def viewers(self) -> dict[str, Viewer]:
        """Each person as the database knows him."""
        with self.app.app_context():
            session, found = db.session(), {}
            for name in PEOPLE:
                key = session.scalar(sa.select(User.id).where(User.username == f"t_{name}"))
                person = viewer.person(session, key)
                assert person is not None
                found[name] = person
            db.session.remove()
        return found

    def row(self, name: str) -> Marked:
        """The marked row of that table, written by the person of the own department; made once."""
        if name not in self._rows:
            self._rows[name] = self.another(name)
        return self._rows[name]

    def another(self, name: str, who: str = "own", **more: Any) -> Marked:
        """A new marked row of that table; ``more`` says what stands in it."""
        table = TABLES[name]
        carrier, mark = mark_field(table), f"金丝雀{fresh()}"
        forced = {carrier.name: mark} if carrier else {}
        with self.session(who) as session:
            key, given = self.maker(session, who).make(table, **forced, **more)
        return Marked(table, key, given, mark if carrier else str(key), carrier)

    def maker(self, session: Session, who: str) -> Maker:
        """The maker of that person's rows."""
        return Maker(session, self._memories.setdefault(who, {}))

    def given(self, name: str, who: str = "own", count: int = 1, **forced: Any) -> list[Given]:
        """What that person could add to the table."""
        table = TABLES[name]
        with self.session(who) as session:
            maker = self.maker(session, who)
            if count == 1:
                return [maker.given(table, **forced)]
            # Rows of one file must agree with one another too: they are stored, and taken away again.
            made = [maker.make(table, **forced) for _ in range(count)]
            for key, _ in made:
                saving.delete(session, saving.find(session, table, key))
            session.commit()
            return [given for _, given in made]

    def _found_departments(self) -> None:
        session = db.session()
        with looking_as(session, THE_SYSTEM):
            known = set(session.scalars(sa.select(TABLES["department"].name)))
            for name, region, level, parent, leads in DEPARTMENTS:
                if name in known:
                    continue
                given = {"name": name, "region": region, "level": level, "parent": parent, "is_lead_office": leads}
                given |= {"dept_kind": "gov_department", "duty_line": "other"}
                saving.save(session, TABLES["department"], given)
                session.commit()

    @staticmethod
    def _employ(name: str, role: Role, department: str) -> None:
        security, session = appbuilder.sm, db.session()
        if security.find_user(username=name) is not None:
            return
        place = {"username": name, "real_name": f"测试{name}", "department": department, "employment": "in_post"}
        place["roles"] = role.value
        with looking_as(session, THE_SYSTEM):
            saving.save(session, TABLES["account"], place)
            session.commit()
        passwords.place(session, security.find_user(username=name).id, PASSWORD)
        session.commit()

    @staticmethod
    def _let_keep_accounts(name: str) -> None:
        """A role that exists in tests only: accounts are written by those who keep them, never by system admins."""
        session = db.session()
        with looking_as(session, THE_SYSTEM):
            World._grant(session, name)
            session.commit()

    @staticmethod
    def _grant(session: Session, name: str) -> None:
        security = appbuilder.sm
        role = security.find_role(KEEPER) or security.add_role(KEEPER)
        granting = [("can_grant", f"role:{each.value}") for each in Role if each not in SEPARATED]
        kept = [(f"can_{action}", table) for action in KEPT for table in ("account", "handover", "responsible_change")]
        for permission, view in [*granting, *kept]:
            security.add_permission_role(role, security.add_permission_view_menu(permission, view))
        user = security.find_user(username=name)
        if role not in user.roles:
            user.roles = [*user.roles, role]
            session.flush()
