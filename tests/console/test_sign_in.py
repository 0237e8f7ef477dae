"""Coming in, staying in, going out: tokens, headers, languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import PASSWORD, Browser


def test_wrong_password_and_unknown_user_get_the_same_answer(app: Flask) -> None:
    pages = []
    for user, password in (("clerk_yanta", "Wrong@2026xx"), ("nobody_here", PASSWORD)):
        person = Browser(app, None)
        answer = person.post("/login/", username=user, password=password)
        assert answer.status_code == 422
        pages.append(answer.get_data(as_text=True))
    assert "用户名或密码不正确" in pages[0]
    notices = [page[page.find("jg-notice") :][:200] for page in pages]
    assert notices[0] == notices[1]


def test_posting_without_the_token_is_refused(app: Flask, browser: Callable[[str | None], Browser]) -> None:
    answer = browser("clerk_yanta").client.post("/inspection/add", data={"party_name": "甲"})
    assert answer.status_code == 400
    assert "页面已过期" in answer.get_data(as_text=True)


def test_a_cookie_alone_may_not_write_by_the_api(app: Flask, browser: Callable[[str | None], Browser]) -> None:
    answer = browser("clerk_yanta").client.post("/api/v1/inspection/", json={"party_name": "甲"})
    assert answer.status_code == 400
    assert answer.is_json


def test_a_bearer_token_opens_the_api(app: Flask) -> None:
    client = app.test_client()
    login = client.post(
        "/api/v1/security/login", json={"username": "clerk_yanta", "password": PASSWORD, "provider": "db"}
    )
    token = login.get_json()["access_token"]
    client = app.test_client()
    bearer = {"Authorization": f"Bearer {token}"}
    listed = client.get("/api/v1/inspection/?limit=5", headers=bearer).get_json()
    assert len(listed["result"]) == 5
    assert {"西安市雁塔区市场监督管理局"} == {row["department"] for row in listed["result"]}
    refused = client.post("/api/v1/inspection/", json={}, headers=bearer)
    assert refused.status_code == 422
    assert refused.get_json()["problems"]


@pytest.mark.parametrize("url", ["/", "/login/", "/inspection/list/", "/api/v1/inspection/", "/nowhere"])
def test_headers_keep_others_out(browser: Callable[[str | None], Browser], url: str) -> None:
    headers = browser("clerk_yanta").get(url).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "object-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"].startswith("no-store")


def test_the_cookie_is_kept_from_scripts_and_other_sites(app: Flask) -> None:
    answer = app.test_client().get("/login/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_sign_in_leads_nowhere_else(app: Flask, next_url: str) -> None:
    person = Browser(app, None)
    answer = person.post(f"/login/?next={next_url}", username="clerk_yanta", password=PASSWORD)
    assert answer.status_code == 302
    where = answer.headers["Location"]
    assert where.startswith("/") and not where.startswith(("//", "/\\")), "a path of our own"


def test_signing_out_ends_it(app: Flask) -> None:
    person = Browser(app, "clerk_yanta")
    assert person.get("/inspection/list/").status_code == 200
    assert person.get("/logout/").status_code == 200
    assert person.get("/inspection/list/").status_code == 200, "looking at the page ends nothing"
    assert person.post("/logout/").status_code == 302
    assert person.get("/inspection/list/").status_code == 302


def test_an_account_without_a_post_sees_nothing(app: Flask) -> None:
    from app.console.sign_in import passwords
    from app.extensions import appbuilder, db

    with app.app_context():
        role = appbuilder.sm.find_role("clerk")
        made = appbuilder.sm.add_user("placeless", "无", "岗", "placeless@example.invalid", role)
        assert made
        passwords.place(db.session(), made.id, PASSWORD)
        db.session.commit()
    try:
        person = Browser(app, "placeless")
        assert person.get("/").status_code == 200
        answer = person.get("/inspection/list/")
        assert answer.status_code == 403
        assert "任职部门" in answer.get_data(as_text=True)
        assert person.get("/api/v1/inspection/").status_code == 403
    finally:
        with app.app_context():
            appbuilder.sm.delete_user(appbuilder.sm.find_user("placeless"))
            db.session.commit()
