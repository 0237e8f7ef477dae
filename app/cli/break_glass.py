"""The emergency account, opened and closed from the host: ``flask --app run break-glass``."""

from __future__ import annotations

import getpass
import json
import sys

import click
from flask.cli import with_appcontext

from app.core.errors import Refused
from app.core.viewer import THE_SYSTEM, look_as
from app.domains.org.operations import break_glass
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
