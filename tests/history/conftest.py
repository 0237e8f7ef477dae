"""Each test begins with no refusals noted: what others were refused before does not count against it."""

from __future__ import annotations

import pytest

from app.console.history import denials
from app.console.history.denials import Throttle


@pytest.fixture(autouse=True)
def fresh_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denials, "throttle", Throttle())
