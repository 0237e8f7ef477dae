"""Two departments on a copy of the database: one's rows are right, the other's are full of canaries.

Own rows come from ``tests.every_table`` (every rule accepts them); the other's are written into the tables directly, a
mark in every column that can hold one, with whatever belongs to them: links, files, saved views, drafts, uploads with
their staging tables, what was sent, sessions, accounts.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.core import saving, sealing
from app.core.audit import AS_SYSTEM
from app.core.roles import Role
from app.core.table import TABLES, Table, tables_with_pages
from app.core.viewer import THE_SYSTEM, current, looking_as
from app.extensions import db
from tests.every_table import sheets
from tests.every_table.world import CITY, OFFICE, OWN, STRANGE, World
from tests.isolation.canaries import Cage
from tests.isolation.painter import Painter, Row

#: The newest entry of the audit log about each row.
_ENTRIES = sa.text(
    "SELECT pk, max(id) FROM audit.log WHERE length(pk) = 36 AND at > now() - interval '1 hour' GROUP BY pk"
)


def _say_who(session: Session, _transaction: Any, connection: Any) -> None:
    """The system answers for what is done here in nobody's name: without a name nothing may be written."""
    if current(session) is None:
        connection.exec_driver_sql(AS_SYSTEM.replace("SET ", "SET LOCAL ", 1))


def build(app: Flask) -> dict[str, Any]:
    """The whole world, as a file can hold it."""
    cage = Cage()
    sa.event.listen(Session, "after_begin", _say_who)
    world = World(app)
    with app.app_context():
        world._employ("t_lead", Role.SUPERVISION_OFFICE, OFFICE)
        world._employ("t_colleague", Role.CLERK, OWN)
    own, forms = {}, {}
    for name, table in sorted(tables_with_pages().items()):
        try:
            marked = world.row(name)
        except AssertionError:  # rows that only the code may write have none of their own
            continue
        own[name] = (marked.id, dict(marked.given))
        with world.session("own") as session:
            forms[name] = sheets.form(session, table, marked.given)
    with app.app_context():
        session = db.session()
        users = dict(session.execute(sa.select(User.username, User.id)).all())
        with looking_as(session, THE_SYSTEM):
            numbers = {
                row.name: (row.id, row.region_id)
                for row in session.execute(
                    sa.select(*(TABLES["department"].__table__.c[n] for n in ("name", "id", "region_id")))
                )
            }
            foreign = Painter(cage, numbers[STRANGE], users["t_stranger"], is_foreign=True)
            foreign.paint()
            theirs = foreign.belongings()
            _paint_department(foreign, numbers[STRANGE][0])
            ours = Painter(cage, numbers[OWN], users["t_own"], is_foreign=False)
            ours.paint({name: key for name, (key, _) in own.items()})
            mine = ours.belongings()
            # What a colleague of the same department has begun is his alone.
            colleague = Painter(cage, numbers[OWN], users["t_colleague"], is_foreign=True)
            for kind in ("draft", "submission"):
                colleague.write(
                    TABLES[kind],
                    colleague.row(
                        TABLES[kind], **({"table_name": "inspection", "form": "NEW"} if kind == "draft" else {})
                    ),
                )
            session.commit()
        with looking_as(session, THE_SYSTEM):
            people = {role.value: f"t_role_{role.value}" for role in Role} | {"lead_office": "t_lead"}
            known = {
                "people": people,
                "roles": {role.value: role.value for role in Role} | {"lead_office": Role.SUPERVISION_OFFICE.value},
                "users": users,
                "departments": {"own": numbers[OWN][0], "foreign": numbers[STRANGE][0], "city": numbers[CITY][0]},
                "names": {"own": OWN, "foreign": STRANGE},
                "own": {
                    name: {"id": str(key), "given": given, "form": forms[name]} for name, (key, given) in own.items()
                },
                "foreign": {name: _told(TABLES[name], row) for name, row in foreign.rows.items()},
                "theirs": theirs,
                "mine": mine,
                "entries": {str(key): at for key, at in session.execute(_ENTRIES)},
                "canaries": cage.stored(),
            }
    return known


def _told(table: type[Table], row: Row) -> Row:
    return {
        name: value if isinstance(value, int | bool | list | dict) else str(value)
        for name, value in row.items()
        if not isinstance(value, bytes)
    }


def _paint_department(painter: Painter, key: int) -> None:
    """A department is known to everybody; what is sensitive about it is not."""
    table = TABLES["department"]
    row = db.session.get(table, key)
    assert row is not None
    for field in sealing.secrets_of(table):
        plain = painter._text(
            sa.String(field.length), field, painter.cage.word(painter.canary(table, field.name, field))
        )
        sealing.put(row, field, {field.name: plain})
    saving.flush(db.session(), table)
