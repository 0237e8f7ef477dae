"""The list page of 199,000 inspections as the clerk sees it, beside the same page by Flask-AppBuilder as it comes."""

from __future__ import annotations

import json
import re
import statistics
from typing import Any

import sqlalchemy as sa

from bench import ground, imports, world
from bench.measure import backends, cpu_of, own_cpu

PAGE = "/inspection/list/"
REQUESTS, SHOWN = 40, 20


def signed_in(app: Any, user: str) -> Any:
    """A browser in which somebody has signed in."""
    client = app.test_client()
    form = client.get("/login/").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    data = {"username": user, "password": world.PASSWORD, "csrf_token": token.group(1) if token else ""}
    answer = client.post("/login/", data=data)
    assert answer.status_code == 302, f"{user} cannot sign in: {answer.status_code}"
    return client


def measured(app: Any, engine: Any, database: str, client: Any, page: str) -> dict[str, Any]:
    """What one request costs, the median of many: statements, CPU of the web process and of PostgreSQL in ms."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    own, served, counted = [], [], []
    for warm_up in (True, False):
        pids = backends(database)
        for _ in range(5 if warm_up else REQUESTS):
            statements.clear()
            before, served_before = own_cpu(), sum(map(cpu_of, pids))
            answer = client.get(page)
            own.append(own_cpu() - before)
            served.append(sum(map(cpu_of, pids)) - served_before)
            counted.append(len(statements))
            assert answer.status_code == 200, f"{page}: {answer.status_code}"
            assert answer.get_data().count(b"JCNOW") >= SHOWN, f"{page} does not show the rows"
    return {
        "queries": counted[-1],
        "web_ms": statistics.median(own[5:]) * 1000,
        "database_ms": statistics.median(served[5:]) * 1000,
        "bytes": len(answer.get_data()),
    }


def ours() -> dict[str, Any]:
    """Our console."""
    app = ground.application(imports.FILLED)
    from app.extensions import db

    with app.app_context():
        engine = db.engine
    return measured(app, engine, imports.FILLED, signed_in(app, world.CLERK), PAGE)


def bench() -> dict[str, Any]:
    """Both, each in a process of its own, on the database that the import has filled."""
    imports.filled()
    return {"ours": ground.run("bench.pages"), "stock": ground.run("bench.stock_page")}


if __name__ == "__main__":
    print(json.dumps(ours()))
