"""The console of JIANGUAN_HOME on a port of its own, for tools that look at it: the crawl, the pictures."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from tests.conftest import stay_signed_in


@contextlib.contextmanager
def served() -> Iterator[tuple[Flask, str]]:
    """The application and its address; without JIANGUAN_HOME on a new database with the demo data."""
    with contextlib.ExitStack() as after:
        if "JIANGUAN_HOME" not in os.environ:
            folder = after.enter_context(tempfile.TemporaryDirectory(prefix="jianguan-", ignore_cleanup_errors=True))
            Path(folder).chmod(0o711)
            os.environ["JIANGUAN_HOME"] = folder
        from app.embedded import ensure

        ensure(Path(os.environ["JIANGUAN_HOME"]))
        import waitress

        from app.cli import prepare
        from app.factory import create_app

        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        app = create_app()
        prepare(app)
        stay_signed_in(app)
        server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        yield app, f"http://127.0.0.1:{server.effective_port}"
        server.close()
