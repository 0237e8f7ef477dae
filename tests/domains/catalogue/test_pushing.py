"""What is published goes down to whoever has to claim it; what is abolished ends its claims."""

from itertools import count

import pytest
import sqlalchemy as sa

from app.core import clock, context, saving
from app.core.context import context_of
from app.core.errors import Invalid, Refused
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, look_as
from app.core.workflow import moving
from app.core.workflow.models import FlowStep, Todo
from app.domains.catalogue.operations import pushing
from app.domains.catalogue.rules import why_not_usable

KEEPER = "陕西省市场监督管理局"
RECEIVERS = {
    "西安市市场监督管理局",
    "西安市雁塔区市场监督管理局",
    "西安市碑林区市场监督管理局",
    "西安市长安区市场监督管理局",
}
_numbers = count(1)


@pytest.fixture
def at_work(session):
    look_as(session, THE_SYSTEM)
    return session


def an_item(session, **more):
    """A sub-item that was just written, of a published main item of the market line."""
    code = f"6113199990{next(_numbers):04d}"
    main = {
        "main_code": f"M{code}", "main_name": "对测试的监管", "duty_line": "market", "status": "published",
        "supervision_dept_name": "市场监管部门", "source_level": "provincial", "valid_from": "2021-07-01",
        "department": KEEPER,
    }  # fmt: skip
    saving.save(session, TABLES["supervision_item"], main)
    given = {
        "sub_code": code, "sub_name": "对测试的行政处罚", "main_item": f"M{code}", "measure_type": "penalty",
        "subject_kind": "market_entity", "subject_text": "测试", "levels": "市级；县级", "apply_scope": "适用全省",
        "legal_basis": "测试法第一条", "process_text": "立案", "result_text": "处罚", "status": "drafting",
        "department": KEEPER,
    }  # fmt: skip
    row, _ = saving.save(session, TABLES["supervision_sub_item"], given | more)
    return row


def published(session, **more):
    item = an_item(session, **more)
    for name in ("submit", "approve", "publish"):
        moving.move(session, item, name)
    return item


def claims_of(session, item):
    claim = TABLES["item_claim"]
    return {row.department.name: row for row in session.scalars(sa.select(claim).where(claim.sub_item_id == item.id))}


def todos_of(session, claims):
    asked = sa.select(Todo).where(Todo.row_key.in_([str(claim.id) for claim in claims]), Todo.state == "open")
    return list(session.scalars(asked))


def test_publication_asks_whoever_has_to_claim(at_work):
    item = published(at_work)
    found = claims_of(at_work, item)
    assert set(found) == RECEIVERS
    assert {each.status for each in found.values()} == {"pending"}
    asked = todos_of(at_work, found.values())
    limit = context_of(at_work).calendar.add_working_days(clock.today(), 10)
    assert {(each.department.name, each.step, each.due_on) for each in asked} == {
        (name, "pending", limit) for name in RECEIVERS
    }
    assert {each.title_text for each in asked} == {pushing.title_of(item)}


def test_levels_and_lines_say_who(at_work):
    assert set(claims_of(at_work, published(at_work, levels="市级"))) == {"西安市市场监督管理局"}
    assert set(claims_of(at_work, published(at_work, levels="乡级"))) == set()


def test_a_second_push_adds_nothing_and_a_new_edition_tells_the_claimers(at_work):
    item = published(at_work)
    assert pushing.push(at_work, item) == 0
    moving.move(at_work, item, "change")
    saving.save(at_work, TABLES["supervision_sub_item"], {"sub_name": "对新名称的行政处罚"}, row=item)
    for name in ("submit", "approve", "publish"):
        moving.move(at_work, item, name)
    found = claims_of(at_work, item)
    assert {each.item_title for each in found.values()} == {f"{item.sub_code} 对新名称的行政处罚"}
    asked = todos_of(at_work, found.values())
    assert sorted(each.kind for each in asked) == ["copy"] * 4 + ["task"] * 4


def test_abolition_ends_claims_and_what_was_asked(at_work):
    item = published(at_work)
    found = claims_of(at_work, item)
    mine = found["西安市雁塔区市场监督管理局"]
    moving.move(at_work, mine, "claim")
    saving.save(at_work, TABLES["item_claim"], {"process_text": "立案", "result_text": "处罚"}, row=mine)
    for name in ("submit", "approve", "publish", "change"):
        moving.move(at_work, mine, name)
    moving.move(at_work, item, "abolish", opinion="法律修订")
    found = claims_of(at_work, item)
    assert {each.status for each in found.values()} == {"abolished"}
    assert {name for name, each in found.items() if each.valid_to} == {"西安市雁塔区市场监督管理局"}
    assert todos_of(at_work, found.values()) == []
    last = sa.select(FlowStep.move).where(FlowStep.row_key == str(mine.id)).order_by(FlowStep.id.desc()).limit(1)
    assert at_work.scalar(last) == "end"
    standing = context_of(at_work).ask("claims").of(mine.department_id)
    assert standing.claims[mine.department_id, item.id].valid_to == clock.today()


def test_a_main_item_ends_with_its_sub_items(at_work):
    item = published(at_work)
    main = item.main_item
    moving.move(at_work, item, "change")
    with pytest.raises(Refused, match="正在变更"):
        moving.move(at_work, main, "abolish", opinion="合并")
    at_work.rollback()
    look_as(at_work, THE_SYSTEM)
    item = published(at_work)
    moving.move(at_work, item.main_item, "abolish", opinion="合并")
    assert item.status == "abolished"
    assert {each.status for each in claims_of(at_work, item).values()} == {"abolished"}


def test_what_was_loaded_as_published_is_pushed_by_the_sweep(at_work):
    item = an_item(at_work, status="published", valid_from="2021-07-01")
    assert claims_of(at_work, item) == {}
    assert pushing.push_missing(at_work) >= 4
    assert set(claims_of(at_work, item)) == RECEIVERS
    assert pushing.push_missing(at_work) == 0


def acting(session, item, **more):
    given = {
        "sub_item": item.sub_code, "department": "西安市雁塔区市场监督管理局", "party_name": "示例公司", "subject_name": "示例公司",
        "party_nature": "法人", "party_id_type": "统一社会信用代码", "party_id_no": "91610131MA6TX0WX5A",
        "region": "610113", "illegal_fact": "测试", "legal_basis": "测试法", "procedure": "简易程序", "is_hearing": "否",
        "filed_on": str(clock.today()), "decided_on": str(clock.today()), "penalty_types": "警告",
        "result_text": "警告", "case_source": "投诉", "document_no": item.sub_code, "is_public": "否",
    }  # fmt: skip
    return saving.weigh(session, TABLES["penalty"], given | more, THE_SYSTEM)[1]


def test_an_action_waits_for_the_claim(at_work):
    item = published(at_work)
    told = [p for p in acting(at_work, item) if p.code == "R01"]
    assert "待认领" in str(told[0].message)
    mine = claims_of(at_work, item)["西安市雁塔区市场监督管理局"]
    moving.move(at_work, mine, "claim")
    saving.save(at_work, TABLES["item_claim"], {"process_text": "立案", "result_text": "处罚"}, row=mine)
    for name in ("submit", "approve", "publish"):
        moving.move(at_work, mine, name)
    assert [p.code for p in acting(at_work, item)] == []
    moving.move(at_work, mine, "suspend", opinion="测试")
    assert [p.code for p in acting(at_work, item)] == ["R01"]


def test_the_line_is_read_once_for_many_rows(at_work):
    item = published(at_work)
    asked = []
    sa.event.listen(at_work.connection(), "before_cursor_execute", lambda c, cur, said, *more: asked.append(said))
    claims = context_of(at_work).ask("claims")
    for _ in range(1000):
        claims.of(item.department_id)
        context_of(at_work).ask("claims").of(item.department_id)
    assert len([said for said in asked if "item_claim" in said]) == 1


def test_deleting_and_adding_keep_the_to_dos_right(at_work):
    item = an_item(at_work, status="published", valid_from="2021-07-01")
    claim, _ = saving.save(
        at_work, TABLES["item_claim"], {"sub_item": item.sub_code, "department": "西安市市场监督管理局"}
    )
    assert [each.step for each in todos_of(at_work, [claim])] == ["claimed"]
    saving.delete(at_work, claim)
    assert todos_of(at_work, [claim]) == []


def test_a_part_is_published_under_a_main_in_force_only(at_work):
    item = an_item(at_work)
    at_work.execute(sa.update(TABLES["supervision_item"]).where(TABLES["supervision_item"].id == item.main_item_id)
                    .values(status="drafting", edition=None))  # fmt: skip
    at_work.expire_all()
    for name in ("submit", "approve"):
        moving.move(at_work, item, name)
    with pytest.raises(Invalid) as refused:
        moving.move(at_work, item, "publish")
    assert "对测试的监管" in str(refused.value) and "请先办理主项" in str(refused.value)
    given = {name: getattr(item, name) for name in ("sub_name", "legal_basis", "process_text", "result_text")}
    given |= {"main_item": item.main_item.main_code, "measure_type": "penalty", "subject_kind": "market_entity",
              "subject_text": "测试", "levels": "市级", "apply_scope": "适用全省", "department": KEEPER,
              "sub_code": "61131999909999", "status": "published", "valid_from": "2021-07-01"}  # fmt: skip
    with pytest.raises(Invalid):
        saving.save(at_work, TABLES["supervision_sub_item"], given)


def test_a_main_item_is_suspended_with_its_parts_and_resumed_without_them(at_work):
    item = published(at_work)
    day = clock.today()

    def why(unit):
        context.forget(at_work, "claims")
        return why_not_usable(item, context_of(at_work).ask("claims").of(unit), day)

    assert why(item.department_id) is None
    moving.move(at_work, item.main_item, "suspend", opinion="整顿")
    assert item.status == "suspended" and "已暂停" in str(why(item.department_id))
    with pytest.raises(Invalid) as refused:
        moving.move(at_work, item, "resume")
    assert "请先办理主项" in str(refused.value)
    moving.move(at_work, item.main_item, "resume")
    assert item.status == "suspended", "nothing is resumed silently"
    told = sa.select(Todo).where(Todo.table_name == "supervision_sub_item", Todo.row_key == str(item.id))
    copies = [each for each in at_work.scalars(told) if each.kind == "copy"]
    assert [(each.department_id, each.needs) for each in copies] == [(item.department_id, "publish")]
    moving.move(at_work, item, "resume")
    assert item.status == "published" and why(item.department_id) is None


def test_a_part_under_change_is_not_acted_upon_under_a_suspended_main(at_work):
    item = published(at_work)
    moving.move(at_work, item, "change", opinion="改", given={"change_kind": "law_revised", "doc_no": "文1号"})
    moving.move(at_work, item.main_item, "suspend", opinion="整顿")
    assert item.status == "changing"
    context.forget(at_work, "claims")
    found = why_not_usable(item, context_of(at_work).ask("claims").of(item.department_id), clock.today())
    assert "所属主项已暂停" in str(found)
    with pytest.raises(Invalid):
        moving.move(at_work, item, "drop")
