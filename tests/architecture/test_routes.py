"""Every address is opened by a permission, or stands on this short list of what is open to all."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask

from app.cli.routes import all_routes
from app.console import permissions
from app.core.roles import ACTIONS
from app.core.table import tables_with_pages
from tests.conftest import Browser

#: What needs no permission, and why.
PUBLIC = {
    "/": "sends strangers to the sign-in page and shows everybody else his own counts",
    "/healthz": "tells a load balancer that the service answers",
    "/lang/<string:locale>": "changes the language of the visitor's own session",
    "/offline/": "what is shown without a line: the same for everybody",
    "/sw.js": "the worker that shows it: the same for everybody",
    "/login/": "the sign-in page",
    "/login/code/": "the second step of signing in, for whoever took the first",
    "/login/factor/": "setting up the second factor, for whoever took the first step",
    "/logout/": "ends the visitor's own session",
    "/static/<filename>": "style and scripts",
    "/static/<path:filename>": "style and scripts",
    "/static/appbuilder/<filename>": "the framework's own style and scripts",
    "/static/appbuilder/<path:filename>": "the framework's own style and scripts",
    "/api/v1/security/login": "gives a token for a password",
    "/api/v1/security/refresh": "gives a token for a refresh token",
    "/api/v1/security/verify": "asks for the caller's session itself",
    "/api/v1/security/logout": "asks for the caller's session itself",
}

#: What a person remembers for himself about a list he may read: his saved views, his columns.
REMEMBERED = ("save_view", "change_view", "remember_columns")
#: Which permission a move needs is the move's own, asked for in ``panel.step_for`` (tests/workflow/test_roles.py).
BY_THE_MOVE = ("move", "moves")


def test_every_route_is_guarded_or_public(app: Flask):
    with app.app_context():
        routes = all_routes()
    open_to_all = {str(route["rule"]) for route in routes if route["permission"] is None}
    assert open_to_all <= PUBLIC.keys(), sorted(open_to_all - PUBLIC.keys())


def test_every_permission_is_one_that_roles_can_have(app: Flask):
    known = {f"{permission} on {view}" for permission, view in permissions.wanted()}
    with app.app_context():
        asked = {str(route["permission"]) for route in all_routes() if route["permission"] is not None}
    assert asked <= known, sorted(asked - known)


def name_of(route: dict[str, object]) -> str:
    """The view's method behind a route."""
    return str(route["endpoint"]).rpartition(".")[2]


def test_every_route_of_a_table_asks_for_one_of_the_six_actions(app: Flask):
    with app.app_context():
        routes = all_routes()
    for name in tables_with_pages():
        own = [r for r in routes if str(r["endpoint"]).startswith((f"{name}.", f"api_{name}."))]
        asked = {str(route["permission"]) for route in own}
        assert asked == {f"can_{action} on {name}" for action in ACTIONS}
        for route in own:
            writes = set(route["methods"]) - {"GET"}
            is_his_own = str(route["endpoint"]).endswith(REMEMBERED)
            if name_of(route) in BY_THE_MOVE and tables_with_pages()[name].__flow__ is not None:
                continue
            assert not writes or is_his_own or route["permission"] != f"can_read on {name}", route


def test_strangers_are_turned_away_from_every_guarded_route(app: Flask, browser: Callable[[None], Browser]):
    with app.app_context():
        routes = all_routes()
    nobody, wrong = browser(None), []
    for route in routes:
        if route["permission"] is None:
            continue
        address = str(route["rule"]).replace("<pk>", "00000000-0000-7000-8000-000000000000").replace("<version>", "v1")
        address = re.sub(r"<int:\w+>", "1", address)
        for method in route["methods"]:
            answer = nobody.client.open(address, method=method, headers={"X-CSRFToken": nobody.token})
            if answer.status_code not in (302, 401) or "<" in address:
                wrong.append((method, address, answer.status_code))
            elif answer.status_code == 302 and "/login/" not in answer.headers["Location"]:
                wrong.append((method, address, answer.headers["Location"]))
    assert not wrong


def test_routes_command_prints_them_all(app: Flask):
    import json

    done = app.test_cli_runner().invoke(args=["routes"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {"rule", "methods", "permission"} <= told[0].keys()
    assert len(told) == len(list(app.url_map.iter_rules()))
