"""What the decision needs to know, from the database: the account, its place in the trees, roles, grants, the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User, assoc_user_role
from sqlalchemy.orm import Session

from app.console import role_matrix
from app.console.history.access.decision import Person, Record
from app.core import viewer as viewers
from app.core.rows import ASKED, REGION
from app.core.saving import visible
from app.core.table import TABLES, Table
from app.core.viewer import must_have

#: People of one name to choose from.
_SAME_NAME = 10


@dataclass(frozen=True)
class Known:
    """A person with the words for him."""

    person: Person
    username: str
    name: str
    department: str
    #: The department or region at the head of the interval.
    tree: str


def accounts(session: Session, word: str) -> list[Table]:
    """The accounts that the one who asks may see and that the word means: identifier, user name or real name."""
    account = TABLES["account"]
    key = account.key_of(word)
    same = account.id == key if key is not None else sa.or_(account.username == word, account.real_name == word)
    wanted = visible(account, must_have(session)).where(same).order_by(account.username).limit(_SAME_NAME)
    return list(session.scalars(wanted))


def known(session: Session, account: Table) -> Known:
    """The person of an account, as sign-in and row security know him."""
    username = str(account.username)
    user = session.execute(sa.select(User.id, User.active).where(User.username == username)).one_or_none()
    roles = _roles(session, user.id) if user is not None else frozenset()
    viewer = viewers.person(session, user.id) if user is not None else None
    person = Person(
        user_id=user.id if user is not None else None,
        is_active=bool(user and user.active),
        is_in_post=account.employment == "in_post",
        valid_to=account.valid_to,
        roles=roles,
        kind=viewer.kind if viewer else "",
        low=viewer.low if viewer else 0,
        high=viewer.high if viewer else -1,
    )
    department = TABLES["department"]
    own = session.get(department, account.department_id)
    tree = str(own or "")
    if viewer is not None and viewer.kind == REGION:
        region = TABLES["region"].__table__.c
        tree = session.scalar(sa.select(region.name).where(region.id == viewer.low)) or tree
    return Known(person, username, str(account.real_name), str(own or ""), tree)


def _roles(session: Session, user_id: int) -> frozenset[str]:
    names = sa.select(RoleRow.name).join(assoc_user_role, assoc_user_role.c.role_id == RoleRow.id)
    return frozenset(session.scalars(names.where(assoc_user_role.c.user_id == user_id)))


def grants(session: Session, table: type[Table]) -> dict[str, frozenset[str]]:
    """The actions of each role on the table, as they are stored."""
    name = table.__tablename__
    return {role: actions for (role, view), actions in role_matrix.stored(session).items() if view == name}


def record(row: Table) -> Record:
    """What row security knows of the row."""
    columns: Any = row
    is_scoped = type(row).__rows__.is_scoped
    return Record(
        department_id=columns.department_id if is_scoped else None,
        scope_region=columns.scope_region if is_scoped else None,
        created_by=row.created_by,
        is_open=type(row).__rows__.opens(row),
        asked_of=getattr(row, ASKED, None),
    )
