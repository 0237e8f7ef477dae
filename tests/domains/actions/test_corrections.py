"""A published penalty is corrected with a reason, in the form, by the API and by import alike, and shows both values."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import User

from app.core.bulk import delete_rows
from app.core.errors import Refused
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, look_as, looking_as, person
from app.extensions import db
from tests.conftest import Browser
from tests.every_table.test_unseen_references import form_of
from tests.transfer.imports import sheet, stage

PENALTY = TABLES["penalty"]
CLERK = "clerk_yanta"


def _account(session: Any) -> Any:
    account = TABLES["account"]
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(account.department_id, User.id.label("user_id")).join(
            User, User.username == account.username
        )
        return session.execute(wanted.where(account.username == CLERK)).one()


@pytest.fixture
def published(app: Flask) -> Iterator[Any]:
    """The identifier of a published penalty of 雁塔, each time another."""
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        told = sa.select(TABLES["correction"].row_key)
        wanted = sa.select(PENALTY.id).where(
            PENALTY.department_id == _account(session).department_id,
            PENALTY.is_public.is_(True),
            PENALTY.party_nature == "legal_person",
            sa.cast(PENALTY.id, sa.Text).not_in(told),
        )
        key = session.scalar(wanted.order_by(PENALTY.id).limit(1))
    yield key


def kept(app: Flask, key: Any) -> list[Any]:
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        table = TABLES["correction"].__table__
        return list(session.execute(sa.select(table).where(table.c.row_key == str(key)).order_by(table.c.id)))


def stored(app: Flask, key: Any) -> Any:
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        return session.execute(sa.select(PENALTY.__table__).where(PENALTY.id == key)).one()


def words(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def test_the_form_asks_for_a_reason_and_the_page_shows_both_values(
    app: Flask, browser: Callable[[str], Browser], published: Any
):
    clerk, before = browser(CLERK), stored(app, published)
    page = clerk.get(f"/penalty/edit/{published}").get_data(as_text=True)
    given = form_of(page, "penalty") | {"illegal_fact": "更正后的违法事实"}
    assert given["correction_reason"] in ("", [""]), "it is asked for anew"
    refused = clerk.post(f"/penalty/edit/{published}", **given)
    assert refused.status_code == 422
    assert "更正违法事实须填写这次更正的理由" in words(refused.get_data(as_text=True))
    assert stored(app, published).illegal_fact == before.illegal_fact
    done = clerk.post(f"/penalty/edit/{published}", **given | {"correction_reason": "文书校对发现笔误"})
    assert done.status_code == 302
    (told,) = kept(app, published)
    assert told.changes == {"illegal_fact": [before.illegal_fact, "更正后的违法事实"]}
    assert (told.reason, told.table_name, bool(told.person), bool(told.unit)) == (
        "文书校对发现笔误", "penalty", True, True,
    )  # fmt: skip
    shown = words(clerk.get(f"/penalty/show/{published}").get_data(as_text=True))
    assert "更正记录" in shown and "文书校对发现笔误" in shown
    assert before.illegal_fact in shown and "更正后的违法事实" in shown


def test_what_was_empty_is_filled_in_without_a_reason_and_keeps_the_last_one(
    app: Flask, browser: Callable[[str], Browser], published: Any
):
    clerk = browser(CLERK)
    given = form_of(clerk.get(f"/penalty/edit/{published}").get_data(as_text=True), "penalty")
    assert not stored(app, published).withdraw_reason
    assert clerk.post(f"/penalty/edit/{published}", **given | {"withdraw_reason": "补充"}).status_code == 302
    assert stored(app, published).withdraw_reason == "补充"
    assert not kept(app, published)


def test_a_new_form_and_a_copy_do_not_ask(browser: Callable[[str], Browser], published: Any):
    clerk = browser(CLERK)
    for url in ("/penalty/add", f"/penalty/add?copy={published}"):
        assert 'name="correction_reason"' not in clerk.get(url).get_data(as_text=True)


def test_the_api_asks_for_a_reason(app: Flask, browser: Callable[[str], Browser], published: Any):
    clerk, before = browser(CLERK), stored(app, published)
    refused = clerk.send("PUT", f"/api/v1/penalty/{published}", {"illegal_fact": "接口更正"})
    assert refused.status_code == 422
    assert "R19" in refused.get_data(as_text=True)
    body = {"illegal_fact": "接口更正", "correction_reason": "接口给出的理由"}
    assert clerk.send("PUT", f"/api/v1/penalty/{published}", body).status_code == 200
    (told,) = kept(app, published)
    assert told.changes["illegal_fact"] == [before.illegal_fact, "接口更正"]


def test_an_import_asks_for_a_reason_in_its_row(app: Flask, published: Any, tmp_path: Path):
    before = stored(app, published)
    row = {"action_no": before.action_no, "illegal_fact": "导入更正"}
    with app.app_context():
        session = db.session()
        look_as(session, person(session, _account(session).user_id))
        refused = stage(session, PENALTY, sheet(tmp_path / "a.xlsx", PENALTY, [row]))
        assert refused.counts == {"rows": 1, "error": 1}
        assert any("R19" in text for texts in refused.messages.values() for text in texts)
        session.rollback()
        told = row | {"correction_reason": "导入时写明的理由"}
        good = stage(session, PENALTY, sheet(tmp_path / "b.xlsx", PENALTY, [told]))
        assert good.counts.get("update") == 1, good.messages
        assert good.merge().updated == 1
        session.commit()
    (found,) = kept(app, published)
    assert found.changes["illegal_fact"] == [before.illegal_fact, "导入更正"]
    assert found.reason == "导入时写明的理由"


def test_what_is_out_is_not_deleted(app: Flask, browser: Callable[[str], Browser], published: Any):
    answer = browser("admin_yanta").post(f"/penalty/delete/{published}")
    assert answer.status_code in (302, 409)
    assert stored(app, published).id == published
    with app.app_context():
        session = db.session()
        look_as(session, person(session, _account(session).user_id))
        with pytest.raises(Refused, match="不能删除"):
            delete_rows(session, PENALTY, [published])
        session.rollback()


def test_others_do_not_see_the_corrections(app: Flask, browser: Callable[[str], Browser], published: Any):
    assert browser("clerk_beilin").get(f"/penalty/show/{published}").status_code == 404
