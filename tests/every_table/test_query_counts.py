"""How many queries a page costs: the literal numbers, for every table, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.table import TABLES
from app.core.workflow import lines
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import World

#: What a page costs where it costs most, measured. Two of them are the session with its account and scope, and the
#: permissions.
MOST = {
    "list": 5,
    "show": 11,
    "add": 4,
    "edit": 12,
    "help": 2,
    "pick": 4,
    "import": 4,
    "api list": 5,
    "api get": 4,
}
#: The form of an account asks besides who asks, and which roles he may grant; that of a list for its next code.
#: A new form of an action begins with the name, code and region of its unit: one question. That of an inspection asks who
#: inspected together lately; a stored one, besides, for the check items of its sub-item and for what was found in each.
MORE = {
    ("account", "add"): 3,
    ("implementation_list", "add"): 1,
    ("inspection", "add"): 2,
    ("inspection", "edit"): 2,
    ("penalty", "add"): 1,
    ("coercion", "add"): 1,
    ("other_action", "add"): 1,
}
#: Where rows have a workflow: its next edition, steps, who is waited for, what is usually said; the limits in force.
OF_A_FLOW = {"show": 6, "help": 2}
#: Where rows are lines of such a row: how that one stands.
OF_A_LINE = {"list": 1, "show": 1, "edit": 1}
ADDRESSES = {
    "list": "/{name}/list/",
    "show": "/{name}/show/{key}",
    "add": "/{name}/add",
    "edit": "/{name}/edit/{key}",
    "help": "/{name}/help",
    "pick": "/{name}/pick",
    "import": "/{name}/import",
    "api list": "/api/v1/{name}/",
    "api get": "/api/v1/{name}/{key}",
}


@pytest.fixture
def counted(app: Flask) -> Iterator[Callable[[], object]]:
    """``with counted() as statements:`` everything that was sent to the database inside the block."""
    with app.app_context():
        engine = db.engine

    @contextmanager
    def listening() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            # Settings travel with BEGIN; the pool's ping; a session's use, noted once a minute.
            if not statement.startswith(("SET LOCAL", "SELECT 1", "UPDATE user_session SET seen_at")):
                statements.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    yield listening


@pytest.mark.parametrize("name", NAMES)
def test_pages_cost_no_more_than_this(name: str, world: World, browser: Callable[[str], Browser], counted):
    row, costs = world.row(name), {}
    browser("t_own").get("/")  # the first connection of all asks the server for its version
    for page, address in ADDRESSES.items():
        with counted() as statements:
            assert browser("t_own").get(address.format(name=name, key=row.id)).status_code == 200
        costs[page] = len(statements)
    more = OF_A_FLOW if TABLES[name].__flow__ is not None else {}
    more |= OF_A_LINE if lines.head_of(TABLES[name]) is not None else {}
    most = {page: MOST[page] + MORE.get((name, page), 0) + more.get(page, 0) for page in costs}
    assert {page: cost for page, cost in costs.items() if cost > most[page]} == {}


@pytest.mark.parametrize("name", NAMES)
def test_more_rows_cost_no_more_queries(name: str, world: World, browser: Callable[[str], Browser], counted):
    reader, mark = browser("t_own"), world.row(name).mark
    costs = []
    for address in (f"/{name}/list/?q={mark}", f"/{name}/list/", f"/api/v1/{name}/?q={mark}", f"/api/v1/{name}/"):
        for _ in range(2 - len(costs) % 2):
            world.another(name)
        with counted() as statements:
            assert reader.get(address).status_code == 200
        costs.append(len(statements))
    few, many, few_api, many_api = costs
    assert many <= few
    empty = not reader.get(f"/api/v1/{name}/", q=mark).json["result"]
    assert many_api <= few_api + empty  # where nothing is found, nothing is written
