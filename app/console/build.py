"""One view and one API per declared table; a page written by hand for a table takes the generated one's place."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

from app.console.api import TableApi
from app.console.flow.api import FlowApi
from app.console.flow.pages import FlowPages
from app.console.search_page import SearchPage
from app.console.view import TableView
from app.core.table import Table, tables_with_pages

#: Views written by hand, by table name; a domain's pages.py registers here.
OWN_VIEWS: dict[str, type[TableView]] = {}


def build(appbuilder: AppBuilder) -> None:
    """Register the pages and the API of every table."""
    appbuilder.add_view_no_menu(SearchPage, endpoint="search")
    for name, table in tables_with_pages().items():
        appbuilder.add_view_no_menu(view_of(table), endpoint=name)
        appbuilder.add_view_no_menu(api_of(table), endpoint=f"api_{name}")


def view_of(table: type[Table]) -> type[TableView]:
    """The view class of a table."""
    base = OWN_VIEWS.get(table.__tablename__, TableView)
    name = table.__tablename__
    permissions = [f"can_{action}" for action in table.actions()]
    options = {
        "table": table, "route_base": f"/{name}", "class_permission_name": name, "base_permissions": permissions,
    }  # fmt: skip
    bases = (base,) if table.__flow__ is None else (FlowPages, base)
    return type(f"{table.__name__}View", bases, options)


def api_of(table: type[Table]) -> type[TableApi]:
    """The API class of a table."""
    name = table.__tablename__
    options = {
        "table": table,
        "resource_name": name,
        "class_permission_name": name,
        "openapi_spec_tag": str(table.__label__),
        "__doc__": table.__doc__,
    }
    return type(f"{table.__name__}Api", (TableApi if table.__flow__ is None else FlowApi,), options)
