"""Accounts for these tests, and visitors who come to the door from an address of their own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import sqlalchemy as sa
from flask import Flask, has_request_context
from werkzeug.test import TestResponse

from app.core.ids import uuid7
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import appbuilder, db

GOOD = "Lan.tian#Bai8yun"
_numbers = itertools.count(1)
_home: list[Flask] = []


@contextmanager
def here() -> Iterator[Flask]:
    """A request of nobody's, in which the functions of sign-in can be called. A visitor must not come inside of it: his
    request would share what this one remembers.
    """
    with _home[0].test_request_context("/", environ_overrides={"REMOTE_ADDR": "10.76.0.1"}):
        try:
            yield _home[0]
        finally:
            db.session.rollback()


def at_home(act: Any) -> Any:
    """The function, called inside ``here``."""

    @wraps(act)
    def inside(*given: Any, **more: Any) -> Any:
        if has_request_context():
            return act(*given, **more)
        with here():
            return act(*given, **more)

    return inside


@contextmanager
def opened(app: Flask) -> Iterator[Flask]:
    """The application of the tests; they may fail at the door as often as they like."""
    _home[:] = [app]
    with setting("address_failures", 9999):
        yield app


@at_home
def account(password: str | None = GOOD, role: str = "clerk", name: str = "") -> tuple[str, int]:
    """A new account that chose its password itself: its name and its number."""
    from app.console.sign_in import passwords

    name = name or f"visitor{next(_numbers)}"
    user = appbuilder.sm.add_user(name, "访客", "测试", f"{name}@example.invalid", appbuilder.sm.find_role(role))
    assert user
    number = int(user.id)
    if password is not None:
        with looking_as(db.session(), THE_SYSTEM):
            passwords.place(db.session(), number, password)
            db.session.commit()
    return name, number


@at_home
def number_of(name: str) -> int:
    """The number of an account that is there."""
    return int(appbuilder.sm.find_user(name).id)


@at_home
def stored(number: int) -> Any:
    """The credential as it is in the database."""
    db.session.rollback()
    table = TABLES["credential"].__table__
    with looking_as(db.session(), THE_SYSTEM):
        return db.session.execute(sa.select(table).where(table.c.account_id == number)).one()


@at_home
def move(number: int, **columns: str) -> None:
    """The row is as if time had passed: ``password_at="now() - interval '91 days'"``."""
    said = ", ".join(f"{name} = {value}" for name, value in columns.items())
    with looking_as(db.session(), THE_SYSTEM):
        db.session.execute(sa.text(f"UPDATE credential SET {said} WHERE account_id = :id"), {"id": number})
        db.session.commit()


@at_home
def deactivate(number: int) -> None:
    """Nobody may sign in with the account."""
    with looking_as(db.session(), THE_SYSTEM):
        db.session.execute(sa.text("UPDATE ab_user SET active = false WHERE id = :id"), {"id": number})
        db.session.commit()


@contextmanager
def setting(code: str, value: int) -> Iterator[None]:
    """The setting is that inside the block."""
    table = TABLES["setting"].__table__

    @at_home
    def put(number: str | None) -> None:
        with looking_as(db.session(), THE_SYSTEM):
            db.session.execute(sa.delete(table).where(table.c.code == code))
            if number is not None:
                row = {"id": uuid7(), "code": code, "value": number, "version": 1}
                db.session.execute(sa.insert(table).values(row))
            db.session.commit()

    @at_home
    def read() -> str | None:
        with looking_as(db.session(), THE_SYSTEM):
            found: str | None = db.session.scalar(sa.select(table.c.value).where(table.c.code == code))
            return found

    before = read()
    put(str(value))
    try:
        yield
    finally:
        put(before)


@at_home
def events(action: str, number: int) -> list[Any]:
    """What is on the log about the account."""
    db.session.rollback()
    wanted = "SELECT * FROM audit.log WHERE action = :action AND rel = 'ab_user' AND pk = :pk ORDER BY id"
    with looking_as(db.session(), THE_SYSTEM):
        return list(db.session.execute(sa.text(wanted), {"action": action, "pk": str(number)}))


class Visitor:
    """A browser at the door."""

    def __init__(self, app: Flask, address: str = "") -> None:
        self.client = app.test_client()
        number = next(_numbers)
        self.address = address or f"10.77.{number // 250}.{number % 250 + 1}"

    def get(self, url: str) -> TestResponse:
        return self.client.get(url, environ_overrides={"REMOTE_ADDR": self.address})

    def token(self, url: str = "/login/") -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(url).get_data(as_text=True))
        assert found, f"{url} has no token"
        return found.group(1)

    def post(self, url: str, page: str = "", **data: str) -> TestResponse:
        """Send the form of ``page`` (or of the page itself)."""
        sent = {"csrf_token": self.token(page or url), **data}
        return self.client.post(url, data=sent, environ_overrides={"REMOTE_ADDR": self.address})

    def sign_in(self, name: str, password: str = GOOD, url: str = "/login/") -> TestResponse:
        return self.post(url, username=name, password=password)

    @property
    def is_in(self) -> bool:
        """True when the visitor reaches a page that only signed-in people see."""
        return self.get("/help/").status_code == 200
