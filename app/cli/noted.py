"""Every command of the house that may change or take out anything leaves an event on the audit log."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import click
import sqlalchemy as sa
from flask.cli import ScriptInfo

from app.core import audit
from app.core.viewer import THE_SYSTEM
from app.extensions import db

log = logging.getLogger(__name__)

#: Commands that only tell what is declared, or read a file of the operator's own.
SILENT = frozenset({"routes", "data tables", "data template", "data preview"})
#: Parameters whose value is nobody's to read.
_SECRET = ("password", "secret", "token", "key", "pin", "code")
_LONGEST = 300


def listen(command: click.Command, path: str = "") -> None:
    """The command (or each command of the group) is noted when it ends, with its arguments and its exit status."""
    name = f"{path} {command.name}".strip()
    if isinstance(command, click.Group):
        for each in command.commands.values():
            listen(each, name)
        return
    if name in SILENT or command.callback is None or hasattr(command.callback, "noted_as"):
        return
    command.callback = _noted(name, command.callback)


def _noted(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(work)
    def run(*args: Any, **options: Any) -> Any:
        status: Any = 1
        try:
            answer = work(*args, **options)
            status = 0
            return answer
        except SystemExit as end:
            status = end.code if end.code is not None else 0
            raise
        finally:
            _note(name, options, status)

    run.noted_as = name  # type: ignore[attr-defined]
    return run


def told(options: dict[str, Any]) -> dict[str, str]:
    """The arguments as texts; what may be a secret is told by its name alone."""
    found = {}
    for name, value in options.items():
        if value in (None, (), "", False):
            continue
        secret = any(word in name.lower() for word in _SECRET)
        plain = getattr(value, "__tablename__", value)
        found[name] = "***" if secret else str(plain)[:_LONGEST]
    return found


def _note(name: str, options: dict[str, Any], status: Any) -> None:
    with click.get_current_context().ensure_object(ScriptInfo).load_app().app_context():
        try:
            if db.session.scalar(sa.text("SELECT to_regclass('audit.log')")) is None:
                return  # before the first migration there is nothing to note it on
            db.session.rollback()
            audit.note_apart("command", who=THE_SYSTEM, command=name, arguments=told(options), status=str(status))
        except sa.exc.SQLAlchemyError:
            log.exception("the command %s could not be noted", name)
