"""Who opens what a device keeps: this session at once, an earlier one with a proof, and nobody what was signed out of."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from app.console import offline
from app.console.sign_in import sessions
from app.console.sign_in.models import SessionEnd
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.values import fresh
from tests.sign_in import people

NAME, FORM = "kept_clerk", "/inspection/add?blank=1"
JSON = {"Accept": "application/json"}


def attribute(page: str, name: str) -> str:
    found = re.search(rf'<form[^>]* data-{name}="([^"]*)"', page)
    assert found, name
    return found[1]


class Device:
    """What a browser does: a key for a box, made with the public half that the form carries."""

    def __init__(self, page: str) -> None:
        self.session, self.box = attribute(page, "session"), str(uuid4())
        own = ec.generate_private_key(ec.SECP256R1())
        point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(attribute(page, "seal")))
        shared = own.exchange(ec.ECDH(), theirs)
        self.key = HKDF(SHA256(), 32, salt=None, info=f"{self.session}/{self.box}".encode()).derive(shared)
        self.asked = {"session": self.session, "box": self.box, "point": base64.b64encode(point).decode()}

    def is_opened_for(self, person: Browser, **other: str) -> bool:
        answer = person.post("/kept/open", **{**self.asked, **other})
        return answer.status_code == 200 and base64.b64decode(answer.get_json()["key"]) == self.key


def typing(app: Flask) -> tuple[int, Browser, Device]:
    """Somebody has signed in and a box is on his device."""
    account = people.employ(app, NAME)
    person = Browser(app, NAME)
    return account, person, Device(person.get(FORM).get_data(as_text=True))


def test_the_session_itself_opens_its_boxes_and_no_word_of_them_is_another(app: Flask):
    account, person, device = typing(app)
    assert device.is_opened_for(person)
    people.change(app, account, verified_at="-1 day")
    assert device.is_opened_for(person), "what it typed itself needs no proof"
    assert not device.is_opened_for(person, box=str(uuid4())), "each box has a key of its own"
    second = Device(person.get(FORM).get_data(as_text=True))
    assert second.key != device.key


def test_an_earlier_session_is_opened_with_a_proof_only(app: Flask):
    account, _, device = typing(app)
    again = Browser(app, NAME)  # the first one has ended: signed in elsewhere
    assert device.is_opened_for(again), "signing in was the proof"
    people.change(app, account, verified_at="-1 day")
    answer = again.post("/kept/open", **device.asked)
    assert answer.status_code == 401 and answer.get_json()["step_up"]
    assert "key" not in answer.get_json()


def test_what_was_typed_survives_however_its_session_ended(app: Flask):
    account, person, _ = typing(app)
    for why in SessionEnd:
        if why is SessionEnd.SIGNED_OUT:
            continue
        device = Device(person.get(FORM).get_data(as_text=True))
        with app.app_context(), looking_as(db.session(), THE_SYSTEM):
            assert sessions.end(db.session(), account, why.value) >= 1
            db.session.commit()
        assert person.post("/kept/open", **device.asked).status_code == 302, why
        person = Browser(app, NAME)
        assert device.is_opened_for(person), why


def test_what_was_signed_out_of_stays_closed(app: Flask):
    _, person, device = typing(app)
    person.post("/logout/")
    again = Browser(app, NAME)
    assert again.post("/kept/open", **device.asked).status_code == 404
    assert not device.is_opened_for(again)


def test_nobody_opens_a_strangers_box(app: Flask, browser: Callable[[str | None], Browser]):
    _, _, device = typing(app)
    for other in ("clerk_yanta", "sysadmin", "secadmin"):
        assert browser(other).post("/kept/open", **device.asked).status_code == 404, other
    answer = Browser(app, None).post("/kept/open", **device.asked)
    assert answer.status_code == 302 and "/login/" in answer.headers["Location"]


def test_what_is_no_box_is_refused(app: Flask):
    _, person, device = typing(app)
    for session in ("", "x", str(uuid4())):
        assert person.post("/kept/open", **{**device.asked, "session": session}).status_code == 404, session
    nowhere = base64.b64encode(b"\4" + bytes(63) + b"\1").decode()  # not on the curve
    for point in ("", "?", "AAAA", nowhere, device.asked["point"][:40]):
        assert person.post("/kept/open", **{**device.asked, "point": point}).status_code == 400, point


def test_the_public_half_tells_nothing_of_another_session(app: Flask):
    with app.app_context():
        one, other = uuid4(), uuid4()
        assert offline.public_of(one) == offline.public_of(one) != offline.public_of(other)


# ---- what a device asks for besides --------------------------------------------------------------------------------
def test_an_empty_form_to_keep_knows_nothing_of_what_was_begun(app: Flask):
    people.employ(app, NAME)
    person = Browser(app, NAME)
    word = f"草稿{fresh()}"
    assert person.post("/inspection/draft", subject_name=word, _box="this-box").status_code == 200
    assert word in person.get("/inspection/add?draft=1").get_data(as_text=True)
    assert attribute(person.get("/inspection/add").get_data(as_text=True), "kept") == "this-box"
    page = person.get(FORM).get_data(as_text=True)
    assert word not in page and "data-blank=" in page and "data-kept=" not in page.partition('id="form"')[2]
    person.post("/inspection/discard")


def sent(person: Browser, **given: Any) -> Any:
    return person.client.post("/subject_tag/add", data={"csrf_token": person.token, **given}, headers=JSON)


def test_what_waited_is_stored_once_and_told_in_json(browser: Callable[[str | None], Browser]):
    person, name, once = browser("sysadmin"), f"离线{fresh()}", str(uuid4())
    first, second = sent(person, name=name, _once=once), sent(person, name=name, _once=once)
    assert first.status_code == 200 and first.get_json()["title"] == name
    assert second.get_json() == first.get_json(), "the answer was lost on its way"
    listed = person.get(f"/subject_tag/list/?q={name}").get_data(as_text=True)
    assert listed.count("/subject_tag/edit/") == 1
    assert first.headers.get("Set-Cookie", "").count("jg_saved") == 0, "the page that is open has saved nothing"
    other = sent(person, name=f"{name}改", _once=once)
    assert other.status_code == 409 and "已经提交过" in other.get_json()["message"]


def test_what_waited_is_judged_like_any_form(browser: Callable[[str | None], Browser]):
    person, once = browser("sysadmin"), str(uuid4())
    refused = sent(person, name="", _once=once)
    assert refused.status_code == 422 and refused.get_json()["message"]
    assert sent(person, name=f"离线{fresh()}", _once=once).status_code == 200, "a refusal uses up no key"
    assert sent(Browser(person.client.application, None), name="x").status_code == 302
