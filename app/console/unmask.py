"""Hidden values shown in full: to whom, for which reason, and with an entry on the log for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.console import cells, guard
from app.core import audit, sealing
from app.core.errors import BadValue, Invalid, Problem, Refused
from app.core.fields import Field, read
from app.core.messages import N_
from app.core.table import Table

#: Reasons that come up again and again; whoever has another one writes it.
REASONS = {
    "identity": N_("核对证件或身份"),
    "contact": N_("联系当事人或联系人"),
    "case": N_("办理案件、制作文书"),
    "correct": N_("核对、更正数据"),
    "authority": N_("配合监察、审计或司法机关"),
}
#: A reason of fewer signs is none; of more, it is a story.
_SHORTEST, LONGEST = 4, 200


def is_possible(row: Table) -> bool:
    """True when the one who asks may see the row's hidden values: by his role, and because the row is his unit's.

    Rows of other units stay masked, however widely they are read: what a unit has collected is not opened without its
    consent (Xi'an 2021-28 art. 24); he asks that unit.
    """
    table, viewer = type(row), guard.viewer()
    if viewer is None or not guard.may("unmask", table.__tablename__):
        return False
    head = [getattr(row, column.name) for column in sealing.head_of(table)]
    return bool(sealing.opens(table, head, viewer))


def reason_of(given: Mapping[str, str]) -> str:
    """The reason that a form gave: one of the usual ones, words, or both. Raises Invalid."""
    usual, words = REASONS.get(given.get("usual", "")), read.text(given.get("reason", "")) or ""
    return checked_reason("；".join(filter(None, (usual.msgid if usual else "", words))))


def checked_reason(given: Any) -> str:
    """The reason as it goes on the log. Raises Invalid."""
    try:
        reason = read.text(given) if isinstance(given, str) else None
    except BadValue as error:
        raise Invalid([Problem(error.message, ("reason",))]) from None
    if not reason or not _SHORTEST <= len(reason) <= LONGEST:
        told = N_("请选择或填写理由，{least} 至 {most} 个字", least=_SHORTEST, most=LONGEST)
        raise Invalid([Problem(told, ("reason",))])
    return sealing.without_persons(reason)  # it stands on the log for ever


def hidden_fields(row: Table) -> list[Field]:
    """The fields whose values the row hides."""
    return [each for each in sealing.secrets_of(type(row)) if cells.hides(row, each)]


def opened(session: Session, row: Table, names: Iterable[str], reason: str) -> dict[str, str]:
    """The hidden values in full, by field name; each is on the log, with the reason. The caller commits.

    Raises Refused for who may not, and for fields that hide nothing.
    """
    if not is_possible(row):
        raise Refused(N_("您无权查看这条记录的完整敏感信息；如工作需要，请联系数据所属单位"), status=403)
    hidden, values = {each.name: each for each in hidden_fields(row)}, {}
    for name in dict.fromkeys(names):
        field = hidden.get(name)
        if field is None:
            raise Refused(N_("“{name}”没有需要显示的敏感信息", name=name[:60]), status=422)
        values[name] = field.show(sealing.value_of(row, field))
        audit.note(session, "unmask", row=row, field=name, reason=reason)
    return values
