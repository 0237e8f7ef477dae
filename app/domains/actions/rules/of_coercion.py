"""Rules about coercion."""

from typing import Any

from app.core.messages import N_, Message
from app.core.rules import Context, Severity, rule
from app.domains.actions.choices import MeasureKind
from app.domains.org.rules import limit_on

# Which limit a measure is under; the extension of each has the same code with "_extension".
_LIMITS = {MeasureKind.SEAL: "seal_seize", MeasureKind.SEIZE: "seal_seize", MeasureKind.FREEZE: "freeze"}


@rule("R13", on=("started_on", "extend_days", "ended_on"), severity=Severity.WARNING)
def seizure_ends_in_time(row: Any, ctx: Context) -> Message | None:
    """R13: sealing, seizing and freezing last 30 days at most, and 30 more when extended (行政强制法 arts 25, 32).

    One that has not ended is counted to today.
    """
    code = _LIMITS.get(row.measure_kind)
    if code is None or row.started_on is None:
        return None
    limit, extension = limit_on(ctx, code, row.started_on), limit_on(ctx, f"{code}_extension", row.started_on)
    if limit is None or extension is None:
        return None
    extended = row.extend_days or 0
    if extended > extension:
        return N_("延长期限不得超过 {limit} 日", limit=extension)
    lasted = ((row.ended_on or ctx.today) - row.started_on).days
    if lasted > limit + extended:
        return N_("强制措施已持续 {days} 日，期限为 {limit} 日", days=lasted, limit=limit + extended)
    return None
