"""What a workflow lets people write: new rows begin at the beginning, states change by moves only. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.core.errors import Problem
from app.core.messages import N_
from app.core.viewer import Viewer

if TYPE_CHECKING:
    from app.core.table import Table


def loads(table: type[Table], viewer: Viewer) -> bool:
    """True for whoever may write rows in any state: the system, and the roles that fill a catalogue at first."""
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
    if flow is None or loads(table, viewer):
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
    if state in flow.editable:
        return []
    told = flow.states(state).label
    return [Problem(N_("“{state}”状态的记录不能修改；已发布的请先发起变更", state=told), (flow.field,), "FLOW")]
