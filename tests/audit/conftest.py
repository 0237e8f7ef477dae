"""Worlds of the audit tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audit import databases
from tests.audit.databases import World


@pytest.fixture(scope="session")
def base(home: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sealed database that copies are made of."""
    from app.embedded import ensure

    ensure(home, {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"})
    return databases.make_base(tmp_path_factory.mktemp("audit"))


@pytest.fixture
def spoilt(base: World, tmp_path: Path) -> Iterator[World]:
    """A copy to tamper with."""
    yield databases.copy(base, "audit_spoilt", tmp_path)
    databases.drop("audit_spoilt")
