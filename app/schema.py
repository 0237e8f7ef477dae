"""The database's schema and the migrations that lead to it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from app.core import audit

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def alembic_config(url: str | None = None) -> Config:
    """Alembic's configuration, for the owner's connection."""
    settings = Config(str(MIGRATIONS / "alembic.ini"))
    settings.set_main_option("script_location", str(MIGRATIONS))
    if url:
        settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


@lru_cache(maxsize=1)
def head() -> str | None:
    """The newest migration of this code."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def version(connection: Connection) -> str | None:
    """The migration the database stands at; ``None`` when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(owner_url: str) -> bool:
    """Bring the schema to the newest migration. Returns whether anything had to be done."""
    engine = create_engine(owner_url)
    with engine.connect() as connection:
        found = version(connection)
    if found == head():
        with engine.begin() as connection:  # what is left out of the log may have been declared anew
            connection.exec_driver_sql(audit.AS_SYSTEM)
            audit.install(connection)
        engine.dispose()
        return False
    engine.dispose()
    command.upgrade(alembic_config(owner_url), "head")
    return True
