"""The seeded database for the tests that ask it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.extensions import db


@pytest.fixture
def seeded(app: Flask) -> Iterator[Flask]:
    """An application context on the seeded database; nothing is kept of what a test changes without committing."""
    with app.app_context():
        yield app
        db.session.rollback()
