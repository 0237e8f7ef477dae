"""What was refused to somebody who had signed in: rights he has not, rows he may not see. At most so many a minute."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from flask import g, request
from flask_appbuilder.const import PERMISSION_PREFIX

from app.console import guard
from app.core import audit, clock
from app.core.viewer import Viewer
from app.extensions import appbuilder

log = logging.getLogger(__name__)

#: Entries that one session may cause in so many seconds; what is beyond is counted on the next one.
MOST, WINDOW = 20, 60.0
#: Sessions that are remembered at once.
_REMEMBERED = 10_000
_LONGEST = 300


@dataclass
class _Window:
    began: float
    noted: int = 0
    passed_over: int = 0


class Throttle:
    """Says of each happening whether it is noted, and how many before it were not. Holds no more than so many keys."""

    def __init__(self, most: int = MOST, seconds: float = WINDOW, remembered: int = _REMEMBERED) -> None:
        self.most, self.seconds, self.remembered = most, seconds, remembered
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._lock = Lock()

    def admit(self, key: str, now: float) -> int | None:
        """The number that was passed over since the last entry; ``None`` when this one is passed over too."""
        with self._lock:
            window = self._windows.pop(key, None) or _Window(now)
            self._windows[key] = window
            while len(self._windows) > self.remembered:
                self._windows.popitem(last=False)
            if now - window.began >= self.seconds:
                window.began, window.noted = now, 0
            if window.noted >= self.most:
                window.passed_over += 1
                return None
            window.noted += 1
            passed_over, window.passed_over = window.passed_over, 0
            return passed_over


throttle = Throttle()


def refused(status: int, message: str = "") -> None:
    """Note that this request was refused to the person who made it: 403, or 404 for a record of the house.

    Addresses that do not exist are nobody's secret; strangers are the sign-in's matter. A refusal that cannot be noted
    is still a refusal.
    """
    person = g.get("viewer")
    if status not in (403, 404) or person is None or request.url_rule is None or request.endpoint == "static":
        return
    try:
        _note(person, status, message)
    except Exception:  # the answer must be the refusal, whatever happens to the log
        log.exception("a refusal could not be noted")


def _note(person: Viewer, status: int, message: str) -> None:
    passed_over = throttle.admit(_session_key(person), clock.now().timestamp())
    if passed_over is None:
        return
    table, key = _about()
    audit.note_apart(
        "denied",
        table=table,
        key=key,
        status=status,
        method=request.method,
        path=request.path[:_LONGEST],
        permission=_asked(),
        message=message[:_LONGEST],
        suppressed=passed_over or None,
    )


def _session_key(person: Viewer) -> str:
    return f"{person.user_id} {request.remote_addr or ''}"


def _view() -> object | None:
    endpoint = (request.endpoint or "").rpartition(".")[0]
    return next((view for view in appbuilder.baseviews if view.endpoint == endpoint), None)


def _about() -> tuple[str, str]:
    """The table and the record that were asked for."""
    table = getattr(_view(), "table", None)
    name = table.__tablename__ if table is not None else ""
    return name, str((request.view_args or {}).get("pk", ""))[:64]


def _asked() -> str | None:
    """The permission that the page asks for, where the person has it not."""
    view, method = _view(), (request.endpoint or "").rpartition(".")[2]
    action = getattr(getattr(view, method, None), "_permission_name", None)
    place = getattr(view, "class_permission_name", "")
    if action is None or guard.may(action, place):
        return None
    return f"{PERMISSION_PREFIX}{action} on {place}"
