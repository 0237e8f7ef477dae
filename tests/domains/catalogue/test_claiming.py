"""Many items claimed, excused and decided at once; by the pages too."""

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.core import saving
from app.core.errors import Invalid, Refused
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, look_as, person
from app.core.workflow import moving, people
from app.core.workflow.models import FlowStep
from app.domains.catalogue import rules
from app.domains.catalogue.models import ItemClaim
from app.domains.catalogue.operations import claiming, excused, unclaimed
from tests.domains.catalogue.test_pushing import an_item, claims_of, published, todos_of

XIAN, YANTA = "西安市市场监督管理局", "西安市雁塔区市场监督管理局"


@pytest.fixture
def at_work(session):
    look_as(session, THE_SYSTEM)
    return session


def unit(session, name):
    return session.scalar(sa.select(TABLES["department"]).where(TABLES["department"].name == name))


def somebody(session, username):
    from flask_appbuilder.security.sqla.models import User

    key = session.scalar(sa.select(User.id).where(User.username == username))
    found = person(session, key)
    assert found is not None
    return found


@pytest.mark.parametrize(("line", "levels", "is_for"), [
    ("market", ["city", "county"], True), ("market", ["province"], False), ("health", ["county"], False),
])  # fmt: skip
def test_advice_follows_line_and_level(line, levels, is_for):
    found = rules.advice(line, levels, "market", "county", peers=2, is_pushed=False)
    told = "；".join(str(each) for each in found.reasons)
    assert found.is_for is is_for
    assert "同级 2 个部门已认领" in told
    assert "未下发" in told


def test_many_are_claimed_in_a_few_statements(at_work):
    items = [published(at_work) for _ in range(6)]
    yanta, asked = unit(at_work, YANTA), []
    count = lambda c, cur, said, *more: asked.append(said)  # noqa: E731
    sa.event.listen(at_work.connection(), "before_cursor_execute", count)
    assert claiming.claim(at_work, yanta.id, [item.id for item in items]) == 6
    sa.event.remove(at_work.connection(), "before_cursor_execute", count)
    assert len([said for said in asked if not said.startswith("SET LOCAL")]) < 30
    claims = [claims_of(at_work, item)[YANTA] for item in items]
    assert {each.status for each in claims} == {"claimed"}
    assert {each.step for each in todos_of(at_work, claims)} == {"claimed"}
    assert len(todos_of(at_work, claims)) == 6
    steps = at_work.scalars(sa.select(FlowStep).where(FlowStep.row_key.in_([str(each.id) for each in claims]))).all()
    assert {(each.move, each.source, each.target) for each in steps} == {("claim", "pending", "claimed")}


def test_what_was_not_pushed_can_be_claimed_too(at_work):
    item = an_item(at_work, status="published", valid_from="2021-07-01", levels="市级")
    assert claiming.claim(at_work, unit(at_work, YANTA).id, [item.id]) == 1
    assert claims_of(at_work, item)[YANTA].status == "claimed"


def test_all_or_none(at_work):
    first, second = published(at_work), published(at_work)
    yanta = unit(at_work, YANTA)
    moving.move(at_work, claims_of(at_work, second)[YANTA], "claim")
    with pytest.raises(Refused, match=second.sub_code):
        claiming.claim(at_work, yanta.id, [first.id, second.id])
    assert claims_of(at_work, first)[YANTA].status == "pending"
    draft = an_item(at_work)
    with pytest.raises(Refused, match="没有发布"):
        claiming.claim(at_work, yanta.id, [draft.id])
    with pytest.raises(Invalid, match="理由"):
        claiming.excuse(at_work, yanta.id, [first.id], "  ")


def test_a_claim_stays_with_its_item(at_work):
    first, second = published(at_work), published(at_work)
    claiming.claim(at_work, unit(at_work, YANTA).id, [first.id])
    with pytest.raises(Invalid, match="另一个事项"):
        saving.save(at_work, TABLES["item_claim"], {"sub_item": second.sub_code}, row=claims_of(at_work, first)[YANTA])


def test_nobody_claims_for_others(at_work):
    item = published(at_work)
    look_as(at_work, somebody(at_work, "clerk_beilin"))
    with pytest.raises(Refused, match="本单位及下级以外"):
        claiming.claim(at_work, unit(at_work, YANTA).id, [item.id])


def test_the_level_above_decides(at_work):
    item = published(at_work)
    claiming.excuse(at_work, unit(at_work, YANTA).id, [item.id], "辖区内没有此类对象")
    claim = claims_of(at_work, item)[YANTA]
    assert (claim.status, claim.reason) == ("excusing", "辖区内没有此类对象")
    assert [each.department.name for each in todos_of(at_work, [claim])] == [XIAN]
    reviewer = somebody(at_work, "reviewer_xian")
    look_as(at_work, reviewer)
    waiting = {each.id: each for each in excused.waiting(at_work, reviewer, limit=1000)}
    assert waiting[claim.id].reason == "辖区内没有此类对象"
    look_as(at_work, somebody(at_work, "clerk_yanta"))
    assert claim.id not in {each.id for each in excused.waiting(at_work, somebody(at_work, "clerk_yanta"), limit=1000)}
    look_as(at_work, reviewer)
    with pytest.raises(Invalid, match="理由"):
        moving.move(at_work, claim, "refuse")
    moving.move(at_work, claim, "accept")
    look_as(at_work, THE_SYSTEM)
    assert claims_of(at_work, item)[YANTA].status == "excused"
    assert todos_of(at_work, [claim]) == []


@pytest.mark.parametrize("who", ["reviewer_xian", "clerk_yanta", "zfb_xian", "admin_yanta", "clerk_beilin"])
def test_what_waits_for_a_department_is_what_the_engine_sends_there(at_work, who):
    """Told in one question, page by page, what ``people.unit_for`` tells of each department."""
    for n, name in enumerate((YANTA, XIAN, YANTA)):
        claiming.excuse(at_work, unit(at_work, name).id, [published(at_work).id], f"没有此类对象{n}")
    viewer = somebody(at_work, who)
    wanted = sa.select(ItemClaim.id, ItemClaim.department_id).where(ItemClaim.status == "excusing")
    asked = {row.id: people.unit_for(at_work, "above", row.department_id) for row in at_work.execute(wanted)}
    expected = {key for key, above in asked.items() if above is not None and above.id == viewer.department_id}
    look_as(at_work, viewer)
    found = [each.id for each in excused.waiting(at_work, viewer, limit=10_000)]
    assert set(found) == expected
    assert excused.number(at_work, viewer) == len(found) == len(expected)
    assert bool(found) is (who == "reviewer_xian") or who == "zfb_xian"
    pages = [excused.waiting(at_work, viewer, limit=2, offset=at) for at in range(0, len(found), 2)]
    assert [each.id for page in pages for each in page] == found


def test_the_tally_leaves_out_what_was_excused(at_work):
    tally = unclaimed.Tally({"pending": 2, "excusing": 1, "published": 6, "claimed": 1, "excused": 5, "abolished": 3})
    assert (tally.total, tally.claimed, tally.rate) == (10, 7, Decimal("70.00"))
    assert unclaimed.Tally({"excused": 1}).rate is None


def test_offers_are_what_was_pushed_and_the_rest_of_the_line(at_work):
    pushed, loaded = published(at_work), an_item(at_work, status="published", valid_from="2021-07-01")
    draft, yanta = an_item(at_work), unit(at_work, YANTA)
    found = {each.id: each for each in unclaimed.offers(at_work, yanta, "", 900)}
    assert found[pushed.id].claim is not None
    assert found[pushed.id].due_on is not None
    assert found[loaded.id].claim is None
    assert draft.id not in found
    assert [each.id for each in unclaimed.offers(at_work, yanta, pushed.sub_code, 900)] == [pushed.id]
    assert unclaimed.offers(at_work, yanta, "100%_不存在", 900) == []
    claiming.claim(at_work, yanta.id, [pushed.id])
    assert pushed.id not in {each.id for each in unclaimed.offers(at_work, yanta, "", 900)}


def test_the_pages(browser):
    editor, reviewer = browser("catalog_xian"), browser("reviewer_xian")
    page = editor.get("/claiming/").get_data(as_text=True)
    keys = re.findall(r'name="item" value="([0-9a-f-]{36})"', page)
    assert len(keys) >= 10
    unit_key = re.search(r'name="unit" value="(\d+)"', page).group(1)
    empty = editor.post("/claiming/take", unit=unit_key, verb="claim")
    assert "请先勾选事项" in empty.get_data(as_text=True)
    unsaid = editor.post("/claiming/take", unit=unit_key, verb="excuse", item=keys[:2])
    assert unsaid.status_code == 422
    assert unsaid.get_data(as_text=True).count(" checked>") == 2
    assert editor.post("/claiming/take", unit=unit_key, verb="claim", item=keys[:3]).status_code == 302
    again = editor.post("/claiming/take", unit=unit_key, verb="claim", item=keys[:3])
    assert again.status_code == 409
    yanta = re.search(rf'<option value="(\d+)"[^>]*>{YANTA}<', page).group(1)
    below = re.findall(
        r'name="item" value="([0-9a-f-]{36})"', editor.get("/claiming/", unit=yanta).get_data(as_text=True)
    )
    assert editor.post("/claiming/take", unit=yanta, verb="excuse", item=below[:2], reason="没有").status_code == 302
    asked = re.findall(r'name="ids" value="([0-9a-f-]{36})"', reviewer.get("/excuses/").get_data(as_text=True))
    assert len(asked) >= 2
    assert reviewer.post("/excuses/decide", verb="refuse", ids=asked[:1]).status_code == 422
    assert reviewer.post("/excuses/decide", verb="refuse", ids=asked[:1], opinion="有此类对象").status_code == 302
    assert reviewer.post("/excuses/decide", verb="accept", ids=asked[1:2]).status_code == 302
    left = re.findall(r'name="ids" value="([0-9a-f-]{36})"', reviewer.get("/excuses/").get_data(as_text=True))
    assert set(left) == set(asked) - set(asked[:2])
    assert browser("clerk_yanta").get("/claiming/").status_code == 403
    assert editor.get("/excuses/").status_code == 403
    assert editor.get("/claiming/", unit="1").status_code in (403, 404)
