"""What other parts of the house do for these operations, found when it is needed."""

from __future__ import annotations

import secrets
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sqlalchemy.orm import Session


def note(session: Session, action: str, *, table: str = "", key: Any = "", row: Any = None, **details: Any) -> None:
    """The event is on the audit log when this transaction commits."""
    if find_spec("app.core.audit") is not None:
        import_module("app.core.audit").note(session, action, table=table, key=key, row=row, **details)


def issue(session: Session, account_id: int) -> str:
    """A new initial password of the account, told once."""
    if find_spec("app.console.sign_in.passwords") is not None:
        return str(import_module("app.console.sign_in.passwords").issue(session, account_id))
    from app.extensions import appbuilder

    plain = f"Jg-{secrets.token_urlsafe(9)}7a"
    appbuilder.sm.reset_password(account_id, plain)
    return plain


def place(session: Session, account_id: int, plain: str) -> None:
    """The account has that password as if its owner had chosen it: for demo data and tests."""
    if find_spec("app.console.sign_in.passwords") is not None:
        import_module("app.console.sign_in.passwords").place(session, account_id, plain)
        return
    from app.extensions import appbuilder

    appbuilder.sm.reset_password(account_id, plain)


def must_be_fresh() -> None:
    """Whoever asks has proved himself lately; otherwise he is asked to."""
    if find_spec("app.console.sign_in.step_up") is not None:
        import_module("app.console.sign_in.step_up").must_be_fresh()


def note_apart(action: str, *, table: str = "", key: Any = "", **details: Any) -> None:
    """The event is on the audit log at once, whatever becomes of the work in hand."""
    if find_spec("app.core.audit") is not None:
        import_module("app.core.audit").note_apart(action, table=table, key=key, **details)
