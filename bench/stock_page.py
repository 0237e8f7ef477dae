"""The peer of the list page: a ModelView of Flask-AppBuilder as it comes, on the same table, without row policies."""

from __future__ import annotations

import json
import logging
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelView
from flask_appbuilder.models.sqla.base import SQLA
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy.orm import relationship

from app.core import audit
from bench import ground, imports, pages, world

DATABASE, USER = "bench_stock", "bench_admin"


class Department(Model):
    """The owning department, shown by its name."""

    __tablename__ = "department"
    id = sa.Column(sa.BigInteger, primary_key=True)
    name = sa.Column(sa.String(200))

    def __repr__(self) -> str:
        return str(self.name)


class Inspection(Model):
    """The columns that our list shows."""

    __tablename__ = "inspection"
    id = sa.Column(sa.Uuid, primary_key=True)
    department_id = sa.Column(sa.BigInteger, sa.ForeignKey("department.id"))
    department = relationship(Department)
    action_no = sa.Column(sa.String(50))
    party_name = sa.Column(sa.String(200))
    check_type = sa.Column(sa.String(40))
    check_result = sa.Column(sa.String(40))
    checked_on = sa.Column(sa.Date)
    document_no = sa.Column(sa.String(100))
    is_late = sa.Column(sa.Boolean)


class Inspections(ModelView):
    """As the documentation shows it."""

    datamodel = SQLAInterface(Inspection)
    list_columns = [
        "department", "action_no", "party_name", "check_type", "check_result", "checked_on", "document_no", "is_late",
    ]  # fmt: skip
    page_size = 25
    base_order = ("id", "desc")


def main() -> dict[str, Any]:
    """The page by the superuser, in a copy of the filled database."""
    logging.disable(logging.WARNING)
    ground.fresh(DATABASE, imports.FILLED)
    with ground.connected(
        DATABASE
    ) as connection:  # as it comes it writes its own passwords, and says nothing of who acts
        ground.ask(connection, "ALTER TABLE ab_user DROP CONSTRAINT ck_ab_user_password")
        ground.ask(connection, f"ALTER DATABASE {DATABASE} {audit.AS_SYSTEM}")
    app = Flask("stock")
    url = ground.superuser().set(database=DATABASE).render_as_string(hide_password=False)
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="of a bench", WTF_CSRF_ENABLED=False)
    db = SQLA(app)
    with app.app_context():
        builder = AppBuilder(app, db.session)
        builder.add_view(Inspections, "Inspections")
        builder.sm.add_user(USER, "示例", "员", "a@example.com", builder.sm.find_role("Admin"), world.PASSWORD)
        engine = db.engine
    found = pages.measured(app, engine, DATABASE, pages.signed_in(app, USER), "/inspections/list/")
    engine.dispose()
    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE {DATABASE} WITH (FORCE)")
    return found


if __name__ == "__main__":
    print(json.dumps(main()))
