"""What may change after a draw: it is declared void, or a subject cannot be inspected (draw.md §§7.1, 7.4).

Both are events with reason, evidence and approval, and are counted publicly. Neither lets anybody off: whom a void
draw had drawn is still inspected, and a replacement is the next of the reserve list, known since the seed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.messages import N_, Message
from app.domains.draw.choices import VoidReason

#: More replacements than this share of the drawn raise an alarm: one in twenty.
ALARM = 20


@dataclass(frozen=True)
class Void:
    """A draw declared void: why, the hash of the evidence, and which parties approved."""

    reason: str
    evidence: str
    approvals: Sequence[str]


@dataclass(frozen=True)
class Replacement:
    """A subject that cannot be inspected, the hash of the evidence, and who takes its place."""

    subject: str
    evidence: str
    instead: str


def why_not_void(void: Void, parties: Collection[str]) -> list[Message]:
    """Everything that forbids it: another reason than the three, no evidence, fewer than two of the parties."""
    problems: list[Message] = []
    if void.reason not in {each.value for each in VoidReason}:
        problems.append(N_("只有名单有误、违反随机数产生规则或依法被撤销，才能作废"))
    if not void.evidence:
        problems.append(N_("作废须附证据"))
    if len({each for each in void.approvals if each in parties}) < 2:
        problems.append(N_("作废须由两个不同的参与方批准"))
    return problems


def why_not_again(void: Mapping[str, Any], new: Mapping[str, Any], voided: Collection[str]) -> list[Message]:
    """Everything that forbids a freeze record as the successor of a void one: the draw's id, its hash, used links.

    ``voided`` are the ids of all void draws. The public number is another one because its rule names a later day.
    """
    problems: list[Message] = []
    if new["draw_id"] == void["draw_id"] or new["draw_id"] in voided:
        problems.append(N_("重新抽取须使用新的抽取编号"))
    if new["snapshot"] <= void["snapshot"]:
        problems.append(N_("重新抽取须重新冻结名单"))
    used = {party["anchor"]: party["position"] for party in void["parties"]}
    if any(party["position"] <= used.get(party["anchor"], 0) for party in new["parties"]):
        problems.append(N_("重新抽取须使用后续的链值"))
    return problems


def to_inspect(drawn: Iterable[str], voided: Iterable[Iterable[str]], impossible: Collection[str]) -> list[str]:
    """作废不豁免: the drawn, and all whom void draws had drawn unless an inspection is legally impossible."""
    kept = {subject for draw in voided for subject in draw} - set(impossible)
    return sorted(set(drawn) | kept, key=str.encode)


def replacement(
    subject: str, evidence: str, reserve: Sequence[str], before: Iterable[Replacement]
) -> Replacement | Message:
    """Who takes the place of a subject: the first of its cell's reserve list whom nobody has taken yet.

    One who was taken and cannot be inspected either is replaced in the same way.
    """
    if not evidence:
        return N_("替换检查对象须附证据")
    earlier = list(before)
    if subject in {each.subject for each in earlier}:
        return N_("{subject} 已经被替换", subject=subject)
    taken = {each.instead for each in earlier}
    left = [each for each in reserve if each not in taken]
    if not left:
        return N_("该单元的候补名单已经用完")
    return Replacement(subject, evidence, left[0])


def is_alarming(replacements: int, drawn: int) -> bool:
    """True when more than one in twenty of the drawn was replaced."""
    return replacements * ALARM > drawn
