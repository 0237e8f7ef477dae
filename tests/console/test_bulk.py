"""Many rows in one request: each has its own answer, good ones are stored, the rules are those of a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.every_table.tables import tables_with_pages
from tests.every_table.values import fresh
from tests.every_table.world import STRANGE, World

SPARE = tuple(tables_with_pages())


def bulk(writer: Browser, name: str, rows: Any, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
    return writer.send("POST", f"/api/v1/{name}/bulk", {"rows": rows, **more}, **(headers or {}))


def states(answer: TestResponse) -> list[str]:
    assert answer.is_json, answer.get_data(as_text=True)
    return [row["state"] for row in answer.json.get("result", ())] or [answer.json["message"]]


def inspectors(world: World, count: int, **more: Any) -> list[dict[str, Any]]:
    return [row | more for row in world.given("inspector", count=count)] if count > 1 else world.given("inspector")


def test_good_rows_are_stored_and_bad_ones_say_why(writer: Browser, world: World):
    one, two, three, four = inspectors(world, 4)
    answer = bulk(
        writer,
        "inspector",
        [one, two | {"birth_date": "昨天", "name": ""}, three | {"nonsense": 1}, four | {"department": STRANGE}, one],
    )
    assert answer.status_code == 200, answer.json
    assert states(answer) == ["inserted", "failed", "failed", "failed", "failed"]
    counts = {name: answer.json[name] for name in ("inserted", "updated", "unchanged", "failed")}
    assert counts == {"inserted": 1, "updated": 0, "unchanged": 0, "failed": 4}
    result = answer.json["result"]
    assert [row["row"] for row in result] == [1, 2, 3, 4, 5]
    assert {tuple(p["fields"]) for p in result[1]["problems"]} >= {("birth_date",), ("name",)}
    assert ("nonsense",) in {tuple(p["fields"]) for p in result[2]["problems"]}
    assert {p["rule"] for p in result[3]["problems"]} == {"ROW"}
    assert "第 1 行" in result[4]["problems"][0]["message"]
    stored = writer.get(f"/api/v1/inspector/{result[0]['id']}").json["result"]
    assert (stored["name"], stored["version"]) == (one["name"], 1)


def test_rows_are_met_by_their_key(writer: Browser, world: World):
    rows = inspectors(world, 3)
    first = bulk(writer, "inspector", rows)
    assert states(first) == ["inserted"] * 3
    again = bulk(writer, "inspector", rows)
    assert states(again) == ["unchanged"] * 3
    assert [row["id"] for row in again.json["result"]] == [row["id"] for row in first.json["result"]]
    changed = bulk(writer, "inspector", [rows[0] | {"name": "改名"}, rows[1]])
    assert states(changed) == ["updated", "unchanged"]
    stored = writer.get(f"/api/v1/inspector/{first.json['result'][0]['id']}").json["result"]
    assert (stored["name"], stored["version"]) == ("改名", 2)


def test_what_a_row_leaves_out_stays(writer: Browser, world: World):
    one, two = inspectors(world, 2)
    keys = [row["id"] for row in bulk(writer, "inspector", [one, two]).json["result"]]
    before = [writer.get(f"/api/v1/inspector/{key}").json["result"] for key in keys]
    part = [{"cert_no": one["cert_no"], "name": "只改名"}, {"cert_no": two["cert_no"], "rank": "二级科员"}]
    answer = bulk(writer, "inspector", part)
    assert states(answer) == ["updated", "updated"], answer.json
    after = [writer.get(f"/api/v1/inspector/{key}").json["result"] for key in keys]
    assert after[0] == before[0] | {"name": "只改名", "version": 2}
    assert after[1] == before[1] | {"rank": "二级科员", "version": 2}


def test_modes(writer: Browser, world: World):
    old, new = inspectors(world, 2)
    assert states(bulk(writer, "inspector", [old])) == ["inserted"]
    assert states(bulk(writer, "inspector", [old | {"name": "改"}, new], mode="insert")) == ["failed", "inserted"]
    newer = inspectors(world, 1)[0]
    answer = bulk(writer, "inspector", [old | {"name": "改"}, newer], mode="update")
    assert states(answer) == ["updated", "failed"]
    assert answer.json["result"][1]["problems"][0]["rule"] == "KEY"


def test_all_or_nothing(writer: Browser, world: World):
    one, two = inspectors(world, 2)
    refused = bulk(writer, "inspector", [one, two | {"name": ""}], all_or_nothing=True)
    assert (refused.status_code, states(refused)) == (422, ["skipped", "failed"])
    assert not writer.get("/api/v1/inspector/", **{"f.cert_no": one["cert_no"]}).json["result"]
    done = bulk(writer, "inspector", [one, two], all_or_nothing=True)
    assert (done.status_code, states(done)) == (200, ["inserted", "inserted"])


def test_the_same_key_stores_once(writer: Browser, world: World):
    rows, key = inspectors(world, 2), {"Idempotency-Key": f"bulk-{fresh()}"}
    first, again = bulk(writer, "inspector", rows, key), bulk(writer, "inspector", rows, key)
    assert states(first) == states(again) == ["inserted", "inserted"]
    assert first.get_data() == again.get_data()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert bulk(writer, "inspector", rows[:1], key).status_code == 409


def test_links_and_references_are_written(writer: Browser, world: World):
    given = world.given("inspection")[0]
    answer = bulk(writer, "inspection", [given, given | {"inspectors": ["27010199999", "27010199998"]}, {}])
    assert states(answer)[0] == "inserted", answer.json
    assert answer.json["result"][1]["state"] == "failed"
    assert "没有找到" in answer.json["result"][1]["problems"][0]["message"]
    stored = writer.get(f"/api/v1/inspection/{answer.json['result'][0]['id']}").json["result"]
    wanted = given["inspectors"] if isinstance(given["inspectors"], list) else given["inspectors"].split("；")
    assert sorted(stored["inspectors"]) == sorted(wanted)
    # What was read may be sent back: nothing changes.
    inputs = {n for n, field in TABLES["inspection"].__fields__.items() if field.is_input}
    if stored["action_no"]:
        back = bulk(writer, "inspection", [{name: stored[name] for name in inputs}])
        assert states(back) == ["unchanged"], back.json


@pytest.mark.parametrize("name", SPARE)
def test_every_table_takes_its_rows(name: str, writer: Browser, world: World):
    given = world.given(name)[0]
    answer = bulk(writer, name, [given])
    assert states(answer) in (["inserted"], ["updated"], ["unchanged"]), answer.json


@pytest.mark.parametrize("name", SPARE)
def test_rows_of_others_are_not_written(name: str, world: World, browser: Callable[[str], Browser]):
    table = TABLES[name]
    if not table.__rows__.is_scoped:
        pytest.skip("rows of nobody")
    row = world.another(name)
    bulk(browser("t_stranger"), name, [row.given])
    with world.session(THE_SYSTEM) as session:
        stored = table.__table__
        version, writer_id = session.execute(
            sa.select(stored.c.version, stored.c.updated_by).where(stored.c.id == row.id)
        ).one()
    assert (version, writer_id) == (1, world.viewers["own"].user_id)


def test_who_may_not_import_may_not_bulk(world: World, browser: Callable[[str], Browser]):
    for role in ("auditor", "supervision_office"):
        answer = bulk(browser(f"t_role_{role}"), "inspector", inspectors(world, 1))
        assert answer.status_code == 403
        assert "您的角色不能" in answer.json["message"]


NONSENSE: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({}, 400, "rows"),
    ({"rows": []}, 400, "rows"),
    ({"rows": {"a": 1}}, 400, "rows"),
    ({"rows": [{}, 1]}, 400, "第 2 条"),
    ({"rows": [{}] * 1001}, 413, "1000"),
    ({"rows": [{}], "mode": "delete"}, 400, "mode"),
    ({"rows": [{}], "mode": ["insert"]}, 400, "mode"),
    ({"rows": [{}], "all_or_nothing": "yes"}, 400, "all_or_nothing"),
    ({"rows": [{}], "dry": True}, 400, "dry"),
)


@pytest.mark.parametrize(("body", "status", "told"), NONSENSE)
def test_what_is_no_such_request(body: dict[str, Any], status: int, told: str, writer: Browser):
    answer = writer.send("POST", "/api/v1/inspector/bulk", body)
    assert (answer.status_code, told in answer.json["message"]) == (status, True)


@pytest.mark.parametrize("value", [{"a": 1}, [], [[]], [{}], -1, 1e308, True, "9" * 3000, "", None, [None]])
def test_values_of_any_kind_are_judged(value: Any, writer: Browser):
    fields = TABLES["inspection"].__fields__
    answer = bulk(writer, "inspection", [dict.fromkeys(fields, value), dict.fromkeys(list(fields)[:5], value)])
    assert answer.status_code == 200
    assert states(answer) == ["failed", "failed"]
