"""The engine behind the moves: proposals, editions, who wrote what, what goes with a move, who is waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, saving
from app.core.errors import Invalid, Refused
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from app.core.workflow import editions, moving, waiting
from app.core.workflow.models import ChangeKind, Edition, EditionState, Todo
from tests.every_table.world import World
from tests.workflow.rows import one, put, taken_back

NAME = "implementation_list"


@pytest.fixture
def row(world: World, session: Session) -> Any:
    with taken_back(session, THE_SYSTEM):
        yield put(session, one(session, world, NAME), "published", published=True)


def as_(session: Session, who: Viewer, row: Table, name: str, **more: Any):
    if name == "change" and "given" not in more:
        more["given"] = {"change_kind": "element_changed"}
    with looking_as(session, who):
        return moving.move(session, row, name, **more)


def write(session: Session, who: Viewer, row: Table, **given: Any) -> Table:
    with looking_as(session, who):
        return saving.save(session, type(row), given, row=row)[0]


def test_a_published_row_is_changed_by_its_next_edition_only(
    session: Session, row: Any, editor: Viewer, reviewer: Viewer
):
    before = row.process_text
    with looking_as(session, editor), pytest.raises(Invalid) as refused:
        saving.save(session, type(row), {"process_text": "改了"}, row=row)
    assert "发起变更" in str(refused.value)
    as_(session, editor, row, "change", given={"change_kind": "law_revised", "doc_no": "文1号"}, opinion="修法")
    write(session, editor, row, process_text="第二版流程")
    write(session, editor, row, legal_basis="第二版依据")
    session.refresh(row)
    assert (row.process_text, row.status, row.edition) == (before, "changing", 1)
    kept = editions.given_of(session, row)
    assert (kept["process_text"], kept["legal_basis"]) == ("第二版流程", "第二版依据"), "a part leaves the rest"
    as_(session, editor, row, "submit")
    as_(session, reviewer, row, "approve")
    as_(session, reviewer, row, "publish")
    assert (row.process_text, row.status, row.edition, row.updated_by) == ("第二版流程", "published", 2, editor.user_id)
    second, first = [each for each in editions.of_row(session, row) if each.number > 0]
    assert (second.state, second.change_kind, second.doc_no, second.reason, second.publisher) == (
        "in_force", "law_revised", "文1号", "修法", "测试t_role_catalog_reviewer",
    )  # fmt: skip
    assert (first.state, first.contents["process_text"]) == ("superseded", before)
    assert first.valid_to == second.valid_from - timedelta(days=1)
    today = clock.today()
    numbers = [editions.number_on(session, NAME, row.id, day) for day in (today, today - timedelta(days=1))]
    assert numbers == [2, 1]


def test_whoever_loads_changes_published_rows_like_everybody(session: Session, row: Any, world: World):
    with looking_as(session, world.viewers["own"]), pytest.raises(Invalid):
        saving.save(session, type(row), {"process_text": "改了"}, row=row)
    with looking_as(session, world.viewers["own"]), pytest.raises(Invalid):
        saving.save(session, type(row), {"status": "drafting"}, row=row)


@pytest.mark.parametrize("state", ["changing", "returned"])
def test_a_change_that_is_given_up_leaves_the_row_as_it_was(
    state: str, session: Session, row: Any, editor: Viewer, reviewer: Viewer
):
    before = row.process_text
    for round_ in (1, 2):  # twice, because each needs a number of its own
        as_(session, editor, row, "change", opinion="改")
        write(session, editor, row, process_text="不要了")
        if state == "returned":
            as_(session, editor, row, "submit")
            as_(session, reviewer, row, "return", opinion="不妥")
        as_(session, editor, row, "drop")
        assert (row.process_text, row.status, row.edition) == (before, "published", 1)
        assert editions.proposal_of(session, row) is None
        dropped = [each for each in editions.of_row(session, row) if each.state == EditionState.DROPPED]
        assert [each.number for each in dropped] == [-n for n in range(1, round_ + 1)]
    as_(session, editor, row, "change", opinion="再改")
    assert editions.proposal_of(session, row).number == 2
    assert editions.given_of(session, row)["process_text"] == before


def test_nobody_judges_what_he_wrote_in_this_round(session: Session, row: Any, editor: Viewer, reviewer: Viewer):
    as_(session, editor, row, "change", opinion="改")
    write(session, reviewer, row, process_text="审核人自己写的")
    as_(session, editor, row, "submit")
    with looking_as(session, reviewer), pytest.raises(Refused) as refused:
        moving.move(session, row, "approve")
    assert refused.value.status == 403
    as_(session, editor, row, "recall_change")
    write(session, editor, row, process_text="编写人改过")
    as_(session, editor, row, "submit")
    # What he wrote in this round is his also when somebody else has saved it since.
    with looking_as(session, reviewer), pytest.raises(Refused):
        moving.move(session, row, "approve")
    with looking_as(session, THE_SYSTEM):
        somebody = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = 'clerk_hezuo'"))
    other = replace(reviewer, user_id=somebody)
    as_(session, other, row, "approve")
    # Who handed it in earlier in this round does not judge it either, whoever handed it in last.
    as_(session, other, row, "return", opinion="再看")
    as_(session, other, row, "submit")
    as_(session, editor, row, "recall_change")
    as_(session, editor, row, "submit")
    with looking_as(session, other), pytest.raises(Refused):
        moving.move(session, row, "approve")


@pytest.mark.parametrize("kind", [None, *(each.value for each in ChangeKind)])
def test_a_change_says_why(kind: str | None, session: Session, row: Any, editor: Viewer):
    bare = {} if kind is None else {"change_kind": kind}
    free = {"add", "element_changed", "merged", "split"}
    if kind not in free:
        with looking_as(session, editor), pytest.raises(Invalid) as refused:
            moving.move(session, row, "change", given=bare)
        (problem,) = refused.value.problems
        assert problem.fields == (("doc_no",) if kind else ("change_kind",)) and "必填" in str(problem.message)
    if kind is not None:
        as_(session, editor, row, "change", given=bare | ({} if kind in free else {"doc_no": "国发〔2025〕1号"}))
        assert editions.proposal_of(session, row).change_kind == kind


def test_a_move_knows_the_version_it_was_asked_for(session: Session, row: Any, editor: Viewer):
    with looking_as(session, editor), pytest.raises(Refused) as refused:
        moving.move(session, row, "change", version=row.version - 1, given={"change_kind": "add"})
    assert refused.value.status == 409
    version = row.version
    as_(session, editor, row, "change", version=version)
    assert row.version > version


def test_editing_a_proposal_moves_the_version_on(session: Session, row: Any, editor: Viewer, reviewer: Viewer):
    """Two people with the form open: the second is told, because the row's version counts for its proposal too."""
    as_(session, editor, row, "change")
    version = row.version
    with looking_as(session, editor):
        saving.save(session, type(row), {"process_text": "甲"}, row=row, version=version)
    with looking_as(session, reviewer), pytest.raises(Refused) as refused:
        saving.save(session, type(row), {"process_text": "乙"}, row=row, version=version)
    assert refused.value.status == 409
    assert editions.given_of(session, row)["process_text"] == "甲"


def test_only_what_a_move_asks_for_goes_with_it(session: Session, row: Any, editor: Viewer, reviewer: Viewer):
    for name, given in (
        ("change", {"process_text": "夹带"}),
        ("change", {"valid_from": "2020-01-01"}),
        ("change", {"change_kind": "nonsense"}),
        ("change", {"department": "别的部门"}),
    ):
        point = session.begin_nested()
        with looking_as(session, editor), pytest.raises(Invalid) as refused:
            moving.move(session, row, name, given=given)
        assert {field for problem in refused.value.problems for field in problem.fields} == set(given)
        point.rollback()
    as_(session, editor, row, "change")
    as_(session, editor, row, "submit")
    with looking_as(session, reviewer), pytest.raises(Invalid):
        moving.move(session, row, "approve", given={"process_text": "审核时夹带"})
    assert row.process_text != "审核时夹带"


def test_an_edition_is_in_force_since_a_day_that_has_come(session: Session, row: Any, editor: Viewer, reviewer: Viewer):
    as_(session, editor, row, "change")
    as_(session, editor, row, "submit")
    as_(session, reviewer, row, "approve")
    for day, word in (("2999-01-01", "还没有到"), ("2019-12-31", "不能早于"), ("昨天", "")):
        with looking_as(session, reviewer), pytest.raises(Invalid) as refused:
            moving.move(session, row, "publish", given={"valid_from": day})
        assert word in str(refused.value)
    as_(session, reviewer, row, "publish", given={"valid_from": "2026-01-15"})
    newest = editions.of_row(session, row)[0]
    assert newest.valid_from.isoformat() == "2026-01-15"
    assert editions.in_force(session, row).number == 2


def test_what_is_abolished_ends_its_edition(session: Session, row: Any, reviewer: Viewer):
    as_(session, reviewer, row, "abolish", opinion="法律废止")
    edition = editions.in_force(session, row)
    assert (row.status, row.valid_to, edition.valid_to) == ("abolished", clock.today(), clock.today())


def test_what_was_published_is_never_deleted(session: Session, row: Any, world: World):
    from app.core import bulk

    with looking_as(session, world.viewers["own"]):
        for attempt in (lambda: saving.delete(session, row), lambda: bulk.delete_rows(session, type(row), [row.id])):
            with pytest.raises(Refused) as refused:
                attempt()
            assert refused.value.status == 409 and "取消（废止）" in str(refused.value)


def test_a_required_field_given_with_a_move_goes_into_the_proposal(session: Session, world: World, editor: Viewer):
    with taken_back(session, THE_SYSTEM):
        claim = put(session, one(session, world, "item_claim"), "changing", published=True, process_text=None)
        as_(session, editor, claim, "submit", given={"process_text": "随提交填写", "result_text": "结果"})
        session.refresh(claim)
        assert claim.process_text is None and claim.status == "submitted"
        assert editions.given_of(session, claim)["process_text"] == "随提交填写"


def test_what_is_judged_is_what_is_proposed(session: Session, world: World, editor: Viewer, reviewer: Viewer):
    """A main item that becomes one of a local regulation by its change needs the justice bureau before it has changed."""
    with taken_back(session, THE_SYSTEM):
        item = put(
            session, one(session, world, "supervision_item"), "changing", published=True, source_level="provincial"
        )
        write(session, editor, item, source_level="local_regulation")
        as_(session, editor, item, "submit")
        with looking_as(session, reviewer):
            offered = {move.name for move in moving.offered(session, item, frozenset({"review"}))}
        assert offered == {"approve_on", "return"} and item.source_level == "provincial"


def test_where_nobody_is_waited_for_the_move_says_so(session: Session, world: World, editor: Viewer, monkeypatch):
    with taken_back(session, THE_SYSTEM):
        claim = put(session, one(session, world, "item_claim"), "pending")
        monkeypatch.setattr("app.core.workflow.people.unit_for", lambda *given: None)
        with looking_as(session, editor), pytest.raises(Refused) as refused:
            moving.move(session, claim, "excuse", opinion="本县没有此类对象")
        assert "上级部门" in str(refused.value) and "登记" in str(refused.value)


def test_steps_and_todos_tell_the_way(session: Session, row: Any, editor: Viewer, reviewer: Viewer):
    as_(session, editor, row, "change", opinion="改")
    as_(session, editor, row, "submit", opinion="请审")
    as_(session, reviewer, row, "return", opinion="缺依据")
    told = [(s.move, s.source, s.target, s.person, s.opinion) for s in moving.steps_of(session, row)]
    assert told == [
        ("change", "published", "changing", "测试t_role_catalog_editor", "改"),
        ("submit", "changing", "submitted", "测试t_role_catalog_editor", "请审"),
        ("return", "submitted", "returned", "测试t_role_catalog_reviewer", "缺依据"),
    ]
    found = session.execute(
        sa.select(Todo.step, Todo.state, Todo.done_move).where(Todo.row_key == str(row.id)).order_by(Todo.sent_at)
    ).all()
    assert [tuple(each) for each in found] == [("submitted", "done", "return"), ("returned", "open", None)]


def test_a_draft_that_is_deleted_leaves_no_todo(session: Session, world: World, editor: Viewer):
    with taken_back(session, THE_SYSTEM):
        given = world.given(NAME)[0]
        with looking_as(session, world.viewers["own"]):
            draft, _ = saving.save(session, TABLES[NAME], given)
            moving.move(session, draft, "submit")
            moving.move(session, draft, "recall")
            saving.delete(session, draft)
        open_ones = sa.select(sa.func.count()).where(Todo.row_key == str(draft.id), Todo.state == "open")
        assert session.scalar(open_ones) == 0


def test_a_workbook_asks_nothing_for_the_rows_of_others(session: Session, world: World):
    with taken_back(session, THE_SYSTEM):
        claim = put(session, one(session, world, "item_claim"), "pending")
        about = Todo.row_key == str(claim.id)
        session.execute(sa.delete(Todo).where(about))
        for who, number in (("stranger", 0), ("own", 1)):
            with looking_as(session, world.viewers[who]):
                waiting.settle(session, TABLES["item_claim"])
            assert session.scalar(sa.select(sa.func.count()).where(about, Todo.state == "open")) == number, who


def test_an_import_does_not_write_what_is_in_force(session: Session, row: Any, editor: Viewer):
    """A workbook writes rows and not proposals: a published row that is being changed is not its to write."""
    from app.core.workflow import locks

    as_(session, editor, row, "change")
    values = {name: getattr(row, name) for name in type(row).__fields__}
    (problem,) = locks.standing_in_the_way(type(row), values | {"process_text": "导入"}, values, editor)
    assert "不能批量修改" in str(problem.message)


def test_editions_keep_nothing_sealed():
    for table in TABLES.values():
        if table.__flow__ is not None and table.__flow__.edition:
            assert not [field.name for field in table.__fields__.values() if field.is_secret]
    assert Edition.__rows__.kind == "hidden"
