"""Saved views of a list: what a person finds, what he may change, and the columns he likes to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console.memory import VIEW, Audience, SavedView
from app.core import saving, sealing, secrecy
from app.core.errors import NotVisible, Refused
from app.core.messages import N_
from app.core.roles import Role
from app.core.saving import visible
from app.core.table import Table
from app.core.viewer import Viewer

#: The name under which a person's columns are kept; nobody can give it to a view.
COLUMNS = "*columns*"
#: Views that one person may keep of one table.
MOST = 50


@dataclass(frozen=True)
class Memory:
    """What is remembered for one person about one list."""

    views: tuple[SavedView, ...]
    columns: str

    @property
    def default(self) -> SavedView | None:
        """The view a list opens with: the person's own default before the department's."""
        chosen = [view for view in self.views if view.is_default]
        return min(chosen, key=lambda view: view.audience != Audience.OWN, default=None)

    def by_key(self, key: str) -> SavedView | None:
        """The view with that identifier, if the person finds it."""
        return next((view for view in self.views if str(view.id) == key), None)


def _mine(table: type[Table], viewer: Viewer) -> sa.Select[Any]:
    """The person's own views and those of his department."""
    shared = sa.and_(
        SavedView.audience == Audience.DEPARTMENT, SavedView.__table__.c.department_id == viewer.department_id
    )
    return (
        visible(SavedView, viewer)
        .where(SavedView.table_name == table.__tablename__, sa.or_(SavedView.created_by == viewer.user_id, shared))
        .order_by(SavedView.audience.desc(), SavedView.name, SavedView.id)
    )


def memory_of(session: Session, table: type[Table], viewer: Viewer) -> Memory:
    """What the person finds above this list."""
    found = session.scalars(_mine(table, viewer)).all()
    columns = next((each.parameters or "" for each in found if each.name == COLUMNS), "")
    known = [name for name in columns.split(",") if name in table.__fields__]  # a field may be gone since
    return Memory(tuple(each for each in found if each.name != COLUMNS), ",".join(known))


def may_change(view: SavedView, viewer: Viewer) -> bool:
    """True for who made the view, and for his department's admin where it is the department's."""
    if view.created_by == viewer.user_id:
        return True
    is_shared = view.audience == Audience.DEPARTMENT
    admins = {Role.DEPT_ADMIN.value, Role.SYS_ADMIN.value}
    return is_shared and view.__dict__["department_id"] == viewer.department_id and bool(admins & viewer.roles)


def find(session: Session, table: type[Table], viewer: Viewer, key: str) -> SavedView:
    """The view, to be changed. Raises NotVisible for one he does not find, Refused for one not his to change."""
    view = memory_of(session, table, viewer).by_key(key)
    if view is None:
        raise NotVisible(N_("没有找到这个常用查询，可能已被删除"))
    if not may_change(view, viewer):
        raise Refused(N_("本部门的常用查询只能由创建人或本部门管理员修改"), status=403)
    return view


def _named(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or plain == COLUMNS:
        raise Refused(N_("请填写常用查询的名称"))
    return plain


def keep(
    session: Session, table: type[Table], viewer: Viewer, name: str, audience: str, is_default: bool, parameters: str
) -> SavedView:
    """Save the view under a name; one of the person's own with that name and audience is replaced. Flushes."""
    wanted = Audience.DEPARTMENT if audience == Audience.DEPARTMENT else Audience.OWN
    memory, plain = memory_of(session, table, viewer), _named(name)
    mine = [view for view in memory.views if view.created_by == viewer.user_id]
    same = next((view for view in mine if view.name == plain and view.audience == wanted), None)
    if same is None and len(mine) >= MOST:
        raise Refused(N_("常用查询最多保存 {most} 个，请先删除不用的", most=MOST))
    given = {
        "table_name": table.__tablename__,
        "name": plain,
        "audience": wanted.value,
        "is_default": is_default,
        "parameters": secrecy.seal_text(VIEW, parameters)
        if sealing.names_a_person(unquote_plus(parameters))
        else parameters,
    }
    view, _ = saving.save(session, SavedView, given, row=same, by_id=True)
    assert isinstance(view, SavedView)
    if is_default:
        _only_default(session, memory, view, viewer)
    return view


def change(
    session: Session, table: type[Table], viewer: Viewer, view: SavedView, name: str, audience: str, is_default: bool
) -> None:
    """Give the view another name or audience, or make it the one the list opens with. Flushes."""
    wanted = Audience.DEPARTMENT if audience == Audience.DEPARTMENT else Audience.OWN
    if view.created_by != viewer.user_id:
        wanted = Audience.DEPARTMENT  # another's view cannot be taken from the department
    given = {"name": _named(name), "audience": wanted.value, "is_default": is_default}
    saving.save(session, SavedView, given, row=view, by_id=True)
    if is_default:
        _only_default(session, memory_of(session, table, viewer), view, viewer)


def _only_default(session: Session, memory: Memory, view: SavedView, viewer: Viewer) -> None:
    """No other view of the same audience is the default any more, as far as the person may say so."""
    for other in memory.views:
        if other.id != view.id and other.is_default and other.audience == view.audience and may_change(other, viewer):
            other.is_default = False
    saving.flush(session, SavedView)


def keep_columns(session: Session, table: type[Table], viewer: Viewer, names: list[str]) -> None:
    """From now on the person sees these columns of the list; none means the usual ones. Flushes."""
    found = session.scalars(
        _mine(table, viewer).where(SavedView.name == COLUMNS, SavedView.created_by == viewer.user_id)
    ).all()
    for each in found if not names else found[1:]:
        session.delete(each)
    if names:
        given = {
            "table_name": table.__tablename__,
            "name": COLUMNS,
            "audience": Audience.OWN.value,
            "is_default": False,
            "parameters": ",".join(names),
        }
        saving.save(session, SavedView, given, row=found[0] if found else None, by_id=True)
    saving.flush(session, SavedView)
