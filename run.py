"""Serve the console: `python run.py`.

For another server the application is `run:app`, as in `gunicorn run:app` or `flask --app run`. It is made when first
asked for, so that importing this module starts nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from flask import Flask


def __getattr__(name: str) -> Flask:
    """`app` appears in this module when somebody asks for it."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from app.cli import register
    from app.factory import create_app

    made = create_app()
    register(made)
    globals()["app"] = made
    return made


def stop(*_: object) -> NoReturn:
    """End as a program ends by itself: by this, and not by the signal's own way, the database server is stopped too."""
    sys.exit(0)


def seal_beside() -> None:
    """A process of its own seals the audit log for as long as this one lives: the two share no memory and no role."""
    import config

    url = config.database_urls().sealer
    if not url:
        print(
            "SEALER_DATABASE_URL is not set: run `flask --app run audit seal --watch` beside the console.", flush=True
        )
        return
    given = {**os.environ, "SEALER_DATABASE_URL": url, "JIANGUAN_HOME": str(config.audit_places().home)}
    command = [sys.executable, "-m", "app.core.audit.sealer"]
    # It ends when its input does, and that ends with us, in whatever way; at the end it seals once more.
    sealer = subprocess.Popen(command, cwd=config.ROOT, env=given, stdin=subprocess.PIPE)

    def leave() -> None:
        sealer.stdin.close()  # type: ignore[union-attr]
        with contextlib.suppress(subprocess.TimeoutExpired):
            sealer.wait(30)

    atexit.register(leave)


def work_beside() -> None:
    """A process of its own does the jobs for as long as this one lives; one that dies is followed by another."""
    import config

    if os.environ.get("WORKER", "") == "0":
        print("WORKER=0: run `flask --app run worker` beside the console, or nobody does its jobs.", flush=True)
        return
    # It is told the database's address: a worker that finds the private server by itself would also have to stop it.
    given = {
        **os.environ,
        "DATABASE_URL": config.database_urls().app,
        "OWNER_DATABASE_URL": "",
        "SEALER_DATABASE_URL": "",
    }
    command = [sys.executable, "-c", "from app.cli.worker import beside; beside()"]
    leaving = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def keep_one() -> None:
        while not leaving.is_set():
            running[:] = [subprocess.Popen(command, cwd=config.ROOT, env=given, stdin=subprocess.PIPE)]
            running[0].wait()
            leaving.wait(2)

    def leave() -> None:
        leaving.set()
        for worker in running:
            worker.stdin.close()  # type: ignore[union-attr]
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(15)

    threading.Thread(target=keep_one, name="keep_one", daemon=True).start()
    atexit.register(leave)


def main() -> None:
    """The database is up to date and filled, and the console answers until it is told to stop."""
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    import waitress

    import config
    from app.cli import prepare
    from app.factory import create_app

    app = create_app()
    prepare(app)
    seal_beside()
    work_beside()
    print(f"\n  {config.Config.APP_NAME}  http://{config.HOST}:{config.PORT}", flush=True)
    print("  Demo users and their passwords: see the table in README.md.  Stop with Ctrl-C.\n", flush=True)
    waitress.serve(app, host=config.HOST, port=config.PORT, threads=8, ident=None)


if __name__ == "__main__":
    main()
