"""The keys of sensitive values: ``flask --app run keys status|check|rotate``."""

from __future__ import annotations

import sys
import time

import click
from flask.cli import with_appcontext

from app.cli import resealing
from app.core import audit, secrecy
from app.core.secrecy.providers import NOTICED_AFTER
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db


@click.group("keys")
def keys() -> None:
    """Keys of sensitive values: which sealed what, does everything open, a new one."""


@keys.command("status")
@with_appcontext
def status_command() -> None:
    """How many values each key has sealed, by column; a star marks the key that seals now."""
    current = secrecy.provider().current()
    for name, found in resealing.counts(db.session()).items():
        told = ", ".join(f"{key}{'*' if key == current else ''}: {number}" for key, number in sorted(found.items()))
        click.echo(f"{name}: {told or 'nothing sealed'}")


@keys.command("check")
@with_appcontext
def check_command() -> None:
    """Open every sealed value. Names each that does not open, and then exits with 1."""
    bad = 0
    for found in resealing.check(db.session()):
        if isinstance(found, int):
            click.echo(f"{found} values open, {bad} do not")
        else:
            bad += 1
            click.echo(f"does not open: {found.place}: {found.why}", err=True)
    sys.exit(1 if bad else 0)


@keys.command("rotate")
@click.option("--resume", is_flag=True, help="Go on with the current key where a rotation was interrupted")
@with_appcontext
def rotate_command(resume: bool) -> None:
    """Make a new key and seal everything with it while people work. Earlier keys stay: the log needs them."""
    session = db.session()
    key = secrecy.provider().current() if resume else secrecy.provider().rotate()
    with looking_as(session, THE_SYSTEM):
        audit.note(session, "command", command="keys rotate", key_id=key, resumed=resume)
        session.commit()
    click.echo(f"the current key is {key}")
    time.sleep(2 * NOTICED_AFTER)  # until every process seals with it
    done = 0
    for name, number in resealing.reseal(session):
        click.echo(f"{name}: {number} rows", err=True)
        done += number % resealing.BATCH or resealing.BATCH
    left = sum(n for found in resealing.counts(session).values() for other, n in found.items() if other != key)
    click.echo(f"{done} rows sealed anew, {left} values left under earlier keys")
    sys.exit(1 if left else 0)
