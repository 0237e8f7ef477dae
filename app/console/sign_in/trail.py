"""What signing in tells the audit log. Until the log itself is merged, the events go to the program's own log."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy.orm import Session

log = logging.getLogger(__name__)


def note(session: Session, action: str, *, table: str = "", key: str = "", row: Any = None, **details: Any) -> None:
    """The event is on the log when the transaction of ``session`` is."""
    log.info("%s %s %s %s", action, table, key, details)


def note_apart(action: str, *, table: str = "", key: str = "", row: Any = None, **details: Any) -> None:
    """The event is on the log whatever becomes of the present transaction."""
    log.info("%s %s %s %s", action, table, key, details)
