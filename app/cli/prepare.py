"""Everything between an empty machine and a console that answers: schema, permissions, base and demo data."""

from __future__ import annotations

import os
import sys

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import with_appcontext

import config
from app import schema
from app.cli import resealing
from app.console import permissions
from app.core.table import by_name
from app.core.viewer import THE_SYSTEM, looking_as
from app.embedded import refuse_powerful
from app.extensions import db


def prepare(app: Flask) -> None:
    """The database is at the newest migration, has every permission, and holds the demo data if it was empty."""
    urls = config.database_urls()
    if os.environ.get("DATABASE_URL"):
        refuse_powerful(urls.app)
    with app.app_context():
        if urls.owner:
            schema.upgrade(urls.owner)
        synchronise()
        if is_empty():
            fill()
        elif found := _misfit():
            raise SystemExit(f"The keys in KEYS_DIR are not those of this database: {found}")


def _misfit() -> str:
    found = resealing.misfit(db.session())
    db.session.remove()
    return found


def synchronise() -> int:
    """Declared permissions exist. Returns how many were added."""
    added = permissions.synchronise(db.session())
    db.session.commit()
    return added


def is_empty() -> bool:
    """True when no department has been entered yet."""
    department = by_name("department")
    with looking_as(db.session(), THE_SYSTEM):
        return db.session.scalar(sa.select(department.id).limit(1)) is None


def fill() -> None:
    """Base and demo data, through the importer."""
    from seed import load

    load(lambda line: click.echo(f"  {line}", err=True))


@click.group("db")
def database() -> None:
    """Schema of the database."""


@database.command("upgrade")
@with_appcontext
def upgrade_command() -> None:
    """Bring the schema to the newest migration and add missing permissions."""
    urls = config.database_urls()
    if not urls.owner:
        raise click.ClickException("OWNER_DATABASE_URL is not set: migrations need the owner's connection")
    schema.upgrade(urls.owner)
    click.echo(f"{synchronise()} permissions added")


@click.command("sync")
@with_appcontext
def sync_command() -> None:
    """Add declared permissions that the database does not know yet."""
    click.echo(f"{synchronise()} permissions added")


@click.command("seed")
@with_appcontext
def seed_command() -> None:
    """Fill an empty database with base and demo data."""
    if not is_empty():
        click.echo("the database holds data already: nothing was changed", err=True)
        sys.exit(0)
    fill()
