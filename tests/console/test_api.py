"""REST: versions, keys of submissions, bodies that cannot be read, pages, tokens."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask

from tests.conftest import PASSWORD, Browser
from tests.every_table.values import fresh
from tests.every_table.world import World

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def address(world: World) -> str:
    """A row of its own for each test."""
    return f"/api/v1/work_day/{world.another('work_day').id}"


def test_an_unchanged_row_is_not_sent_again(writer: Browser, address: str):
    first = writer.get(address)
    tag = first.headers["ETag"]
    for known in (tag, f'"1.abc", W/{tag}', "*"):
        again = writer.client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
    writer.send("PUT", address, {"name": "乙"}, **{"If-Match": tag})
    changed = writer.client.get(address, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json["result"]["name"]) == (200, "乙")


def test_the_tag_changes_with_the_name_of_another_row(writer: Browser, world: World):
    row = world.another("inspection_item_result")
    address = f"/api/v1/inspection_item_result/{row.id}"
    first = writer.get(address)
    number = first.json["result"]["inspection"]
    parent = writer.get("/api/v1/inspection/", q=number).json["result"][0]
    answer = writer.send("PUT", f"/api/v1/inspection/{parent['id']}", {"action_no": f"NEU{fresh()}"})
    assert answer.status_code == 200, answer.json
    again = writer.client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    writer.send("PUT", f"/api/v1/inspection/{parent['id']}", {"action_no": number})
    assert (again.status_code, again.json["result"]["version"]) == (200, first.json["result"]["version"])


def test_a_stale_change_is_told_what_stands_there(writer: Browser, address: str):
    read = writer.get(address)
    tag, before = read.headers["ETag"], read.json["result"]
    assert writer.send("PUT", address, {"name": "甲方"}, **{"If-Match": tag}).status_code == 200
    stale = writer.send("PUT", address, {"name": "乙方", "day": before["day"]}, **{"If-Match": tag})
    assert stale.status_code == 412
    assert stale.json["result"]["name"] == "甲方"
    assert stale.json["version"] == stale.json["result"]["version"] == before["version"] + 1
    assert stale.json["differences"] == [{"field": "name", "label": "节日名称", "stored": "甲方", "given": "乙方"}]
    assert CHINESE.search(stale.json["message"])
    again = writer.send("PUT", address, {"name": "乙方"}, **{"If-Match": stale.headers["ETag"]})
    assert (again.status_code, again.json["result"]["name"]) == (200, "乙方")
    gone = writer.send("DELETE", address, **{"If-Match": tag})
    assert (gone.status_code, gone.json["result"]["name"]) == (412, "乙方")
    assert writer.send("DELETE", address, **{"If-Match": again.headers["ETag"]}).status_code == 200


def test_differences_are_those_of_meaning(writer: Browser, world: World):
    row = world.another("inspection")
    address = f"/api/v1/inspection/{row.id}"
    first = writer.get(address)
    writer.send("PUT", address, {"plan_id": "P1"}, **{"If-Match": first.headers["ETag"]})
    same = {name: row.given[name] for name in row.given if name != "plan_id"}  # references by name, choices by label
    stale = writer.send("PUT", address, same | {"plan_id": "P2"}, **{"If-Match": first.headers["ETag"]})
    assert stale.status_code == 412
    assert [each["field"] for each in stale.json["differences"]] == ["plan_id"]


def test_a_change_says_which_version_it_means(writer: Browser, address: str):
    headers = {"X-CSRFToken": writer.token}
    silent = writer.client.put(address, json={"name": "甲"}, headers=headers)
    assert silent.status_code == 428
    assert "If-Match" in silent.json["message"] and CHINESE.search(silent.json["message"])
    assert writer.send("PUT", address, {"name": "甲"}, **{"If-Match": "*"}).status_code == 200
    for tag in ("nonsense", '"1', '"99999999999"', '"-1"', '"1","2"'):
        assert writer.send("PUT", address, {"name": "甲"}, **{"If-Match": tag}).status_code == 400
    assert writer.send("PUT", address, {"name": "甲"}, **{"If-Match": '"2"'}).status_code == 200  # the version alone


def test_the_same_key_adds_one_row(writer: Browser, world: World):
    given, key = world.given("subject_tag")[0], {"Idempotency-Key": f"add-{fresh()}"}
    first = writer.send("POST", "/api/v1/subject_tag/", given, **key)
    again = writer.send("POST", "/api/v1/subject_tag/", given, **key)
    assert first.status_code == again.status_code == 201
    assert first.get_data() == again.get_data()
    assert first.headers["ETag"] == again.headers["ETag"]
    assert [a.headers.get("Idempotency-Replayed") for a in (first, again)] == [None, "true"]
    other = writer.send("POST", "/api/v1/subject_tag/", given | {"name": f"另{fresh()}"}, **key)
    assert (other.status_code, bool(CHINESE.search(other.json["message"]))) == (409, True)


def test_a_refused_addition_may_be_mended_under_its_key(writer: Browser, world: World):
    given, key = world.given("subject_tag")[0], {"Idempotency-Key": f"mend-{fresh()}"}
    assert writer.send("POST", "/api/v1/subject_tag/", given | {"name": ""}, **key).status_code == 422
    assert writer.send("POST", "/api/v1/subject_tag/", given, **key).status_code == 201


def test_a_change_repeated_with_its_key_is_no_conflict(writer: Browser, address: str):
    told = {"If-Match": writer.get(address).headers["ETag"], "Idempotency-Key": f"put-{fresh()}"}
    first = writer.send("PUT", address, {"name": "一次"}, **told)
    again = writer.send("PUT", address, {"name": "一次"}, **told)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json["result"]["version"] == first.json["result"]["version"] == 2
    assert writer.send("PUT", address, {"name": "二次"}, **told).status_code == 409
    stale = told | {"Idempotency-Key": f"put-{fresh()}"}
    assert writer.send("PUT", address, {"name": "二次"}, **stale).status_code == 412
    assert writer.send("PUT", address, {"name": "二次"}, **stale).status_code == 412  # refusals are not kept


@pytest.mark.parametrize("key", ["键", "a b", "x" * 101])
def test_keys_that_are_none(writer: Browser, key: str):
    answer = writer.client.post(
        "/api/v1/subject_tag/",
        json={},
        headers={"X-CSRFToken": writer.token, "Idempotency-Key": key.encode().decode("latin-1")},
    )
    assert answer.status_code == 400


BODIES: dict[str, tuple[bytes, int, str]] = {
    "cut off": (b'{"name": ', 400, "第 1 行第 10 个字符"),
    "second line": (b'{"name": "a",\n "day" 1}', 400, "第 2 行第 8 个字符"),
    "empty": (b"", 400, "JSON"),
    "list": (b"[]", 400, "JSON 对象"),
    "no UTF-8": ('{"name": "节"}'.encode("gbk"), 400, "UTF-8"),
    "NUL": (b'{"name": "a\\u0000b"}', 400, "“name”"),
    "half a character": (b'{"name": "\\ud800"}', 400, "“name”"),
    "half a name": (b'{"\\udfff": 1}', 400, "不能保存的字符"),
    "no number": (b'{"name": NaN}', 400, "数字"),
    "endless number": (b'{"name": ' + b"9" * 5000 + b"}", 400, "数字"),
    "deep": (b'{"name":' + b"[" * 100_000, 400, "层次"),
    "large": (b'{"name": "' + b"a" * 5_000_000 + b'"}', 413, "MB"),
    "unknown field": (b'{"nonsense": 1}', 422, "nonsense"),
    "derived field": (b'{"id": 1}', 422, "id"),
    "list for one": (b'{"name": ["a", "b"]}', 422, "不能是列表"),
    "object for one": (b'{"day": {"a": 1}}', 422, "不能是列表"),
    "wrong kind": (b'{"day": true}', 422, "日期"),
    "no choice": (b'{"source": "nonsense"}', 422, "可选项"),
}


def test_no_depth_is_too_deep(writer: Browser):
    headers = {"X-CSRFToken": writer.token}
    for depth in (20, 100, 300, 500, 900, 930, 940, 950, 960, 970, 980, 990, 2000):
        nested = "[" * depth + '"\\u0000"' + "]" * depth
        for inner in (nested, nested.replace("\\u0000", "")):
            for url, body in (
                ("/api/v1/inspector/", f'{{"name": {inner}, "id_no": {inner}}}'),
                ("/api/v1/inspector/bulk", f'{{"rows": [{{"name": {inner}, "id_no": {inner}}}]}}'),
            ):
                answer = writer.client.post(url, data=body, headers=headers, content_type="application/json")
                assert answer.status_code in (200, 400, 422), (depth, url)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_bodies_that_cannot_be_read(name: str, method: str, writer: Browser, address: str):
    body, status, told = BODIES[name]
    headers = {"X-CSRFToken": writer.token, "If-Match": "*"}
    url = address if method == "PUT" else "/api/v1/work_day/"
    answer = writer.client.open(url, method=method, data=body, headers=headers, content_type="application/json")
    said = json.dumps(answer.json, ensure_ascii=False)
    assert answer.status_code == status, said
    assert told in said and CHINESE.search(said)


def test_other_formats_are_refused(writer: Browser):
    headers = {"X-CSRFToken": writer.token}
    answer = writer.client.post("/api/v1/work_day/", data="name=1", headers=headers, content_type="text/plain")
    assert (answer.status_code, "JSON" in answer.json["message"]) == (415, True)


def test_pages_meet_every_row_once(writer: Browser, world: World):
    for _ in range(3):
        world.another("work_day")
    seen: list[str] = []
    after = ""
    while True:
        page = writer.get("/api/v1/work_day/", limit=100, after=after, fields="day", order="-name").json
        seen += [row["id"] for row in page["result"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert len(seen) == len(set(seen)) == page["count"]


def test_a_list_need_not_be_counted(writer: Browser):
    page = writer.get("/api/v1/work_day/", count="0", limit=1).json
    assert page["count"] is None and page["count_is_lower_bound"] is False and len(page["result"]) == 1


TOKENS: tuple[tuple[Any, int], ...] = (
    ({"username": "clerk_yanta", "password": PASSWORD, "provider": "db"}, 200),
    ({"username": "clerk_yanta", "password": "nonsense", "provider": "db"}, 401),
    ({"username": "nobody", "password": "nonsense", "provider": "db"}, 401),
    ({"username": "clerk_yanta", "password": "x" * 5000, "provider": "db"}, 401),
    ({"username": "a\x00b", "password": "x", "provider": "db"}, 400),
    ({"username": "a", "password": "\ud800", "provider": "db"}, 400),
    ({"username": ["a"], "password": "x", "provider": "db"}, 400),
    ({"username": "a", "password": 1, "provider": "db"}, 400),
    ({"username": "a", "provider": "db"}, 400),
    ({"username": "a", "password": "b"}, 400),
    ({"username": "a", "password": "b", "provider": "ldap"}, 400),
    ({"username": "a", "password": "b", "provider": "db", "refresh": "x"}, 400),
    ({"username": "a", "password": "b", "provider": "db", "nonsense": 1}, 400),
    ([], 400),
    ("text", 400),
)


@pytest.mark.parametrize(("given", "status"), TOKENS)
def test_refused_tokens_are_refused_in_chinese(app: Flask, given: Any, status: int):
    body = json.dumps(given)
    answer = app.test_client().post("/api/v1/security/login", data=body, content_type="application/json")
    assert answer.status_code == status
    if status == 200:
        assert answer.json["access_token"]
    else:
        assert CHINESE.search(answer.json["message"])
