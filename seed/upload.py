"""What is to be entered: rows for one table. Knows nothing of how; the data can be made without an application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Upload:
    """Rows for one table, by field name, and the moment at which they are brought in (now, when it is left out)."""

    table: str
    rows: Sequence[Values]
    at: datetime | None = None
