"""Every address is guarded by a permission, or stands here with the reason why it is not."""

from __future__ import annotations

import json
from collections.abc import Callable

from flask import Flask

from app.cli.routes import all_routes
from app.core.roles import ACTIONS
from app.core.table import TABLES
from tests.conftest import Browser

#: Open on purpose, each for its reason.
PUBLIC = {
    "/": "leads to sign-in; shows nothing of its own to strangers",
    "/login/": "sign-in",
    "/logout/": "sign-out",
    "/lang/<string:locale>": "language",
    "/back": "the page before",
    "/healthz": "the state of the service",
    "/static/<path:filename>": "files of the look",
    "/static/appbuilder/<path:filename>": "files of the look",
    "/api/v1/security/login": "a token for a password",
    "/api/v1/security/refresh": "a new token for an old one",
}


def test_every_route_is_guarded_or_public_for_a_reason(app: Flask) -> None:
    with app.app_context():
        routes = all_routes()
    unguarded = {route["rule"] for route in routes if route["permission"] is None}
    assert unguarded <= PUBLIC.keys(), f"neither guarded nor listed: {sorted(unguarded - PUBLIC.keys())}"


def test_permissions_of_routes_are_those_of_the_tables(app: Flask) -> None:
    with app.app_context():
        named = {route["permission"] for route in all_routes() if route["permission"]}
    declared = {f"can_{action} on {name}" for name in TABLES for action in ACTIONS}
    others = {"can_get on OpenApi", "can_show on SwaggerView"}
    others |= {f"can_this_form_{verb} on ResetMyPasswordView" for verb in ("get", "post")}
    assert named - declared == others


def test_strangers_are_sent_to_sign_in_from_every_page(app: Flask, browser: Callable[[str | None], Browser]) -> None:
    stranger = browser(None)
    with app.app_context():
        routes = [r for r in all_routes() if r["permission"] and "GET" in r["methods"]]
    for route in routes:
        url = route["rule"].replace("<pk>", "01920000-0000-7000-8000-000000000000").replace("<version>", "v1")
        answer = stranger.get(url)
        assert answer.status_code in (302, 401, 404), f"{url}: {answer.status_code}"
        if answer.status_code == 302:
            assert "/login" in answer.headers["Location"], url


def test_unsafe_methods_change_nothing_without_the_token(app: Flask, browser: Callable[[str | None], Browser]) -> None:
    clerk = browser("clerk_yanta")
    with app.app_context():
        routes = [r for r in all_routes() if r["permission"]]
    for route in routes:
        url = route["rule"].replace("<pk>", "01920000-0000-7000-8000-000000000000")
        for method in set(route["methods"]) & {"POST", "PUT", "DELETE"}:
            answer = clerk.client.open(url, method=method, json={})
            assert answer.status_code == 400, f"{method} {url}: {answer.status_code}"


def test_the_command_prints_the_routes_as_json(app: Flask) -> None:
    from app.cli.routes import routes

    answer = app.test_cli_runner().invoke(routes)
    listed = json.loads(answer.output)
    assert {"rule", "methods", "permission"} <= listed[0].keys()
