"""Somebody leaves his post: what he holds goes to a colleague or stays with the unit, and his account is closed.

All of it in one transaction, and only if it is still what was shown before: nothing is lost, nothing is moved unseen.
Whatever a table holds for one person joins by one line of its declaration (``__held_by__``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console import drafts
from app.console.attached import Attachment
from app.console.attachments import STAGED
from app.console.drafts import HANDED, NEW, TITLE
from app.console.memory import Draft, SavedView
from app.core import audit, clock, saving
from app.core.context import context_of
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.core.workflow import passing
from app.core.workflow.models import Todo
from app.domains.org.choices import EmploymentState
from app.domains.org.models import Account, Handover
from app.domains.org.rules import granting

#: What becomes of somebody who leaves his post.
LEAVING = tuple(each for each in EmploymentState if each is not EmploymentState.IN_POST)


@dataclass(frozen=True)
class Held:
    """What one table holds for a person."""

    table: type[Table]
    titles: tuple[str, ...]
    keys: tuple[str, ...]
    #: The tables whose forms are begun in them, where they are drafts.
    tables: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """What people call these things."""
        return str(self.table.__label__)


@dataclass(frozen=True)
class Estate:
    """Everything a person holds, and the mark by which it is known whether that has changed."""

    things: tuple[Held, ...]
    mark: str

    @property
    def number(self) -> int:
        """How many things there are."""
        return sum(len(each.keys) for each in self.things)

    def lines(self) -> Iterator[str]:
        """One line for each thing, as the paper of the hand-over lists them."""
        for each in self.things:
            for title in each.titles:
                yield f"{each.label}{N_('：')}{title}"


def number_of(session: Session, account: Account) -> int:
    """The number by which sessions and rows know the holder of an account."""
    found = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": account.username})
    if found is None:
        raise Refused(N_("账号“{name}”还没有登录信息", name=account.username), status=409)
    return int(found)


def leaver(session: Session, key: Any) -> Account:
    """The account, if whoever asks may take its holder out of his post. Raises Refused."""
    account = saving.find(session, Account, key)
    saving.must_be_own(account, must_have(session))
    person = context_of(session).person
    if person is not None:
        if person.username == account.username:
            raise Refused(N_("不能办理本人的离岗交接，请由上级管理员办理"), status=403)
        if not granting.is_his(person, account):
            raise Refused(N_("“{name}”的账号不由您管理，不能办理离岗交接", name=account.real_name), status=403)
    return account


def estate_of(session: Session, account_id: int, *, hold: bool = False) -> Estate:
    """What the person holds now; with ``hold`` nobody changes it until the transaction ends."""
    things, seen = [], hashlib.sha256()
    with looking_as(session, THE_SYSTEM):
        for table in (each for each in TABLES.values() if each.__held_by__):
            if hold:  # nothing new comes in between the look and the end of the account
                session.execute(sa.text(f'LOCK TABLE "{table.__tablename__}" IN SHARE ROW EXCLUSIVE MODE'))
            column = table.__table__.c[table.__held_by__]
            wanted = sa.select(table).where(column == account_id).order_by(table.id)
            rows = list(session.scalars(wanted.execution_options(populate_existing=True)).unique())
            for row in rows:
                seen.update(f"{table.__tablename__} {row.id} {row.version} {row.updated_at}\n".encode())
            if rows:
                titles, keys = tuple(_told(row) for row in rows), tuple(str(row.id) for row in rows)
                begun = frozenset(row.table_name for row in rows) if table is Draft else frozenset()
                things.append(Held(table, titles, keys, begun))
    return Estate(tuple(things), seen.hexdigest())


def _told(row: Table) -> str:
    """What a thing is called on the paper."""
    if isinstance(row, Draft):
        table = TABLES.get(row.table_name)
        label = table.__label__ if table is not None else row.table_name
        if row.form.startswith((NEW, HANDED)):
            return str(N_("新增{label}", label=label))
        return str(N_("编辑{label}：{title}", label=label, title=(row.typed or {}).get(TITLE, "")))
    if isinstance(row, SavedView):
        table = TABLES.get(row.table_name)
        return f"{table.__label__ if table is not None else row.table_name} · {row.name}"
    return row.title() or str(row.id)


def hand_over(session: Session, *, key: Any, receiver_key: Any, employment: str, note: str, seen: str) -> Handover:
    """The leaver's things are the receiver's (or kept for the unit by whoever does this), his account is closed.

    ``seen`` is the mark of what was shown before. Raises Refused when that has changed, and then nothing was moved.
    """
    if employment not in [each.value for each in LEAVING]:
        raise Refused(N_("请选择移交后的人员状态"))
    account = leaver(session, key)
    with looking_as(session, THE_SYSTEM):
        session.refresh(account, with_for_update=True)
    receiver = _receiver(session, account, receiver_key)
    leaving = number_of(session, account)
    keeper = number_of(session, receiver) if receiver is not None else must_have(session).user_id
    estate = estate_of(session, leaving, hold=True)
    if estate.mark != seen:
        raise Refused(N_("要移交的内容刚刚有变化，请核对后再确认"), status=409)
    with looking_as(session, THE_SYSTEM):
        for each in estate.things:
            _move(session, each, leaving, keeper, receiver)
        session.flush()
    saved, _ = saving.save(session, Account, {"employment": employment}, row=account)
    session.flush()
    return _record(session, saved, receiver, employment, note, estate)


def _receiver(session: Session, account: Account, key: Any) -> Account | None:
    if not key:
        return None
    found = saving.find(session, Account, key)
    if found.id == account.id:
        raise Refused(N_("接收人不能是移交人本人"))
    if found.employment != "in_post" or found.access != "open":
        raise Refused(N_("接收人“{name}”不是在岗人员或账号已停用", name=found.real_name))
    return found


def _move(session: Session, held: Held, leaving: int, keeper: Any, receiver: Account | None) -> None:
    table = held.table.__table__
    column = table.c[held.table.__held_by__]
    moved: dict[str, Any] = {column.name: keeper, "updated_at": clock.now(), "version": table.c.version + 1}
    if held.table is Draft:
        _free_forms(session, leaving, keeper)
        sealed_anew = getattr(
            drafts, "hand_over", None
        )  # opens what was sealed for the leaver, seals it for the keeper
        if sealed_anew is not None:
            sealed_anew(session, leaving, keeper)
        files: Any = {"created_by": keeper}
        if receiver is not None:
            files |= {"department_id": receiver.department_id, "scope_region": receiver.scope_region}
        staged = Attachment.__table__
        own = (staged.c.table_name == STAGED, staged.c.created_by == leaving)
        session.execute(sa.update(staged).where(*own).values(files))
    if held.table is Todo:  # it is its department's: who sits elsewhere or may not do it cannot hold it
        fit = [] if receiver is None else _fit_for(session, held.keys, receiver, keeper)
        session.execute(sa.update(table).where(column == leaving).values(moved | {column.name: None}))
        session.execute(sa.update(table).where(table.c.id.in_(fit)).values({column.name: keeper}))
        session.expire_all()
        return
    if held.table is SavedView and receiver is not None:  # a view of one's own is seen where one sits
        own_ones = (column == leaving, table.c.audience == "own")
        place = {"department_id": receiver.department_id, "scope_region": receiver.scope_region, "is_default": False}
        session.execute(sa.update(table).where(*own_ones).values(place))
    session.execute(sa.update(table).where(column == leaving).values(moved))
    session.expire_all()


def _fit_for(session: Session, keys: Iterable[str], receiver: Account, keeper: int) -> list[Any]:
    """The to-dos among these that the receiver may do: those of his own department that his roles allow."""
    his = Todo.department_id == receiver.department_id
    todos = session.scalars(sa.select(Todo).where(Todo.id.in_(map(UUID, keys)), his))
    return [each.id for each in todos if keeper in passing.able(session, each)]


def _free_forms(session: Session, leaving: int, keeper: Any) -> None:
    """A form has one draft of each person: where the receiver has his own, the other's waits under another name."""
    draft = Draft.__table__
    other = draft.alias()
    taken = sa.exists().where(
        other.c.created_by == keeper, other.c.table_name == draft.c.table_name, other.c.form == draft.c.form
    )
    waiting = sa.func.concat(HANDED, sa.func.left(sa.cast(draft.c.id, sa.Text), 8), "~", sa.func.left(draft.c.form, 40))
    session.execute(sa.update(draft).where(draft.c.created_by == leaving, taken).values(form=waiting))


def _record(
    session: Session, account: Any, receiver: Account | None, employment: str, note: str, estate: Estate
) -> Handover:
    now = clock.now()
    day = now.astimezone(clock.ZONE)
    same_day = sa.select(sa.func.count()).where(Handover.number.startswith(f"JJ{day:%Y%m%d}"))
    with looking_as(session, THE_SYSTEM):
        count = session.scalar(same_day.where(Handover.department_id == account.department_id)) or 0
    given = {
        "department": account.department.name,
        "number": f"JJ{day:%Y%m%d}{count + 1:03d}",
        "person": account.username,
        "receiver": receiver.username if receiver is not None else "",
        "employment": employment,
        "handed_when": day.strftime("%Y-%m-%d %H:%M:%S"),
        "item_count": str(estate.number),
        "content": "\n".join(estate.lines()) or str(N_("没有需要移交的内容")),
        "note": note[:500],
    }
    row, _ = saving.save(session, Handover, given)
    counts = {each.table.__tablename__: len(each.keys) for each in estate.things}
    audit.note(
        session, "handover", row=row, person=account.username, receiver=given["receiver"], counts=counts,
        number=given["number"],
    )  # fmt: skip
    return row
