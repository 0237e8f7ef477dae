"""Whether a department may act upon an item on a day, and whether it should claim it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.core.messages import N_, Message
from app.domains.catalogue.choices import ClaimState, ItemState
from app.domains.org.choices import DutyLine, Level
from app.domains.org.rules import is_in_force

# The states in which what was published is in force. While its next edition is being written it is as well.
IN_FORCE = frozenset({"published", "changing", "submitted", "second_review", "returned", "approved"})


@dataclass(frozen=True)
class Life:
    """How an item, a claim or a list stands: its state, the edition in force if it was ever published, its days."""

    status: str
    edition: int | None
    valid_from: date | None
    valid_to: date | None


def is_usable(row: Any, day: date) -> bool:
    """True when the row was published and in force on that day; one that was abolished since counts for its days."""
    if not row.edition or (row.status not in IN_FORCE and (row.status != "abolished" or row.valid_to is None)):
        return False
    return is_in_force(day, row.valid_from, row.valid_to)


@dataclass(frozen=True)
class Standing:
    """How a department stands to the items: the units of its line, itself first, and the claims of all of them."""

    line: tuple[int, ...]
    claims: Mapping[tuple[int, Any], Life]
    #: The main items that are not plainly in force, by sub-item: on their days nothing under them is acted upon.
    mains: Mapping[Any, Life] = field(default_factory=dict)

    def to(self, item: Any, owner: int) -> Life | bool:
        """Who is nearest in the line decides: the item's own keeper (True), or whoever has a claim; False: nobody."""
        for unit in self.line:
            if unit == owner:
                return True
            if (claim := self.claims.get((unit, item))) is not None:
                return claim
        return False


def why_not_usable(item: Any, standing: Standing, day: date) -> Message | None:
    """What forbids a department to act upon a sub-item on that day; ``None`` when nothing does.

    No item, no action (Xi'an measures, art. 8): the sub-item was published and in force on the day, and so was its main
    item; and it is the department's own, or the department (or else whoever is nearest above it in its line) has
    published its claim.
    """
    if not is_usable(item, day):
        return _item_is_not_in_force(item, day)
    main = standing.mains.get(item.id)
    if main is not None and not is_usable(main, day):
        return _main_is_not_in_force(item, main, day)
    claim = standing.to(item.id, item.department_id)
    if claim is True:
        return None
    if claim is False:
        return N_("监管事项 {code} 未经本部门认领，不能开展监管（{law}）；请事项管理员先认领并发布", **_about(item))
    if isinstance(claim, Life) and is_usable(claim, day):
        return None
    return _claim_is_not_in_force(item, claim, day)


_LAW = N_("市政办发〔2021〕28号第八条：未纳入清单的事项不得监管")


def _about(item: Any) -> dict[str, Any]:
    return {"code": item.sub_code, "law": _LAW}


def _item_is_not_in_force(item: Any, day: date) -> Message:
    about = _about(item)
    if item.status == ItemState.SUSPENDED:
        return N_("监管事项 {code} 已暂停，不能开展监管（{law}）；恢复后再录入", **about)
    if not item.edition or item.status not in (*IN_FORCE, ItemState.ABOLISHED):
        return N_("监管事项 {code} 未发布，不能开展监管（{law}）；请先完成审核发布", **about)
    return N_("监管事项 {code} 在 {day} 不在有效期内（{law}）；请核对日期，或改用当日有效的事项", day=day, **about)


def _main_is_not_in_force(item: Any, main: Life, day: date) -> Message:
    about = _about(item)
    if main.status == ItemState.SUSPENDED:
        return N_("监管事项 {code} 所属主项已暂停，不能开展监管（{law}）；主项和子项都恢复后再录入", **about)
    if not main.edition:
        return N_("监管事项 {code} 所属主项未发布，不能开展监管（{law}）；请先完成主项的审核发布", **about)
    return N_("监管事项 {code} 所属主项在 {day} 不在有效期内（{law}）；请核对日期", day=day, **about)


def _claim_is_not_in_force(item: Any, claim: Life, day: date) -> Message:
    about = _about(item)
    if claim.status == ClaimState.EXCUSED:
        return N_("监管事项 {code} 已核销为不适用于本部门，不能开展监管（{law}）；确需使用的请重新认领", **about)
    if claim.edition and claim.status in (*IN_FORCE, ClaimState.ABOLISHED):
        return N_("本部门对监管事项 {code} 的认领在 {day} 不在有效期内（{law}）；请核对日期", day=day, **about)
    about["state"] = ClaimState(claim.status).label
    return N_("监管事项 {code} 的认领处于“{state}”状态，不能开展监管（{law}）；请先完成认领并发布", **about)


@dataclass(frozen=True)
class Advice:
    """Whether a department should claim an item, and what speaks for it or against."""

    is_for: bool
    reasons: tuple[Message, ...]


def advice(line: str, levels: Iterable[str], own_line: str, own_level: str, *, peers: int, is_pushed: bool) -> Advice:
    """By duty line and level of government: an item is for whoever has both (Xi'an measures, art. 9)."""
    against = []
    if line != own_line:
        against.append(N_("属于{line}条线", line=DutyLine(line).label))
    if own_level not in levels:
        against.append(N_("行使层级不含{level}", level=Level(own_level).label))
    reasons = against or [N_("条线、层级相符")]
    if peers:
        reasons.append(N_("同级 {n} 个部门已认领", n=peers))
    if not is_pushed:
        reasons.append(N_("未下发"))
    return Advice(not against, tuple(reasons))
