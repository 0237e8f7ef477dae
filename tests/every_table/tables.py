"""Every declared table by name, for parametrising: a table added tomorrow stands in this list by being declared."""

from __future__ import annotations

import app.transfer.batch  # the tables of uploads
from app import domains
from app.core.table import tables_with_pages

_ = app.transfer.batch
domains.load()

NAMES = sorted(tables_with_pages())
