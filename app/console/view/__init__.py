"""The pages of one table: list, record, form, import, export."""

from app.console.view.table_view import TableView

__all__ = ["TableView"]
