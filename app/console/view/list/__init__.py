"""The list of a table: search, columns, counts, pages, saved views, bulk actions."""

from app.console.view.list.bulk_page import BulkPage
from app.console.view.list.columns import eager, list_fields
from app.console.view.list.page import ListPage

__all__ = ["BulkPage", "ListPage", "eager", "list_fields"]
