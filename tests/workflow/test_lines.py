"""Check items and contents are part of their sub-item: written while it is, published with it, kept in its editions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.console.flow import compared
from app.core import bulk, saving
from app.core.errors import Invalid, Refused
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.core.workflow import editions, locks, moving
from tests.every_table.world import World
from tests.workflow.rows import one, put, taken_back
from tests.workflow.test_engine import as_

HEAD, ITEM, CONTENT = (TABLES[name] for name in ("supervision_sub_item", "check_item", "check_content"))


@pytest.fixture
def head(world: World, session: Session) -> Any:
    with taken_back(session, THE_SYSTEM):
        yield put(session, one(session, world, "supervision_sub_item"), "drafting", measure_type="inspection")


def item(session: Session, who: Viewer, head: Any, no: str, name: str = "看许可证") -> Any:
    with looking_as(session, who):
        return saving.save(session, ITEM, {"item_no": no, "name": name, "sub_item": str(head.id)}, by_id=True)[0]


def content(session: Session, who: Viewer, parent: Any, code: str, text: str = "在有效期内") -> Any:
    given = {
        "content_code": code, "check_item": str(parent.id), "content": text, "operation_essentials": "查看正本",
        "punishment_basis": "食品安全法", "check_type": next(iter(CONTENT.__fields__["check_type"].choices)).value,
        "is_key": "false",
    }  # fmt: skip
    with looking_as(session, who):
        return saving.save(session, CONTENT, given, by_id=True)[0]


def write(session: Session, who: Viewer, row: Any, **given: Any) -> None:
    with looking_as(session, who):
        saving.save(session, type(row), given, row=row, by_id=True)


def delete(session: Session, who: Viewer, row: Any) -> None:
    with looking_as(session, who):
        saving.delete(session, row)


def publish(session: Session, head: Any, editor: Viewer, reviewer: Viewer) -> None:
    as_(session, editor, head, "submit")
    with looking_as(session, reviewer):
        moving.move(session, head, "approve")
        moving.move(session, head, "publish")


def codes(session: Session, head: Any, *where: Any) -> set[str]:
    with looking_as(session, THE_SYSTEM):
        return {key for each in editions.said_now(session, head)["_lines"].values() for key in _named(each)}


def _named(lines: dict[str, Any]) -> set[str]:
    return {each.get("item_no") or each.get("content_code") for each in lines.values()}


def test_lines_come_into_force_with_the_first_edition(session: Session, head: Any, editor: Viewer, reviewer: Viewer):
    first = item(session, editor, head, "L-1")
    inner = content(session, editor, first, "L-1-1")
    assert (first.edition, inner.edition) == (None, None) and codes(session, head) == set()
    as_(session, editor, head, "submit")
    for refused in (
        lambda: item(session, editor, head, "L-2"),
        lambda: write(session, editor, first, name="改"),
        lambda: delete(session, editor, inner),
    ):
        with pytest.raises(Refused) as told:
            refused()
        assert "所属内容不能修改" in str(told.value)
    with looking_as(session, reviewer):
        moving.move(session, head, "approve")
        moving.move(session, head, "publish")
    session.expire_all()
    assert (first.edition, first.edition_to, inner.edition) == (1, None, 1)
    kept = editions.in_force(session, head)
    assert kept.lines["check_item"][str(first.id)]["name"] == "看许可证"
    assert kept.lines["check_content"][str(inner.id)]["content"] == "在有效期内"


def test_what_is_in_force_stays_while_the_next_edition_is_written(
    session: Session,
    head: Any,
    editor: Viewer,
    reviewer: Viewer,
):
    stays, goes = item(session, editor, head, "L-1"), item(session, editor, head, "L-2")
    inner, orphan = content(session, editor, stays, "L-1-1"), content(session, editor, goes, "L-2-1")
    publish(session, head, editor, reviewer)
    with pytest.raises(Invalid) as told:
        write(session, editor, stays, name="改")
    assert "请先对它发起变更" in str(told.value)
    as_(session, editor, head, "change")
    write(session, editor, stays, name="看新证")
    write(session, editor, inner, content="第二版内容")
    delete(session, editor, goes)
    new = item(session, editor, head, "L-3")
    under_new = content(session, editor, new, "L-3-1")
    session.expire_all()
    assert (stays.name, inner.content, goes.edition_to) == ("看许可证", "在有效期内", None)
    assert codes(session, head) == {"L-1", "L-2", "L-1-1", "L-2-1"}
    assert editions.given_of(session, stays)["name"] == "看新证" and locks.proposes(stays) and not locks.proposes(new)
    with looking_as(session, editor), pytest.raises(Refused) as told:
        bulk.delete_rows(session, ITEM, [stays.id])
    assert "逐条删除" in str(told.value)
    with looking_as(session, THE_SYSTEM):
        proposal = editions.proposal_of(session, head)
        said = editions.said_next(session, head, proposal)
        changes = {each["label"]: (each["before"], each["after"]) for each in compared.changes(
            session, HEAD, editions.said_now(session, head), said)}  # fmt: skip
    assert changes["检查项 L-1 · 检查项名称"] == ("看许可证", "看新证")
    assert changes["检查内容 L-1-1 · 检查内容"] == ("在有效期内", "第二版内容")
    assert changes["检查项 L-2"][1] == "" and "看许可证" in changes["检查项 L-2"][0]
    assert changes["检查内容 L-2-1"][1] == "", "what stood under it goes with it"
    assert changes["检查项 L-3"][0] == "" and changes["检查内容 L-3-1"][0] == ""
    publish(session, head, editor, reviewer)
    session.expire_all()
    assert (stays.name, inner.content, stays.edition) == ("看新证", "第二版内容", 1)
    assert (goes.edition, goes.edition_to, orphan.edition_to) == (1, 1, 1)
    assert (new.edition, under_new.edition) == (2, 2)
    assert codes(session, head) == {"L-1", "L-1-1", "L-3", "L-3-1"}
    first, second = sorted((e for e in editions.of_row(session, head) if e.number > 0), key=lambda e: e.number)
    assert _named(first.lines["check_item"]) == {"L-1", "L-2"} and _named(second.lines["check_item"]) == {"L-1", "L-3"}
    assert first.lines["check_item"][str(stays.id)]["name"] == "看许可证"


def test_a_change_given_up_leaves_the_lines_as_they_were(
    session: Session,
    head: Any,
    editor: Viewer,
    reviewer: Viewer,
):
    first = item(session, editor, head, "L-1")
    inner = content(session, editor, first, "L-1-1")
    publish(session, head, editor, reviewer)
    as_(session, editor, head, "change")
    write(session, editor, first, name="不要了")
    delete(session, editor, inner)
    new = item(session, editor, head, "L-2")
    content(session, editor, new, "L-2-1")
    content(session, editor, first, "L-1-2")
    as_(session, editor, head, "drop")
    session.expire_all()
    assert codes(session, head) == {"L-1", "L-1-1"} and first.name == "看许可证"
    with looking_as(session, THE_SYSTEM):
        left = session.query(ITEM).filter(ITEM.item_no == "L-2").count()
    assert left == 0
    dropped = next(each for each in editions.of_row(session, head) if each.number < 0)
    assert _named(dropped.lines["check_item"]) == {"L-1", "L-2"}, "what was given up can still be read"
    as_(session, editor, head, "change")
    assert editions.given_of(session, first)["name"] == "看许可证"


def test_a_line_that_ended_comes_back_by_being_written(
    session: Session,
    head: Any,
    editor: Viewer,
    reviewer: Viewer,
):
    first, second = item(session, editor, head, "L-1"), item(session, editor, head, "L-2")
    publish(session, head, editor, reviewer)
    as_(session, editor, head, "change")
    delete(session, editor, second)
    publish(session, head, editor, reviewer)
    as_(session, editor, head, "change")
    session.expire_all()
    write(session, editor, second, name="又要看")
    publish(session, head, editor, reviewer)
    session.expire_all()
    assert (first.edition, second.edition, second.edition_to, second.name) == (1, 3, None, "又要看")


def test_whoever_wrote_a_line_does_not_judge_the_item(
    session: Session,
    head: Any,
    editor: Viewer,
    reviewer: Viewer,
):
    item(session, editor, head, "L-1")
    publish(session, head, editor, reviewer)
    as_(session, editor, head, "change")
    item(session, reviewer, head, "L-2")
    as_(session, editor, head, "submit")
    with looking_as(session, reviewer), pytest.raises(Refused) as told:
        moving.move(session, head, "approve")
    assert "其他审核人" in str(told.value)


def test_a_line_in_force_stays_with_its_item():
    here, there = SimpleNamespace(id=1), SimpleNamespace(id=2)
    (problem,) = locks.stays_in_place(ITEM, {"sub_item": there}, {"sub_item": here})
    assert "不能改到别的" in str(problem.message) and problem.fields == ("sub_item",)
    assert locks.stays_in_place(ITEM, {"sub_item": here}, {"sub_item": here}) == []
    assert locks.stays_in_place(HEAD, {"main_item": there}, {"main_item": here}) == [], "a sub-item is no line"
