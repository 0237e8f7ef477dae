"""The lives of what the catalogue holds, as data (domain.md §2.7). What moves rows stands in core/workflow."""

from __future__ import annotations

import dataclasses
from typing import Any

from app.core.messages import N_
from app.core.rules import Context
from app.core.workflow import Move, Wait, Workflow
from app.domains.catalogue.choices import CaseState, ClaimState, ItemState, SourceLevel

_LOCAL = frozenset({SourceLevel.LOCAL_REGULATION.value, SourceLevel.LOCAL_RULE.value})
_LOADERS = frozenset({"sys_admin", "supervision_office"})


def needs_justice(row: Any) -> bool:
    """True for an item of a prefecture's own regulations: the justice bureau reviews it too (Gannan plan).

    Of a change, as it is in force or as it is proposed: nobody gets around that review by proposing another source.
    """
    both = (row, getattr(row, "stored", None))
    mains = [getattr(each, "main_item", None) or each for each in both if each is not None]
    return any(getattr(main, "source_level", None) in _LOCAL for main in mains)


def _ends_today(row: Any, ctx: Context) -> dict[str, Any]:
    """Abolished today: today is the last day in force; what ended before stays so."""
    return {"valid_to": min(row.valid_to, ctx.today) if row.valid_to else ctx.today}


def _life(first: str, *, requires: tuple[str, ...] = ()) -> tuple[Move, ...]:
    """From the draft to the end, the same for items, claims and lists."""
    return (
        Move("submit", N_("提交审核"), (first, "returned", "changing"), "submitted", requires=requires),
        Move("recall", N_("撤回"), ("submitted",), first, published=False, is_recall=True, tone="plain"),
        Move("recall_change", N_("撤回变更"), ("submitted",), "changing", published=True, is_recall=True, tone="plain"),
        Move("approve", N_("同意"), ("submitted",), "approved", may="review", apart=True),
        Move("return", N_("退回"), ("submitted", "approved"), "returned", may="review", reason=True, tone="danger"),
        Move("publish", N_("发布"), ("approved",), "published", may="publish"),
        Move("change", N_("发起变更"), ("published",), "changing", proposes=True, publishes=False, tone="plain"),
        Move(
            "drop", N_("放弃变更"), ("changing", "returned"), "published", published=True, publishes=False,
            tone="danger",
        ),
        Move("suspend", N_("暂停"), ("published",), "suspended", may="publish", reason=True, tone="danger"),
        Move("resume", N_("恢复"), ("suspended",), "published", may="publish", publishes=False),
        Move(
            "abolish", N_("取消（废止）"), ("published", "suspended"), "abolished", may="publish", reason=True,
            fills=_ends_today, tone="danger",
        ),
    )  # fmt: skip


_WAITS = {
    "submitted": Wait("review", limit="review_item", todo=N_("审核")),
    "returned": Wait("edit", limit="revise_item", todo=N_("修改后重新提交")),
    "approved": Wait("publish", limit="publish_item", todo=N_("发布")),
}


def _with_justice(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    """A second review lies between approval and publication of what local regulations demand."""
    second = (
        Move(
            "approve_on", N_("同意并送司法局复核"), ("submitted",), "second_review", may="review", apart=True,
            when=needs_justice,
        ),
        Move("concur", N_("复核同意"), ("second_review",), "approved", may="review", where="justice", apart=True),
        Move(
            "object", N_("复核退回"), ("second_review",), "returned", may="review", where="justice", apart=True,
            reason=True, tone="danger",
        ),
    )  # fmt: skip
    made = []
    for move in moves:
        if move.name == "approve":
            made += [Move(**{**vars(move), "when": lambda row: not needs_justice(row)}), *second]
        else:
            made.append(move)
    return tuple(made)


ITEM = Workflow(
    field="status",
    states=ItemState,
    initial=("drafting",),
    editable=frozenset({"drafting", "returned", "changing"}),
    moves=_with_justice(_life("drafting")),
    waits=_WAITS | {"second_review": Wait("review", "justice", limit="review_item", todo=N_("司法局复核"))},
    loaders=_LOADERS,
    edition="edition",
)

#: A sub-item is what it says and what is looked at when it is carried out: both are reviewed and published together.
SUB_ITEM = dataclasses.replace(ITEM, lines=("check_item", "check_content"))

LIST = Workflow(
    field="status",
    states=ItemState,
    initial=("drafting",),
    editable=frozenset({"drafting", "returned", "changing"}),
    moves=_life("drafting"),
    waits=_WAITS,
    loaders=_LOADERS,
    edition="edition",
)

CLAIM = Workflow(
    field="status",
    states=ClaimState,
    initial=("claimed", "pending"),
    editable=frozenset({"claimed", "returned", "changing"}),
    moves=(
        Move("claim", N_("认领"), ("pending",), "claimed"),
        Move(
            "excuse", N_("申请不适用"), ("pending", "claimed"), "excusing", reason=True, published=False, tone="plain"
        ),
        Move("recall_excuse", N_("撤回申请"), ("excusing",), "pending", is_recall=True, tone="plain"),
        Move("accept", N_("同意核销"), ("excusing",), "excused", may="review", where="above", apart=True),
        Move(
            "refuse",
            N_("不同意核销"),
            ("excusing",),
            "pending",
            may="review",
            where="above",
            apart=True,
            reason=True,
            tone="danger",
        ),
        Move("reopen", N_("重新认领"), ("excused",), "pending", tone="plain"),
        *_life("claimed", requires=("process_text", "result_text")),
        Move(
            "end",
            N_("随上级事项取消"),
            tuple(each.value for each in ClaimState if each not in (ClaimState.EXCUSED, ClaimState.ABOLISHED)),
            "abolished",
            is_hidden=True,
        ),
    ),
    waits={
        "pending": Wait("edit", limit="claim_item", todo=N_("认领，或申请不适用")),
        "excusing": Wait("review", "above", limit="review_item", todo=N_("核销不适用申请")),
        "claimed": Wait("edit", limit="complete_item", todo=N_("完善要素后提交审核")),
        **_WAITS,
    },
    loaders=_LOADERS,
    edition="edition",
)


def _done_today(row: Any, ctx: Context) -> dict[str, Any]:
    return {"done_on": ctx.today}


REFORM = Workflow(
    field="status",
    states=CaseState,
    initial=("open",),
    editable=frozenset({"open", "gap"}),
    moves=(
        Move("confirm", N_("已有监管事项"), ("open",), "done", requires=("sub_item",), fills=_done_today),
        Move("gap", N_("登记缺口"), ("open",), "gap", requires=("gap_note", "due_on"), tone="plain"),
        Move("close", N_("缺口已补齐"), ("gap",), "done", requires=("sub_item",), fills=_done_today),
        Move("again", N_("重新核查"), ("done",), "open", reason=True, tone="plain"),
    ),
    waits={
        "open": Wait("edit", limit="reform_check", todo=N_("核查是否有对应的监管事项")),
        "gap": Wait("edit", todo=N_("补齐监管事项")),
    },
    loaders=_LOADERS,
)
