"""All commands, put on the application."""

from __future__ import annotations

from flask import Flask

from app.cli import noted
from app.cli.accounts import accounts
from app.cli.audit import audit_log
from app.cli.break_glass import break_glass_command
from app.cli.calendar import calendar
from app.cli.data import data
from app.cli.keys import keys
from app.cli.prepare import database, seed_command, sync_command
from app.cli.routes import routes
from app.cli.worker import worker_command


def register(app: Flask) -> None:
    """Every command of the house is known to ``flask --app run``."""
    own = (accounts, audit_log, break_glass_command, calendar, data, database, keys, sync_command, seed_command, routes)
    for command in (*own, worker_command):
        app.cli.add_command(command)
        noted.listen(command)
