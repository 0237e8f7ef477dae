"""The application as people meet it from outside, and inside one request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.sign_in.visitors import here, opened


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    with opened(app):
        yield app


@pytest.fixture
def context(inside: Flask) -> Iterator[Flask]:
    with here():
        yield inside
