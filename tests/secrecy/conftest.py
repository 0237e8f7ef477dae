"""Keys of its own for each test that needs no application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core import secrecy


@pytest.fixture
def soft(tmp_path: Path) -> Iterator[secrecy.Soft]:
    """A provider with fresh keys; afterwards the application's own is used again."""
    made = secrecy.Soft(tmp_path / "keys")
    from app.core.secrecy import providers

    before = providers._used
    secrecy.use(made)
    yield made
    secrecy.use(before)
