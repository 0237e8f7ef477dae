"""Accounts from the host: emergency access, and the housekeeping that closes what nobody may or does use."""

from __future__ import annotations

import getpass
import json
import sys

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from app.core import settings
from app.core.errors import Refused
from app.core.viewer import THE_SYSTEM, look_as, looking_as
from app.domains.org.operations import break_glass, neighbours
from app.extensions import db


@click.command("break-glass")
@click.option("--minutes", type=int, default=60, show_default=True, help="How long the account is open")
@click.option("--reason", help="Why: told to the security and the audit admin")
@click.option("--for", "name", help="Real name of the person who will use it")
@click.option("--close", is_flag=True, help="Close the account now")
@with_appcontext
def break_glass_command(minutes: int, reason: str | None, name: str | None, close: bool) -> None:
    """Open the emergency account for a named person, or close it. Prints its one-time password once, as JSON."""
    session = db.session()
    look_as(session, THE_SYSTEM)
    try:
        if close:
            answer: dict[str, object] = {"closed": break_glass.close(session)}
        else:
            password, until = break_glass.open_account(
                session, name=name or "", reason=reason or "", minutes=minutes, by=getpass.getuser()
            )
            answer = {"username": break_glass.USERNAME, "password": password, "until": until.isoformat()}
        session.commit()
    except Refused as error:
        session.rollback()
        click.echo(json.dumps({"error": str(error)}, ensure_ascii=False), err=True)
        sys.exit(2)
    click.echo(json.dumps(answer, ensure_ascii=False))


@click.group("accounts")
def accounts() -> None:
    """Accounts of people."""


@accounts.command("settle")
@with_appcontext
def settle_command() -> None:
    """Deactivate accounts whose validity has run out or that nobody has used for the days of the setting; run daily."""
    session = db.session()
    look_as(session, THE_SYSTEM)
    break_glass.expire(session)
    days = settings.value(session, "unused_days")
    with looking_as(session, THE_SYSTEM):
        found = session.execute(sa.text("SELECT * FROM settle_accounts(:days, NULL)"), {"days": days}).all()
    for row in found:
        neighbours.note(session, "job", table="account", key=row.username, why=row.why)
    session.commit()
    click.echo(
        json.dumps({"deactivated": [{"username": row.username, "why": row.why} for row in found]}, ensure_ascii=False)
    )
