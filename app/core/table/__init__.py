"""The base class of every table, and the list of all of them."""

from app.core.table.base import LINKS, TABLES, Link, Table, by_class, by_name, links_of, tables_with_pages

__all__ = ["LINKS", "TABLES", "Link", "Table", "by_class", "by_name", "links_of", "tables_with_pages"]
