"""The old address of what now lives in ``app.console.view.list``."""

from app.console.view.list.columns import eager, list_fields
from app.console.view.list.page import ListPage

__all__ = ["ListPage", "eager", "list_fields"]
