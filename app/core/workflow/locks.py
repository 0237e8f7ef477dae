"""What a workflow lets people write: new rows begin at the beginning, states change by moves only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.core.errors import Problem
from app.core.messages import N_, Message
from app.core.rows import ASKED, REGION
from app.core.viewer import Viewer
from app.core.workflow import lines
from app.core.workflow.declare import Workflow
from app.core.workflow.lines import Head

if TYPE_CHECKING:
    from app.core.rules import Context
    from app.core.table import Table


def loads(table: type[Table], viewer: Viewer) -> bool:
    """True for the roles that fill a catalogue first: their workbooks may add rows in any state (``Workflow.loaders``).

    By hand they write as everybody does, and what is stored already they change by its workflow.
    """
    flow = table.__flow__
    return flow is None or viewer.is_system or bool(flow.loaders & viewer.roles)


def proposes(row: Table | None) -> bool:
    """True for a published row that is being changed: what is written is its next edition, not the row."""
    if row is None:
        return False
    table, flow = type(row), type(row).__flow__
    if flow is not None:
        return flow.is_published(row) and getattr(row, flow.field) in flow.editable
    above = lines.head_of(table)
    if above is None or getattr(row, lines.SINCE) is None:
        return False
    head = lines.head(row)
    return head is not None and head.state in _flow(above).editable


def _flow(table: type[Table]) -> Workflow:
    assert table.__flow__ is not None
    return table.__flow__


def standing_in_the_way(
    table: type[Table],
    values: Mapping[str, Any],
    kept: Mapping[str, Any] | None,
    viewer: Viewer,
    *,
    by_hand: bool = True,
    context: Context | None = None,
) -> list[Problem]:
    """Why the row may not be written as given, by its workflow. ``kept`` are the stored values, None for a new row.

    ``by_hand`` is False for a workbook: those who load a catalogue add rows in any state by it.
    """
    flow = table.__flow__
    is_loaded = not by_hand and kept is None
    above = lines.head_of(table)
    if above is not None and context is not None and not viewer.is_system:
        return _of_a_line(table, above, values, kept, context, is_free=is_loaded and loads(above, viewer))
    if flow is None or viewer.is_system or (is_loaded and loads(table, viewer)):
        return []
    is_published = kept is not None and flow.edition is not None and bool(kept.get(flow.edition))
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
        return [Problem(_IN_ITS_FORM, (flow.field,), "FLOW")]
    return []


_IN_ITS_FORM = N_("这条记录已经发布，正在变更；请在记录的编辑页面修改变更内容，不能批量修改")


def _of_a_line(
    table: type[Table],
    above: type[Table],
    values: Mapping[str, Any],
    kept: Mapping[str, Any] | None,
    context: Context,
    *,
    is_free: bool,
) -> list[Problem]:
    """A line is written while its head is; one in force stays where it is, and is changed in its form."""
    field = str(table.__rows__.field)
    places = [row[field].id for row in (values, kept or {}) if row.get(field) is not None]
    for head in filter(None, (context.ask(lines.QUESTION).of(table, place) for place in dict.fromkeys(places))):
        if head.state not in _flow(above).editable and not is_free:
            return [Problem(_head_stands(above, head), (field,), "FLOW")]
    if kept is not None and kept.get(lines.SINCE):
        return [Problem(_IN_ITS_FORM, (field,), "FLOW")]
    return []


def _head_stands(above: type[Table], head: Head) -> Message:
    """Why the lines of a row are not written now, and what to do instead."""
    flow = _flow(above)
    about = {"label": above.__label__, "title": head.title, "state": flow.states(head.state).label}
    if head.edition:
        return N_("{label}“{title}”处于“{state}”，所属内容不能直接修改：请先对它发起变更，或撤回后再改", **about)
    return N_("{label}“{title}”处于“{state}”，所属内容不能修改：请先撤回，或请审核人退回", **about)


def _not_now(flow: Workflow, state: Message, *, is_published: bool) -> Message:
    """Why a row in a state outside ``editable`` is not edited, and what to do instead."""
    if is_published:
        return N_("“{state}”的记录不能直接修改：请先在记录页面发起变更，或撤回后再改", state=state)
    return N_("“{state}”的记录不能修改：请先在记录页面撤回，或请审核人退回", state=state)


def stays_in_place(table: type[Table], values: Mapping[str, Any], kept: Mapping[str, Any]) -> list[Problem]:
    """A line in force does not go to another head with the next edition: what was done about it speaks of this one."""
    if lines.head_of(table) is None:
        return []
    field = table.__fields__[str(table.__rows__.field)]
    here, there = kept.get(field.name), values.get(field.name)
    if here is None or there is None or here.id == there.id:
        return []
    return [Problem(N_("已发布的{label}不能改到别的{parent}下，请另行新增", label=table.__label__, parent=field.label),
                    (field.name,), "FLOW")]  # fmt: skip


def is_editable(row: Table, viewer: Viewer) -> bool:
    """True when the row's workflow lets people write it now, the row itself or its next edition."""
    flow, above = type(row).__flow__, lines.head_of(type(row))
    if viewer.is_system or (flow is None and above is None):
        return True
    if flow is not None:
        return getattr(row, flow.field) in flow.editable
    assert above is not None
    head = lines.head(row)
    return head is not None and head.state in _flow(above).editable


def in_the_way_of_deleting(row: Table, viewer: Viewer, *, many: bool = False) -> Message | None:
    """What has been published stays: acts refer to it. A draft may go while it is one.

    A line in force goes with the next edition of its head, one at a time (``many`` is False); ``saving.delete`` says so
    in the proposal.
    """
    flow = type(row).__flow__
    if viewer.is_system:
        return None
    if flow is None:
        return _of_removing(row, many=many) if lines.head_of(type(row)) is not None else None
    if flow.is_published(row):
        return N_("“{title}”已经发布过，不能删除；不再使用的请办理取消（废止）", title=row.title())
    if not is_editable(row, viewer) and getattr(row, flow.field) not in flow.initial:
        told = flow.states(getattr(row, flow.field)).label
        return N_("“{title}”处于“{state}”，不能删除；请先撤回", title=row.title(), state=told)
    return None


def _of_removing(row: Table, *, many: bool) -> Message | None:
    above, head = lines.head_of(type(row)), lines.head(row)
    if above is None or head is None:
        return None
    if head.state not in _flow(above).editable:
        return _head_stands(above, head)
    if getattr(row, lines.SINCE) is not None and many:
        return N_("“{title}”已经发布，请在它的页面逐条删除，随事项的下一版停用", title=row.title())
    return None


def follows_it(row: Table, viewer: Viewer) -> bool:
    """True for whoever reads what is under way about a row: those who keep it, and who was asked for his opinion.

    The others read what was published.
    """
    rule = type(row).__rows__
    if rule.once is None or viewer.is_system or viewer.holds(row.department_id, row.scope_region):
        return True
    asked = getattr(row, ASKED)
    return viewer.kind != REGION and asked is not None and viewer.low <= asked <= viewer.high
