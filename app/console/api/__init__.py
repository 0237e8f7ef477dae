"""REST for every table, described by OpenAPI."""

from app.console.api.table_api import TableApi

__all__ = ["TableApi"]
