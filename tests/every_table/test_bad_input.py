"""Whatever an address or a form carries, the answer is for people: no 500, no SQL, no lost form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from markupsafe import escape
from werkzeug.test import TestResponse

from app.core import query
from app.core.fields import Field
from app.core.table import TABLES
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import World

LONG = "长" * 10_000
#: Nothing of the machine may be read in an answer.
INNARDS = re.compile(r"psycopg2|sqlalchemy|Traceback|SELECT .+\sFROM|INSERT INTO|UPDATE .+ SET|\[SQL:|\[parameters")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
UNKNOWN_KEYS = (
    "00000000-0000-7000-8000-000000000000",
    "abc",
    "7",
    "-1",
    "99999999999999999999",
    "%F0%9F%98%80",
    LONG[:300],
)

#: Parameters of a list that mean nothing, each refused or passed over.
NONSENSE = [
    "page=abc",
    "page=-5",
    "size=1000000",
    "size=٣",
    "n=abc",
    "n=99999999999999999999",
    "after=garbage",
    "after=%ff%fe",
    "after=W10",  # the token of an empty list
    "after=bnVsbA",  # null
    "after=WzEsMiwzLDQsNV0",  # [1,2,3,4,5]
    "before=garbage",
    "before=end&after=garbage",
    "order=nonsense",
    "order=-",
    "order=,",
    "order=id;drop table department",
    "f.nonsense=1",
    "f.=1",
    "f.id=1",
    "f.__class__=1",
    "q=((",
    "q=%25%27%22%5C_%5C",
    "q=" + quote(LONG),
    "q=" + "+".join(["a"] * 90),
    "q=a%00b",
    "%00=1",
    "f.name.nonsense=1",
    "format=exe",
]


def worst_values(field: Field) -> Iterator[str]:
    """Filters on this field that no value of it answers to."""
    if field.kind in ("day", "moment"):
        yield from (f"f.{field.name}.from=abc", f"f.{field.name}.to=2024-02-30", f"f.{field.name}=0000-00-00")
        yield from (f"f.{field.name}=9999-12-31", f"f.{field.name}.to=9999-12-31", f"f.{field.name}=99999999999999")
    elif field.kind in ("integer", "decimal", "money", "percent"):
        yield from (f"f.{field.name}={value}" for value in ("abc", "1e400", "NaN", "-Infinity", "9" * 40))
        yield from (f"f.{field.name}.from={value}" for value in ("1e400", "9" * 40, "--1"))
    elif field.kind in ("choice", "choices", "boolean", "ref", "many"):
        yield from (f"f.{field.name}={value}" for value in ("nonsense", "9" * 40, "%27", "None"))
    else:
        yield f"f.{field.name}.from=a"
        yield f"f.{field.name}={quote(LONG)}"
    yield f"f.{field.name}.empty=1"
    yield f"f.{field.name}.empty=%27&f.{field.name}={quote('a_%')}"


def asked(name: str) -> Iterator[str]:
    yield from NONSENSE[NAMES.index(name) % 2 :: 2]
    seen = set()
    for field in TABLES[name].__fields__.values():
        if query.searchable(field) and field.kind not in seen:
            seen.add(field.kind)
            yield from worst_values(field)


class Judge:
    """Collects every answer that is not as it should be."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def __call__(self, answer: TestResponse, what: str, *statuses: int) -> str:
        """The answer has one of the statuses; a refusal says why in Chinese, and nothing tells of the machine."""
        text = answer.get_data(as_text=True) if answer.mimetype.startswith(("text/", "application/json")) else ""
        answer.close()
        if answer.status_code not in statuses:
            self.wrong.append(f"{what[:150]}: {answer.status_code}")
        elif answer.status_code >= 400 and not CHINESE.search(text):
            self.wrong.append(f"{what[:150]}: {answer.status_code} without a reason: {text[:200]}")
        if told := INNARDS.search(text):
            self.wrong.append(f"{what[:150]}: tells {told.group()[:80]}")
        return text


@pytest.fixture
def judge() -> Iterator[Judge]:
    """What the test asks its answers; whatever was wrong is told at its end."""
    made = Judge()
    yield made
    assert not made.wrong, "\n".join(made.wrong)


@pytest.mark.parametrize("name", NAMES)
def test_lists_refuse_nonsense(name: str, world: World, browser: Callable[[str], Browser], judge: Judge):
    world.row(name)
    reader = browser("t_own")
    for turn, parameters in enumerate(asked(name), NAMES.index(name)):
        page = f"/{name}/list/?" if turn % 3 == 0 else f"/api/v1/{name}/?"
        judge(reader.get(page + parameters), page + parameters, 200, 400)
    for parameters in ("limit=0", "limit=abc", "limit=100000", "limit=-1", "order=nonsense", "f.nonsense=1", "after=x"):
        judge(reader.get(f"/api/v1/{name}/?{parameters}"), parameters, 400)
    for parameters in ("f.nonsense=1", "order=nonsense", "q=" + quote(LONG), "q=a%00b"):
        judge(reader.get(f"/{name}/export?{parameters}&format=csv"), parameters, 200, 400)
        judge(reader.get(f"/{name}/pick?{parameters}"), parameters, 200, 400)


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_are_not_there(name: str, browser: Callable[[str], Browser], judge: Judge):
    reader = browser("t_own")
    turn = NAMES.index(name)
    for key in {UNKNOWN_KEYS[0], UNKNOWN_KEYS[turn % len(UNKNOWN_KEYS)]}:
        for page in ("show", "edit"):
            judge(reader.get(f"/{name}/{page}/{key}"), f"{page} {key}", 404)
        judge(reader.post(f"/{name}/edit/{key}"), f"edit {key}", 404)
        judge(reader.post(f"/{name}/delete/{key}"), f"delete {key}", 404)
        judge(reader.get(f"/{name}/import/{key}"), f"import {key}", 404)
        judge(reader.get(f"/{name}/import/{key}/map"), f"map {key}", 404)
        judge(reader.post(f"/{name}/import/{key}/commit"), f"commit {key}", 404)
        judge(reader.get(f"/{name}/add?copy={key}"), f"copy {key}", 404)
        judge(reader.get(f"/api/v1/{name}/{key}"), f"get {key}", 404)
        judge(reader.send("PUT", f"/api/v1/{name}/{key}", {}), f"put {key}", 404)
        judge(reader.send("DELETE", f"/api/v1/{name}/{key}"), f"delete {key}", 404)
    judge(reader.post(f"/{name}/action", action="delete", ids="abc"), "ids", 404)
    judge(reader.post(f"/{name}/action", action="nonsense", ids="abc"), "action", 404)
    judge(reader.post(f"/{name}/action", action="delete"), "no ids", 422)
    judge(reader.get(f"/{name}/action"), "GET action", 404, 405)
    judge(reader.get(f"/{name}/delete/abc"), "GET delete", 404, 405)
    judge(reader.get(f"/{name}/nonsense"), "nonsense", 404)


@pytest.mark.parametrize("name", NAMES)
def test_forms_refuse_nonsense_and_keep_what_was_typed(name: str, browser: Callable[[str], Browser], judge: Judge):
    writer = browser("t_own")
    writable = all(
        each.kind in ("text", "long_text", "code") for each in TABLES[name].__fields__.values() if each.required
    )
    for typed in ("王" * 3000, "a_%'\"<b>", "1e400", "-9" * 40, "2024-02-30"):
        form = {field.name: typed for field in TABLES[name].__fields__.values() if field.is_input}
        answer = writer.post(f"/{name}/add", **form)
        page = judge(answer, typed[:20], 422, *([302] if writable else []))
        assert answer.status_code == 302 or str(escape(typed[:15])) in page
    judge(writer.post(f"/{name}/add", **dict.fromkeys(TABLES[name].__fields__, "a\x00b")), "NUL", 302, 400, 422)
    for given in ({"name": "a\x00b"}, {"nonsense": 1}, {"name": {"a": [1]}}, {"name": [[]]}, [], 1, None, "text"):
        judge(writer.send("POST", f"/api/v1/{name}/", given), str(given), 400, 422)
    everything = [*TABLES[name].__fields__]
    for value in ({}, [], [{}], 1e308, [None], {"id": 1}, -1, "9" * 5000):
        judge(
            writer.send("POST", f"/api/v1/{name}/", dict.fromkeys(everything, value)),
            str(value)[:40],
            400,
            422,
            *([201] if writable else []),
        )
    headers = {"X-CSRFToken": writer.token, "Content-Type": "application/json"}
    for text in ("{", "", "\xff", "[" * 5000, json.dumps(dict.fromkeys(everything, "\ud800"))):
        judge(writer.client.post(f"/api/v1/{name}/", data=text, headers=headers), text[:40], 400, 422)


@pytest.mark.parametrize("name", NAMES)
def test_uploads_that_are_no_workbooks(name: str, browser: Callable[[str], Browser], judge: Judge):
    import io

    writer = browser("t_own")
    for content, file_name in ((b"", "a.xlsx"), (b"PK\x03\x04", "a.xlsx"), (b"\xff\xfe\x00", "a.csv"), (b"x", "a.exe")):
        answer = writer.post(f"/{name}/import", file=(io.BytesIO(content), file_name))
        judge(answer, file_name, 413, 415, 422)
    judge(writer.post(f"/{name}/import"), "no file", 422)


def test_pages_that_are_not_there(browser: Callable[[str | None], Browser], judge: Judge):
    for reader in (browser("t_own"), browser(None)):
        for address in (
            "/nonsense",
            "/api/v1/nonsense/",
            "/nonsense/list/",
            "/%00",
            "/static/../config.py",
        ):
            judge(reader.get(address), address, 302, 400, 401, 404)
