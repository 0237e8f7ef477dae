"""Alembic's environment: the declared tables against the database, as its owner, with lock time-outs.

A migration made by ``make migration`` also holds the row policies and grants of the tables it creates. Whatever a
migration does to tables, their changes are captured afterwards as their columns ask for (``audit.install``).
"""

from alembic import context
from alembic.operations import ops
from flask_appbuilder import Model
from flask_appbuilder.security.sqla import models as _security_tables
from sqlalchemy import create_engine, text

import config
from app import domains
from app.core import audit, rows, secrecy
from app.core.table import LINKS, TABLES, search

_ = _security_tables

FOUND_BY = f"{search.PREFIX}_"

domains.load()
secrecy.keep_keys_in(config.keys_folder())


def include_object(_object, name, kind, _reflected, _compare_to):
    """Only our own schema; the staging tables of uploads come and go. Indexes that find are compared by `search`."""
    return not ((kind == "table" and name == "alembic_version") or (kind == "index" and name.startswith(FOUND_BY)))


def row_security(migration, _revision, directives):
    """Add to the migration: policies and grants of every created table, and the indexes that search needs."""
    script = directives[0]
    created = [each.table_name for each in script.upgrade_ops.ops if isinstance(each, ops.CreateTableOp)]
    statements = []
    for name in created:
        if name in TABLES or name in LINKS:
            rule = TABLES[name].__rows__ if name in TABLES else LINKS[name].rows
            statements += rows.enable(name, rule)
        else:
            statements.append(
                f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{name}" TO "app", {", ".join(rows.VIEWER_ROLES)}'
            )
    statements += search.differences(migration.connection, TABLES)
    script.upgrade_ops.ops += [ops.ExecuteSQLOp(statement) for statement in statements]


def migrate() -> None:
    """Run the migrations in one transaction; wait for no lock longer than five seconds."""
    url = context.config.get_main_option("sqlalchemy.url") or config.database_urls().owner
    if not url:
        raise SystemExit("OWNER_DATABASE_URL is not set: migrations need the owner's connection")
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.exec_driver_sql(audit.AS_SYSTEM)
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            include_object=include_object,
            process_revision_directives=row_security,
            compare_type=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()
            if audit.is_there(connection):
                audit.install(connection)
    engine.dispose()


migrate()
