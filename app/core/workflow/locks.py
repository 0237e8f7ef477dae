"""What a workflow lets people write: new rows begin at the beginning, states change by moves only. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.core.errors import Problem
from app.core.messages import N_, Message
from app.core.viewer import Viewer
from app.core.workflow.declare import Workflow

if TYPE_CHECKING:
    from app.core.table import Table


def loads(table: type[Table], viewer: Viewer) -> bool:
    """True for whoever may add and put right rows in any state: the system, and the roles that fill a catalogue first.

    What is published they change as everybody does, by its next edition; only the system writes that in place.
    """
    flow = table.__flow__
    return flow is None or viewer.is_system or bool(flow.loaders & viewer.roles)


def proposes(row: Table | None) -> bool:
    """True for a published row that is being changed: what is written is its next edition, not the row."""
    flow = type(row).__flow__ if row is not None else None
    return flow is not None and flow.is_published(row) and getattr(row, flow.field) in flow.editable


def standing_in_the_way(
    table: type[Table], values: Mapping[str, Any], kept: Mapping[str, Any] | None, viewer: Viewer
) -> list[Problem]:
    """Why the row may not be written as given, by its workflow. ``kept`` are the stored values, None for a new row."""
    flow = table.__flow__
    if flow is None or viewer.is_system:
        return []
    is_published = kept is not None and flow.edition is not None and bool(kept.get(flow.edition))
    if loads(table, viewer) and not is_published:
        return []
    label, wanted = table.__fields__[flow.field].label, values.get(flow.field)
    if kept is None:
        if wanted in flow.initial or wanted is None:
            return []
        first = flow.states(flow.initial[0]).label
        told = N_("新增时{label}只能是“{first}”，以后通过办理改变", label=label, first=first)
        return [Problem(told, (flow.field,), "FLOW")]
    state = kept[flow.field]
    if wanted != state:
        return [Problem(N_("{label}不能直接修改，请在记录页面办理", label=label), (flow.field,), "FLOW")]
    told = flow.states(state).label
    if state not in flow.editable:
        return [Problem(_not_now(flow, told, is_published=is_published), (flow.field,), "FLOW")]
    if is_published:  # a workbook writes rows, and this one is in force: its next edition is written in its form
        message = N_("这条记录已经发布，正在变更；请在记录的编辑页面修改变更内容，不能批量修改")
        return [Problem(message, (flow.field,), "FLOW")]
    return []


def _not_now(flow: Workflow, state: Message, *, is_published: bool) -> Message:
    """Why a row in a state outside ``editable`` is not edited, and what to do instead."""
    if is_published:
        return N_("“{state}”的记录不能直接修改：请先在记录页面发起变更，或撤回后再改", state=state)
    return N_("“{state}”的记录不能修改：请先在记录页面撤回，或请审核人退回", state=state)


def is_editable(row: Table, viewer: Viewer) -> bool:
    """True when the row's workflow lets this viewer write it now, the row itself or its next edition."""
    flow = type(row).__flow__
    if flow is None or viewer.is_system or getattr(row, flow.field) in flow.editable:
        return True
    return loads(type(row), viewer) and not flow.is_published(row)


def in_the_way_of_deleting(row: Table, viewer: Viewer) -> Message | None:
    """What has been published stays: acts refer to it. A draft may go while it is one."""
    flow = type(row).__flow__
    if flow is None or viewer.is_system:
        return None
    if flow.is_published(row):
        return N_("“{title}”已经发布过，不能删除；不再使用的请办理取消（废止）", title=row.title())
    if not is_editable(row, viewer) and getattr(row, flow.field) not in flow.initial:
        told = flow.states(getattr(row, flow.field)).label
        return N_("“{title}”处于“{state}”，不能删除；请先撤回", title=row.title(), state=told)
    return None
