"""The lines of a child table in the form of their parent: loaded for what is chosen, kept, and saved together."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.console.view.form import lines
from app.console.view.form.aids import LINES
from app.core import clock
from app.core.ids import uuid7
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db
from tests.conftest import Browser
from tests.journeys.inspections import inspection_facts

INSPECTION, RESULT, ITEM = TABLES["inspection"], TABLES["inspection_item_result"], TABLES["check_item"]


@pytest.fixture(scope="module")
def given(app: Flask) -> dict[str, Any]:
    """The form of an inspection that a clerk of 雁塔 may save, without its party's name."""
    facts = inspection_facts(app)
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:

        def key(table: str, column: str, value: Any) -> str:
            found = TABLES[table]
            return str(session.scalar(sa.select(found.id).where(getattr(found, column) == value)))

        return {
            "sub_item": key("supervision_sub_item", "sub_code", facts["item"]),
            "implementation_list": key("implementation_list", "list_code", facts["list"]),
            "region": key("region", "code", facts["region"]),
            "inspectors": ",".join(key("inspector", "cert_no", each) for each in facts["inspectors"].split("；")),
            "party_nature": "legal_person",
            "party_id_type": "uscc",
            "party_id_no": "91610131MA6TX0WX5A",
            "check_form": "daily",
            "check_type": "recheck",
            "check_result": "no_problem",
            "checked_on": clock.today().isoformat(),
        }


def named(given: dict[str, Any]) -> dict[str, Any]:
    """The form with a party of its own, confirmed to be no duplicate."""
    name = f"检查项店{uuid7().hex[-8:]}"
    return given | {"subject_name": name, "party_name": name}


def asked(browser: Browser, given: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the form is told while it is filled in."""
    answer = browser.post("/inspection/check", **given | {"_lines": "0", "_lines_of": "", "_touched": ""} | more)
    assert answer.status_code == 200
    return dict(json.loads(answer.get_data(as_text=True)))


def loaded(browser: Browser, given: dict[str, Any]) -> dict[str, str]:
    """The lines as the form then carries them, nothing decided."""
    card = asked(browser, given)["lines"]
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', card)
    return dict(inputs)


def save(browser: Browser, sent: dict[str, Any]) -> Any:
    answer = browser.post("/inspection/add", **sent)
    mark = re.search(r'name="_no_twin"[^>]*value="([^"]+)"', answer.get_data(as_text=True))
    return browser.post("/inspection/add", **sent | {"_no_twin": mark[1]}) if mark else answer


def results(app: Flask, name: str) -> dict[str, str]:
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        wanted = sa.select(RESULT.item_name, RESULT.result).join(INSPECTION, INSPECTION.id == RESULT.inspection_id)
        return dict(session.execute(wanted.where(INSPECTION.party_name == name)).all())


def test_the_items_of_the_chosen_matter_are_loaded(
    app: Flask, browser: Callable[[str], Browser], given: dict[str, Any]
):
    sent = loaded(browser("clerk_yanta"), given)
    with app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
        names = set(session.scalars(sa.select(ITEM.name).where(ITEM.sub_item_id == given["sub_item"])))
    assert names == {value for key, value in sent.items() if key.endswith(".item_name")}
    assert "lines" not in asked(browser("clerk_yanta"), given, **sent), "the form shows them already"


def test_they_are_saved_with_the_inspection(app: Flask, browser: Callable[[str], Browser], given: dict[str, Any]):
    clerk, whole = browser("clerk_yanta"), named(given)
    sent = loaded(clerk, given)
    decided = {f"_line.{at}.result": "pass" for at in range(int(sent["_lines"]))}
    told = asked(clerk, given | {"check_result": ""}, **sent | decided)
    assert told["fills"]["check_result"] == [["no_problem", "未发现问题"]]
    assert save(clerk, whole | sent | decided).status_code == 302
    found = results(app, whole["party_name"])
    assert len(found) == int(sent["_lines"])
    assert set(found.values()) == {"pass"}


def test_all_or_none_is_decided(app: Flask, browser: Callable[[str], Browser], given: dict[str, Any]):
    clerk, sent, whole = browser("clerk_yanta"), loaded(browser("clerk_yanta"), given), named(given)
    assert save(clerk, whole | sent).status_code == 302, "an inspection without results is one"
    assert results(app, whole["party_name"]) == {}
    if int(sent["_lines"]) < 2:
        pytest.skip("the matter has one check item")
    other = named(given)
    refused = save(clerk, other | sent | {"_line.0.result": "pass"})
    assert refused.status_code == 422
    assert "没有选择检查项结果" in refused.get_data(as_text=True)
    assert "checked" in refused.get_data(as_text=True), "what was decided is still there"
    assert results(app, other["party_name"]) == {}, "nothing was saved"


def test_a_failed_item_disagrees_with_no_problem(browser: Callable[[str], Browser], given: dict[str, Any]):
    sent = loaded(browser("clerk_yanta"), given)
    decided = {f"_line.{at}.result": "fail" for at in range(int(sent["_lines"]))}
    told = asked(browser("clerk_yanta"), given, **sent | decided)
    assert told["warnings"]["check_result"] == ["有不合格的检查项，检查结果却是“未发现问题”"]


def test_lines_of_another_matter_are_not_saved(app: Flask, browser: Callable[[str], Browser], given: dict[str, Any]):
    clerk, whole = browser("clerk_yanta"), named(given)
    sent = loaded(clerk, given) | {"_lines_of": "another"}
    decided = {f"_line.{at}.result": "pass" for at in range(int(sent["_lines"]))}
    refused = save(clerk, whole | sent | decided)
    assert refused.status_code == 422
    assert "重新载入" in refused.get_data(as_text=True)
    assert results(app, whole["party_name"]) == {}


def test_without_scripts_a_button_loads_them(browser: Callable[[str], Browser], given: dict[str, Any]):
    page = browser("clerk_yanta").post("/inspection/add", **named(given) | {"_load": "1"})
    assert page.status_code == 200
    assert "_line.0.result" in page.get_data(as_text=True)


def test_a_draft_holds_what_was_decided(browser: Callable[[str], Browser], given: dict[str, Any]):
    clerk = browser("clerk_yanta")
    sent = loaded(clerk, given) | {"_line.0.result": "not_applicable"}
    assert clerk.post("/inspection/draft", **named(given) | sent).status_code == 200
    page = clerk.get("/inspection/add?draft=1").get_data(as_text=True)
    assert re.search(r'name="_line.0.result" value="not_applicable"[^>]* checked', page)
    clerk.post("/inspection/discard")


@pytest.mark.parametrize("count", ["-1", "x", "", "99999", "²"])
def test_what_is_no_number_of_lines_is_none(app: Flask, count: str):
    found = lines.sent(LINES["inspection"], MultiDict({"_lines": count}))
    assert len(found) in (0, 500)
