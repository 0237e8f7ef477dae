"""What the pages cost: few queries, whatever the number of entries, and plans that do not read the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask

from app.console.history import log
from app.console.history.asked import conditions, read_asked
from app.core.viewer import looking_as
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.world import World

#: The session, the account, its scope and its permissions among them.
MOST = 12


@pytest.fixture
def counted(app: Flask) -> Callable[[], object]:
    with app.app_context():
        engine = db.engine

    @contextmanager
    def listening() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith(("SET LOCAL", "SELECT 1")):
                statements.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    return listening


@pytest.mark.parametrize(
    "address",
    [
        "/audit/",
        "/audit/?from=&to=&size=200",
        "/audit/?action=export",
        "/audit/mine/",
        "/inspection/history/{key}",
        "/api/v1/inspection/{key}/history",
    ],
)
def test_a_page_costs_few_queries(address: str, world: World, browser: Callable[[str], Browser], counted):
    row, reader = world.row("inspection"), browser("t_role_auditor")
    reader.get("/audit/mine/")
    with counted() as statements:
        assert reader.get(address.format(key=row.id)).status_code == 200
    assert len(statements) <= MOST, statements


def test_a_long_history_costs_as_many_queries_as_a_short_one(world: World, browser: Callable[[str], Browser], counted):
    row, writer = world.another("subject_tag"), browser("t_own")
    costs = []
    for times in (1, 20):
        for number in range(times):
            writer.send("PUT", f"/api/v1/subject_tag/{row.id}", {"description": f"{times}-{number}"})
        with counted() as statements:
            assert writer.get(f"/subject_tag/history/{row.id}").status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "at_id"),
        ({"from": "2026-01-01", "to": "2026-01-02"}, "at_id"),
        ({"address": "10.9.8.7", "from": "", "to": ""}, "address"),
        ({"who": "t_own", "from": "", "to": ""}, "actor"),
        ({"action": "handover", "from": "", "to": ""}, "action"),
        ({"key": "00000000-0000-7000-8000-000000000000", "table": "inspection"}, "rel_pk"),
    ],
)
def test_every_filter_has_its_index(asked: dict[str, str], index: str, world: World):
    with world.session("office") as session, looking_as(session, world.viewers["office"]):
        where = conditions(session, read_asked(asked), world.viewers["office"])
        query = log.newest(log.selected(*where), None).limit(51)
        compiled = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {str(compiled).replace('%', '%%')}").scalars())
    assert f"_{index}" in plan, plan
    assert "Seq Scan on log_20" not in plan, plan
