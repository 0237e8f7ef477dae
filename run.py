"""Serve the console: `python run.py`.

For another server the application is `run:app`, as in `gunicorn run:app` or `flask --app run`. It is made when first
asked for, so that importing this module starts nothing.
"""

from __future__ import annotations

import signal
import sys
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
    print(f"\n  {config.Config.APP_NAME}  http://{config.HOST}:{config.PORT}", flush=True)
    print("  Demo users and their passwords: see the table in README.md.  Stop with Ctrl-C.\n", flush=True)
    waitress.serve(app, host=config.HOST, port=config.PORT, threads=8, ident=None)


if __name__ == "__main__":
    main()
