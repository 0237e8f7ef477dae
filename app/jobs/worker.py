"""The worker: takes calls of the queue and does the jobs, each in a thread; every ten seconds it looks for lost ones.

Here alone psycopg 3 is at work, for the queue; what the jobs do goes through the console's own engine. A worker may be
killed at any moment. Told to stop, it takes no more calls and gives its jobs a few seconds; what is not done by then is
taken up by the next worker, where the last ``Work.commit`` left it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from uuid import UUID

import procrastinate
import psycopg
import psycopg_pool
from flask import Flask
from procrastinate.exceptions import ProcrastinateException

from app.extensions import db
from app.jobs import polite, queue, rescue, runner
from app.jobs.workers import PREFIX, SILENT

log = logging.getLogger(__name__)

#: Seconds: between two looks for lost jobs, between two sweeps, before the queue is tried again, for jobs at the end.
LOOK, SWEEP, AGAIN, GRACE = 10.0, 3600.0, 2.0, 5.0


class Worker:
    """Serves queues until told to stop, each with so many jobs at a time."""

    def __init__(self, app: Flask, queues: Sequence[str], at_once: int) -> None:
        self._app, self._queues, self._at_once = app, list(queues), at_once
        self._told_to_stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        with app.app_context():
            self._url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def stop(self, *_: object) -> None:
        """Take no more calls; leave after a few seconds, whatever is still going on."""
        if self._told_to_stop.is_set():
            return
        self._told_to_stop.set()
        leave = threading.Timer(2 * GRACE, os._exit, (0,))
        leave.daemon = True
        leave.start()

    def run(self) -> None:
        """Work until told to stop. Ends the process: threads that still work are not waited for."""
        polite.give_way()
        self._beside(self._look_after)
        asyncio.run(self._serve())
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def leave_with_parent(self) -> None:
        """Whoever has started this process holds its input open; when that ends, so does the worker."""

        def watch() -> None:
            sys.stdin.buffer.read()
            self.stop()

        self._beside(watch)

    def _beside(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name=work.__name__, daemon=True).start()

    def _look_after(self) -> None:
        """Lost jobs are called again as long as the worker lives, and old ones leave every hour."""
        until_sweep = 0.0
        while not self._told_to_stop.is_set():
            try:
                rescue.rescue(self._app)
                if until_sweep <= 0:
                    rescue.sweep(self._app)
                    until_sweep = SWEEP
            except Exception:  # the next look may do better, and without any a lost job stays lost
                log.warning("lost jobs could not be looked for", exc_info=True)
            until_sweep -= LOOK
            self._told_to_stop.wait(LOOK)

    async def _serve(self) -> None:
        """Take calls; whatever happens to the queue's connections, they are made anew."""
        while not self._told_to_stop.is_set():
            try:
                await self._take_calls()
            except (ProcrastinateException, psycopg.Error, psycopg_pool.PoolTimeout, OSError):
                log.warning("the queue cannot be reached", exc_info=log.isEnabledFor(logging.INFO))
            if not self._told_to_stop.is_set():
                await asyncio.sleep(AGAIN)

    async def _take_calls(self) -> None:
        name = f"{PREFIX}{os.getpid()}@{socket.gethostname()[:20]} {','.join(self._queues)}"[:63]
        settings = {"application_name": name, "options": f"-c search_path={queue.SCHEMA}"}
        connector = procrastinate.PsycopgConnector(
            conninfo=self._url, kwargs=settings, min_size=1, max_size=len(self._queues) + 3, timeout=10.0
        )
        calls = procrastinate.App(connector=connector)

        @calls.task(name=queue.TASK)
        def answer(job: str) -> None:
            runner.run(self._app, UUID(job))

        async with calls.open_async():
            serving = [asyncio.create_task(self._serve_queue(calls, name)) for name in self._queues]
            while not self._told_to_stop.is_set() and not any(each.done() for each in serving):
                await asyncio.wait(serving, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
            for each in serving:
                each.cancel()  # takes no more calls, and ends when its jobs have
            await asyncio.wait(serving, timeout=GRACE if self._told_to_stop.is_set() else None)
            for each in serving:
                if not each.done():
                    os._exit(0)
                if not each.cancelled():
                    each.result()

    async def _serve_queue(self, calls: procrastinate.App, name: str) -> None:
        """The jobs of one queue: those of another do not take their places."""
        await calls.run_worker_async(
            queues=[name],
            concurrency=self._at_once,
            install_signal_handlers=False,
            delete_jobs="always",
            stalled_worker_timeout=SILENT.total_seconds(),
        )
