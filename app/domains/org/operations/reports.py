"""Changes of responsible people: what a department says about itself, and the receipt of its lead office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, saving
from app.core.errors import NotVisible, Refused
from app.core.lookup import among
from app.core.messages import N_, joined
from app.core.rows import REGION
from app.core.saving import visible
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.domains.org.choices import ReportState
from app.domains.org.models import Department, ResponsibleChange

#: What a department keeps about itself; everything else of the directory is the system admin's.
OWN_FIELDS = ("leader_name", "contact_name", "contact_phone")


def own_unit(session: Session) -> Department:
    """The department of whoever asks."""
    return saving.find(session, Department, must_have(session).department_id)


def change_contacts(session: Session, given: Mapping[str, Any], version: int | None) -> Department:
    """The own department has that leader, contact and telephone; the database tells its lead office. Raises Invalid.

    The directory belongs to the system admins, because whoever could move a department could see its rows: so the three
    fields alone pass from here, for the own department alone, and the row is written as the system does.
    """
    unit = own_unit(session)
    wanted = {name: given.get(name, "") for name in OWN_FIELDS}
    with looking_as(session, THE_SYSTEM):
        row, _ = saving.save(session, Department, wanted, row=unit, version=version)
    return row


def acknowledge(session: Session, keys: Sequence[Any]) -> int:
    """The reports have the receipt of the asker's office. All of them or none; returns their number. Raises Refused."""
    viewer = must_have(session)
    if viewer.kind != REGION and not viewer.is_system:
        raise Refused(N_("只有主管部门（政府办）可以回执"), status=403)
    wanted = visible(ResponsibleChange, viewer).where(among(ResponsibleChange.id, list(keys)))
    found = list(session.scalars(wanted.with_for_update()))
    if not found or len(found) != len(set(keys)):
        raise NotVisible
    unready = [row for row in found if row.state == ReportState.PENDING]
    if unready:
        names = joined(sorted({row.department.name for row in unready})[:5])
        raise Refused(N_("以下单位还没有填写变更原因，不能回执：{names}", names=names), status=409)
    fresh = [row.id for row in found if row.state == ReportState.SUBMITTED]
    table = ResponsibleChange.__table__
    receipt: dict[str, Any] = {
        "state": ReportState.RECEIVED.value, "received_by": viewer.name, "received_unit": viewer.department,
        "received_at": clock.now(), "updated_at": clock.now(), "updated_by": viewer.user_id,
        "version": table.c.version + 1,
    }  # fmt: skip
    session.execute(sa.update(table).where(among(table.c.id, fresh)).values(receipt))
    session.expire_all()
    return len(fresh)
