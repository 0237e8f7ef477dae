"""Rules about inspections."""

from typing import Any

from app.core.messages import N_, Message
from app.core.rules import Context, Severity, rule
from app.domains.actions.choices import ItemResult
from app.domains.catalogue.rules import is_usable
from app.domains.inspectors.choices import InspectorState
from app.domains.inspectors.rules import may_inspect
from app.domains.org.rules import legal_day

_MIN_INSPECTORS = 2


@rule("R03", on="implementation_list")
def list_belongs_to_the_sub_item(row: Any, ctx: Context) -> Message | None:
    """R03: the implementation list is one of this sub-item, published and valid on that day (Xi'an measures, art. 11).

    The form of its code was checked when it was entered.
    """
    listed = row.implementation_list
    if listed is None or row.sub_item is None:
        return None
    if listed.sub_item_id != row.sub_item.id:
        return N_("检查实施清单 {code} 不属于所填的监管事项", code=listed.list_code)
    day = row.checked_on or ctx.today
    if is_usable(listed, day):
        return None
    return N_("检查实施清单 {code} 在 {day} 没有发布或不在有效期内，请先发布清单", code=listed.list_code, day=day)


@rule("R06", on="inspectors")
def inspectors_may_inspect(row: Any, ctx: Context) -> Message | None:
    """R06: two different inspectors at least, each valid, no certificate ended before the day (行政处罚法 art 42)."""
    if len({inspector.cert_no for inspector in row.inspectors}) < _MIN_INSPECTORS:
        return N_("检查人员不得少于 {n} 人", n=_MIN_INSPECTORS)
    if row.checked_on is None:
        return None
    for inspector in row.inspectors:
        if may_inspect(inspector, row.checked_on):
            continue
        if inspector.state != InspectorState.VALID:
            return N_("检查人员 {number} 的状态为失效", number=inspector.cert_no)
        return N_("检查人员 {number} 的执法证已于 {day} 到期", number=inspector.cert_no, day=inspector.cert_valid_until)
    return None


@rule("R07", on=("checked_on", "submitted_at"))
def checked_in_the_past(row: Any, ctx: Context) -> Message | None:
    """R07: an inspection is recorded after it happened; it may be reported on the same day."""
    if row.checked_on is None:
        return None
    if row.checked_on > ctx.today:
        return N_("检查时间 {day} 晚于今天", day=row.checked_on)
    if row.submitted_at and legal_day(row.submitted_at, ctx) < row.checked_on:
        return N_("报送时间 {sent} 早于检查时间 {day}", sent=legal_day(row.submitted_at, ctx), day=row.checked_on)
    return None


@rule("R03", on="check_item")
def check_item_was_published(row: Any, ctx: Context) -> Message | None:
    """R03: a result speaks of a check item that is or was in force; one that is being written may yet go."""
    item = row.check_item
    if item is None or item.edition is not None:
        return None
    return N_("检查项 {code} 还没有发布，发布后才能填写它的结果", code=item.item_no)


@rule("A02", on="problem", severity=Severity.WARNING)
def failed_item_says_why(row: Any, ctx: Context) -> Message | None:
    """A02: a check item that failed says what was wrong."""
    return N_("不合格的检查项应填写问题情况") if row.result == ItemResult.FAIL and not row.problem else None
