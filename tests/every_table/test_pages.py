"""Every page of every table answers, for every role that may open it, in both languages, and loads nothing foreign."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from openpyxl import load_workbook

from app.core.roles import Role
from app.core.table import TABLES, tables_with_pages
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import World

_ADDRESS = re.compile(
    r"""(?:href|src|srcset|action|formaction|poster|data-[\w-]+)\s*=\s*["']([^"']*)["']|url\(([^)]*)\)"""
)
#: The pages of a table: address (with the marked row's key) and the action that opens it.
PAGES = {
    "/{name}/list/": "read",
    "/{name}/show/{key}": "read",
    "/{name}/help": "read",
    "/{name}/pick": "read",
    "/api/v1/{name}/": "read",
    "/api/v1/{name}/{key}": "read",
    "/{name}/add": "add",
    "/{name}/edit/{key}": "edit",
    "/{name}/import": "import",
    "/{name}/template": "import",
    "/{name}/export": "export",
    "/{name}/export?format=csv": "export",
}


def foreign(page: str) -> list[str]:
    """Addresses in the page that lie on another host."""
    found = [one or other.strip("' " + '"') for one, other in _ADDRESS.findall(page)]
    return [each for each in found if urlsplit(each).netloc or each.startswith("//")]


@pytest.fixture(scope="module")
def english(app: Flask, world: World) -> Browser:
    """The person of the own department, reading English."""
    browser = Browser(app, "t_own")
    assert browser.post("/lang/en").status_code == 302
    return browser


#: Costly, and opened by the same permission as a cheaper page; and what else a cheap page stands for.
COSTLY = ("/{name}/template", "/{name}/export")
REPEATED = ("/{name}/list/", "/{name}/show/{key}", "/{name}/help", "/{name}/pick", "/api/v1/{name}/{key}")


def addresses(world: World, name: str, leave_out: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    row = world.row(name)
    for page, action in PAGES.items():
        if page not in leave_out:
            yield page.format(name=name, key=row.id), action


@pytest.mark.parametrize("name", NAMES)
def test_every_page_answers(name: str, world: World, browser: Callable[[str], Browser], english: Browser):
    for language, reader in (("zh", browser("t_own")), ("en", english)):
        for address, _ in addresses(world, name):
            answer = reader.get(address)
            assert answer.status_code == 200, address
            if answer.mimetype == "text/html":
                page = answer.get_data(as_text=True)
                assert f'lang="{language}' in page, address
                assert not foreign(page), address
            answer.close()


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_role_opens_what_it_was_granted_and_nothing_else(role: str, world: World, browser: Callable[[str], Browser]):
    """Every page for the first role of those with the same grants; for the others, one page of each action."""
    reader = browser(f"t_role_{role}")
    wrong = []
    for name in NAMES:
        grants = TABLES[name].__may__
        granted = grants.get(role, frozenset())
        is_first = next(each.value for each in Role if grants.get(each.value, frozenset()) == granted) == role
        for address, action in addresses(world, name, COSTLY if is_first else (*COSTLY, *REPEATED)):
            answer = reader.get(address)
            expected = 200 if action in granted else 403
            if answer.status_code != expected:
                wrong.append((address, expected, answer.status_code))
            answer.close()
    assert not wrong


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_role_does_what_it_was_granted_and_nothing_else(role: str, world: World, browser: Callable[[str], Browser]):
    writer = browser(f"t_role_{role}")
    wrong = []
    for name in NAMES:
        granted = TABLES[name].__may__.get(role, frozenset())
        key = world.row(name).id
        for action, answer in {
            "add": writer.post(f"/{name}/add"),
            "edit": writer.post(f"/{name}/edit/00000000-0000-7000-8000-000000000000"),
            "delete": writer.post(f"/{name}/delete/00000000-0000-7000-8000-000000000000"),
            "import": writer.post(f"/{name}/import"),
        }.items():
            if (answer.status_code == 403) == (action in granted):
                wrong.append((name, action, answer.status_code))
        for action, method, address in (
            ("delete", "DELETE", f"/api/v1/{name}/{key}x"),
            ("edit", "PUT", f"/api/v1/{name}/{key}x"),
            ("add", "POST", f"/api/v1/{name}/"),
        ):
            answer = writer.send(method, address, {"nonsense": 1})
            if (answer.status_code == 403) == (action in granted):
                wrong.append((name, method, answer.status_code))
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_strangers_to_the_house_get_in_nowhere(name: str, world: World, browser: Callable[[None], Browser]):
    nobody = browser(None)
    for address, _ in addresses(world, name):
        answer = nobody.get(address)
        assert answer.status_code in (302, 401), address
        assert world.row(name).mark not in answer.get_data(as_text=True)


@pytest.mark.parametrize("name", NAMES)
def test_menu_names_the_table_for_its_readers(name: str, browser: Callable[[str], Browser]):
    page = browser("t_own").get("/").get_data(as_text=True)
    in_menu = TABLES[name].__menu__ and TABLES[name].__module__.startswith("app.domains.")
    assert (f'href="/{name}/list/"' in page) == in_menu


def test_openapi_describes_every_table(browser: Callable[[str], Browser]):
    answer = browser("t_own").get("/api/v1/_openapi")
    assert answer.status_code == 200
    paths, schemas = answer.json["paths"], answer.json["components"]["schemas"]
    for name, table in tables_with_pages().items():
        assert set(paths[f"/api/v1/{name}/"]) >= {"get", "post"}
        assert set(paths[f"/api/v1/{name}/{{pk}}"]) >= {"get", "put", "delete"}
        assert set(paths[f"/api/v1/{name}/bulk"]) == {"post"}
        assert set(schemas[name]["properties"]) == {"id", "version", *table.__fields__}
        inputs = {field.name for field in table.__fields__.values() if field.is_input}
        assert set(schemas[f"{name}.change"]["properties"]) == inputs
    text = answer.get_data(as_text=True)
    named = set(re.findall(r'"#/components/(\w+)/([^"]+)"', text))
    assert {(kind, each) for kind, each in named if each not in answer.json["components"][kind]} == set()
    assert "{table}" not in text


@pytest.mark.parametrize("name", NAMES)
def test_template_and_export_are_workbooks(name: str, browser: Callable[[str], Browser]):
    import io

    for page in ("template", "export"):
        answer = browser("t_own").get(f"/{name}/{page}")
        book = load_workbook(io.BytesIO(answer.get_data()), read_only=True)
        assert str(TABLES[name].__label__)[:20] in book.sheetnames[0]
        answer.close()


def test_other_pages_answer_and_load_nothing_foreign(browser: Callable[[str | None], Browser], english: Browser):
    for reader, address in (
        (browser(None), "/login/"),
        (browser("t_own"), "/"),
        (english, "/"),
        (browser("t_own"), "/swagger/v1"),
        (browser("t_own"), "/password/"),
        (browser("t_own"), "/factor/"),
    ):
        answer = reader.get(address)
        assert answer.status_code == 200, address
        assert not foreign(answer.get_data(as_text=True)), address
    assert foreign('<a href="https://x.cn/">') and foreign("<b style='background:url(//x.cn/a)'>")
    assert not foreign('<a href="/a"><img src="data:image/png;base64,AA"><a href="#x"><a href="javascript:0">')
