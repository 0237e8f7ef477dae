"""How the departments of the demo stand to the items of their lines: claimed long ago, or under way this month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from seed.demo import matters
from seed.demo.matters import SINCE, Sub
from seed.demo.offices import ACTING, Office
from seed.upload import Upload

#: How a department got on with the items that were pushed to it this month, one after the other.
_UNDER_WAY = (
    "pending", "claimed", "pending", "submitted", "pending", "excusing", "pending", "returned", "pending", "approved",
    "pending", "excused",
)  # fmt: skip
#: So many days ago they were pushed: some of the ten working days for claiming have passed.
_PUSHED = 9
_WRITTEN = frozenset({"submitted", "returned", "approved", "published"})


def uploads(now: datetime) -> Iterator[Upload]:
    """The claims of every acting department: of what it works with, and of what came to its line this month."""
    yield Upload("item_claim", list(_settled()))
    yield Upload("item_claim", list(_under_way()), now - timedelta(days=_PUSHED))


def _settled() -> Iterator[dict[str, Any]]:
    for office in ACTING:
        for measure in matters.MEASURES:
            for sub in matters.subs_for(office.line, office.region[:2], measure):
                if sub.main.owner != office.name:
                    yield _row(office, sub, "published") | {"valid_from": SINCE}


def _under_way() -> Iterator[dict[str, Any]]:
    for shift, office in enumerate(ACTING):
        fresh = [s for s in matters.subs() if matters.is_fresh(s) and s.main.line == office.line]
        for place, sub in enumerate(fresh if office.region[:2] == "61" else ()):
            if sub.main.owner != office.name:
                yield _row(office, sub, _UNDER_WAY[(place + shift) % len(_UNDER_WAY)])


def _row(office: Office, sub: Sub, status: str) -> dict[str, Any]:
    is_written = status in _WRITTEN
    return {
        "department": office.name,
        "sub_item": sub.code,
        "status": status,
        "process_text": matters.PROCESS[sub.measure] if is_written else None,
        "result_text": matters.RESULT[sub.measure] if is_written else None,
        "contact_way": f"{office.name}窗口" if is_written else None,
        "reason": "辖区内没有此类监管对象" if status in ("excusing", "excused") else None,
    }
