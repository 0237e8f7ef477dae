"""The pages and jobs of an undo: who sees them, what happens once however often it is asked for, what stays."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from tests.every_table import tables  # isort: skip - every table is declared before what maps them

from app import jobs
from app.core import clock, saving
from app.core.errors import Refused
from app.core.ids import uuid7
from app.core.table import TABLES
from app.transfer import undo
from app.transfer.batch import ImportBatch
from app.transfer.headers import own_numbers
from tests.conftest import Browser
from tests.every_table.values import fresh
from tests.every_table.world import World
from tests.secrecy.given import owner
from tests.transfer.undone import batch_of, brought_in, edit, key_of, stored, taken_back

_ = tables
TAG = TABLES["subject_tag"]


def test_other_departments_find_no_batch(world: World, browser: Callable[..., Browser]):
    batch = brought_in(browser("t_own"), world, "subject_tag", [{"name": f"标{fresh()}"}])
    for step in ("undo", "undo.xlsx"):
        assert browser("t_stranger").get(f"/subject_tag/import/{batch}/{step}").status_code == 404
    assert browser("t_stranger").post(f"/subject_tag/import/{batch}/undo").status_code == 404
    assert browser("t_own").get(f"/work_day/import/{batch}/undo").status_code == 404
    assert browser("t_own").get(f"/subject_tag/import/{batch}/undo").status_code == 200
    assert browser("t_parent").get(f"/subject_tag/import/{batch}/undo").status_code == 200


def test_fifty_clicks_are_one_undo(world: World, writer: Browser):
    names = [f"标{fresh()}" for _ in range(3)]
    batch = brought_in(writer, world, "subject_tag", [{"name": name} for name in names])
    before = undone_events(batch)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: clicked(writer, batch), range(50)))
    assert sorted(set(answers)) == [302, 409] and answers.count(302) == 1
    assert undone_events(batch) == before + 1
    assert writer.post(f"/subject_tag/import/{batch}/undo").status_code == 409
    assert not {row["name"] for row in stored(TAG).values()} & set(names)


def clicked(writer: Browser, batch: Any) -> int:
    apart = writer.client.application.test_client()
    for cookie in writer.client._cookies.values():
        apart.set_cookie(cookie.key, cookie.value)
    sent = {"csrf_token": writer.token}
    return apart.post(f"/subject_tag/import/{batch}/undo", data=sent).status_code


def undone_events(batch: Any) -> int:
    with owner() as connection:
        asked = (
            "SELECT count(*) FROM audit.log WHERE action = 'import' AND new->>'what' = 'undo' AND new->>'batch' = :key"
        )
        return connection.execute(sa.text(asked), {"key": str(batch)}).scalar_one()


def test_what_stayed_is_listed_and_can_be_taken_along(world: World, writer: Browser):
    names = [f"标{fresh()}" for _ in range(3)]
    batch = brought_in(writer, world, "subject_tag", [{"name": name} for name in names])
    edit(writer, "subject_tag", key_of("subject_tag", name=names[1]), description="改过")
    assert writer.post(f"/subject_tag/import/{batch}/undo").status_code == 302
    page = writer.get(f"/subject_tag/import/{batch}/undo").get_data(as_text=True)
    assert names[1] in page and names[0] not in page and "修改了" in page
    book = load_workbook(io.BytesIO(writer.get(f"/subject_tag/import/{batch}/undo.xlsx").get_data()))
    lines = [[cell.value for cell in line] for line in book.worksheets[0].iter_rows()]
    assert lines[0][:4] == ["数据表", "文件行号", "记录", "原因"]
    assert [line[:4] for line in lines[1:]] == [[str(TAG.__label__), "3", names[1], "导入后又有人修改过"]]
    with world.session("own") as session:
        batch = batch_of(session, batch)
        assert (batch.undo_reversed, batch.undo_kept, batch.undo_refused, batch.state) == (2, 1, 0, "undone")


def test_after_so_many_days_it_is_too_late(world: World, writer: Browser, monkeypatch: pytest.MonkeyPatch):
    batch = brought_in(writer, world, "subject_tag", [{"name": f"标{fresh()}"}])
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    with world.session("own") as session:
        assert not undo.may_undo(session, batch_of(session, batch))
        with pytest.raises(Refused) as refused:
            undo.undo(session, batch_of(session, batch))
        assert refused.value.status == 409


def test_what_is_not_committed_cannot_be_undone(world: World, writer: Browser):
    from tests.every_table.sheets import workbook

    rows = [{"name": f"标{fresh()}"}]
    answer = writer.post("/subject_tag/import", file=(io.BytesIO(workbook(TAG, rows)), "行.xlsx"))
    assert writer.get(f"{answer.headers['Location']}/undo").headers["Location"] == answer.headers["Location"]
    assert writer.get(f"{answer.headers['Location']}/undo.xlsx").status_code == 302
    assert writer.post(f"{answer.headers['Location']}/undo").status_code == 409


def test_many_rows_are_taken_back_by_a_job(world: World, writer: Browser, monkeypatch: pytest.MonkeyPatch):
    names = [f"标{fresh()}" for _ in range(2)]
    batch = brought_in(writer, world, "subject_tag", [{"name": name} for name in names])
    monkeypatch.setitem(writer.client.application.config, "IMPORT_AT_ONCE", 1)
    assert writer.post(f"/subject_tag/import/{batch}/undo").status_code == 302
    assert writer.post(f"/subject_tag/import/{batch}/undo").status_code == 409, "it is under way"
    assert "data-job=" in writer.get(f"/subject_tag/import/{batch}/undo").get_data(as_text=True)
    jobs.run_waiting(writer.client.application)
    assert not {row["name"] for row in stored(TAG).values()} & set(names)
    assert "已于" in writer.get(f"/subject_tag/import/{batch}/undo").get_data(as_text=True)


def test_a_job_that_was_cancelled_leaves_the_batch_as_it_was(
    world: World, writer: Browser, monkeypatch: pytest.MonkeyPatch
):
    batch = brought_in(writer, world, "subject_tag", [{"name": f"标{fresh()}"}])
    monkeypatch.setitem(writer.client.application.config, "IMPORT_AT_ONCE", 0)
    assert writer.post(f"/subject_tag/import/{batch}/undo").status_code == 302
    with world.session("own") as session:
        jobs.cancel(session, batch_of(session, batch).job_id)
        session.commit()
    jobs.run_waiting(writer.client.application)
    page = writer.get(f"/subject_tag/import/{batch}/undo").get_data(as_text=True)
    with world.session("own") as session:
        job = jobs.state_of(session, batch_of(session, batch).job_id)
        assert (batch_of(session, batch).state, job.state.value) == ("committed", "cancelled"), job
    assert "上一次撤销没有完成" in page
    assert writer.post(f"/subject_tag/import/{batch}/undo").status_code == 302
    jobs.run_waiting(writer.client.application)
    with world.session("own") as session:
        assert batch_of(session, batch).state == "undone"


def test_the_log_tells_the_undo_as_the_persons_own_act(world: World, writer: Browser):
    name = f"标{fresh()}"
    batch = brought_in(writer, world, "subject_tag", [{"name": name}])
    key = str(key_of("subject_tag", name=name))
    assert writer.post(f"/subject_tag/import/{batch}/undo").status_code == 302
    with owner() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT l.action, l.name, l.new FROM audit.log l WHERE l.txid = "
                "(SELECT txid FROM audit.log WHERE rel = 'subject_tag' AND pk = :key AND action = 'delete')"
            ),
            {"key": key},
        ).all()
    event = next(row for row in rows if row.action == "import")
    assert {row.name for row in rows} == {"测试t_own"}
    assert event.new == event.new | {
        "what": "undo",
        "reversed": 1,
        "out": 0,
        "kept": 0,
        "refused": 0,
        "batch": str(batch),
    }


def test_who_may_not_delete_takes_back_what_he_brought_only(world: World, browser: Callable[..., Browser]):
    """A clerk may import inspectors and not delete them."""
    given = world.given("inspector")[0]
    clerk = browser("t_role_clerk")
    own = brought_in(clerk, world, "inspector", [given])
    others = brought_in(browser("t_own"), world, "inspector", world.given("inspector"))
    assert clerk.get(f"/inspector/import/{others}/undo").status_code == 403
    assert clerk.post(f"/inspector/import/{others}/undo").status_code == 403
    assert clerk.post(f"/inspector/import/{own}/undo").status_code == 302


def test_two_sheets_of_one_workbook_are_taken_back_apart(world: World):
    """Their rows are stored by one transaction; each batch knows its own."""
    batches, names = [], [[f"标{fresh()}" for _ in range(2)] for _ in range(2)]
    with world.session("own") as session:
        for some in names:
            for name in some:
                saving.save(session, TAG, {"name": name})
            session.add(
                ImportBatch(
                    id=uuid7(), table_name="subject_tag", file_name="两张.xlsx", state="committed", inserted=2,
                    updated=0, committed_at=clock.now(), **own_numbers(session),
                )
            )  # fmt: skip
            session.flush()
        session.commit()
        batches = list(
            session.scalars(
                sa.select(ImportBatch.id).where(ImportBatch.file_name == "两张.xlsx").order_by(ImportBatch.id)
            )
        )
    assert taken_back(world, batches[1]).counts == undo.Counts(removed=2)
    left = {row["name"] for row in stored(TAG).values()}
    assert set(names[0]) <= left and not left & set(names[1])
    assert taken_back(world, batches[0]).counts == undo.Counts(removed=2)
