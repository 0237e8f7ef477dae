"""Values of an action that follow from its others: the collection clock, its number, its name."""

from collections.abc import Callable
from typing import Any

from app.core.rules import Context
from app.domains.org.rules import legal_day, limit_on

Derivation = Callable[[Any, Context], dict[str, Any]]
_NAME_LENGTH = 500
_ENDINGS = ("的行政检查", "行政检查", "的监督检查", "监督检查", "的检查", "检查")


def collected(day_field: str) -> Derivation:
    """The clock of R18 (Xi'an measures, art. 15): day 0 is the day in ``day_field``; it stops at first acceptance.

    A row that is corrected keeps the moment at which it was first accepted.
    """

    def collection_clock(row: Any, ctx: Context) -> dict[str, Any]:
        """The day the data arose, when they were accepted, when they were due, and whether that was late."""
        produced_on = getattr(row, day_field)
        accepted_at = row.accepted_at or ctx.now
        limit = limit_on(ctx, "collect", produced_on) if produced_on else None
        due_on = ctx.calendar.add_working_days(produced_on, limit) if limit is not None else None
        return {
            "produced_on": produced_on,
            "accepted_at": accepted_at,
            "due_on": due_on,
            "is_late": legal_day(accepted_at, ctx) > due_on if due_on else None,
        }

    return collection_clock


def _text(prefix: str, day_field: str, name: Callable[[Any], str]) -> Derivation:
    def identify(row: Any, ctx: Context) -> dict[str, Any]:
        """Number, name and record identity, made up where the department gave none."""
        day = getattr(row, day_field) or ctx.today
        return {
            "record_uid": row.record_uid or str(row.id),
            "action_no": row.action_no or f"{prefix}{day:%Y%m%d}{row.id.hex[-10:].upper()}",
            "name": row.name or name(row)[:_NAME_LENGTH],
        }

    return identify


# These texts are values stored in the row and reported to the nation, not messages: they are never translated.
def _inspection_name(row: Any) -> str:
    matter = row.sub_item.sub_name if row.sub_item else ""
    for ending in _ENDINGS:
        if matter.endswith(ending):
            matter = matter.removesuffix(ending)
            break
    return f"对{_party(row)}进行{matter.removeprefix('对')}的检查"


def _party(row: Any) -> str:
    return row.subject_name or row.party_name or ""


inspection_text = _text("JC", "checked_on", _inspection_name)
penalty_text = _text("CF", "decided_on", lambda row: f"对{_party(row)}的行政处罚")
coercion_text = _text("QZ", "started_on", lambda row: f"对{_party(row)}的行政强制")
other_text = _text("QT", "started_on", lambda row: f"对{_party(row)}的监管行为")
