"""Our console as a process that is measured (``lists``). With ``explain CASE VIEWER`` it shows PostgreSQL's plans instead."""

from __future__ import annotations

import json
import sys
from typing import Any

import sqlalchemy as sa

from bench import ground, lists, pages
from bench.lists import CASES, VIEWERS
from bench.peers.worker import serve

PAGE = "/inspection/list/"


def place_of(user: str, skipped: int) -> str:
    """Where a far page of the user's list begins, as the link of the page before says it."""
    from app.console import paging
    from app.core import query
    from app.core.table import by_name
    from app.core.viewer import looking_as, person
    from app.extensions import db

    table, session = by_name("inspection"), db.session()
    account = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": user})
    viewer = person(session, account)
    session.rollback()
    with looking_as(session, viewer):
        order = query.ordering(table, ())
        last = sa.select(table).order_by(table.id.desc()).offset(skipped - 1).limit(1)
        row = session.scalars(last).unique().one_or_none()
        found = paging.token(order, row) if row is not None else ""
    session.rollback()
    db.session.remove()
    return found


class Ours:
    """The console on the large world, with both viewers signed in."""

    def __init__(self, job: dict[str, Any]) -> None:
        """Sign in, and look up where the far page begins."""
        self.skipped = (job["page"] - 1) * job["size"]
        self.app = ground.application(job["database"])
        self.clients = {viewer: pages.signed_in(self.app, user) for viewer, user in VIEWERS.items()}
        self.statements: list[str] = []
        with self.app.app_context():
            from app.extensions import db

            self.engine = db.engine
            self.deep = {viewer: place_of(user, self.skipped) for viewer, user in VIEWERS.items()}
        sa.event.listen(self.engine, "before_cursor_execute", lambda *given: self.statements.append(given[2]))

    def get(self, case: dict[str, Any]) -> tuple[int, bytes]:
        """Answer a case."""
        deep = {"after": self.deep[case["viewer"]], "n": self.skipped + 1}
        given: dict[str, Any] = {"first": {}, "deep": deep, "sort": {"order": "-checked_on"}}
        parameters = given.get(case["case"], {"q": case["word"]})
        answer = self.clients[case["viewer"]].get(PAGE, query_string=parameters)
        return answer.status_code, answer.get_data()

    def explain(self, _connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        """Show the plan of a question before it is asked, by the same transaction and so by the same role."""
        if not statement.lstrip().startswith(("SELECT", "WITH")):
            return
        with cursor.connection.cursor() as other:
            other.execute("EXPLAIN (ANALYZE, BUFFERS) " + statement, parameters)
            plan = "\n".join(line for (line,) in other.fetchall())
        print(f"{statement[:600]}\n{str(parameters)[:300]}\n{plan}\n")


def main() -> None:
    """Serve cases, or explain one."""
    if sys.argv[1:2] == ["explain"]:
        case, viewer, rows = sys.argv[2], sys.argv[3], int(sys.argv[4])
        ours = Ours(lists.job_of(rows))
        asked = {"case": case, "viewer": viewer, "word": CASES[case][0]}
        ours.get(asked)
        sa.event.listen(ours.engine, "before_cursor_execute", ours.explain)
        ours.get(asked)
        return
    ours = Ours(json.loads(sys.stdin.readline()))
    serve(ours.get, ours.statements)


if __name__ == "__main__":
    main()
