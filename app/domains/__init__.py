"""What the house is about. One folder each, all of one shape; the order below is the order of dependencies."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from sqlalchemy.orm import configure_mappers

from app.core import verify
from app.core.table import TABLES, Table
from app.core.table.following import followed

#: Lower domains first: the later refers to the earlier.
DOMAINS = ("org", "catalogue", "subjects", "inspectors", "actions", "credit")


def load() -> None:
    """Every table is declared, mapped and verified, and domains hear of one another. Raises verify.DeclarationError."""
    without_pages = ("console.memory", "console.attached", "console.sign_in.models", "console.sign_in.brake")
    for name in (
        "app.core.stored",
        "app.core.workflow.models",
        "app.core.workflow.urging",
        "app.transfer.batch",
        "app.jobs.models",
        *(f"app.{each}" for each in without_pages),
    ):
        import_module(name)
    for name in DOMAINS:
        import_module(f"app.domains.{name}.models")
    for name in DOMAINS:
        if find_spec(f"app.domains.{name}.reactions"):
            import_module(f"app.domains.{name}.reactions")
    followed(TABLES)
    configure_mappers()
    verify.check_all()


def package(name: str) -> ModuleType:
    """The package of a domain, with its LABEL and ICON."""
    return import_module(f"app.domains.{name}")


def pages_of(name: str) -> list[type]:
    """The views of a domain that are not one table (``pages`` with PAGES), if it has any."""
    return list(getattr(_pages(name), "PAGES", ()))


def entries_of(name: str) -> tuple[Any, ...]:
    """Their entries in the menu (ENTRIES)."""
    return tuple(getattr(_pages(name), "ENTRIES", ()))


def register(app: Any) -> None:
    """What domains do beside their pages (hooks, notices of the first page) is on the application."""
    for name in DOMAINS:
        getattr(_pages(name), "register", lambda _: None)(app)


def _pages(name: str) -> ModuleType | None:
    found = find_spec(f"app.domains.{name}.pages")
    return import_module(f"app.domains.{name}.pages") if found else None


def tables_of(name: str) -> list[type[Table]]:
    """The tables of a domain, in the order of declaration."""
    return [table for table in TABLES.values() if table.__module__.startswith(f"app.domains.{name}.")]
