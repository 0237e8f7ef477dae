"""REST among ten million inspections: a list of 100, and 1,000 rows sent at once of which ten are bad.

The caller is the county's clerk with a token. A body is sent three times: all its rows are new, none has changed, every
other one has. What was stored is deleted in the end.
"""

from __future__ import annotations

import json
import statistics
import sys
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from bench import ground, world
from bench.large import build, fill, words
from bench.measure import backends, cpu_of, own_cpu

LIST, BULK = "/api/v1/inspection/?limit=100", "/api/v1/inspection/bulk"
ROWS, BAD_EVERY, ROUNDS, REQUESTS = 1000, 100, 5, 40
SERIES = "JCBULK"


def rows(series: int, result: str = "未发现问题") -> list[dict[str, Any]]:
    """Inspections by the county's bureau; every hundredth is bad in one of two ways. Every other has ``result``."""
    place, office = build.COUNTY_PLACE, words.offices()[build.COUNTY_PLACE]
    found = []
    for n in range(ROWS):
        number = series * ROWS + n
        row = {
            "department": office.name, "region": office.region, "action_no": f"{SERIES}{number:08d}",
            "sub_item": world.sub_code(n % fill.ITEMS), "implementation_list": world.list_code(n % fill.ITEMS, place),
            "subject_kind": "市场主体", "subject_name": f"{office.place[:2]}鑫源{number}食品店",
            "party_name": f"{office.place[:2]}鑫源{number}食品店", "party_nature": "法人",
            "party_id_type": "统一社会信用代码", "party_id_no": world.credit_code(number, "91610132MA"),
            "check_form": "日常检查", "check_type": "日常巡查", "check_mode": "实地检查",
            "check_result": result if n % 2 else "未发现问题",
            "checked_on": (date(2026, 11, 1) + timedelta(days=n % 14)).isoformat(),
            "document_no": f"示市监检〔{SERIES}〕{number}号",
            "inspectors": [world.cert_no(place * fill.INSPECTORS + k) for k in (n % 5, (n + 1) % 5)],
        }  # fmt: skip
        if n % BAD_EVERY == 37:
            row["sub_item" if n % 200 == 37 else "check_result"] = "还可以"
        found.append(row)
    return found


class Caller:
    """A client with a token, and what its requests cost."""

    def __init__(self, database: str) -> None:
        """Get a token."""
        self.app, self.database = ground.application(database), database
        self.client = self.app.test_client()
        account = {"username": build.COUNTY, "password": world.PASSWORD, "provider": "db"}
        answer = self.client.post("/api/v1/security/login", json=account)
        self.headers = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}
        self.statements = 0
        with self.app.app_context():
            from app.extensions import db

            sa.event.listen(db.engine, "before_cursor_execute", self._count)
        self.ask("get", LIST)
        self.pids = backends(database)

    def _count(self, *_: Any) -> None:
        self.statements += 1

    def ask(self, method: str, address: str, body: Any = None) -> dict[str, Any]:
        """One request: its status, its answer, and its cost in ms."""
        pids = getattr(self, "pids", set())
        self.statements, own, served = 0, own_cpu(), sum(map(cpu_of, pids))
        answer = getattr(self.client, method)(address, headers=self.headers, data=body, content_type="application/json")
        cost = {"own": (own_cpu() - own) * 1000, "database": (sum(map(cpu_of, pids)) - served) * 1000}
        return cost | {"cpu": sum(cost.values()), "queries": self.statements, "status": answer.status_code, "answer": answer.get_json()}  # fmt: skip


def _middle(found: list[dict[str, Any]]) -> dict[str, Any]:
    figures = {key: statistics.median(each[key] for each in found) for key in ("own", "database", "cpu", "queries")}
    return figures | {"status": found[-1]["status"]}


def measured(rows_of_world: int) -> dict[str, Any]:
    """The list, then the three kinds of bulk; ``None`` for these while there is no such address."""
    caller = Caller(build.name(rows_of_world))
    found: dict[str, Any] = {"list": _middle([caller.ask("get", LIST) for _ in range(REQUESTS)][5:])}
    kinds: dict[str, list[dict[str, Any]]] = {"new": [], "same": [], "changed": []}
    for series in range(ROUNDS):
        for kind, result in (("new", "未发现问题"), ("same", "未发现问题"), ("changed", "发现问题已当场改正")):
            answer = caller.ask("post", BULK, json.dumps({"rows": rows(series, result)}))
            if answer["status"] in (404, 405):
                return found | {"bulk": None}
            kinds[kind].append(answer)
    told = {kind: str(each[-1]["answer"])[:600] for kind, each in kinds.items()}
    return found | {"bulk": {kind: _middle(each) for kind, each in kinds.items()}, "told": told}


def bench(rows_of_world: int) -> dict[str, Any]:
    """Both, in a process of their own; afterwards the world is as before."""
    build.ready(rows_of_world)
    try:
        found: dict[str, Any] = ground.run("bench.rest", str(rows_of_world))
    finally:
        with ground.connected(build.name(rows_of_world)) as connection:
            mine = f"SELECT id FROM inspection WHERE action_no LIKE '{SERIES}%'"
            ground.ask(connection, f"DELETE FROM inspection_inspectors WHERE inspection_id IN ({mine})")
            ground.ask(connection, f"DELETE FROM inspection WHERE id IN ({mine})")
            ground.ask(connection, "VACUUM inspection")
    return found


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1])), ensure_ascii=False))
