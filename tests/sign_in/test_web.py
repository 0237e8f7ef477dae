"""What stands around every page: cookies, headers, ways back, forms instead of links, settings that must not be weak."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import config
from app.cli.routes import all_routes
from app.console.sign_in.detours import safe_path
from app.core.table import TABLES
from app.extensions import db
from tests.conftest import PASSWORD, Browser
from tests.every_table.world import World
from tests.sign_in import people

NOWHERE = "00000000-0000-7000-8000-000000000000"
POLICY = "default-src 'self'; script-src 'self' 'nonce-"
#: Words of the header that every answer has.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


#: Every table has the same pages, made of one class: these stand for all of them.
STANDING_FOR_ALL = ("inspection", "account", "subject_tag")


def addresses(app: Flask, world: World | None = None, *, every_table: bool = False) -> list[str]:
    """Every address that can be opened, of three tables or of every one; with rows of theirs where there is a world."""
    found = []
    with app.app_context():
        routes = all_routes()
    for route in routes:
        if "GET" not in route["methods"] or str(route["rule"]).startswith("/static"):
            continue
        owner = str(route["endpoint"]).partition(".")[0].removeprefix("api_")
        if owner in TABLES and owner not in STANDING_FOR_ALL and not every_table:
            continue
        key = str(world.row(owner).id) if world is not None and owner in STANDING_FOR_ALL else NOWHERE
        found.append(re.sub(r"<(?:\w+:)?version>", "v1", re.sub(r"<(?:\w+:)?(?!version)\w+>", key, str(route["rule"]))))
    return sorted(set(found))


def test_every_answer_has_the_headers_and_the_cookie_its_flags(app: Flask, browser: Callable[[Any], Browser]):
    wrong = []
    for person, urls in ((browser("clerk_yanta"), addresses(app)), (browser(None), addresses(app, every_table=True))):
        for url in urls:
            answer = person.get(url)
            answer.close()
            missing = {name for name, value in HEADERS.items() if answer.headers.get(name) != value}
            policy = answer.headers.get("Content-Security-Policy", "")
            if (
                missing
                or not policy.startswith(POLICY)
                or "unsafe" in policy
                or "camera=()" not in answer.headers["Permissions-Policy"]
            ):
                wrong.append((url, missing, policy))
            if "no-store" not in answer.headers.get("Cache-Control", ""):
                wrong.append((url, "may be cached"))
            if answer.headers.get("Server", "").lower().startswith(("waitress", "gunicorn")):
                wrong.append((url, "tells what serves it"))
            for cookie in answer.headers.getlist("Set-Cookie"):
                if not all(flag in cookie for flag in ("HttpOnly", "SameSite=Lax", "Path=/")):
                    wrong.append((url, cookie))
    assert wrong == []


def test_no_page_has_a_style_or_a_handler_of_its_own(app: Flask, browser: Callable[[Any], Browser], world: World):
    person, wrong = browser("t_own"), []
    for url in addresses(app, world):
        answer = person.get(url)
        if answer.mimetype != "text/html":
            answer.close()
            continue
        page = answer.get_data(as_text=True)
        for script in re.findall(r"<script[^>]*>", page):
            if "nonce=" not in script:
                wrong.append((url, script))
        wrong += [(url, found) for found in re.findall(r"<[^>]*\s(?:style|on[a-z]+)=[\"'][^>]*>", page)]
    assert wrong == []


# ---- looking changes nothing -------------------------------------------------------------------------------------------
def _state() -> dict[str, Any]:
    """Of every table the number of rows and the sum of the transactions that wrote them; the end of the log."""
    engine = sa.create_engine(config.database_urls().owner)
    with engine.connect() as connection:
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        rows = "SELECT count(*), coalesce(sum(xmin::text::bigint), 0) FROM"
        state: dict[str, Any] = {
            name: tuple(connection.execute(sa.text(f'{rows} public."{name}"')).one())
            for name in connection.scalars(sa.text(tables)).all()
            if name != "user_session"  # its last use is noted once a minute
        }
        state["log"] = connection.scalar(sa.text("SELECT max(id) FROM audit.log"))
    engine.dispose()
    return state


def test_opening_any_address_writes_no_row(app: Flask, world: World):
    """What is on the log afterwards is that somebody looked at what he may not, or took something out."""
    account_id = people.employ(app, "looker", roles="dept_admin")
    person, urls = Browser(app, "looker"), addresses(app, world)
    for url in ("/", "/inspection/list/"):
        person.get(url)  # what is made once for a person is made
    before = _state()
    for url in urls:
        person.get(url).close()
    after = _state()
    assert {name for name in before if before[name] != after[name]} <= {"log"}
    engine = sa.create_engine(config.database_urls().owner)
    with engine.connect() as connection:
        query = sa.text("SELECT DISTINCT action FROM audit.log WHERE id > :at AND actor = :who")
        told = set(connection.scalars(query, {"at": before["log"], "who": account_id}))
    engine.dispose()
    assert told <= {"denied", "export"}


def test_addresses_that_changed_something_when_opened_do_so_no_more(app: Flask):
    people.employ(app, "looker", roles="dept_admin")
    person = Browser(app, "looker")
    assert person.get("/lang/en").status_code == 405
    assert person.get("/back").status_code == 404
    assert "退出登录" in person.get("/logout/").get_data(as_text=True)
    assert person.get("/sessions/end").status_code == 405
    assert "行政检查" in person.get("/inspection/list/").get_data(as_text=True), "still Chinese, still signed in"
    assert person.client.post("/logout/").status_code == 400, "without the token"
    assert person.client.post("/lang/en").status_code == 400
    left = person.post("/logout/")
    assert left.headers["Clear-Site-Data"] == '"cache"', "what others have not sent yet stays on a shared device"
    with person.client.session_transaction() as cookie:
        assert not {"sid", "_user_id"} & set(cookie)


def test_every_unsafe_call_on_a_cookie_wants_the_token(app: Flask, browser: Callable[[Any], Browser]):
    person, wrong = browser("sysadmin"), []
    with app.app_context():
        routes = all_routes()
    for route in routes:
        for method in sorted(set(route["methods"]) - {"GET"}):
            url = re.sub(r"<(?:\w+:)?\w+>", NOWHERE, str(route["rule"]))
            if url in ("/api/v1/security/login", "/api/v1/security/refresh"):
                continue  # they carry no cookie's power: a password or a refresh token is sent
            answer = person.client.open(url, method=method, json={} if url.startswith("/api/") else None)
            if answer.status_code != 400:
                wrong.append((method, url, answer.status_code))
    assert wrong == []


# ---- ways back -----------------------------------------------------------------------------------------------------------
PAYLOADS = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    " //evil.example",
    "https://localhost@evil.example/",
    "https://localhost.evil.example/",
    "%2f%2fevil.example",
    "/%0d%0aLocation: https://evil.example",
    "data:text/html,x",
)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("where", ["/login/", "/verify/", "/lang/zh"])
def test_no_way_back_leads_out(app: Flask, payload: str, where: str):
    people.employ(app, "looker", roles="dept_admin")
    person = Browser(app, None if where == "/login/" else "looker")
    sent = {
        "/login/": {"username": "looker", "password": PASSWORD},
        "/verify/": {"_proof": PASSWORD},
        "/lang/zh": {"next": payload},
    }[where]
    answer = person.client.post(where, query_string={"next": payload}, data={"csrf_token": person.token, **sent})
    assert answer.status_code == 302
    goal = answer.headers["Location"]
    assert re.match(r"/(?![/\\])", goal) and "evil" not in goal.partition("?")[0].replace("%5Cevil", ""), goal


@pytest.mark.parametrize("given", [*PAYLOADS, None, "", "login", "/login/", "/logout/", "/verify/?next=/", "/a" * 1500])
def test_what_is_no_path_of_ours_is_the_first_page(app: Flask, given: str | None):
    with app.test_request_context("/", base_url="http://localhost"):
        found = safe_path(given)
    assert found == "/" or found.startswith("/%"), found


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/inspection/list/?q=%E7%94%B2", "/inspection/list/?q=%E7%94%B2"),
        ("http://localhost/sessions/", "/sessions/"),
        ("http://localhost", "/"),
        ("/inspection/show/1#files", "/inspection/show/1#files"),
    ],
)
def test_ways_back_that_are_taken(app: Flask, given: str, path: str):
    with app.test_request_context("/", base_url="http://localhost"):
        assert safe_path(given) == path


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil.example"]
)
def test_other_hosts_are_refused(app: Flask, host: str):
    answer = app.test_client().get("/inspection/list/", headers={"Host": host})
    assert answer.status_code == 400 and "evil" not in answer.headers.get("Location", "")


# ---- settings ------------------------------------------------------------------------------------------------------------
GOOD = "kJ8_h2Lq-0aZx7Wv9Rt4YbNm3PsDfGcQ"


@pytest.mark.parametrize(
    ("given", "is_weak"),
    [
        ({}, False),
        ({"key": "changeme"}, True),
        ({"key": ""}, True),
        ({"key": "a" * 64}, True),
        ({"key": "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET"}, True),
        ({"key": "\\2\\1thisismyscretkey\\1\\2\\e\\y\\y\\h-and-longer"}, True),
        ({"debug": True}, False),
        ({"debug": True, "secure": True}, True),
        ({"secure": True}, False),
        ({"secure": True, "hosts": None}, True),
        ({"way": 0}, True),
    ],
)
def test_weak_settings_are_refused(given: dict[str, Any], is_weak: bool):
    told = config.weakness(**{"key": GOOD, "secure": False, "debug": False, "hosts": ["a.example"]} | given)
    assert (told is not None) is is_weak


def test_the_program_ends_with_a_weak_key(tmp_path: Any):
    import os
    import subprocess
    import sys

    given = os.environ | {
        "SECRET_KEY": "secret",
        "JIANGUAN_HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://x@127.0.0.1:1/x",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from app.factory import create_app; create_app()"],
        env=given, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode != 0 and "SECRET_KEY" in done.stderr and "Traceback" not in done.stderr


def test_behind_https_the_cookie_is_bound_to_the_host_and_https_is_kept(home: Any):
    """In a process of its own, because Flask-AppBuilder's parts are one per process."""
    import os
    import subprocess
    import sys

    program = """
from app.factory import create_app
app = create_app()
answer = app.test_client().get("/login/", base_url="https://jianguan.example/", headers={"X-Forwarded-For": "10.9.9.9"})
print(answer.status_code, answer.headers["Strict-Transport-Security"], answer.headers["Set-Cookie"], sep="\\n")
print(app.test_client().get("/login/", base_url="https://other.example/").status_code)
"""
    given = os.environ | {
        "SESSION_COOKIE_SECURE": "1",
        "HOSTS": "jianguan.example",
        "PROXIES": "1",
        "JIANGUAN_HOME": str(home),
    }
    done = subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, timeout=200)
    status, hsts, cookie, other = done.stdout.strip().splitlines()
    assert (status, other) == ("200", "400"), done.stderr
    assert int(re.search(r"max-age=(\d+)", hsts)[1]) >= 31536000  # type: ignore[index]
    assert cookie.startswith("__Host-session=")
    assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/")) and "Domain" not in cookie


# ---- other ways in ---------------------------------------------------------------------------------------------------------
OTHER_WAYS = """
import re, sys, types

way, user = sys.argv[1:]
if way == "oauth":  # the library is not part of this house: a provider of the same shape stands in for it

    class Provider:
        client_kwargs = {}
        def authorize_redirect(self, redirect_uri, state):
            from flask import redirect
            return redirect(f"https://id.example/authorize?state={state}")
        def authorize_access_token(self):
            return {"access_token": "t"}

    class OAuth:
        def __init__(self, app):
            pass
        def register(self, name, **remote):
            return Provider()

    for name in ("authlib", "authlib.integrations", "authlib.integrations.flask_client"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["authlib.integrations.flask_client"].OAuth = OAuth

from app.factory import create_app
from app.extensions import appbuilder
app = create_app()
client = app.test_client()
if way == "oauth":
    appbuilder.sm.oauth_user_info = lambda provider, answer: {"username": user, "email": f"{user}@example.cn"}
    page = client.get("/login/?next=/sessions/")
    print(page.status_code, "/login/gov" in page.get_data(as_text=True))
    away = client.get("/login/gov?next=/sessions/")
    state = re.search("state=(.*)", away.headers["Location"])[1]
    back = client.get("/oauth-authorized/gov", query_string={"state": state})
else:
    back = client.get("/login/?next=/sessions/", environ_overrides={"REMOTE_USER": user})
print(back.status_code, back.headers["Location"])
page = client.get("/sessions/")
text = page.get_data(as_text=True)
print(page.status_code, text.count("</span></td>"), "本次登录" in text)
token = re.search(r'name="csrf_token" value="([^"]+)"', text)[1]
copied = app.test_client()
copied.set_cookie("session", client.get_cookie("session").value)
print(copied.get("/sessions/").status_code)
print(client.post("/logout/", data={"csrf_token": token}).status_code, copied.get("/sessions/").status_code)
"""


@pytest.mark.parametrize("way", ["oauth", "remote_user"])
def test_other_ways_in_begin_a_session_that_ends_like_any_other(app: Flask, home: Any, tmp_path: Any, way: str):
    import json
    import os
    import subprocess
    import sys

    account_id = people.employ(app, f"by_{way}")
    extra = tmp_path / "auth.json"
    provider = {"name": "gov", "icon": "ti-building", "token_key": "access_token", "remote_app": {"client_id": "x"}}
    extra.write_text(json.dumps({"OAUTH_PROVIDERS": [provider]}))
    given = os.environ | {"AUTH": way, "AUTH_SETTINGS": str(extra), "JIANGUAN_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", OTHER_WAYS, way, f"by_{way}"], env=given, capture_output=True, text=True, timeout=250
    )
    lines = done.stdout.strip().splitlines()
    if way == "oauth":
        assert lines and lines.pop(0) == "200 True", done.stderr[-2000:]
    assert lines == ["302 /sessions/", "200 1 True", "200", "302 302"], done.stderr[-2000:]
    assert [(row.kind, row.ended_why) for row in people.rows(app, account_id)] == [("browser", "signed_out")]


# ---- tokens --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"username": "a\\u0000b", "password": "x", "provider": "db"}', 400),
        (b'{"username": "\\ud800", "password": "x", "provider": "db"}', 400),
        (b'{"username": 7, "password": "x", "provider": "db"}', 400),
        (b'{"username": "x", "password": ["x"], "provider": "db"}', 400),
        (b'{"username": "x", "password": "x", "provider": "oauth"}', 400),
        (b'{"username": "x", "password": "x", "provider": "db", "refresh": "yes"}', 400),
        (b'{"username": "x", "password": "x", "provider": "db", "more": 1}', 400),
        (b'{"username": "' + b"x" * 5000 + b'", "password": "x", "provider": "db"}', 401),
        (b'{"username": "nobody", "password": "' + b"x" * 5000 + b'", "provider": "db"}', 401),
        (b'{"username": "nobody", "password": "x", "provider": "db"}', 401),
        (b"[]", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"", 400),
    ],
)
def test_what_is_no_sign_in_gets_words(app: Flask, body: bytes, status: int):
    answer = app.test_client().post("/api/v1/security/login", data=body, content_type="application/json")
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.is_json and re.search(r"[\u4e00-\u9fff]", answer.json["message"])


def test_five_wrong_passwords_lock_the_api_and_the_page_alike(app: Flask):
    people.employ(app, "api_locked")
    given = {"username": "api_locked", "password": "wrong", "provider": "db"}
    client = app.test_client()
    for _ in range(5):
        assert client.post("/api/v1/security/login", json=given).status_code == 401
    assert client.post("/api/v1/security/login", json=given | {"password": PASSWORD}).status_code == 401
    person = Browser(app, None)
    assert person.post("/login/", username="api_locked", password=PASSWORD).status_code in (200, 422)
    with app.app_context():
        db.session.rollback()
