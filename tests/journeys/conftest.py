"""The console served for a real browser, on the same seeded database as every other test."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
import waitress
from flask import Flask


@pytest.fixture(scope="session")
def address(app: Flask) -> Iterator[str]:
    """Where the console answers."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a browser asks for ten files at once
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
