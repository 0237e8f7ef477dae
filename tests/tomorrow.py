"""A table of tomorrow: a pytest plugin (``-p tests.tomorrow``) that declares one more table, and nothing else.

What a migration would do is done after the real migrations; everything else has to follow from the declaration.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped

from app import domains, schema
from app.core import audit, rows
from app.core.choices import Choice
from app.core.fields import boolean, choice, code, day, long_text, many, money, owner, phone, ref, text
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import department_tree
from app.core.table import LINKS, TABLES, Table
from seed import demo
from seed.demo import accounts

NAME = "tomorrow_permit"


class Way(Choice):
    """How a permit was given."""

    PAPER = "paper", N_("纸质")
    ONLINE = "online", N_("网上")


class TomorrowPermit(Table):
    """明日许可: a table that no test was written for."""

    __label__ = N_("明日许可")
    __help__ = N_("只在测试里存在的一张表。")
    __key__ = ("number",)
    __title__ = "holder"
    __rows__ = department_tree("department")
    __may__ = may(clerk="read add edit delete import export", dept_admin="read export")

    department: Mapped[Any] = owner()
    number: Mapped[str] = code(N_("许可编号"), 40, search=True, in_list=True, sample="MR0001")
    holder: Mapped[str] = text(N_("持有人"), 100, search=True, in_list=True, sample="示例商店")
    way: Mapped[str] = choice(N_("办理方式"), Way, in_list=True)
    given_on: Mapped[date] = day(N_("批准日期"), in_list=True, sample="2026-01-05")
    fee: Mapped[Decimal | None] = money(N_("费用"))
    is_open: Mapped[bool | None] = boolean(N_("是否公开"))
    telephone: Mapped[str | None] = phone(N_("持有人电话"))
    region: Mapped[Any] = ref(N_("所在区划"), "Region", by=("code", "name"), sample="610113")
    examiners: Mapped[list[Any] | None] = many(N_("审查人员"), "Inspector", by="cert_no")
    note: Mapped[str | None] = long_text(N_("备注"), 500)


# Flask-AppBuilder maps every table that is declared when its pages are first imported: by then all have to be there.
domains.load()

_upgrade = schema.upgrade


def _upgrade_and_create(owner_url: str) -> bool:
    done = _upgrade(owner_url)
    engine = sa.create_engine(owner_url)
    rules = {name: TABLES[name].__rows__ for name in [NAME]} | {
        n: link.rows for n, link in LINKS.items() if link.owner == NAME
    }
    with engine.begin() as connection:
        Model.metadata.create_all(connection, tables=[Model.metadata.tables[name] for name in rules])
        for name, rule in rules.items():
            for statement in rows.enable(name, rule):
                connection.exec_driver_sql(statement)
        connection.exec_driver_sql(audit.AS_SYSTEM)
        audit.install(connection, rules)
    engine.dispose()
    return done


schema.upgrade = _upgrade_and_create
# The suite makes its own people and rows; the demo data would only cost time.
demo.uploads = lambda *_: ()  # type: ignore[assignment]
accounts.create = lambda *_: None  # type: ignore[assignment]
