"""The worker as a service: ``flask --app run worker --queues imports,exports``; ``run.py`` starts it by this module."""

from __future__ import annotations

import logging
import signal

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.jobs.kinds import QUEUES
from app.jobs.worker import Worker

#: Jobs of one queue that a worker does at a time: a short one does not wait for a long one.
AT_ONCE = 2


@click.command("worker")
@click.option("--queues", default=",".join(QUEUES), show_default=True, help="Queues to serve, with commas")
@click.option(
    "--at-once", type=click.IntRange(1, 16), default=AT_ONCE, show_default=True, help="Jobs of each queue at a time"
)
@with_appcontext
def worker_command(queues: str, at_once: int) -> None:
    """Do the jobs that people ask for, until told to stop."""
    names = [name.strip() for name in queues.split(",") if name.strip()]
    if unknown := set(names) - set(QUEUES):
        raise click.ClickException(f"no such queue: {', '.join(sorted(unknown))}; there are {', '.join(QUEUES)}")
    made: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    _run(Worker(made, names, at_once))


def beside() -> None:
    """The worker of ``run.py``: all queues, until its input ends."""
    from app.factory import create_app

    worker = Worker(create_app(), QUEUES, AT_ONCE)
    worker.leave_with_parent()
    _run(worker)


def _run(worker: Worker) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s worker %(levelname)s %(name)s: %(message)s")
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what happens to a job is told by its row
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, worker.stop)
    worker.run()
