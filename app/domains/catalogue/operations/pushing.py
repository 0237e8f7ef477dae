"""Published items go down to whoever has to claim them; abolished ones end their claims. Set-based; never commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, context
from app.core.errors import Refused
from app.core.ids import uuid7_series
from app.core.messages import N_
from app.core.viewer import THE_SYSTEM, at_work, looking_as
from app.core.workflow import editions, moving, people, steps, todos
from app.core.workflow.people import Unit
from app.domains.catalogue import flows
from app.domains.catalogue.choices import ClaimState, ItemState
from app.domains.catalogue.models import ItemClaim, SupervisionItem, SupervisionSubItem
from app.domains.catalogue.operations.standing import QUESTION

#: Departments of the item's line at its levels, in the region of whoever keeps it, that have no claim of it yet.
_RECEIVERS = sa.text(
    f"""SELECT d.id, d.region_id, d.name FROM department k
         JOIN region r ON r.id = k.region_id
         JOIN department d ON d.region_id BETWEEN r.id AND {people.HIGH}
        WHERE k.id = :keeper AND d.id <> k.id AND NOT d.is_lead_office
          AND d.duty_line = :line AND d.level = ANY(CAST(:levels AS text[]))
          AND NOT EXISTS (SELECT FROM item_claim c WHERE c.department_id = d.id AND c.sub_item_id = :item)
        ORDER BY d.id"""  # noqa: S608 - of our own words only
).bindparams(sa.bindparam("item", type_=sa.Uuid))
#: Items in force of which somebody who has to claim them has no claim.
_MISSING = sa.text(
    f"""SELECT DISTINCT i.id FROM supervision_sub_item i
         JOIN supervision_item m ON m.id = i.main_item_id
         JOIN department k ON k.id = i.department_id
         JOIN region r ON r.id = k.region_id
         JOIN department d ON d.region_id BETWEEN r.id AND {people.HIGH} AND d.duty_line = m.duty_line
                          AND d.level = ANY(i.levels) AND d.id <> k.id AND NOT d.is_lead_office
        WHERE i.status = 'published'
          AND NOT EXISTS (SELECT FROM item_claim c WHERE c.department_id = d.id AND c.sub_item_id = i.id)"""  # noqa: S608 - of our own words only
).columns(sa.column("id", sa.Uuid))
_CHANGED = N_("上级事项已更新，请核对本部门要素")
_WITH_MAIN, _SUSPENDED = N_("随主项取消"), N_("随主项暂停")
_RESUMED = N_("主项已恢复，请确定本子项是否恢复")
_ENDABLE = tuple(next(move for move in flows.CLAIM.moves if move.name == "end").sources)


def title_of(item: SupervisionSubItem) -> str:
    """What a claim of the item is called."""
    return f"{item.sub_code} {item.sub_name}"


def push(session: Session, item: SupervisionSubItem) -> int:
    """Every department that has to claim the item has a pending claim and a to-do (Xi'an art. 9); their number.

    Those are the departments of its duty line and levels in the region of its keeper. Whoever has a claim keeps it.
    """
    with looking_as(session, THE_SYSTEM):
        asked = {"keeper": item.department_id, "line": item.main_item.duty_line, "levels": list(item.levels)}
        units = [Unit(*row) for row in session.execute(_RECEIVERS, asked | {"item": item.id})]
    return begin(session, [(item, unit) for unit in units], ClaimState.PENDING)


def push_missing(session: Session) -> int:
    """What was published another way (loaded by workbook), or before a department was there, is pushed as well."""
    with looking_as(session, THE_SYSTEM):
        items = session.scalars(sa.select(SupervisionSubItem).where(SupervisionSubItem.id.in_(_MISSING))).all()
        return sum(push(session, item) for item in items)


def begin(session: Session, wanted: Sequence[tuple[SupervisionSubItem, Unit]], state: ClaimState) -> int:
    """Each department has a claim of its item in that state, with the to-do of it; the number that are new."""
    if not wanted:
        return 0
    now, who, ids = clock.now(), _account(session), uuid7_series()
    rows = [
        {
            "id": next(ids), "department_id": unit.id, "scope_region": unit.region_id, "sub_item_id": item.id,
            "item_title": title_of(item), "status": state.value, "pushed_on": now.date(), "created_at": now,
            "updated_at": now, "created_by": who, "updated_by": who,
        }
        for item, unit in wanted
    ]  # fmt: skip
    wait, units, made = flows.CLAIM.waits[state.value], {unit.id: unit for _, unit in wanted}, ItemClaim.__table__.c
    with looking_as(session, THE_SYSTEM):
        new = insert(ItemClaim.__table__).values(rows).on_conflict_do_nothing()
        told = [
            (row.id, row.item_title, units[row.department_id])
            for row in session.execute(new.returning(made.id, made.item_title, made.department_id))
        ]
        if told:
            first: Any = session.get_one(ItemClaim, told[0][0])
            todo = todos.ask(
                session, first, told[0][2], needs=wait.may, what=wait.todo, step=state.value, limit=wait.limit
            )
            todos.ask_alike(session, todo, told[1:])
    context.forget(session, QUESTION)
    return len(told)


def push_again(session: Session, item: SupervisionSubItem) -> int:
    """A new edition of the item is in force: it goes to whoever is new to it, the others are told; their number.

    The unified elements of their claims have changed with it; what a department wrote itself is its to check.
    """
    claim = ItemClaim.__table__
    with looking_as(session, THE_SYSTEM):
        renamed = sa.update(claim).where(claim.c.sub_item_id == item.id, claim.c.item_title != title_of(item))
        session.execute(renamed.values(item_title=title_of(item)))
        session.expire_all()
        wanted = sa.select(claim.c.id, claim.c.department_id, claim.c.scope_region).order_by(claim.c.department_id)
        wanted = wanted.where(claim.c.sub_item_id == item.id, claim.c.status.not_in(("excused", "abolished")))
        told = [(row.id, title_of(item), Unit(row[1], row[2], "")) for row in session.execute(wanted)]
        if told:
            first: Any = session.get_one(ItemClaim, told[0][0])
            todo = todos.ask(session, first, told[0][2], needs="edit", what=_CHANGED, kind="copy")
            todos.ask_alike(session, todo, told[1:])
    return push(session, item) + len(told)


def suspend_parts(session: Session, main: SupervisionItem) -> int:
    """The published sub-items of a suspended main item are suspended with it; their number.

    One whose next edition is being written stays where it is; it is not acted upon either (R01), and is published again
    only under a main item in force (C16).
    """
    with looking_as(session, THE_SYSTEM):
        parts = [part for part in _parts(session, main) if part.status == ItemState.PUBLISHED]
        for part in parts:
            moving.move(session, part, "suspend", opinion=_SUSPENDED.msgid)
    return len(parts)


def tell_parts(session: Session, main: SupervisionItem) -> int:
    """Whoever keeps a suspended sub-item is told that its main item is in force again; he resumes it, or not."""
    with looking_as(session, THE_SYSTEM):
        parts = [part for part in _parts(session, main) if part.status == ItemState.SUSPENDED]
        for part in parts:
            unit = Unit(part.department_id, part.scope_region, "")
            todos.ask(session, part, unit, needs="publish", what=_RESUMED, kind="copy")
    return len(parts)


def _parts(session: Session, main: SupervisionItem) -> list[SupervisionSubItem]:
    parts = sa.select(SupervisionSubItem).where(SupervisionSubItem.main_item_id == main.id)
    return [part for part in session.scalars(parts.order_by(SupervisionSubItem.sub_code)) if part.edition]


def abolish_parts(session: Session, main: SupervisionItem) -> int:
    """The sub-items of an abolished main item are abolished with it; their number.

    Raises Refused while the next edition of one is being written: that is brought to an end first.
    """
    with looking_as(session, THE_SYSTEM):
        found = _parts(session, main)
        for part in found:
            if part.status not in ("published", "suspended", "abolished"):
                raise Refused(
                    N_("子项 {code} 正在变更，请先办结或放弃变更，再取消主项", code=part.sub_code), status=409
                )
        ended = [part for part in found if part.status != "abolished"]
        for part in ended:
            moving.move(session, part, "abolish", opinion=_WITH_MAIN.msgid)
    return len(ended)


def end(session: Session, item: SupervisionSubItem) -> int:
    """The item is abolished: so are its claims from that day on, what was asked about them is over; their number."""
    claim, now, who = ItemClaim.__table__, clock.now(), _account(session)
    last = sa.func.least(sa.func.coalesce(claim.c.valid_to, item.valid_to or now.date()), item.valid_to or now.date())
    ended = (
        sa.update(claim)
        .where(claim.c.sub_item_id == item.id, claim.c.status.in_(_ENDABLE))
        .values(
            status=ClaimState.ABOLISHED.value, updated_at=now, updated_by=who, version=claim.c.version + 1,
            valid_to=sa.case((claim.c.edition.is_not(None), last), else_=claim.c.valid_to),
        )
    )  # fmt: skip
    with looking_as(session, THE_SYSTEM):
        about = claim.c.id, claim.c.status, claim.c.edition
        stood = {row.id: row for row in session.execute(sa.select(*about).where(claim.c.sub_item_id == item.id))}
        keys = session.scalars(ended.returning(claim.c.id)).all()
        session.expire_all()
        for key in keys:
            if stood[key].edition and stood[key].status in flows.CLAIM.editable:
                editions.drop(session, session.get_one(ItemClaim, key))
        todos.close_all(session, ItemClaim, keys, move="end")
        passed = ((key, stood[key].status, ClaimState.ABOLISHED.value) for key in keys)
        steps.write(session, ItemClaim.__tablename__, "end", passed, at_work(session))
    context.forget(session, QUESTION)
    return len(keys)


def _account(session: Session) -> int | None:
    person = at_work(session)
    return person.user_id if person else None
