"""``flask --app run calendar …``: announced years replace provisional ones, and stored due dates follow."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from app.core.viewer import THE_SYSTEM, looking_as
from app.domains.org.operations import calendar as keeping
from app.extensions import db


@click.group("calendar")
def calendar() -> None:
    """The working days that limits are counted in."""


@calendar.command("settle")
@with_appcontext
def settle_command() -> None:
    """Do at once what the worker does every hour: drop provisional days of announced years, recompute due dates."""
    with looking_as(db.session(), THE_SYSTEM) as session:
        done = keeping.settle(session)
        session.commit()
    click.echo(json.dumps(asdict(done)))


@calendar.command("announced")
@click.argument("year", type=click.IntRange(2004, 2100))
@with_appcontext
def announced_command(year: int) -> None:
    """Take a year from the package chinesecalendar as it is installed, in the place of the provisional days.

    A year that the package does not know yet is imported from a workbook: data import work_day FILE --as USER.
    """
    from seed.base import workdays

    rows = workdays.announced(year)
    if not rows:
        click.echo(f"chinesecalendar does not know {year}: upgrade it, or import the days from a workbook", err=True)
        sys.exit(2)
    with looking_as(db.session(), THE_SYSTEM) as session:
        days = keeping.replace_year(session, year, rows)
        done = keeping.settle(session)
        session.commit()
    click.echo(json.dumps({"days": days, **asdict(done)}))
