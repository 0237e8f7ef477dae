"""Which of the two walls stands: both, the row policies alone, or the application alone; and planted leaks."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine

from app.core import judge, rows, saving, sealing
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, Viewer, looking_as

BOTH, POLICIES, APPLICATION = "both", "policies", "application"
MODES = (BOTH, POLICIES, APPLICATION)

#: What pages ask of rows that belong to one person, beside what ``saving.visible`` asks of all.
_PERSONAL = re.compile(r"(draft|submission|attachment|saved_view|notice)\.created_by = %\(\w+\)s")


def enter(mode: str) -> None:
    """From now on this process works in that mode (APPLICATION is a matter of its database: ``copies``)."""
    if mode == POLICIES:
        _replace(saving.visible, lambda table, _viewer: sa.select(table))
        _replace(saving.must_be_own, lambda _row, _viewer: None)
        # Masks are the application's alone and no policy repeats them: what decides about them stays (cells, exports).
        for module in (judge, saving, sys.modules["app.core.bulk"]):
            module.is_inside = lambda *_args, **_more: True  # type: ignore[attr-defined]
        sa.event.listen(Engine, "before_cursor_execute", _forget_persons, retval=True)


def _replace(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """The function is another one in every module that knows it by its name."""
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("app.") and getattr(module, old.__name__, None) is old:
            setattr(module, old.__name__, new)


def _forget_persons(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> Any:
    if statement.lstrip().startswith("SELECT"):
        statement = _PERSONAL.sub("true", statement)
    return statement, parameters


# -- planted leaks: what the sweep must find -----------------------------------------------------------------------


def plant(app: Flask, name: str) -> None:
    """Open a hole on purpose. ``policy`` is dug in the database (``copies.without_policies``) and not here."""
    if name:
        _PLANTS[name](app)


def _row(_app: Flask) -> None:
    """A page that finds rows as the system does."""
    right = saving.find

    def find(session: Any, table: type[Table], key: Any) -> Any:
        if table.__tablename__ != "inspection":
            return right(session, table, key)
        with looking_as(session, THE_SYSTEM):
            return right(session, table, key)

    saving.find = find


def _mask(_app: Flask) -> None:
    """Values are opened in rows of any department."""
    sealing.opens = lambda _table, _head, _viewer: True


def _undeclared(app: Flask) -> None:
    """An address that asks for no permission."""
    app.add_url_rule("/planted/<pk>", "planted", lambda pk: f"planted {pk}")


def _write(_app: Flask) -> None:
    """Whoever may change rows changes everybody's, as the system."""
    saving.must_be_own = lambda _row, _viewer: None
    right = saving.visible
    system = Viewer(rows.SYSTEM)
    _replace(right, lambda table, _viewer: right(table, system))
    saving.must_have = lambda _session: system
    from app.core import viewer

    settings = viewer._settings
    viewer._settings = lambda session, _person: settings(session, system)


_PLANTS: dict[str, Callable[[Flask], None]] = {
    "row": _row,
    "mask": _mask,
    "undeclared": _undeclared,
    "write": _write,
    "policy": lambda _app: None,
}
