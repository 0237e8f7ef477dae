"""The audit log from scripts: ``flask --app run audit seal | verify | restored | proof``."""

from __future__ import annotations

import json
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

import config
from app.core import audit, clock
from app.core.audit.sealer import INTERVAL, Sealer
from app.core.audit.verify import verify
from app.core.errors import Refused
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db


@click.group("audit")
def audit_log() -> None:
    """Seals of the audit log, and what they prove."""


def _sealer() -> Sealer:
    url = config.database_urls().sealer
    if not url:
        raise click.ClickException("SEALER_DATABASE_URL is not set: seals are made by a role of their own")
    return Sealer(url, config.audit_places())


@audit_log.command("seal")
@click.option("--watch", is_flag=True, help="Go on, every --every seconds, until told to stop")
@click.option("--every", type=click.FloatRange(min=1), default=INTERVAL, show_default=True)
@with_appcontext
def seal_command(watch: bool, every: float) -> None:
    """Seal what has ended and anchor the seal. As a service: `audit seal --watch`."""
    sealer = _sealer()
    if watch:
        stop = threading.Event()
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, lambda *_: stop.set())
        sealer.run(stop, every)
        return
    done = sealer.once(quiet=0.0)
    click.echo(done.seal.line if done.seal else "")
    if done.problem:
        raise click.ClickException(done.problem)


@audit_log.command("verify")
@click.option("--table", "tables", multiple=True, help="Compare the rows of these tables only, and nothing else")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Read entries sealed since then")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON, one a line")
@with_appcontext
def verify_command(tables: tuple[str, ...], since: datetime | None, as_json: bool) -> None:
    """Compare log, seals, anchors and rows. One finding a line; the exit status is 1 when there is any."""
    moment = since.replace(tzinfo=clock.ZONE) if since else None
    found = 0
    for each in verify(db.engine, config.audit_places(), tables=tables, since=moment):
        found += 1
        click.echo(json.dumps(each.as_json, ensure_ascii=False) if as_json else each.line)
    click.echo(f"{found} findings", err=True)
    sys.exit(1 if found else 0)


@audit_log.command("restored")
@click.option("--reason", required=True, help="Why an older state was put back, or a dump restored; it is sealed")
@with_appcontext
def restored_command(reason: str) -> None:
    """Declare that the present state is the right one after a restore: a new epoch of seals begins."""
    try:
        seal = _sealer().restored(reason)
    except (RuntimeError, TimeoutError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(seal.line)


@audit_log.command("proof")
@click.argument("entry", type=int)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def proof_command(entry: int, output: Path | None) -> None:
    """Write the proof that an entry of the log is under its seal, for docs/verify_record.py."""
    session = db.session()
    try:
        with looking_as(session, THE_SYSTEM):
            public = config.audit_places().public
            given: dict[str, Any] = audit.proof(session, entry, public.read_text() if public.exists() else "")
    except Refused as error:
        click.echo(json.dumps({"error": str(error)}, ensure_ascii=False), err=True)
        sys.exit(2)
    text = json.dumps(given, ensure_ascii=False, indent=1)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
