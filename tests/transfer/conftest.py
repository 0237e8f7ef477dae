"""What tests of imports begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.transfer.upload import checking
from tests.every_table.values import fresh
from tests.every_table.world import World


@pytest.fixture
def code(world: World) -> str:
    """A code list of its own for each test."""
    return str(world.another("code_list").given["code"])


@pytest.fixture
def mark() -> str:
    """How the codes of this test begin."""
    return f"K{fresh()}".upper()


@pytest.fixture
def small(app: Flask) -> Iterator[None]:
    """Ten rows are many, and three rows one transaction's."""
    before = app.config["IMPORT_AT_ONCE"], checking.AT_A_TIME
    app.config["IMPORT_AT_ONCE"], checking.AT_A_TIME = 10, 3
    yield
    app.config["IMPORT_AT_ONCE"], checking.AT_A_TIME = before
