"""An import taken back: what is kept because somebody changed it since, what is refused because it is needed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from tests.every_table import tables  # isort: skip - every table is declared before what maps them

from app.core import audit, clock, saving
from app.core.ids import uuid7
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from app.transfer import undo
from app.transfer.batch import ImportBatch
from app.transfer.headers import own_numbers
from tests.conftest import Browser
from tests.every_table.values import fresh
from tests.every_table.world import OWN, STRANGE, World
from tests.secrecy.given import owner
from tests.transfer.undone import brought_in, edit, key_of, key_of_all, looked, stored, taken_back

_ = tables
TAG = TABLES["subject_tag"]


def test_rows_changed_since_are_kept(world: World, writer: Browser):
    was, edited, gone, same = (f"标{fresh()}" for _ in range(4))
    first = brought_in(writer, world, "subject_tag", [{"name": was, "description": "甲"}])
    batch = brought_in(
        writer, world, "subject_tag",
        [{"name": was, "description": "乙"}, {"name": edited}, {"name": gone}, {"name": same}],
    )  # fmt: skip
    edit(writer, "subject_tag", key_of("subject_tag", name=edited), description="后来改的")
    assert writer.send("DELETE", f"/api/v1/subject_tag/{key_of('subject_tag', name=gone)}").status_code in (200, 204)
    edit(writer, "subject_tag", key_of("subject_tag", name=was), description="丙")
    seen = looked(world, batch)
    assert seen.counts == undo.Counts(removed=1, restored=0, kept=3, refused=0)
    assert sorted(map(str, seen.why.values())) == ["None", "edited", "edited", "gone"]
    assert taken_back(world, batch).counts == seen.counts
    rows = {row["name"]: row["description"] for row in stored(TAG).values()}
    assert rows[was] == "丙" and rows[edited] == "后来改的"
    assert same not in rows and gone not in rows
    assert looked(world, first).why == {str(key_of("subject_tag", name=was)): "edited"}, "a later import is an edit too"


def test_rows_that_are_out_stay_with_the_reason(world: World, writer: Browser):
    """What was reported does not vanish, nor what was corrected go back: in its own bucket, before and after."""
    given = world.given("inspection", count=3)
    first = brought_in(writer, world, "inspection", given)
    keys = {row["action_no"]: key for key, row in stored(TABLES["inspection"]).items()}
    reported, mended, own = (keys[row["action_no"]] for row in given)
    as_system("UPDATE inspection SET submitted_at = now() WHERE id = ANY(CAST(:key AS uuid[]))", [reported, mended])
    mend = {**given[1], "party_name": f"更正{fresh()}", "correction_reason": "名称写错"}
    second = brought_in(writer, world, "inspection", [mend])
    assert looked(world, second).why == {mended: "corrected"}
    seen = looked(world, first)
    assert seen.why == {reported: "out", mended: "corrected", own: None}
    assert seen.counts == undo.Counts(removed=1, out=2)
    page = writer.get(f"/inspection/import/{first}/undo").get_data(as_text=True)
    assert "保留：已公示、报送或发布" in page and "有误的请更正并写明理由" in page
    assert taken_back(world, second).counts == undo.Counts(out=1)
    assert taken_back(world, first).counts == seen.counts
    left = stored(TABLES["inspection"])
    assert {reported, mended} <= left.keys() and own not in left
    assert left[mended]["party_name"] == mend["party_name"]
    page = writer.get(f"/inspection/import/{first}/undo").get_data(as_text=True)
    assert "已公示或已报送" in page and f"/inspection/show/{reported}" in page
    as_system("UPDATE inspection SET submitted_at = NULL WHERE id = ANY(CAST(:key AS uuid[]))", [reported, mended])


def test_what_was_published_stays(world: World, writer: Browser):
    """Acts refer to it; whether somebody has changed it since does not matter."""
    batch = brought_in(writer, world, "implementation_list", [world.given("implementation_list")[0]])
    [key] = looked(world, batch).why
    assert looked(world, batch).why == {key: None}
    before = stored(TABLES["implementation_list"])[key]["edition"]
    as_system("UPDATE implementation_list SET edition = 1 WHERE id = :key", key)
    assert looked(world, batch).why == {key: "published"}
    assert taken_back(world, batch).counts == undo.Counts(out=1)
    assert key in stored(TABLES["implementation_list"])
    as_system("UPDATE implementation_list SET edition = :was WHERE id = :key", key, was=before)


def as_system(statement: str, key: Any, **given: Any) -> None:
    """What no page does, done to a row."""
    with owner() as connection:
        connection.execute(sa.text(audit.AS_SYSTEM.replace(":", "\\:")))
        connection.execute(sa.text(statement), {"key": key, **given})


def test_rows_that_are_needed_are_refused_with_what_needs_them(world: World, writer: Browser):
    lists, free = f"码{fresh()}", f"码{fresh()}"
    given = world.given("code_list", count=2)
    batch = brought_in(writer, world, "code_list", [{**given[0], "code": lists}, {**given[1], "code": free}])
    child = world.another("code_entry", code_list=lists)
    seen = looked(world, batch)
    assert (seen.counts.removed, seen.counts.refused) == (1, 1)
    page = writer.get(f"/code_list/import/{batch}/undo").get_data(as_text=True)
    assert f"/code_entry/show/{child.id}" in page and "已被其他记录引用" in page
    done = taken_back(world, batch)
    assert done.counts == seen.counts and set(done.why.values()) == {"needed"}
    codes = {row["code"] for row in stored(TABLES["code_list"]).values()}
    assert lists in codes and free not in codes


def test_rows_below_a_row_that_others_added_keep_it(world: World, writer: Browser):
    """What follows a row would go with it: it may not."""
    given = world.given("inspection")[0]
    batch = brought_in(writer, world, "inspection", [given])
    [key] = looked(world, batch).why
    number = stored(TABLES["inspection"])[key]["action_no"]
    world.another("inspection_item_result", inspection=number)
    assert looked(world, batch).why == {key: "needed"}


def test_files_of_a_row_keep_it(world: World, writer: Browser):
    batch = brought_in(writer, world, "inspection", [world.given("inspection")[0]])
    [key] = looked(world, batch).why
    with owner() as connection:
        row = stored(TABLES["inspection"])[key]
        connection.execute(sa.text('SET app.who = \'{"actor": 0, "name": "system", "via": "command"}\''))
        connection.execute(
            sa.text(
                "INSERT INTO attachment (id, department_id, scope_region, table_name, row_key, file_name, media_type, "
                "size, digest) VALUES (gen_random_uuid(), :d, :r, 'inspection', :key, 'a.pdf', 'application/pdf', 1, 'x')"
            ),
            {"d": row["department_id"], "r": row["scope_region"], "key": key},
        )
    assert looked(world, batch).why == {key: "needed"}
    page = writer.get(f"/inspection/import/{batch}/undo").get_data(as_text=True)
    assert "附件 1 条" in page


def test_rows_below_one_another_are_taken_back_from_below(world: World, writer: Browser):
    number = next(n for n in range(60, 99) if not key_of_all("region", code=f"6101{n}"))
    top = {
        "code": f"6101{number}",
        "name": f"区{number}",
        "level": "county",
        "parent": "610100",
        "is_functional_zone": "是",
    }
    low = {"code": f"6101{number}101", "name": f"镇{number}", "level": "town", "parent": f"6101{number}"}
    first = brought_in(writer, world, "region", [top])
    second = brought_in(writer, world, "region", [low])
    assert looked(world, first).counts == undo.Counts(refused=1), "the lower one would hang in the air"
    assert taken_back(world, second).counts == undo.Counts(removed=1)
    assert taken_back(world, first).counts == undo.Counts(removed=1)


@pytest.fixture
def chain(world: World) -> tuple[Any, list[Any]]:
    """Three subjects of one import, each the unit of the next, made and then told so in the same transaction."""
    given = world.given("subject", count=3)
    with world.session("own") as session:
        rows = [saving.save(session, TABLES["subject"], {**each, "user_unit": None})[0] for each in given]
        for upper, lower in itertools.pairwise(rows):
            lower.user_unit_id = upper.id
        session.flush()
        batch = ImportBatch(
            table_name="subject", file_name="三户.xlsx", state="committed", inserted=3, updated=0,
            committed_at=clock.now(), **own_numbers(session),
        )  # fmt: skip
        session.add(batch)
        session.commit()
        return batch.id, [row.id for row in rows]


def test_rows_of_one_import_that_need_one_another_go_together(world: World, chain: tuple[Any, list[Any]]):
    batch, keys = chain
    assert looked(world, batch).counts == undo.Counts(removed=3)
    assert taken_back(world, batch).counts == undo.Counts(removed=3)
    assert not stored(TABLES["subject"]).keys() & set(map(str, keys))


def test_what_a_kept_row_needs_stays_and_what_that_needs(world: World, chain: tuple[Any, list[Any]]):
    batch, keys = chain
    with owner() as connection:  # its type has no unit by the rules, so no form would take it
        connection.execute(sa.text(audit.AS_SYSTEM.replace(":", "\\:")))
        connection.execute(sa.text("UPDATE subject SET version = version + 1 WHERE id = :key"), {"key": keys[2]})
    done = taken_back(world, batch)
    assert done.why == {str(keys[0]): "needed", str(keys[1]): "needed", str(keys[2]): "edited"}
    assert set(map(str, keys)) <= stored(TABLES["subject"]).keys()


def test_links_marks_and_secrets_go_back(world: World, writer: Browser):
    """An inspector with other items, another telephone and another name, taken back to what he was."""
    made = world.another("inspector")
    with world.session("own") as session:
        maker = world.maker(session, "own")
        item = maker.make(TABLES["supervision_sub_item"])[1]["sub_code"]
        session.commit()
    before = stored(TABLES["inspector"])[str(made.id)]
    row = {**made.given, "phone": "13912345678", "name": "欧阳小改", "item_scope": [item]}
    batch = brought_in(writer, world, "inspector", [row])
    changed = stored(TABLES["inspector"])[str(made.id)]
    assert {name for name in before if before[name] != changed.get(name)} >= {"phone", "name", "spelling"}
    assert changed["inspector_item_scope"] != before.get("inspector_item_scope")
    page = writer.get(f"/inspector/import/{batch}/undo").get_data(as_text=True)
    assert "13912345678" not in page and "联系电话" in page
    assert taken_back(world, batch).counts.restored == 1
    assert stored(TABLES["inspector"])[str(made.id)] == before


def moved_away(world: World, name: str, key: Any) -> None:
    """The row belongs to the strangers now, by somebody above both."""
    with world.session("own") as session, looking_as(session, THE_SYSTEM):
        row = saving.find(session, TABLES[name], key)
        saving.save(session, TABLES[name], {"department": STRANGE}, row=row)
        session.commit()


def test_rows_that_were_moved_away_are_kept(world: World, writer: Browser):
    given = world.given("inspector", count=2)
    batch = brought_in(writer, world, "inspector", given)
    keys = {number: str(key_of("inspector", cert_no=row["cert_no"])) for number, row in enumerate(given)}
    moved_away(world, "inspector", keys[0])
    seen = looked(world, batch)
    assert seen.why == {keys[0]: "moved", keys[1]: None}
    page = writer.get(f"/inspector/import/{batch}/undo").get_data(as_text=True)
    assert keys[0] not in page, "what became of it is not his to know"
    assert taken_back(world, batch).counts == undo.Counts(removed=1, kept=1)
    assert keys[0] in stored(TABLES["inspector"])


def test_a_row_that_came_from_others_does_not_go_back_to_them(world: World):
    """Whoever may write a row here may not put it there."""
    made = world.another("permit_item", "stranger")
    with world.session("own") as session:
        with looking_as(session, THE_SYSTEM):
            row = saving.find(session, TABLES["permit_item"], made.id)
            saving.save(session, TABLES["permit_item"], {"department": OWN}, row=row)
        session.add(
            ImportBatch(
                id=(batch := uuid7()), table_name="permit_item", file_name="一项.xlsx", state="committed", inserted=0,
                updated=1, committed_at=clock.now(), **own_numbers(session),
            )
        )  # fmt: skip
        session.commit()
    assert looked(world, batch).why == {str(made.id): "from_others"}
    assert taken_back(world, batch).counts == undo.Counts(kept=1)
    assert stored(TABLES["permit_item"])[str(made.id)]["department_id"] == key_of("department", name=OWN)


def test_shared_rows_that_moved_go_home(world: World, browser: Callable[..., Browser]):
    """Everybody recognises a shared row: an import by those above moves it, an undo by those below may not."""
    made = world.another("permit_item")
    home = stored(TABLES["permit_item"])[str(made.id)]
    batch = brought_in(browser("t_parent"), world, "permit_item", [{**made.given, "department": STRANGE}])
    away = stored(TABLES["permit_item"])[str(made.id)]
    assert away["department_id"] == key_of("department", name=STRANGE)
    assert taken_back(world, batch, "parent").counts.restored == 1
    assert stored(TABLES["permit_item"])[str(made.id)] == home


def test_what_a_row_referred_to_must_still_be_there(world: World, writer: Browser):
    tag = f"标{fresh()}"
    brought_in(writer, world, "subject_tag", [{"name": tag}])
    row = world.another("subject", tags=[tag])
    batch = brought_in(writer, world, "subject", [{**row.given, "tags": None}])
    assert str(row.id) in looked(world, batch).why
    links = stored(TABLES["subject"])[str(row.id)]
    if "subject_tags" in links:
        pytest.skip("an empty cell leaves links as they are")
    assert writer.send("DELETE", f"/api/v1/subject_tag/{key_of('subject_tag', name=tag)}").status_code in (200, 204)
    assert looked(world, batch).why == {str(row.id): "bereft"}


@pytest.mark.parametrize("what", ["edited", "needed"])
def test_who_is_at_work_on_a_row_is_waited_for(what: str, world: World, writer: Browser):
    """A change, or a reference, that is under way when the undo begins and commits while it waits."""
    lists = f"码{fresh()}"
    batch = brought_in(writer, world, "code_list", [{**world.given("code_list")[0], "code": lists}])
    key = key_of("code_list", code=lists)
    changes = {
        "edited": "UPDATE code_list SET version = version + 1 WHERE id = :key",
        "needed": "INSERT INTO code_entry (id, code_list_id, code, name) VALUES (gen_random_uuid(), :key, 'x', 'x')",
    }
    with ThreadPoolExecutor(1) as pool:
        with owner() as connection:
            connection.execute(sa.text(audit.AS_SYSTEM.replace(":", "\\:")))
            connection.execute(sa.text(changes[what]), {"key": key})
            undoing = pool.submit(taken_back, world, batch)
            wait_for_a_waiter(connection)
        assert undoing.result(30).why == {str(key): what}
    assert str(key) in stored(TABLES["code_list"])


def wait_for_a_waiter(connection: sa.Connection) -> None:
    """Return when another backend waits for a lock of this one."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    for _ in range(200):
        if connection.execute(sa.text(asked)).scalar():
            return
        time.sleep(0.05)
    raise AssertionError("nobody waited")


def test_the_trail_stays_whole(world: World, writer: Browser):
    """Everything that an undo takes away stands on the log as deleted."""
    batch = brought_in(writer, world, "subject_tag", [{"name": f"标{fresh()}"} for _ in range(3)])
    assert taken_back(world, batch).counts.removed == 3
    with owner() as connection:
        missing = connection.execute(
            sa.text(
                "SELECT count(*) FROM audit.log i WHERE i.rel = 'subject_tag' AND i.action = 'insert' AND i.txid = "
                "(SELECT txid FROM audit.log WHERE rel = 'import_batch' AND pk = :key AND new->>'state' = 'committed') "
                "AND NOT EXISTS (SELECT FROM audit.log d WHERE d.rel = i.rel AND d.pk = i.pk AND d.action = 'delete')"
            ),
            {"key": str(batch)},
        ).scalar()
    assert missing == 0
