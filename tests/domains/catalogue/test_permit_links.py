"""Permits change and their items are looked at; reformed approvals are checked one by one; pickers; editions by day."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock, saving
from app.core.context import context_of
from app.core.errors import Refused
from app.core.table import TABLES
from app.core.viewer import look_as
from app.core.watching import Change
from app.core.workflow import moving
from app.core.workflow.models import Todo
from app.domains.catalogue.operations import permit_links, standing
from app.domains.catalogue.rules import why_not_usable
from seed.entry import Importer
from seed.upload import Upload
from tests.domains.catalogue.test_claiming import at_work, somebody  # noqa: F401 - a fixture
from tests.domains.catalogue.test_pushing import KEEPER, an_item, claims_of, published

CODE = "TESTPERMIT0001"


def a_permit(session, item, code=CODE):
    given = {
        "task_code": code, "task_name": "测试许可", "task_type": "licence", "task_state": "in_force",
        "department": KEEPER,
    }  # fmt: skip
    permit, _ = saving.save(session, TABLES["permit_item"], given)
    saving.save(session, TABLES["supervision_item"], {"permit_items": code}, row=item.main_item)
    return permit


def asked(session, item):
    return permit_links.open_of(session, item.main_item)


def test_what_a_change_asks_for():
    before = {"task_name": "甲", "task_state": "in_force"}
    named = Change(1, before, before | {"task_name": "乙"})
    ended = Change(1, before, {"task_name": "乙", "task_state": "cancelled"})
    assert "名称" in str(permit_links.what_changed(named))
    assert permit_links.title_of("事项", named) == "事项（甲→乙）"
    assert "状态" in str(permit_links.what_changed(ended))
    assert permit_links.title_of("事项", ended).startswith("事项（乙：")


def test_a_form_that_changes_a_permit_asks_the_keepers_of_its_items(at_work):  # noqa: F811
    item = an_item(at_work, status="published", valid_from="2021-07-01")
    permit = a_permit(at_work, item)
    assert asked(at_work, item) == []
    saving.save(at_work, TABLES["permit_item"], {"use_level": "市级"}, row=permit)
    assert asked(at_work, item) == []
    saving.save(at_work, TABLES["permit_item"], {"task_name": "新名称"}, row=permit)
    found = asked(at_work, item)
    assert [(each.department.name, each.needs) for each in found] == [(KEEPER, "edit")]
    assert found[0].due_on == context_of(at_work).calendar.add_working_days(clock.today(), 10)
    assert "测试许可→新名称" in found[0].title_text
    with pytest.raises(Refused, match="结论"):
        permit_links.looked_at(at_work, item.main_item, " ")
    assert permit_links.looked_at(at_work, item.main_item, "名称不影响事项") == 1
    assert asked(at_work, item) == []
    with pytest.raises(Refused, match="没有等待核对"):
        permit_links.looked_at(at_work, item.main_item, "又看了")


def test_a_workbook_that_changes_permits_asks_too(at_work):  # noqa: F811
    item = an_item(at_work, status="published", valid_from="2021-07-01")
    a_permit(at_work, item)
    stager = Importer(at_work)
    with pytest.raises(Exception, match="Outcome"):  # a seed brings new rows only; what it updates is still written
        stager.enter(Upload("permit_item", [{"task_code": CODE, "task_name": "测试许可", "task_type": "licence",
                                             "task_state": "cancelled", "department": KEEPER}]))  # fmt: skip
    assert len(asked(at_work, item)) == 1


def test_a_reformed_approval_is_asked_for_when_it_is_added_and_its_gap_has_a_day(at_work):  # noqa: F811
    item = an_item(at_work, status="published", valid_from="2021-07-01")
    given = {
        "doc_no": "国发〔2020〕13号", "approval_name": "测试审批", "reform_kind": "取消审批", "decided_on": "2020-09-21",
        "department": KEEPER,
    }  # fmt: skip
    case, _ = saving.save(at_work, TABLES["approval_reform_case"], given)
    open_ = sa.select(Todo).where(Todo.row_key == str(case.id), Todo.state == "open")
    first = at_work.scalars(open_).one()
    assert (first.step, first.due_on) == (
        "open", context_of(at_work).calendar.add_working_days(clock.today(), 10)
    )  # fmt: skip
    day = clock.today() + timedelta(days=30)
    moving.move(at_work, case, "gap", given={"gap_note": "没有事项", "due_on": day.isoformat()})
    second = at_work.scalars(open_).one()
    assert (second.step, second.due_on) == ("gap", day)
    moving.move(at_work, case, "close", given={"sub_item": str(item.id)})
    assert at_work.scalars(open_).all() == []
    assert case.done_on == clock.today()


@pytest.mark.parametrize("who", ["clerk_yanta", "clerk_hezuo", "catalog_xian"])
def test_pickers_offer_what_the_rule_accepts(at_work, who):  # noqa: F811
    published(at_work)
    viewer, table = somebody(at_work, who), TABLES["supervision_sub_item"]
    offered = set(at_work.scalars(sa.select(table.id).where(standing.usable_by(at_work, viewer))))
    stands = context_of(at_work).ask("claims").of(viewer.department_id)
    today = clock.today()
    assert offered == {
        row.id for row in at_work.scalars(sa.select(table)) if why_not_usable(row, stands, today) is None
    }
    assert offered


def test_the_picker_of_a_form(browser):
    clerk = browser("clerk_yanta")
    page = clerk.get("/penalty/add").get_data(as_text=True)
    assert "/supervision_sub_item/pick?for=penalty.sub_item" in page
    offered = clerk.get("/supervision_sub_item/pick", **{"for": "penalty.sub_item", "q": "违法行为"}).json["items"]
    assert offered
    assert all("行政处罚" in each["text"] for each in offered)
    fresh = {"q": "61131006102001"}
    assert clerk.get("/supervision_sub_item/pick", **fresh).json["items"]
    assert clerk.get("/supervision_sub_item/pick", **fresh, **{"for": "penalty.sub_item"}).json["items"] == []


def test_an_action_shows_the_edition_of_its_day(browser):
    clerk = browser("clerk_yanta")
    listed = clerk.get("/penalty/list/").get_data(as_text=True)
    key = re.search(r"/penalty/show/([0-9a-f-]{36})", listed).group(1)
    shown = clerk.get(f"/penalty/show/{key}").get_data(as_text=True)
    assert f"/edition/penalty/{key}" in shown
    page = clerk.get(f"/edition/penalty/{key}")
    assert page.status_code == 200
    assert "适用第 1 版" in page.get_data(as_text=True)
    assert browser("clerk_hezuo").get(f"/edition/penalty/{key}").status_code == 404


def test_a_claim_shows_what_it_inherits(browser):
    editor = browser("catalog_xian")
    listed = editor.get("/item_claim/list/", **{"f.status": "claimed"}).get_data(as_text=True)
    keys = dict.fromkeys(re.findall(r"/item_claim/show/([0-9a-f-]{36})", listed))
    key = next(each for each in keys if editor.get(f"/item_claim/edit/{each}").status_code == 200)  # his to write
    for page in ("show", "edit"):
        text = editor.get(f"/item_claim/{page}/{key}").get_data(as_text=True)
        assert "上级事项（全省统一，只读）" in text
        assert "监管事项主项编码" in text


def test_the_check_of_permits_is_a_page(browser):
    editor = browser("catalog_xian")
    key = re.search(
        r"/supervision_item/show/([0-9a-f-]{36})", editor.get("/supervision_item/list/").get_data(as_text=True)
    )
    page = editor.get(f"/permit_check/{key.group(1)}")
    assert page.status_code == 200
    assert "没有等待核对的许可变化" in page.get_data(as_text=True)
    assert editor.post(f"/permit_check/{key.group(1)}", opinion="看过").status_code in (403, 409)


def test_claims_of_are_by_department(at_work):  # noqa: F811
    item = published(at_work)
    assert len(claims_of(at_work, item)) == 4
    look_as(at_work, somebody(at_work, "clerk_yanta"))
    assert set(claims_of(at_work, item)) == {"西安市雁塔区市场监督管理局"}, "what others have not published is theirs"
