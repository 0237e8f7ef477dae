"""What the operator of the host may do to accounts: ``flask --app run accounts …``. Each is on the log as a command."""

from __future__ import annotations

import getpass
import json
import os
from typing import Any

import click
import sqlalchemy as sa
from flask.cli import with_appcontext
from flask_appbuilder.security.sqla.models import User

from app.console.sign_in import factors, lockout, passwords
from app.core import audit, settings
from app.core.errors import Invalid
from app.core.viewer import THE_SYSTEM, Origin, come_from, look_as, looking_as
from app.domains.org.operations import break_glass
from app.extensions import db


@click.group("accounts")
def accounts() -> None:
    """Passwords, locks and second factors of accounts."""


@accounts.command("set-password")
@click.argument("username")
@click.password_option(help="Asked for when it is not given; what is given on the command line others may see.")
@with_appcontext
def set_password(username: str, password: str) -> None:
    """Give USERNAME a password, to be changed at the next sign-in; the sessions of the account are over."""
    account_id = _account(username)
    with looking_as(db.session(), THE_SYSTEM):
        try:
            passwords.set_password(db.session(), account_id, password, must_change=True)
        except Invalid as error:
            raise click.ClickException("; ".join(str(each.message) for each in error.problems)) from None
        _note("set-password", account_id, username)
    click.echo(f"{username} has a new password and has to change it at the next sign-in")


@accounts.command("issue")
@click.argument("username")
@with_appcontext
def issue(username: str) -> None:
    """Print an initial password for USERNAME: good for one sign-in, within the hours of the setting."""
    account_id = _account(username)
    with looking_as(db.session(), THE_SYSTEM):
        made = passwords.issue(db.session(), account_id)
        _note("issue", account_id, username)
    click.echo(made)


@accounts.command("unlock")
@click.argument("username")
@with_appcontext
def unlock(username: str) -> None:
    """USERNAME may try to sign in again at once."""
    account_id = _account(username)
    with looking_as(db.session(), THE_SYSTEM):
        was_locked = lockout.unlock(db.session(), account_id)
        _note("unlock", account_id, username)
    click.echo(f"{username} is unlocked" if was_locked else f"{username} was not locked")


@accounts.command("reset-factor")
@click.argument("username")
@with_appcontext
def reset_factor(username: str) -> None:
    """USERNAME has no second factor any more, and sets one up where the settings ask for it."""
    account_id = _account(username)
    with looking_as(db.session(), THE_SYSTEM):
        had = factors.remove(db.session(), account_id, why="operator")
        _note("reset-factor", account_id, username)
    click.echo(f"the second factor of {username} is gone" if had else f"{username} had no second factor")


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
        audit.note(session, "job", table="account", key=row.username, why=row.why)
    session.commit()
    click.echo(
        json.dumps({"deactivated": [{"username": row.username, "why": row.why} for row in found]}, ensure_ascii=False)
    )


def _account(username: str) -> int:
    found = db.session.scalar(sa.select(User.id).where(sa.func.lower(User.username) == username.lower()))
    if found is None:
        raise click.ClickException(f"there is no account {username}")
    come_from(db.session(), Origin("command"), THE_SYSTEM)
    return int(found)


def _note(name: str, account_id: int, username: str) -> None:
    """The command is on the log with who gave it on the host; then everything is committed."""
    by = os.environ.get("SUDO_USER") or getpass.getuser()
    about: dict[str, Any] = {"command": f"accounts {name}", "username": username, "by": by}
    audit.note(db.session(), "command", table="ab_user", key=str(account_id), **about)
    db.session.commit()
